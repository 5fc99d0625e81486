"""The progress display: silent unless asked for, and never in the way of the loop."""

import pytest

from sersk._progress import track


@pytest.mark.parametrize("verbose", [0, 1, True, 10])
def test_steps_come_through_unchanged(verbose, capsys):
    steps = [object() for _ in range(10)]
    assert list(track(iter(steps), 10, "Doing", verbose)) == steps
    assert capsys.readouterr().out == ""


def test_silent_by_default_and_informative_when_asked(capsys):
    list(track(range(0, 25, 10), 25, "Reading clips", 0, size=10))
    assert capsys.readouterr().err == ""
    list(track(range(0, 25, 10), 25, "Reading clips", 1, size=10))
    shown = capsys.readouterr().err
    for words in ("Reading clips", "25/25", "clips/s", "left"):
        assert words in shown


def test_display_ends_with_a_loop_that_is_left_or_fails():
    for _ in range(2):  # a display left open would forbid the next
        for step in track(range(5), 5, "Doing", 1):
            if step == 2:
                break
    with pytest.raises(ZeroDivisionError):
        list(track((1 // (3 - i) for i in range(5)), 5, "Doing", 1))
    assert list(track(range(5), 5, "Doing", 1)) == list(range(5))


def test_empty_loop():
    assert list(track([], 0, "Doing", 1)) == []

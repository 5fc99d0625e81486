"""The progress display: silent by default, and without effect on the loop."""

import os
import subprocess
import sys

import pytest

from sersk._utils.progress import end_display, track


@pytest.mark.parametrize("verbose", [0, 1, True, 10])
def test_steps_are_yielded_unchanged(verbose, capsys):
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


def test_display_ends_when_a_loop_breaks_or_fails():
    for _ in range(2):  # an open display would prevent the next one
        for step in track(range(5), 5, "Doing", 1):
            if step == 2:
                break
    with pytest.raises(ZeroDivisionError):
        list(track((1 // (3 - i) for i in range(5)), 5, "Doing", 1))
    assert list(track(range(5), 5, "Doing", 1)) == list(range(5))


def test_empty_loop():
    assert list(track([], 0, "Doing", 1)) == []


def test_lines_outside_a_terminal_have_no_control_characters(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sersk._utils.progress._PLAIN_EVERY", 0.0)
    for _ in track(range(3), 3, "Outer", 1, unit="fits"):
        for _ in track(range(2), 2, "Inner", 1):
            pass
    shown = capsys.readouterr().err
    assert "Outer: 1/3 fits" in shown
    assert shown.count("Inner: 2/2 clips") == 3
    assert not {"\r", "\x1b", "\b"} & set(shown)


def test_a_loop_that_continues_after_the_display_has_ended_is_silent(capsys):
    steps = track(range(3), 3, "Outer", 1)
    next(steps)
    end_display()
    assert list(track(range(2), 2, "Inner", 1)) == [0, 1]
    assert list(steps) == [1, 2]
    shown = capsys.readouterr().err
    assert "Inner: 2/2 clips" in shown
    assert "Outer" not in shown


@pytest.mark.parametrize(
    ("seconds", "total", "expected"),
    [
        (2.0, 40, "10/40 clips, 5.0 clips/s, 0:00:02 gone, 0:00:06 left"),
        (100.0, 20, "10/20 clips, 10.0 s/clip, 0:01:40 gone, 0:01:40 left"),
    ],
)
def test_rate_and_time_left(monkeypatch, capsys, seconds, total, expected):
    monkeypatch.setattr("sersk._utils.progress._PLAIN_EVERY", 0.0)
    now = 0.0
    monkeypatch.setattr("rich.console.monotonic", lambda: now)
    steps = track(range(2), total, "Reading", 1, size=10)
    next(steps)
    now = seconds
    next(steps)
    assert f"Reading: {expected}\n" in capsys.readouterr().err
    steps.close()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals exist on POSIX only")
def test_nested_loops_share_one_display_on_a_terminal():
    import pty

    code = (
        "import sys\n"
        "from sersk._utils.progress import end_display, note, track\n"
        "for i in track(range(3), 3, 'Outer', 1, unit='fits'):\n"
        "    for j in track(range(2), 2, 'Inner', 1):\n"
        "        note(f'note {i} {j}')\n"
        "        print('result')\n"
        "end_display()\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 2**16):
            shown += block
    except OSError:  # Linux raises this when the other side is closed
        pass
    os.close(ours)
    text = shown.decode()
    assert done.returncode == 0, text
    assert done.stdout == b"result\n" * 6  # results are not part of the display
    for words in ("Outer", "Inner", "note 2 1", "3/3", "fits", "left"):
        assert words in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is shown again

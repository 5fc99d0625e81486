"""The progress display: who sees it and when, and that it has no effect on the loop."""

import os
import re
import subprocess
import sys
import threading
import time
import types

import pytest

from sersk._utils.progress import Progress, end_display, is_shown, note, track

on_posix = pytest.mark.skipif(
    sys.platform == "win32", reason="pseudo-terminals and forks exist on POSIX only"
)


@pytest.mark.parametrize("verbose", [None, 0, 1, True, 10])
def test_steps_are_yielded_unchanged(verbose, capsys):
    steps = [object() for _ in range(10)]
    assert list(track(iter(steps), 10, "Doing", verbose)) == steps
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("verbose", [None, 0, False])
def test_silent_outside_a_terminal_and_informative_when_asked(capsys, verbose):
    list(track(range(0, 25, 10), 25, "Reading clips", verbose, size=10))
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
    for _ in range(50):
        if not any(thread.name == "sersk-progress" for thread in threading.enumerate()):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the thread of a display goes on")


class OnlyWrites:
    def write(self, text):
        pass


class NobodyReads(OnlyWrites):
    def isatty(self):
        return False

    def flush(self):
        raise BrokenPipeError


class Closed(OnlyWrites):
    def write(self, *_):
        raise ValueError("I/O operation on closed file.")

    isatty = flush = write


@pytest.mark.parametrize("stream", [OnlyWrites, NobodyReads, Closed])
@pytest.mark.parametrize("verbose", [None, 1])
def test_a_broken_stderr_does_not_disturb_the_loop(stream, verbose, monkeypatch, every_tick):
    monkeypatch.setattr(sys, "stderr", stream())
    steps = track(range(3), 3, "Doing", verbose)
    assert [step for step in steps if time.sleep(0.02) is None] == [0, 1, 2]
    note("a line")


def test_empty_loop():
    assert list(track([], 0, "Doing", 1)) == []


@pytest.fixture
def every_tick(monkeypatch):
    monkeypatch.setattr("sersk._utils.display._TICK", 0.01)
    monkeypatch.setattr("sersk._utils.drawing._FIRST_LINE", 0.0)
    monkeypatch.setattr("sersk._utils.drawing._PLAIN_EVERY", 0.0)


def test_lines_outside_a_terminal_have_no_control_characters(capsys, monkeypatch, every_tick):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for _ in track(range(3), 3, "Outer", 1, unit="fits"):
        time.sleep(0.05)
        for _ in track(range(2), 2, "Inner", 1):
            pass
    shown = capsys.readouterr().err
    assert "Outer: 1/3 fits" in shown
    assert shown.count("Inner: 2/2 clips") == 3
    assert not {"\r", "\x1b", "\b"} & set(shown)


def test_a_line_is_written_while_a_step_goes_on(capsys, every_tick):
    for _ in track(range(1), 1, "Long", 1, unit="fits"):
        time.sleep(0.1)
    assert "Long: 0/1 fits" in capsys.readouterr().err


def test_a_loop_that_continues_after_the_display_has_ended_is_silent(capsys):
    steps = track(range(3), 3, "Outer", 1)
    next(steps)
    end_display()
    assert list(track(range(2), 2, "Inner", 1)) == [0, 1]
    assert list(steps) == [1, 2]
    shown = capsys.readouterr().err
    assert "Inner: 2/2 clips" in shown
    assert "Outer" not in shown


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    for name in ("display", "drawing", "progress"):
        monkeypatch.setattr(f"sersk._utils.{name}.monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("seconds", "total", "expected"),
    [
        (2.0, 40, "10/40 clips, 5.0 clips/s, 0:00:02 gone, 0:00:06 left"),
        (100.0, 20, "10/20 clips, 10.0 s/clip, 0:01:40 gone, 0:01:40 left"),
    ],
)
def test_rate_and_time_left(clock, capsys, every_tick, seconds, total, expected):
    steps = track(range(2), total, "Reading", 1, size=10)
    next(steps)
    clock[0] += seconds
    next(steps)
    steps.close()
    assert f"Reading: {expected}\n" in capsys.readouterr().err


def test_the_time_left_leaves_out_a_slow_start_and_counts_parts(clock, capsys):
    progress = Progress("Training", 4, verbose=1, unit="epochs")
    clock[0] += 30
    progress.advance_to(0.1, "batch 1/10")
    progress.restart_clock()
    clock[0] += 9
    progress.advance_to(1.0, "batch 10/10")
    progress.close()
    expected = "1/4 epochs, batch 10/10, 10.0 s/epoch, 0:00:39 gone, 0:00:30 left"
    assert f"Training: {expected}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "left"), [(0, "0:02:00"), (30, "0:01:30"), (39, "0:01:21"), (90, "0:01:20")]
)
def test_the_time_left_does_not_grow_during_a_step(clock, seconds, left):
    progress = Progress("Fitting", 4, verbose=0, unit="fits")
    clock[0] += 40
    progress.advance_to(1)
    clock[0] += seconds
    state = progress._task.describe(clock[0])
    assert state.startswith("1/4 fits, 40.0 s/fit, ")
    assert state.endswith(f"{left} left")


def test_an_outer_loop_has_a_bound_before_its_first_step_is_done(clock, capsys, monkeypatch):
    outer = Progress("Fitting", 5, verbose=1, unit="fits")
    clock[0] += 10
    inner = Progress("Training", 10, verbose=1, unit="epochs")
    clock[0] += 2
    inner.advance_to(1)
    time.sleep(0.3)
    end_display()
    outer.close()
    # 12 s are gone, 18 s are left of the first of 5 fits
    assert "Fitting: 0/5 fits, 0:00:12 gone, at least 0:02:18 left" in capsys.readouterr().err


def test_worker_processes_are_silent(capfd):
    from joblib import Parallel, delayed

    assert Parallel(2, backend="loky")(delayed(is_shown)(1) for _ in range(2)) == [False, False]


def run_on_terminal(code, stdout=subprocess.PIPE):
    """Return what a program writes to stdout, and to a terminal on stderr."""
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    done = subprocess.Popen(
        [sys.executable, "-c", code], stdout=stdout or theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 2**16):
            shown += block
    except OSError:  # Linux raises this when the other side is closed
        pass
    os.close(ours)
    results = done.communicate()[0]
    text = shown.decode()
    assert done.returncode == 0, text
    return results, text


@on_posix
def test_nested_loops_share_one_display_on_a_terminal():
    code = (
        "import sys, time\n"
        "from sersk._utils.progress import end_display, note, track\n"
        "for i in track(range(3), 3, 'Outer', 1, unit='fits'):\n"
        "    for j in track(range(2), 2, 'Inner', 1):\n"
        "        time.sleep(0.15)\n"
        "        note(f'note {i} {j}')\n"
        "        print('result')\n"
        "end_display()\n"
    )
    results, text = run_on_terminal(code)
    assert results == b"result\n" * 6  # results are not part of the display
    for words in ("Outer", "Inner", "note 2 1", "3/3", "fits", "left"):
        assert words in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is shown again


@on_posix
def test_on_a_terminal_long_loops_are_shown_by_default_and_short_ones_are_not():
    code = (
        "import os, sys, threading, time\n"
        "from sersk._utils import display\n"
        "from sersk._utils.progress import track\n"
        "display._PATIENCE = 0.5\n"
        "list(track(range(3), 3, 'Short'))\n"
        "def long(name, verbose=None):\n"
        "    for _ in track(range(8), 8, name, verbose):\n"
        "        time.sleep(0.1)\n"
        "long('Unwanted', 0)\n"
        "thread = threading.Thread(target=long, args=['Threaded'])\n"
        "thread.start(); thread.join()\n"
        "outer = track(range(1), 1, 'Outer', unit='fits')\n"
        "for _ in outer:\n"
        "    long('Wanted')\n"
        "    print('a result')\n"
        "    if os.fork() == 0:\n"
        "        print('of the child', file=sys.stderr)\n"
        "        long('Forked', 1)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
    )
    _, text = run_on_terminal(code, stdout=None)
    for words in ("Outer", "Wanted", "a result", "of the child"):
        assert words in text
    assert not re.search("Short|Unwanted|Threaded|Forked", text)


def test_in_a_notebook_the_output_is_updated_in_place(monkeypatch, capsys):
    shown = []

    def display(content, raw, display_id):
        assert raw
        assert display_id
        shown.append(content["text/plain"])
        return types.SimpleNamespace(update=lambda new, raw: shown.append(new["text/plain"]))

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    monkeypatch.setattr("sersk._utils.display._PATIENCE", 0.1)
    monkeypatch.setattr("sersk._utils.drawing._NOTEBOOK_EVERY", 0.0)
    for _ in track(range(2), 2, "Outer", unit="fits"):
        for _ in track(range(3), 3, "Inner"):
            time.sleep(0.15)
    both = r"Outer: 0/2 fits, .*\nInner: [12]/3 clips, .* left"
    assert any(re.fullmatch(both, text) for text in shown)
    assert shown[-1].startswith("Outer: 2/2 fits")
    assert capsys.readouterr() == ("", "")

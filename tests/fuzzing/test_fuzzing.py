"""Hostile files, arrays and model files end with the right result or a clear error.

The fuzzer itself is in `benchmarks/fuzzing`. It forks, so it runs in a process of its own.
"""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2]


def fuzz(*arguments):
    """Run the command; return how many cases ended in which way, and the faults as a text."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the bounds of memory are Linux's")
    result = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "fuzz.py"), "--json", "--jobs", "1", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert result.stdout, result.stderr
    answer = json.loads(result.stdout.splitlines()[-1])
    return answer["counts"], answer["faults"]


@pytest.fixture
def fuzzing(monkeypatch):
    """Make the fuzzer's modules importable."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


@pytest.mark.slow
def test_no_case_of_a_run_is_a_fault():
    counts, faults = fuzz("--cases", "3000", "--seed", "0")
    assert not faults, faults
    assert sum(counts.values()) == 3_000
    assert min(counts["right results"], counts["clear errors"]) > 1_000  # both are tried


def test_no_input_that_ever_failed_fails_again():
    n_cases = len(list((ROOT / "tests" / "fuzzing" / "corpus").glob("*.json")))
    counts, faults = fuzz("--corpus")
    assert not faults, faults
    assert sum(counts.values()) == n_cases > 10


@pytest.mark.usefixtures("fuzzing")
def test_a_case_is_made_from_its_number_alone():
    from fuzzing.cases import make_case

    for number in range(40):
        assert make_case(3, number) == make_case(3, number)
    assert make_case(3, 0) != make_case(4, 0)


@pytest.mark.usefixtures("fuzzing")
def test_the_oracle_is_soundfile_the_mean_and_zeros(tmp_path):
    from fuzzing import oracle

    frames = np.random.default_rng(0).uniform(-0.5, 0.5, (800, 2))
    path = tmp_path / "stereo.wav"
    soundfile.write(path, frames, 8_000, "DOUBLE")
    sound = oracle.read(str(path))
    np.testing.assert_allclose(sound.samples, frames.mean(axis=1), atol=1e-7)
    options = {"sample_rate": 8_000, "duration": 0.2, "offset": 0.05}
    row = oracle.make_row(sound.samples, 8_000, options)
    np.testing.assert_allclose(row[:400], frames[400:].mean(axis=1), atol=1e-7)
    assert not row[400:].any()


@pytest.mark.usefixtures("fuzzing")
@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        (lambda path: (np.zeros(4_000, np.float32), 16_000), "values differ"),
        (lambda path: (np.zeros(3_999, np.float32), 16_000), "samples instead of"),
        (lambda path: (np.full(4_000, np.nan, np.float32), 16_000), "NaN or infinity"),
        (lambda path: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_reader_is_a_fault(reader, fault, tmp_path, monkeypatch):
    from fuzzing import checks
    from fuzzing.cases import FAULT, FileCase

    memory = io.BytesIO()
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 4_000)
    soundfile.write(memory, noise, 16_000, format="WAV")
    options = {"sample_rate": 16_000, "duration": 0.25, "offset": 0.0}
    case = FileCase("intact", ".wav", memory.getvalue(), options, "right")
    assert checks.check_file(case, str(tmp_path), lambda: "").result == "right results"
    monkeypatch.setattr(checks, "read_sound", reader)
    outcome = checks.check_file(case, str(tmp_path), lambda: "")
    assert outcome.result == FAULT
    assert fault in outcome.text


@pytest.mark.usefixtures("fuzzing")
def test_the_minimiser_keeps_what_fails(monkeypatch):
    from fuzzing import minimising
    from fuzzing.cases import ERROR, FAULT, FileCase, Outcome

    def run(case):
        return Outcome(FAULT if b"bad" in case.data else ERROR, "file: bits flipped", "a fault")

    monkeypatch.setattr(minimising, "run_one", run)
    case = FileCase("bits flipped", ".wav", bytes(500) + b"xbadx" + bytes(300))
    small, outcome = minimising.minimise(case, run(case))
    assert outcome.result == FAULT
    assert b"bad" in small.data
    assert len(small.data) < 10


def test_a_child_that_dies_or_hangs_is_replaced():
    # In a process of its own, which has no other threads when it forks.
    script = """
import os, signal, time
import numpy as np
from fuzzing import children, files
from fuzzing.cases import RIGHT, Outcome

def run_case(case, folder, chatter):
    if case == cases[1]:
        os.kill(os.getpid(), signal.SIGKILL)
    if case == cases[3]:
        time.sleep(60)
    return Outcome(RIGHT, "file", "fine")

cases = [files.make(np.random.default_rng(i)) for i in range(6)]
children.run_case, children.SECONDS = run_case, 2.0
texts = {cases.index(case): outcome.text for case, outcome in children.run(cases, 1)}
print(*(texts[i] for i in range(6)), sep="; ")
"""
    path = os.pathsep.join([str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    died, slow = "the process died: SIGKILL", "takes longer than 2 s"
    assert result.stdout.strip() == f"fine; {died}; fine; {slow}; fine; fine", result.stderr

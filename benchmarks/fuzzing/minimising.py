"""Shrink a case that fails, as long as it fails in the same way."""

import time
from collections.abc import Iterator
from dataclasses import replace

from fuzzing import children, corpus
from fuzzing.arrays import ArrayCase
from fuzzing.cases import FAULT, Case, FileCase, ModelCase, Outcome, make_case

_SECONDS = 60.0

_PLAIN_ARRAY = {
    "dtype": "float32",
    "n": 4_000,
    "fill": "noise",
    "layout": "plain",
    "wrap": "plain",
    "container": "list",
    "input_sample_rate": None,
    "offset": 0.0,
}


def minimise_to_corpus(job: tuple[int, int]) -> str:
    """Shrink a case of a run, and write it to the corpus; return what was done."""
    case = make_case(*job)
    outcome = run_one(case)
    if outcome.result != FAULT:
        return f"{job[0]}:{job[1]} does not fail: {outcome.result}"
    small, outcome = minimise(case, outcome)
    size = f"{len(case.data)} to {len(small.data)} bytes, " if isinstance(small, FileCase) else ""
    return f"{size}{corpus.keep(small, outcome).name}: {outcome.text[:200]}"


def run_one(case: Case) -> Outcome:
    """Run one case in a child."""
    return next(iter(children.run([case], 1)))[1]


def minimise(case: Case, outcome: Outcome) -> tuple[Case, Outcome]:
    """Return a smaller case with the same signature, and how it ended."""
    end = time.monotonic() + _SECONDS
    improved = True
    while improved and time.monotonic() < end:
        improved = False
        for smaller in _shrink(case):
            if time.monotonic() > end:
                break
            found = run_one(smaller)
            if found.result == FAULT and found.signature == outcome.signature:
                case, outcome, improved = smaller, found, True
                break
    return case, outcome


def _shrink(case: Case) -> Iterator[Case]:
    """Yield cases that are a step simpler, the largest steps first."""
    if isinstance(case, FileCase):
        yield from _shrink_file(case)
    elif isinstance(case, ArrayCase):
        for key, plain in _PLAIN_ARRAY.items():
            if case.spec[key] != plain:
                yield replace(case, spec=case.spec | {key: plain})
    elif isinstance(case, ModelCase):
        for i in range(len(case.changes)):
            yield replace(case, changes=case.changes[:i] + case.changes[i + 1 :])


def _shrink_file(case: FileCase) -> Iterator[FileCase]:
    plain = {"sample_rate": 16_000, "duration": 0.25, "offset": 0.0}
    if case.options != plain:
        yield replace(case, options=plain)
    data = case.data
    size = len(data) // 2
    if not case.twin and case.expect != "error if shorter":
        while size >= max(1, len(data) // 256):
            for begin in range(len(data) - size, -1, -size):  # the header last
                yield replace(case, data=data[:begin] + data[begin + size :])
            size //= 2
    size = len(data) // 2
    while size >= max(1, len(data) // 64):
        for begin in range(len(data) - size, -1, -size):
            if any(data[begin : begin + size]):
                yield replace(case, data=data[:begin] + bytes(size) + data[begin + size :])
        size //= 2

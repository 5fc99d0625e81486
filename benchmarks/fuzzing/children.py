"""Run cases in child processes with bounded memory and time.

A child runs many cases. It is replaced when it dies, takes too long for one case or has grown.
"""

import ctypes
import os
import resource
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from fuzzing.cases import FAULT, ArrayCase, Case, FileCase, Outcome, kind_of, make_case

# Of a child, beyond what its libraries take.
MEMORY = 512 * 2**20
GROWTH = 200 * 2**20
SECONDS = 20.0

# A job is the number of a case in a run, (seed, number), or the case itself.
Job = tuple[int, int] | Case


class Child:
    """A process that runs cases, one at a time."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="fuzz")
        context = get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self.folder), daemon=True)
        self.process.start()
        theirs.close()
        self.jobs: deque[tuple[int, Job]] = deque()
        self.began = 0.0
        self.kind = "fuzzer: making the case"  # of the case that runs

    def send(self, index: int, job: Job) -> None:
        """Give it a case."""
        if not self.jobs:
            self.began = time.monotonic()
        self.jobs.append((index, job))
        with suppress(BrokenPipeError, ConnectionError):  # it has died, which `recv` will tell
            self.pipe.send(job)

    def end(self) -> None:
        """Kill it, and remove its files."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare() -> None:
    """Import and make what all children need, before they are forked."""
    from fuzzing import arrays, checks, files, media, models  # noqa: F401

    models.make_pipeline()


def run(jobs: Iterable[Job], n_children: int) -> Iterator[tuple[Job, Outcome]]:
    """Run cases, and yield how each ended, in no particular order."""
    queue = enumerate(jobs)
    children = [Child() for _ in range(n_children)]
    again: deque[tuple[int, Job]] = deque()
    try:
        for child in children:
            _fill(child, queue, again)
        while any(child.jobs for child in children):
            busy = {child.pipe: child for child in children if child.jobs}
            for pipe in wait(list(busy), timeout=1.0):
                child = busy[pipe]  # type: ignore[index]
                try:
                    answer = pipe.recv()  # type: ignore[union-attr]
                except (EOFError, ConnectionError):
                    yield _bury(children, child, again, "")
                    _fill(children[-1], queue, again)
                    continue
                if isinstance(answer, str):
                    child.kind = answer
                    continue
                outcome, has_grown = answer
                child.kind = "fuzzer: making the case"
                yield child.jobs.popleft()[1], outcome
                child.began = time.monotonic()
                if has_grown:
                    again.extend(child.jobs)
                    child.jobs.clear()
                    _replace(children, child)
                    child = children[-1]
                _fill(child, queue, again)
            for child in list(children):
                if child.jobs and time.monotonic() - child.began > SECONDS:
                    yield _bury(children, child, again, f"takes longer than {SECONDS:g} s")
                    _fill(children[-1], queue, again)
    finally:
        for child in children:
            child.end()


def _fill(child: Child, queue: Iterator[tuple[int, Job]], again: deque[tuple[int, Job]]) -> None:
    while len(child.jobs) < 4:
        item = again.popleft() if again else next(queue, None)
        if item is None:
            return
        child.send(*item)


def _bury(
    children: list[Child], child: Child, again: deque[tuple[int, Job]], why: str
) -> tuple[Job, Outcome]:
    """Replace a child that died or hangs; return its case and the fault."""
    job, kind = child.jobs.popleft()[1], child.kind
    again.extend(child.jobs)
    if not why:
        child.process.join(5)
        code = child.process.exitcode or 0
        why = f"the process died: {signal.Signals(-code).name if code < 0 else f'exit {code}'}"
    _replace(children, child)
    return job, Outcome(FAULT, kind, why)


def _replace(children: list[Child], child: Child) -> None:
    child.end()
    children.remove(child)
    children.append(Child())


def run_case(case: Case, folder: str, chatter: Any) -> Outcome:
    """Run one case in this process."""
    if isinstance(case, FileCase):
        from fuzzing.checks import check_file

        return check_file(case, folder, chatter)
    if isinstance(case, ArrayCase):
        from fuzzing.arrays import check_array

        return check_array(case, folder, chatter)
    from fuzzing.models import check_model

    return check_model(case, folder, chatter)


def _serve(pipe: Connection, folder: str) -> None:
    """Run cases until the parent closes the pipe or kills this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # End with the parent, also if it is killed (PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    os.chdir(folder)  # what a case may leave behind
    log = os.open(os.path.join(folder, "stderr"), os.O_RDWR | os.O_CREAT | os.O_APPEND)
    stderr = os.dup(2)
    os.dup2(log, 2)
    size = _size("VmSize:") + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resident = 0
    seen = 0

    def chatter() -> str:
        """Return what was written to stderr since the last call."""
        nonlocal seen
        n = os.fstat(log).st_size
        text = os.pread(log, n - seen, seen).decode(errors="replace") if n > seen else ""
        seen = n
        return text

    done = 0
    while True:
        try:
            job = pipe.recv()
        except (EOFError, ConnectionError):
            return
        try:
            case = make_case(*job) if isinstance(job, tuple) else job
            pipe.send(kind_of(case))
            chatter()
            outcome = run_case(case, folder, chatter)
        except Exception as error:  # of the fuzzer itself: it must not pass
            import traceback

            os.write(stderr, traceback.format_exc().encode())
            outcome = Outcome(FAULT, "fuzzer", f"the fuzzer: {type(error).__name__}: {error}")
        done += 1
        resident = resident or (_size("VmRSS:") if done == 200 else 0)
        has_grown = done % 200 == 0 and _size("VmRSS:") > resident + GROWTH
        pipe.send((outcome, has_grown))


def _size(name: str) -> int:
    """Return a size of this process in bytes, by its name in Linux's list."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))

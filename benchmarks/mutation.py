"""Mutation testing: change the code at random places, and count the changes that the tests notice.

    python benchmarks/mutation.py FOLDER [--mutants 200] [--seed 0] [--only sersk/persistence]
    python benchmarks/mutation.py FOLDER --again

mutmut makes the changes (mutants), all at once, in a copy of the project in FOLDER; at run time one
of them is active. The modules and tests are those of `tool.mutmut` in pyproject.toml. The tests are
collected once. For each mutant a child of that process runs the tests that call the changed
function until one fails: first those that killed others of the module, then the quickest.

The sample is random and stratified: each module has its share. A run that was stopped goes on where
it was. The option --again runs the survivors of FOLDER with the tests as they are now.

A mutant is killed if a test fails or if the tests take far longer than without it; it survives if
all of them pass, or if no test calls the function. Anything else is not countable, and said.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from functools import partial
from pathlib import Path

from _common import print_table
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"sersk/audio": "reading of sound", "sersk/classifiers": "checks of classifiers"}
OTHER_ROOM = "persistence, and files that appear whole"
# A test may take so many seconds of the processor, and so many times as long as without a mutant.
SECONDS, TIMES = 5, 3
LONGEST = 3600  # s, for all tests of a mutant
KILLED, SURVIVED = ("killed", "timeout"), ("survived", "no tests")


def make_tree(folder: Path) -> None:
    """Copy the project, with its changes that are not committed, and put the mutants in."""
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    tree = folder / "tree"
    copy_tracked(tree, ".")
    names = {}
    for module in find_modules(tree):
        mutated = mutate_file_contents(str(module), (tree / module).read_text())
        (tree / module).write_text(mutated.code)
        names[str(module)] = sorted(get_mutant_name(module, name) for name in mutated.mutant_names)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    write(folder / "mutants.json", {"commit": commit, "names": names})


def copy_tracked(tree: Path, part: str) -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", part]
    for name in subprocess.check_output(command, cwd=ROOT, text=True).split("\0"):
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)


def find_modules(tree: Path) -> list[Path]:
    found = [path for pattern in configure()["only_mutate"] for path in tree.glob(pattern)]
    return sorted(path.relative_to(tree) for path in found)


def configure() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]


def draw(names: dict[str, list[str]], seed: int) -> list[tuple[str, str]]:
    """Return all mutants as (module, name), so that the first n are a stratified sample."""
    rng = random.Random(seed)
    ranked = []
    for module, mutants in names.items():
        order = rng.sample(mutants, len(mutants))
        ranked += [((i + rng.random()) / len(order), module, name) for i, name in enumerate(order)]
    return [(module, name) for _, module, name in sorted(ranked)]


def write(path: Path, content: object) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(content, indent=1))
    temporary.replace(path)


def read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


class Runner:
    """A plugin of pytest: runs the collected tests for one mutant after another."""

    def __init__(self, folder: Path, tasks: list[tuple[str, str]], results: Path) -> None:
        self.folder, self.tasks, self.results = folder, tasks, results

    def pytest_runtestloop(self, session) -> bool:
        """Run the tests for each mutant, in place of running each test once."""
        path = self.folder / "statistics.json"
        durations = read(path).get("durations", {})
        new = [item for item in session.items if item.nodeid not in durations]
        if new:
            self.fork(partial(self.collect_statistics, session, new, path), 2 * LONGEST)
        statistics = read(path)
        if any(item.nodeid not in statistics.get("durations", {}) for item in new):
            raise RuntimeError(f"tests without mutants did not end; see {self.folder}/child.log")
        durations, callers = statistics["durations"], statistics["tests"]
        failed = set(statistics["failed"])
        results = read(self.results)
        for module, mutant in self.tasks:
            if mutant in results:
                continue
            wanted = set(callers.get(mutant.rpartition("__mutmut_")[0], ())) - failed
            items = [item for item in session.items if item.nodeid in wanted]
            # the tests that killed others of the module first
            found = {one.get("by") for one in results.values() if one["module"] == module}
            items.sort(key=lambda item: (item.nodeid not in found, durations[item.nodeid]))
            begin = time.monotonic()
            outcome = "no tests"
            if items:
                run = partial(self.run, session, items, mutant, durations)
                outcome = self.fork(run, LONGEST)
            seconds = round(time.monotonic() - begin, 1)
            results[mutant] = {"module": module, "outcome": outcome, "seconds": seconds}
            if outcome == "killed":
                results[mutant]["by"] = (self.folder / "killer").read_text()
            print(f"{len(results)}: {mutant}: {outcome}", file=sys.stderr, flush=True)
            write(self.results, results)
        return True

    def fork(self, call, limit: float) -> str:
        """Run a call in a child, at most so many seconds; return how it ended."""
        process = os.fork()
        if not process:
            os.setpgid(0, 0)
            log = os.open(self.folder / "child.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            code = 3
            try:
                code = call()
            finally:
                os._exit(code)
        end = time.monotonic() + limit
        while time.monotonic() < end:
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                known = {0: "survived", 1: "killed", -signal.SIGPROF: "timeout"}
                return known.get(code, f"exit {code}")
            time.sleep(0.02)
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return "timeout"

    def collect_statistics(self, session, items: list, path: Path) -> int:
        """Note which test calls which function, how long it takes, and whether it passes."""
        from mutmut.mutation.trampoline import set_mutant_under_test
        from mutmut.state import state

        set_mutant_under_test("stats")
        known = read(path) or {"durations": {}, "failed": [], "tests": {}}
        for item, following in zip(items, [*items[1:], None], strict=True):
            state()._stats.clear()
            n_failed, begin = session.testsfailed, time.monotonic()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            known["durations"][item.nodeid] = time.monotonic() - begin
            if session.testsfailed > n_failed:
                known["failed"].append(item.nodeid)
            for function in state()._stats:
                known["tests"].setdefault(function, []).append(item.nodeid)
        write(path, known)
        return 0

    def run(self, session, items: list, mutant: str, durations: dict[str, float]) -> int:
        """Run tests with a mutant until one fails; return the exit code of the child."""
        from mutmut.mutation.trampoline import set_mutant_under_test

        set_mutant_under_test(mutant)
        for item, following in zip(items, [*items[1:], None], strict=True):
            signal.setitimer(signal.ITIMER_PROF, SECONDS + TIMES * durations[item.nodeid])
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                (self.folder / "killer").write_text(item.nodeid)
                return 1
        return 0


def run_tasks(folder: Path, tasks: list[tuple[str, str]], results: Path) -> None:
    """Run in this process, whose directory and modules become those of the copy."""
    import pytest

    tree = folder / "tree"
    os.chdir(tree)
    os.environ["PYTHONPATH"] = f"{tree}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    os.environ["MUTANT_UNDER_TEST"] = ""
    sys.path.insert(0, str(tree))
    import sersk

    if not sersk.__file__.startswith(str(tree)):
        raise RuntimeError(f"sersk is {sersk.__file__}, not the copy in {tree}")
    configuration = configure()
    arguments = [
        *configuration["pytest_add_cli_args"],
        *configuration["pytest_add_cli_args_test_selection"],
    ]
    base = ["-q", "--tb=short", "--rootdir=.", f"--basetemp={folder / 'temporary'}"]
    pytest.main([*base, *arguments], plugins=[Runner(folder, tasks, results)])


def name_room(module: str) -> str:
    return next((room for part, room in ROOMS.items() if module.startswith(part)), OTHER_ROOM)


def print_results(folder: Path, results: dict) -> None:
    counts: dict[str, Counter] = {}
    for result in results.values():
        outcome = result["outcome"]
        kind = "killed" if outcome in KILLED else "survived" if outcome in SURVIVED else "other"
        for room in (name_room(result["module"]), "all"):
            counts.setdefault(room, Counter())[kind] += 1
    rows = []
    for room in [*sorted(set(counts) - {"all"}), "all"]:
        n_killed, n = counts[room]["killed"], counts[room]["killed"] + counts[room]["survived"]
        if not n:
            continue
        low, high = binomtest(n_killed, n).proportion_ci(method="wilson")
        shares = [f"{100 * n_killed / n:.0f} %", f"{100 * low:.0f} to {100 * high:.0f} %"]
        numbers = [n, n_killed, n - n_killed, counts[room]["other"]]
        rows.append([room, *map(str, numbers), *shares])
    head = ["modules", "mutants", "killed", "survived", "not countable", "share", "95 % interval"]
    n_all = sum(map(len, read(folder / "mutants.json")["names"].values()))
    print(f"{n_all:,} mutants in all modules\n")
    print_table(head, rows)
    failed = read(folder / "statistics.json").get("failed", [])
    print("\nTests that fail without a mutant, and were left out: " + (", ".join(failed) or "none"))
    for mutant, result in sorted(results.items()):
        if result["outcome"] not in KILLED:
            print(f"{result['outcome']}: {mutant}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", type=Path, help="for the copy and the results; an empty one first"
    )
    parser.add_argument("--mutants", type=int, default=200, help="size of the sample")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", default=[""], help="modules that begin so")
    parser.add_argument(
        "--again", nargs="*", metavar="MUTANT", help="run survivors (all) with the tests of today"
    )
    parser.add_argument("--table", action="store_true", help="print the results, run nothing")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    results = folder / "results.json"
    if not (folder / "mutants.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_tree(folder)
    order = draw(read(folder / "mutants.json")["names"], arguments.seed)[: arguments.mutants]
    tasks = [task for task in order if task[0].startswith(tuple(arguments.only))]
    if arguments.again is not None:
        copy_tracked(folder / "tree", "tests")
        before = read(results)
        chosen = arguments.again or [m for m, r in before.items() if r["outcome"] not in KILLED]
        tasks = [(before[mutant]["module"], mutant) for mutant in chosen]
        results = folder / "again.json"
        write(results, {m: r for m, r in read(results).items() if m not in chosen})
    if not arguments.table:
        run_tasks(folder, tasks, results)
    print_results(folder, read(results))


if __name__ == "__main__":
    main()

"""Hostile files, arrays and model files: no wrong answer, no crash, no error without a name.

    python benchmarks/fuzz.py --cases 100000 --seed 0 --table

Each case runs in a child with 512 MiB beyond its libraries and 20 s. It ends with the right result
(by soundfile, the mean over channels, soxr and numpy), with a clear error of sersk that names the
file or the parameter, or it is a fault: another value, another exception, a crash, a hang, too much
memory, NaN, a warning or a line on stderr without the name, or a good file that suffers from a bad
one beside it. Faults are printed by kind, each with the case that shows it.

- ``--case 0:1234`` runs one case of a run (seed 0) and shows it;
- ``--minimise 0:1234`` shrinks a case that fails and writes it to ``tests/fuzzing/corpus``;
- ``--model-files 10000`` flips a bit in each byte of the structure of a .sersk file, cuts it at
  each member, and does so many random damages; each is refused, or predicts the same bits;
- ``--corpus`` runs the corpus: every input that ever failed;
- ``--table`` writes the table to ``docs/reliability.md``.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # children are forked, and share the processors

from fuzzing import children, corpus, minimising
from fuzzing.cases import ERROR, FAULT, RIGHT, kind_of_number, make_case

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- fuzzing -->", "<!-- end of fuzzing -->"


def run_all(jobs: list, n_children: int) -> tuple[dict[str, Counter], dict[str, list]]:
    """Run cases; return the counts by kind, and the faults by signature."""
    counts: dict[str, Counter] = defaultdict(Counter)
    faults: dict[str, list] = defaultdict(list)
    begin = shown = time.monotonic()
    for done, (job, outcome) in enumerate(children.run(jobs, n_children), start=1):
        counts[outcome.kind][outcome.result] += 1
        if outcome.result == FAULT:
            faults[outcome.signature].append((job, outcome))
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            rate = done / (shown - begin)
            n_faults = sum(len(found) for found in faults.values())
            print(
                f"{done} of {len(jobs)} cases, {n_faults} faults, {rate:.0f} cases a second, "
                f"{(len(jobs) - done) / rate:.0f} s left",
                file=sys.stderr,
                flush=True,
            )
    return counts, faults


def make_table(counts: dict[str, Counter]) -> str:
    """Return a Markdown table: a row for each kind, and the sums."""
    lines = ["| kind | cases | right results | clear errors | faults |", "|---|---|---|---|---|"]
    total: Counter = Counter()
    for kind in sorted(counts):
        total += counts[kind]
        lines.append(_row(kind, counts[kind]))
    return "\n".join([*lines, _row("all", total)])


def _row(name: str, found: Counter) -> str:
    cells = (found.total(), found[RIGHT], found[ERROR], found[FAULT])
    return f"| {name} | " + " | ".join(f"{n:,}" for n in cells) + " |"


def write_table(table: str, page: Path) -> None:
    """Write the table between its markers in the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")


def describe(faults: dict[str, list]) -> str:
    """Return the faults by kind, the most frequent first, each with its first case."""
    lines = []
    for found in sorted(faults.values(), key=len, reverse=True):
        job, outcome = min(found, key=lambda pair: str(pair[0]))
        name = ":".join(map(str, job)) if isinstance(job, tuple) else "of the corpus"
        kinds = Counter(outcome.kind for _, outcome in found)
        text = ", ".join(f"{kind} {n}" for kind, n in kinds.most_common(4))
        lines.append(f"{len(found)} x {outcome.text[:300]}\n    case {name}; {text}")
    return "\n".join(lines)


def run_model_files(n_random: int, seed: int) -> int:
    """Damage a .sersk file in all ways, and print a table."""
    from fuzzing import model_files, models

    begin = time.monotonic()
    files, right = models.make_pipeline()
    clips = models.make_clips()
    counts, faults = model_files.check_damage(files["sersk"], clips, right, n_random, seed)
    n_cases = sum(found.total() for found in counts.values())
    print(f"{make_table(counts)}\n\n{n_cases} cases in {time.monotonic() - begin:.0f} s")
    print("\n".join(faults))
    return 1 if faults else 0


def _parse(name: str) -> tuple[int, int]:
    seed, _, number = name.partition(":")
    return int(seed), int(number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", choices=("file", "media", "array", "model"))
    parser.add_argument("--case", type=_parse, metavar="SEED:NUMBER")
    parser.add_argument("--minimise", type=_parse, nargs="+", metavar="SEED:NUMBER")
    parser.add_argument("--model-files", type=int, metavar="N")
    parser.add_argument("--corpus", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--json", action="store_true", help="print counts and faults as JSON")
    args = parser.parse_args()
    if args.model_files is not None:
        return run_model_files(args.model_files, args.seed)
    children.prepare()
    if args.minimise:
        for job in args.minimise:
            print(minimising.minimise_to_corpus(job))
        return 0
    if args.case:
        print(corpus.show(make_case(*args.case)))
        jobs: list = [args.case]
    elif args.corpus:
        jobs = corpus.load_all()
    else:
        jobs = [(args.seed, number) for number in range(args.cases)]
        if args.only:
            jobs = [job for job in jobs if kind_of_number(job[1]) == args.only]
    begin = time.monotonic()
    counts, faults = run_all(jobs, min(args.jobs, len(jobs)))
    n_faults = sum(len(found) for found in faults.values())
    if args.json:
        totals = sum(counts.values(), Counter())
        print(json.dumps({"counts": totals, "faults": describe(faults)}))
    else:
        table = make_table(counts)
        print(f"{table}\n\n{len(jobs)} cases in {time.monotonic() - begin:.0f} s")
        print(describe(faults))
        if args.table:
            write_table(table, PAGE)
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main())

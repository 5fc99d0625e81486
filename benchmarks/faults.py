"""Faults of disks: each file that sersk writes, on a full, a half full and a read-only disk.

Also two processes on one folder, and processes that are killed in the midst.

    python benchmarks/faults.py --table

A file system in memory is filled, or made read-only, in a namespace of its own: no administrator is
needed. A write ends with the right result, or with a clear error that names the file; an older file
stays as it was, and nothing incomplete is left. Anything else is a fault.

- ``--only NAME`` runs the writes whose names hold this, and shows their messages; "sharing" runs
  two processes at a time;
- ``--light`` leaves out the commands, the search, and what compiles or imports TensorFlow;
- ``--json`` prints the rows as JSON;
- ``--table`` writes the table to ``docs/reliability.md``.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")  # processes are forked

from faulty.disks import enter_namespace

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- disks -->", "<!-- end of disks -->"


def make_table(rows: list) -> str:
    """Return a Markdown table; faults with the same outcome of one write share a row."""
    lines = ["| what is written | fault | what happens | left besides the older file |"]
    lines.append("|---|---|---|---|")
    merged: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        merged.setdefault((row.write, row.happened, row.left), []).append(row.fault)
    for (write, happened, left), faults in merged.items():
        lines.append(f"| {write} | {', '.join(faults)} | {happened} | {left} |")
    return "\n".join(lines)


def main() -> int:
    """Run the writes; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    enter_namespace()
    from faulty.children import FAULT, RIGHT, run
    from faulty.judging import DISKS, try_write
    from faulty.sharing import share_all
    from faulty.things import make_things, train_network
    from faulty.writes import WRITES

    writes = [w for w in WRITES if args.only in w.name and not (args.light and not w.is_light)]
    rows = []
    with TemporaryDirectory() as folder:
        things = make_things(Path(folder))
        if any(write.heavy for write in writes):
            made = run(lambda: train_network(things), Path(folder))
            assert made.result == RIGHT, made.text
        for write in writes:
            for row in try_write(write, things, tuple(DISKS)):
                rows.append(row)
                print(f"{row.write}, {row.fault}: {row.happened}", file=sys.stderr, flush=True)
                if row.result == FAULT or args.only:
                    print(f"{row.text}\nleft: {row.left}", file=sys.stderr, flush=True)
        if not args.only or args.only == "sharing":
            for row in share_all(things, heavy=not args.light):
                rows.append(row)
                print(f"{row.write}, {row.fault}: {row.happened}", file=sys.stderr, flush=True)
    if args.json:
        print(json.dumps([asdict(row) for row in rows]))
    else:
        print(make_table(rows))
    if args.table:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        text = f"{before}{BEGIN}\n\n{make_table(rows)}\n\n{END}{rest.partition(END)[2]}"
        PAGE.write_text(text, encoding="utf-8")
    return int(any(row.result == FAULT for row in rows))


if __name__ == "__main__":
    sys.exit(main())

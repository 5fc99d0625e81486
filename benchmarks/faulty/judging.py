"""One write on one faulty disk: what happened, and whether that is right."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from faulty import children
from faulty.children import ERROR, FAULT, RIGHT, Outcome
from faulty.disks import PAGE, Disk
from faulty.writes import Write, list_names

# What is done to the disk, with the space that a good run needs (bytes).
DISKS: dict[str, Callable[[Disk, int], None]] = {
    "full": lambda disk, _: disk.leave(0),
    "full halfway": lambda disk, needed: disk.leave(needed // 2 // PAGE * PAGE),
    "read-only": lambda disk, _: disk.protect(),
}


@dataclass
class Row:
    """One row of the table.

    Attributes
    ----------
    write : str
        What was written.
    fault : str
        What was done to the disk.
    result : str
        RIGHT, ERROR or FAULT.
    happened : str
        In words.
    left : str
        What is in the folder, but for the older file.
    text : str
        The message.
    """

    write: str
    fault: str
    result: str
    happened: str
    left: str
    text: str


def try_write(write: Write, things: SimpleNamespace, faults: tuple[str, ...]) -> list[Row]:
    """Run a write on a good disk, then on faulty ones.

    Parameters
    ----------
    write : Write
        The write.
    things : SimpleNamespace
        As of `things.make_things`.
    faults : tuple of str
        Of `DISKS`.

    Returns
    -------
    rows : list of Row
        One for each fault; one alone if the write fails on a good disk.
    """
    with TemporaryDirectory() as folder, Disk(Path(folder)) as disk:
        write.prepare(disk.folder)
        good = _run(write, disk, things)
        files = [path for path in disk.folder.rglob("*") if path.is_file()]
        needed = sum(-(-path.stat().st_size // PAGE) * PAGE for path in files)
    if good.result != RIGHT:
        return [Row(write.name, "none", FAULT, "fails on a good disk", "", good.text)]
    return [_try_fault(write, things, fault, needed) for fault in faults]


def _try_fault(write: Write, things: SimpleNamespace, fault: str, needed: int) -> Row:
    with TemporaryDirectory() as folder, Disk(Path(folder)) as disk:
        write.prepare(disk.folder)
        before = disk.look()
        DISKS[fault](disk, 2 * write.halfway if write.halfway is not None else needed)
        outcome = _run(write, disk, things)
        after = disk.look()
    problems = [] if outcome.result != FAULT else ["another exception or a crash"]
    left = sorted(name for name in after if name not in before)
    if outcome.result == ERROR:
        if not _is_named(write, outcome.text, folder):
            problems.append("the error does not name the file")
        if changed := [name for name in before if after.get(name) != before[name]]:
            problems.append(f"{', '.join(changed)} has changed")
        if other := [name for name in left if not name.endswith(write.may_leave or ("\0",))]:
            problems.append(f"{', '.join(other)} is left")
    result = FAULT if problems else outcome.result
    happened = "; ".join(problems) or _tell(write, outcome)
    return Row(write.name, fault, result, happened, list_names(left), outcome.text)


def _run(write: Write, disk: Disk, things: SimpleNamespace) -> Outcome:
    with TemporaryDirectory() as elsewhere:
        return children.run(lambda: write.run(disk.folder, things), Path(elsewhere))


def _is_named(write: Write, text: str, folder: str) -> bool:
    name = write.file or write.names
    return (f"{folder}/{name}" in text) if name else (folder in text)


def _tell(write: Write, outcome: Outcome) -> str:
    if outcome.result == ERROR:
        named = f"error that names `{write.file}`" if write.file else "error that names the folder"
        rescued = "was saved in" in outcome.text  # of a command
        return f"{named}; the result is saved elsewhere" if rescued else named
    return "right result, with a warning" if outcome.text else "right result"

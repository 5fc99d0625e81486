"""The problems in the rows of a table of clips, all of them at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sersk._utils.suggest import suggest
from sersk.datasets._windows_paths import explain_missing, find_file
from sersk.datasets.folder import FOLDERS, normalise_folder
from sersk.datasets.parts import Labels

if TYPE_CHECKING:
    import pandas as pd

_MOST_SUGGESTED = 20  # names that are compared with those of a folder, which takes a while


@dataclass
class Rows:
    """What the columns of a table say, row by row.

    `names` are those of the rows in messages. `files`, `labels` and `speakers` are empty if their
    column does not exist. `problems` are pairs of the name of a row, or "", and what is wrong.
    """

    names: list[str]
    files: list[Path] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def check_rows(
    table: pd.DataFrame,
    names: list[str],
    *,
    path: str,
    label: str,
    speaker: Sequence[str],
    root: Path,
    labels: Labels,
) -> Rows:
    """Return the files, labels and speakers of a table, and everything that is wrong with them.

    `names` are those of the rows; `speaker` are the columns that together name a speaker; `root` is
    the folder that relative paths begin at.
    """
    rows = Rows(names)
    wanted = [("path", path), ("label", label), *(("speaker", name) for name in speaker)]
    missing = {name for _, name in wanted if name not in table.columns}
    for role, name in wanted:
        if name in missing:
            near = suggest(name, map(str, table.columns)) or "."
            columns = ", ".join(repr(str(column)) for column in table.columns)
            rows.problems.append(
                ("", f"there is no column {name!r} ({role}={name!r}){near} There are: {columns}")
            )
    if path not in missing:
        cells = [as_text(cell) for cell in table[path]]
        rows.files = [find_file(cell, root) for cell in cells]
        rows.problems += _check_files(rows, cells, root)
    if label not in missing:
        rows.labels = [as_text(cell) for cell in table[label]]
        rows.problems += _check_labels(rows, label, labels)
    if speaker and missing.isdisjoint(speaker):
        cells_of = [[as_text(cell) for cell in table[name]] for name in speaker]
        parts = list(zip(*cells_of, strict=True))
        rows.speakers = ["-".join(part) for part in parts]
        rows.problems += _check_speakers(rows, parts, speaker)
    places = {name: i for i, name in enumerate(names)}
    rows.problems.sort(key=lambda problem: places.get(problem[0].partition(",")[0], -1))
    return rows


def as_text(cell: Any) -> str:
    """Return a cell as text, empty if it is missing; 3.0 is "3"."""
    if cell is None or cell != cell or type(cell).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return os.fsdecode(cell).strip() if isinstance(cell, os.PathLike) else str(cell).strip()


def find_standard(label: str) -> str:
    """Return the emotion of the standard vocabulary that a label names, empty if there is none."""
    return FOLDERS.get(normalise_folder(label), "")


def _check_files(rows: Rows, cells: list[str], root: Path) -> Iterator[tuple[str, str]]:
    from sersk.audio.formats import advise, is_unread

    first: dict[Any, int] = {}
    n_missing = 0
    for i, (cell, file) in enumerate(zip(cells, rows.files, strict=True)):
        if not cell:
            yield rows.names[i], "has no path"
            continue
        try:
            status = os.stat(file)
        except (OSError, ValueError):
            n_missing += 1
            near = explain_missing(cell)
            if not near and n_missing <= _MOST_SUGGESTED:
                near = _find_near(file)
            yield rows.names[i], f"{cell!r} does not exist{near}"
            continue
        if not file.is_file():
            yield rows.names[i], f"{cell!r} is not a file"
            continue
        if is_unread(file):
            yield rows.names[i], f"{cell!r} is of a format that is not read{advise(file)}"
        identity = (status.st_dev, status.st_ino), str(file.absolute().with_suffix(""))
        copies = [first[key] for key in identity if key in first]
        if copies:
            yield rows.names[i], f"{cell!r} is the clip of {rows.names[copies[0]]} again"
        for key in identity:
            first.setdefault(key, i)
    if n_missing == len(cells):
        yield "", f"relative paths begin at {str(root)!r}; pass another folder by root="


def _find_near(file: Path) -> str:
    """Return the end of a message: the file of the same folder whose name is nearest."""
    folder = file.parent
    if not folder.is_dir():
        return "; nor does its folder"
    return suggest(file.name, sorted(os.listdir(folder)))


def _check_labels(rows: Rows, column: str, labels: Labels) -> Iterator[tuple[str, str]]:
    by_label: dict[str, list[str]] = {}
    for name, label in zip(rows.names, rows.labels, strict=True):
        if not label:
            yield name, f"has no label in {column!r}"
        else:
            by_label.setdefault(label, []).append(name)
    if labels != "standard":
        return  # a dict that lacks a label is refused where labels are mapped
    for label, names in by_label.items():
        if not find_standard(label):
            where = ", ".join(names[:3]) + (f" and {len(names) - 3} more" * (len(names) > 3))
            yield where, f"label {label!r} is no emotion that is known{suggest(label, FOLDERS)}"


def _check_speakers(
    rows: Rows, parts: list[tuple[str, ...]], columns: Sequence[str]
) -> Iterator[tuple[str, str]]:
    meaning: dict[str, tuple[str, ...]] = {}
    for name, part, joined in zip(rows.names, parts, rows.speakers, strict=True):
        for column, cell in zip(columns, part, strict=True):
            if not cell:
                yield name, f"has no speaker in {column!r}"
        if meaning.setdefault(joined, part) != part:
            yield name, f"its speaker {joined!r} is also that of {meaning[joined]}"

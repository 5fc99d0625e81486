"""Read a table of clips from a CSV file: separator, encoding and lines, no meaning."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS = (",", ";", "\t")


def read_csv(file: Path, wanted: Sequence[str], loader: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells of a CSV file as text, and the name of each row ("line 2").

    `wanted` are the columns that the separator must find, if any separator does. An empty cell is
    the empty string. `loader` is the name in error messages.
    """
    import pandas as pd

    lines = list(_read_text(file, loader).splitlines(keepends=True))
    first = next((line for line in lines if line.strip()), "")
    separator = _find_separator(first, wanted)
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator)
    rows: list[list[str]] = []
    names: list[str] = []
    begin = 1  # a quoted cell may go over several lines
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                names.append(f"line {begin}")
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{loader}: {str(file)!r}, line {begin}: {error}.") from error
    if len(rows) < 2:
        what = "has no row below its column names" if rows else "is empty"
        raise ValueError(f"{loader}: the table {str(file)!r} {what}; it needs a row for each clip.")
    columns, *rows = rows
    while columns and not columns[-1]:  # a spreadsheet may end each line with separators
        columns = columns[:-1]
    _check_columns(columns, f"{loader}: the table {str(file)!r}")
    _check_widths(rows, len(columns), names[1:], f"{loader}: the table {str(file)!r}")
    cells = [[*row, *[""] * len(columns)][: len(columns)] for row in rows]
    return pd.DataFrame(cells, columns=columns, dtype=object), names[1:]


def convert_numbers(column: pd.Series) -> pd.Series:
    """Return a column of text as numbers where all its cells are numbers or empty."""
    import pandas as pd

    cells = column.where(column != "", None)
    try:
        return pd.to_numeric(cells) if cells.notna().any() else cells
    except (ValueError, TypeError):
        return cells


def _read_text(file: Path, loader: str) -> str:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{loader}: {str(file)!r} is not text in UTF-8 (byte {error.start}). Save the table "
            "as CSV in UTF-8."
        ) from error
    if "\0" in text:
        raise ValueError(f"{loader}: {str(file)!r} is no text. Save the table as CSV in UTF-8.")
    return text


def _find_separator(first: str, wanted: Iterable[str]) -> str:
    """Return the separator that finds most of the wanted columns, or else most columns."""

    def rate(separator: str) -> tuple[int, int]:
        cells = [cell.strip() for cell in next(csv.reader([first], delimiter=separator), [])]
        return len(set(wanted) & set(cells)), len(cells)

    return max(_SEPARATORS, key=rate)


def _check_columns(columns: Sequence[str], who: str) -> None:
    if "" in columns:
        raise ValueError(f"{who} has no name for column {columns.index('') + 1}.")
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        raise ValueError(f"{who} has two columns called {', '.join(map(repr, twice))}.")


def _check_widths(rows: list[list[str]], width: int, names: list[str], who: str) -> None:
    wrong = [
        f"{name}: {len(row)}"
        for row, name in zip(rows, names, strict=True)
        if len(row) < width or any(row[width:])
    ]
    if wrong:
        from sersk.datasets._walking import list_names

        raise ValueError(
            f"{who} has {width} columns by its first line, and other numbers of cells in these "
            f"lines; put cells that contain the separator into quotes:{list_names(wrong)}"
        )

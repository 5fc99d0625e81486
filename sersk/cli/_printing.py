"""Results on stdout: lines, CSV, and tables for people."""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer


def print_result(text: str) -> None:
    """Print a line of results; a file name that is not valid text is printed byte by byte."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="surrogateescape")
    typer.echo(text)


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV (RFC 4180, but with Unix line ends), column names first."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    print_result(text.getvalue().rstrip("\n"))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], numbers: int = 0) -> None:
    """Print a table for people; the last `numbers` columns are aligned to the right.

    On a terminal the table fits its width; elsewhere no line is broken.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for position, name in enumerate(columns):
        number = position >= len(columns) - numbers
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 10_000, highlight=False)
    console.print(table)


def to_text(value: Any) -> str:
    """Return a value of JSON as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(to_text, value))
    return str(value)

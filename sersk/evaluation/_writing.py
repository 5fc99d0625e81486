"""Reports as text and Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from sersk.evaluation._reading import about_rows, introduction, reading, remarks
from sersk.evaluation._tables import Row, WritableReport, sections

_WIDTH = 100  # of wrapped lines of text


def to_text(report: WritableReport, timings: bool) -> str:
    """Return the report for a terminal."""
    parts = [report.title, "=" * len(report.title), *_wrapped(introduction(report))]
    if rows := about_rows(report):
        parts += ["", "About", "-----", *_listed(rows)]
    notes = reading(report)
    for heading, columns, cells in sections(report, timings):
        parts += ["", heading, "-" * len(heading), *_aligned([columns, *cells])]
        while notes:  # below the first table, that of the scores
            parts += _wrapped(notes.pop(0))
    return "\n".join([*parts, "", "Data", "----", *remarks(report)])


def to_markdown(report: WritableReport, timings: bool) -> str:
    """Return the report as Markdown."""
    parts = [f"# {_escaped(report.title)}", "", introduction(report)]
    if rows := about_rows(report):
        parts += ["", "## About", ""]
        for name, lines in rows:
            parts += [f"- {_escaped(name)}: " + "; ".join(_code(name, line) for line in lines)]
    notes = [_escaped(note) for note in reading(report)]
    for heading, columns, cells in sections(report, timings):
        rule = ("---", *["---:"] * (len(columns) - 1))
        parts += ["", f"## {heading}", "", *map(_markdown_row, [columns, rule, *cells])]
        if notes:
            parts += ["", " ".join(notes)]
            notes = []
    return "\n".join([*parts, "", "## Data", "", *(f"- {_escaped(x)}" for x in remarks(report))])


def _code(name: str, text: str) -> str:
    """Write source and commands such that Markdown leaves their signs alone."""
    return f"`` {text} ``" if name in ("pipeline", "command") else _escaped(text)


def _markdown_row(cells: Row) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _listed(rows: list[tuple[str, list[str]]]) -> Iterable[str]:
    """Yield the lines of each row behind its name, wrapped."""
    indent = 2 + max(len(name) for name, _ in rows)
    for name, lines in rows:
        for number, line in enumerate(lines):
            yield from textwrap.wrap(
                line,
                _WIDTH,
                initial_indent=f"{name if number == 0 else '':<{indent}}",
                subsequent_indent=" " * (indent + 2),
                break_long_words=False,
                break_on_hyphens=False,
            ) or [name]


def _aligned(rows: list[Row]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()

"""Reports as one HTML page with all figures inside, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from sersk.evaluation._reading import about_rows, introduction, reading, remarks
from sersk.evaluation._style import PAGE, STYLE
from sersk.evaluation._tables import Row, WritableReport, sections
from sersk.plotting import (
    ConfusionDisplay,
    LearningCurveDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
    SpeakersDisplay,
)
from sersk.plotting.offscreen import new_figure, to_img


def to_html(report: WritableReport, timings: bool, page: bool) -> str:
    """Return the report as a whole page, or as the content of its body."""
    parts = [f"<style>{STYLE}{PAGE if page else ''}</style>", '<div class="sersk">']
    parts += [f"<h1>{escape(report.title)}</h1>", f"<p>{escape(introduction(report))}</p>"]
    if rows := about_rows(report):
        parts += ["<h2>About</h2>", "<dl>", *_described(rows), "</dl>"]
    tables = [_table(*section) for section in sections(report, timings)]
    notes = [f'<p class="note">{escape(note)}</p>' for note in reading(report)]
    parts += [tables[0], *notes, *_images(report), *tables[1:]]
    parts += ["<h2>Data</h2>", "<ul>", *(f"<li>{escape(x)}</li>" for x in remarks(report))]
    body = "\n".join([*parts, "</ul>", "</div>"])
    if not page:
        return body
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n</head>\n<body>\n{body}\n</body>\n</html>"
    )


def _described(rows: list[tuple[str, list[str]]]) -> Iterable[str]:
    for name, lines in rows:
        code = name in ("pipeline", "command")
        texts = [f"<code>{escape(line)}</code>" if code else escape(line) for line in lines]
        yield f"<dt>{escape(name)}</dt>\n<dd>{'<br>'.join(texts)}</dd>"


def _table(heading: str, columns: Row, rows: list[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in columns)
    lines = [
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    ]
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines)
    # in reach of the keyboard, as a narrow screen scrolls it sideways
    box = f'<div class="table" role="region" tabindex="0" aria-label="{escape(heading)}">'
    return f"<h2>{escape(heading)}</h2>\n{box}{table}\n</tbody></table></div>"


def _images(report: WritableReport) -> list[str]:
    n_classes, n_speakers = len(report.classes), len(report.by_speaker)
    side = max(4.5, 0.6 * n_classes + 2)
    height = 1.8 + 0.25 * min(n_speakers, 60)
    drawn = [
        _image(report, ConfusionDisplay.from_report, (side, side), "Confusion matrix"),
        _image(report, SpeakersDisplay.from_report, (7, height), "UAR of each speaker"),
    ]
    if report.proba is not None:
        drawn.append(
            _image(report, ReliabilityDisplay.from_report, (5.4, 5.4), "Reliability diagram")
        )
        drawn.append(
            _image(report, RiskCoverageDisplay.from_report, (5.4, 4.2), "Risk and coverage")
        )
    if report.learning_curve is not None:
        drawn.append(_image(report, LearningCurveDisplay.from_report, (6, 4), "Learning curve"))
    return drawn


def _image(
    report: WritableReport,
    draw: Callable[..., Any],
    size: tuple[float, float],
    description: str,
) -> str:
    figure = new_figure(*size)
    draw(report, ax=figure.subplots())
    return to_img(figure, description)

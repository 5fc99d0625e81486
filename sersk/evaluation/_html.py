"""Reports as one HTML page with all figures inside, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from sersk.evaluation._writing import Row, WritableReport, introduction, remarks, sections
from sersk.plotting import (
    ConfusionDisplay,
    LearningCurveDisplay,
    ReliabilityDisplay,
    SpeakersDisplay,
)
from sersk.plotting.offscreen import new_figure, to_img

_STYLE = """
.sersk { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
.sersk table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.sersk th, .sersk td { padding: .2em .8em; border-bottom: 1px solid #8884; text-align: right; }
.sersk th:first-child, .sersk td:first-child { text-align: left; }
.sersk .table { overflow-x: auto; }
.sersk img { max-width: 100%; background: white; margin: .5em 0; }
"""


def to_html(report: WritableReport, timings: bool, page: bool) -> str:
    """Return the report as a whole page, or as the content of its body."""
    parts = [f"<style>{_STYLE}</style>", '<div class="sersk">']
    parts += [f"<h1>{escape(report.title)}</h1>", f"<p>{escape(introduction(report))}</p>"]
    tables = [_table(*section) for section in sections(report, timings)]
    parts += [tables[0], *_images(report), *tables[1:]]
    parts += ["<h2>Data</h2>", "<ul>", *(f"<li>{escape(x)}</li>" for x in remarks(report))]
    body = "\n".join([*parts, "</ul>", "</div>"])
    if not page:
        return body
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.title)}</title>\n</head>\n<body>\n{body}\n</body>\n</html>"
    )


def _table(heading: str, columns: Row, rows: list[Row]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in columns)
    lines = [
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    ]
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines)
    return f'<h2>{escape(heading)}</h2>\n<div class="table">{table}\n</tbody></table></div>'


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

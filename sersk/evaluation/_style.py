"""The style sheet of HTML reports: on phones, on paper, and in the dark."""

from __future__ import annotations

# Of the report itself, also within a notebook, whose own colours it keeps.
STYLE = """
.sersk { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
.sersk h1 { font-size: 1.7em; line-height: 1.25; }
.sersk h2 { font-size: 1.2em; margin: 1.8em 0 .5em; }
.sersk p, .sersk li, .sersk dd { overflow-wrap: anywhere; }
.sersk dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2em 1.2em; }
.sersk dt { font-weight: 600; }
.sersk dd { margin: 0; }
.sersk code { font: .87em/1.5 ui-monospace, monospace; }
.sersk .table { overflow-x: auto; }
.sersk table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.sersk th, .sersk td { padding: .2em .8em; border-bottom: 1px solid #8885; text-align: right; }
.sersk thead th { vertical-align: bottom; }
.sersk tbody th, .sersk td { white-space: nowrap; }
.sersk th:first-child, .sersk td:first-child { text-align: left; padding-left: 0; }
.sersk .note { font-size: .9em; opacity: .85; margin: .4em 0; }
.sersk img { max-width: 100%; height: auto; display: block; background: white; margin: 1em 0; }
@media (max-width: 600px) {
  .sersk { margin: 1em auto; }
  .sersk dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .sersk dd { margin: 0 0 .5em; }
  .sersk th, .sersk td { padding: .2em .5em; }
}
@media print {
  .sersk { font-size: 11px; max-width: none; margin: 0; padding: 0; }
  .sersk .table { overflow: visible; }
  .sersk th, .sersk td { padding: .1em .4em; }
  .sersk h2 { break-after: avoid; }
  .sersk tr, .sersk img { break-inside: avoid; }
  .sersk img { max-height: 12cm; width: auto; }
}
"""

# Of a page of its own. The names of rows stay in sight while a table scrolls below them. Figures
# are inverted in the dark; the rotation gives hues back.
PAGE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1d20; }
body { background: var(--paper); color: var(--ink); margin: 0; }
.sersk tbody th { position: sticky; left: 0; background: var(--paper); }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #17191c; --ink: #e4e6e9; }
  .sersk img { filter: invert(.91) hue-rotate(180deg); }
}
"""

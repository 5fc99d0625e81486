"""The page: a recording in, an answer out. Gradio is passed in, so it is not imported here.

Its style and its script are the files in ``static``. The page is one HTML component, so that its
parts stand in one order for eyes and for screen readers.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Any

from sersk.demo.answering import Limits
from sersk.demo.refusals import for_browser
from sersk.demo.rendering import render_empty, render_model

_STATIC = Path(__file__).parent / "static"


def build_page(gradio: Any, model: Any, name: str, limits: Limits) -> Any:
    """Build the page: a recorder, the answer, and the facts about the model.

    Parameters
    ----------
    gradio : module
        Gradio.
    model : Pipeline
        The model.
    name : str
        The name of the model on the page.
    limits : Limits
        The limits of a recording.

    Returns
    -------
    page : gradio.Blocks
        The page, which is not served yet.
    """
    with gradio.Blocks(
        title="Emotion in a voice: sersk", analytics_enabled=False, fill_width=True
    ) as page:
        gradio.HTML(
            render_page(model, name, limits),
            js_on_load=(_STATIC / "recorder.js").read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id="sersk",
        )
    return page


def render_page(model: Any, name: str, limits: Limits) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    model : Pipeline
        The model.
    name : str
        The name of the model on the page.
    limits : Limits
        The limits of a recording.

    Returns
    -------
    html : str
        The body of the page.
    """
    page = Template((_STATIC / "page.html").read_text(encoding="utf-8"))
    return page.substitute(
        duration=f"{limits.duration:g}",
        bytes=limits.n_bytes,
        megabytes=f"{limits.n_bytes / 2**20:g}",
        words=escape(for_browser(limits.n_bytes, limits.duration)),
        answer=render_empty(list(model.classes_)),
        model=render_model(model, name),
    )


def render_head() -> str:
    """Return what the page needs in its head.

    Returns
    -------
    html : str
        The style, and what phones need to know.
    """
    style = (_STATIC / "page.css").read_text(encoding="utf-8")
    return f'<meta name="color-scheme" content="light dark"><style>{style}</style>'

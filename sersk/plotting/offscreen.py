"""Figures without pyplot and without a screen: for reports, web pages, files and threads.

pyplot keeps its figures until they are closed, is not safe in several threads, and may open
windows. A figure made here is an ordinary object on an Agg canvas.
"""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new_figure(width: float, height: float, **options: Any) -> Figure:
    """Return an empty figure on an Agg canvas.

    Parameters
    ----------
    width : float
        Width (inch).
    height : float
        Height (inch).
    **options : dict
        Further arguments of `matplotlib.figure.Figure`; ``layout`` is "constrained" by default.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure; pyplot does not know it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(**{"figsize": (width, height), "layout": "constrained"} | options)
    FigureCanvasAgg(figure)
    return figure


def to_png(figure: Figure, dpi: float = 110) -> bytes:
    r"""Return a figure as a PNG file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    dpi : float, default=110
        Pixels an inch.

    Returns
    -------
    png : bytes
        Content of a PNG file, the same for the same figure and version of matplotlib.

    Examples
    --------
    >>> from sersk.plotting.offscreen import new_figure, to_png
    >>> to_png(new_figure(2, 1))[:4]
    b'\x89PNG'
    """
    file = io.BytesIO()
    # "Software" would be matplotlib's version.
    figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


def to_img(figure: Figure, description: str, dpi: float = 110) -> str:
    """Return a figure as an HTML image that holds its own data.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    description : str
        Text for readers who do not see the figure.
    dpi : float, default=110
        Pixels an inch.

    Returns
    -------
    html : str
        An ``img`` element with a ``data:`` address.
    """
    data = base64.b64encode(to_png(figure, dpi)).decode()
    return f'<img alt="{escape(description)}" src="data:image/png;base64,{data}">'

"""The one style of all figures: colours, lines, points, and the place of the legend.

matplotlib is imported by the first figure, not by an import of sersk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The palette of Okabe & Ito (2008), "Color Universal Design". Readers with deuteranopia or
# protanopia tell the colours apart too (tests/plotting/test_style.py). Lines also differ in dashes
# or markers.
BLUE = "#0072B2"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
BLACK = "#000000"

# In the order of use: neighbours differ most.
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK, YELLOW)

# Colour maps. The lightness of levels and shares changes steadily, so they also print in grey. In a
# map of signed values it falls from 0 to both sides.
LEVELS = "magma"  # of features
SIGNED = "RdBu_r"  # of features around 0, which is white
SHARES = "Blues"  # from 0 to 1

# Lines: where chance, a mean or a reference is.
CHANCE_LINE: dict[str, Any] = {"color": VERMILION, "linestyle": "--", "linewidth": 1.5}
MEAN_LINE: dict[str, Any] = {"color": BLACK, "linewidth": 1.2}
REFERENCE_LINE: dict[str, Any] = {"color": "0.3", "linestyle": ":"}
# Points with their intervals, for `Axes.errorbar`.
POINTS: dict[str, Any] = {"fmt": "o", "markersize": 5, "elinewidth": 1.2}
CURVE: dict[str, Any] = {"markersize": 4}
# Counts behind points, and the spread of a curve or a line.
BARS: dict[str, Any] = {"color": "0.82", "edgecolor": "white"}
SPREAD: dict[str, Any] = {"alpha": 0.2}
# The envelope of a waveform, and stretches without speech.
ENVELOPE: dict[str, Any] = {"linewidth": 0.4}
NO_SPEECH: dict[str, Any] = {
    "facecolor": "#f2f2f2",
    "edgecolor": "#b5b5b5",
    "hatch": "///",
    "linewidth": 0,
}
# Over the probabilities of windows in which a model does not answer.
UNCERTAIN: dict[str, Any] = {
    "facecolor": (1, 1, 1, 0.6),
    "edgecolor": "0.25",
    "hatch": "xx",
    "linewidth": 0,
}
# Where a window would reach beyond an end of the recording.
EDGE: dict[str, Any] = {
    "facecolor": "none",  # shows where there is no speech
    "edgecolor": "#56B4E9",
    "hatch": "..",
    "linewidth": 0,
}

# One colour for each emotion in all figures. Paul Tol's scheme "muted"
# (https://sronpersonalpages.nl/~pault/) has nine colours that colour-blind readers tell apart; the
# palette above has too few.
_EMOTIONS = {
    "anger": "#CC6677",
    "boredom": "#DDCC77",
    "calm": "#88CCEE",
    "disgust": "#999933",
    "fear": "#AA4499",
    "happy": "#117733",
    "neutral": "#777777",
    "sad": "#332288",
    "surprise": "#44AA99",
}
# For all other labels; the first one is the scheme's ninth colour.
_OTHER_LABELS = ("#882255", *_EMOTIONS.values())


def emotion_colors(labels: Iterable[Any]) -> dict[Any, str]:
    """Return a colour for each label.

    Parameters
    ----------
    labels : iterable
        Labels; the labels of sersk's vocabulary have one colour each in all figures.

    Returns
    -------
    colors : dict of label to str
        Colours as ``"#rrggbb"``, different for up to ten labels.

    Examples
    --------
    >>> from sersk.plotting.style import emotion_colors
    >>> emotion_colors(["sad", "bliss"])
    {'sad': '#332288', 'bliss': '#882255'}
    """
    labels = list(labels)
    colors = {label: _EMOTIONS[str(label)] for label in labels if str(label) in _EMOTIONS}
    free = [color for color in _OTHER_LABELS if color not in colors.values()] or list(_OTHER_LABELS)
    others = [label for label in labels if label not in colors]
    colors |= {label: free[i % len(free)] for i, label in enumerate(others)}
    return {label: colors[label] for label in labels}


def axes_or_new(ax: Any, who: str, **figure: Any) -> Axes:
    """Return the axes that were given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes of the caller; None makes a figure by pyplot, which shows and closes it.
    who : str
        Name in error messages.
    **figure : dict
        Arguments of `matplotlib.pyplot.subplots`, for a new figure.

    Returns
    -------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Raises
    ------
    TypeError
        If `ax` is not matplotlib axes.
    """
    from matplotlib.axes import Axes

    if ax is None:
        from matplotlib import pyplot as plt

        return plt.subplots(**{"layout": "constrained"} | figure)[1]
    if not isinstance(ax, Axes):
        raise TypeError(
            f"{who}: ax is of type {type(ax).__name__}; matplotlib axes are expected, as "
            "plt.subplots()[1], or None for a new figure."
        )
    return ax


def legend_below(ax: Axes) -> None:
    """Put the legend below the axes, at a fixed distance.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with labelled artists.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    below = ScaledTranslation(0, -0.5, figure.dpi_scale_trans)  # inches
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below,
        ncols=2,
        frameon=False,
    )

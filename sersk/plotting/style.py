"""What all pictures share: colours that everybody tells apart, and axes to draw on.

matplotlib is imported by the first picture, never by an import of sersk.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The palette of Okabe & Ito (2008), "Color Universal Design": told apart with deuteranopia and
# protanopia as well (tests/plotting/test_colors.py). Lines differ in dashes or markers besides.
BLUE = "#0072B2"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
BLACK = "#000000"

# In the order to take them in: neighbours differ most.
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, BLACK, YELLOW)

# For pictures of levels; its lightness rises steadily, so it also works in grey.
LEVELS = "magma"


def axes_or_new(ax: Any, who: str, **figure: Any) -> "Axes":
    """Return the axes that were given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        The axes; None makes a figure by pyplot, which shows and closes it.
    who : str
        Whom an error message names.
    **figure : dict
        What `matplotlib.pyplot.subplots` takes, for a new figure.

    Returns
    -------
    ax : matplotlib.axes.Axes
        Where to draw.

    Raises
    ------
    TypeError
        If `ax` is something else.
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


def legend_below(ax: "Axes") -> None:
    """Put the legend below the axes, at the same distance whatever their height.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes with labelled artists, which may be anywhere in them.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    below = ScaledTranslation(0, -0.5, figure.dpi_scale_trans)  # inches: past ticks and label
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below,
        ncols=2,
        frameon=False,
    )

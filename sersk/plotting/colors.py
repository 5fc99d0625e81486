"""One colour for each emotion in all pictures, told apart by colour-blind readers too.

Paul Tol's scheme "muted" (https://sronpersonalpages.nl/~pault/), made for nine kinds of things.
"""

from collections.abc import Iterable
from typing import Any

_MUTED = {
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
# For labels that are none of these; the last one is the scheme's ninth colour.
_OTHERS = ("#882255", *_MUTED.values())


def emotion_colors(labels: Iterable[Any]) -> dict[Any, str]:
    """Return a colour for each label.

    Parameters
    ----------
    labels : iterable
        Labels; those of sersk's vocabulary have their own colour in every picture.

    Returns
    -------
    colors : dict of label to str
        Colours as ``"#rrggbb"``, different for up to ten labels.

    Examples
    --------
    >>> from sersk.plotting.colors import emotion_colors
    >>> emotion_colors(["sad", "bliss"])
    {'sad': '#332288', 'bliss': '#882255'}
    """
    labels = list(labels)
    colors = {label: _MUTED[str(label)] for label in labels if str(label) in _MUTED}
    free = [color for color in _OTHERS if color not in colors.values()] or list(_OTHERS)
    others = [label for label in labels if label not in colors]
    colors |= {label: free[i % len(free)] for i, label in enumerate(others)}
    return {label: colors[label] for label in labels}

"""Colours of features: a sequential map, or for signed values one that diverges from 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.plotting.style import LEVELS, SIGNED

# A row this many times as large as any other would leave all others without colour.
_DOMINANT = 3


def colors_of(features: NDArray[Any], signed: bool | None, cmap: str | None) -> dict[str, Any]:
    """Return colour map and limits, as arguments of `matplotlib.axes.Axes.imshow`.

    Parameters
    ----------
    features : ndarray of shape (..., n_bands, n_frames)
        Values of all images that share the colours.
    signed : bool or None
        Whether 0 is the middle; None for whether there are negative and positive values.
    cmap : str or None
        Colour map; None chooses it.

    Returns
    -------
    arguments : dict
        ``cmap``, ``vmin`` and ``vmax``; signed values have limits symmetric around 0. Where one row
        dominates, as the level does among MFCCs, the limits are those of the other rows.
    """
    finite = features[np.isfinite(features)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if signed is None:
        signed = low < 0 < high
    if not signed:
        return {"cmap": cmap or LEVELS, "vmin": low, "vmax": high}
    top = max(-low, high) or 1.0  # of zeros only, any
    rest = _top_of_other_rows(features)
    if not 0 < rest * _DOMINANT < top:
        return {"cmap": cmap or SIGNED, "vmin": -top, "vmax": top}
    from matplotlib import colormaps

    colors: Any = colormaps[cmap or SIGNED].copy()
    colors.colorbar_extend = "both"  # arrows at the ends of the colour bar: there is more
    return {"cmap": colors, "vmin": -rest, "vmax": rest}


def _top_of_other_rows(features: NDArray[Any]) -> float:
    """Return the largest magnitude of all rows but the one that has the largest."""
    rows = np.moveaxis(np.where(np.isfinite(features), np.abs(features), 0), -2, 0)
    tops = np.sort(rows.reshape(len(rows), -1).max(axis=1))
    return float(tops[-2]) if len(tops) > 2 else 0.0

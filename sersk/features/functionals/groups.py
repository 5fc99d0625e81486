"""Groups of functionals: which statistics of which contours over which frames, and their names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.features.functionals.contours import LEVEL, PITCH, Contours
from sersk.features.functionals.spectrum import SPECTRUM
from sersk.features.functionals.statistics import (
    COURSE,
    MIN_FRAMES,
    MOTION,
    SPREAD,
    describe_course,
    describe_motion,
    describe_spread,
    differentiate,
)
from sersk.features.functionals.tempo import TEMPO, describe_tempo

# group -> frames (voiced, unvoiced, active) -> statistics; "delta" is the spread of the slope,
# "delta2" the spread of the slope's slope
GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "pitch": {"voiced": ("spread", "course", "motion", "delta", "delta2")},
    "level": {
        "active": ("spread", "course", "motion", "delta"),
        "voiced": ("spread", "course", "motion", "delta"),
    },
    "spectrum": {
        "voiced": ("spread", "motion", "delta"),
        "unvoiced": ("spread", "motion", "delta"),
    },
    "mfcc": {"voiced": ("spread", "delta"), "active": ("spread", "delta")},
    "tempo": {},
}
_STATISTICS = {
    "spread": SPREAD,
    "course": COURSE,
    "motion": MOTION,
    "delta": tuple(f"delta_{name}" for name in SPREAD),
    "delta2": tuple(f"delta2_{name}" for name in SPREAD),
}


def name_group(group: str, n_mfcc: int) -> list[str]:
    """Return the names of the functionals of a group.

    Parameters
    ----------
    group : str
        Name of the group.
    n_mfcc : int
        Number of cepstral coefficients.

    Returns
    -------
    names : list of str
        Contour, frames and statistic of each functional.
    """
    if group == "tempo":
        return [f"tempo_{name}" for name in TEMPO]
    mfcc = tuple(f"mfcc{i:02d}" for i in range(n_mfcc))
    contours = {"pitch": PITCH, "level": LEVEL, "spectrum": SPECTRUM, "mfcc": mfcc}[group]
    return [
        f"{contour}_{frames}_{name}"
        for frames, statistics in GROUPS[group].items()
        for statistic in statistics
        for name in _STATISTICS[statistic]
        for contour in contours
    ]


def describe_group(group: str, contours: Contours, step: float) -> NDArray[np.float64]:
    """Return the functionals of a group, in the order of `name_group`.

    Parameters
    ----------
    group : str
        Name of the group.
    contours : Contours
        Contours of a clip: those of the group, or of "pitch" and "level" for "tempo".
    step : float
        Time from one frame to the next (s).

    Returns
    -------
    functionals : ndarray of shape (n_functionals,)
        The functionals.
    """
    if group == "tempo":
        return describe_tempo(contours, step)
    masks = {
        "active": contours.active,
        "voiced": contours.voiced,
        "unvoiced": contours.active & ~contours.voiced,
    }
    described = [
        _describe(contours.groups[group], _choose(masks[frames], contours.active), statistic, step)
        for frames, statistics in GROUPS[group].items()
        for statistic in statistics
    ]
    return np.concatenate(described)


def _choose(mask: NDArray[np.bool_], active: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the frames to describe: all active ones if there are too few others."""
    chosen = np.flatnonzero(mask if np.count_nonzero(mask) > MIN_FRAMES else active)
    return chosen if len(chosen) >= MIN_FRAMES else np.resize(chosen, MIN_FRAMES)


def _describe(
    X: NDArray[np.float64], frames: NDArray[np.intp], statistic: str, step: float
) -> NDArray[np.float64]:
    if statistic == "spread":
        return describe_spread(X[frames]).ravel()
    if statistic == "course":
        return describe_course(X[frames]).ravel()
    if statistic == "motion":
        return describe_motion(X[frames], step).ravel()
    slope = differentiate(X, step)
    slope = differentiate(slope, step) if statistic == "delta2" else slope
    return describe_spread(slope[frames]).ravel()

"""Labels of the rows, frames and values of features, taken from their transformer.

No class of transformer is known here: a user's own transformer is labelled like ours if it has the
same attributes and parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sersk.plotting._values import add_unit, values_of

# Largest number of row names that is legible at the default size of a figure.
_MOST_NAMES = 12
# Frequencies to label if they are within the bands and not too close to each other.
_ROUND_HZ = (0, 125, 250, 500, 1000, 2000, 4000, 8000, 16000)


class Labels(NamedTuple):
    """Labels for `FeaturesDisplay`."""

    frame_times: NDArray[np.float64] | None
    row_ticks: list[tuple[float, str]] | None
    row_label: str
    value_label: str
    signed: bool | None
    separators: list[float]


def labels_of(step: Any, shape: tuple[int, ...], sample_rate: float) -> Labels:
    """Return the labels for features of shape (n_bands, n_frames) of a fitted transformer."""
    n_bands, n_frames = shape[-2:]
    frequencies = getattr(step, "band_frequencies_", None)
    parts = _parts(step, n_bands)
    separators: list[float] = []
    if frequencies is not None and len(frequencies) == n_bands:
        ticks: Any = _frequency_ticks(np.asarray(frequencies))
        row_label = "frequency (Hz, mel scale)" if _is_mel(frequencies) else "frequency (Hz)"
    elif len(parts) > 1:
        ticks = [((begin + end - 1) / 2, name) for name, begin, end in parts]
        separators = [begin - 0.5 for _, begin, _ in parts[1:]]
        row_label = "feature (name)"
    else:
        ticks, row_label = _name_ticks(step, n_bands)
    value_label, signed = values_of(step)
    times = _frame_times(step, n_frames, sample_rate)
    return Labels(times, ticks, row_label, value_label, signed, separators)


def _frame_times(step: Any, n_frames: int, sample_rate: float) -> NDArray[np.float64] | None:
    for source in (step, *(part for _, part in getattr(step, "transformers_", ()))):
        times = getattr(source, "frame_times_", None)
        if times is not None and len(times) == n_frames:
            return np.asarray(times)
    hop = getattr(step, "hop_length", None)
    return None if hop is None else np.arange(n_frames) * hop / sample_rate


def _frequency_ticks(frequencies: NDArray[np.float64]) -> list[tuple[float, str]]:
    """Place round frequencies among the bands."""
    rows = np.arange(len(frequencies))
    # bands reach from one centre to the next, the outermost to the edges of the image
    slack = np.diff(frequencies)[[0, -1]] * 1.1 if len(frequencies) > 1 else np.zeros(2)
    chosen: list[tuple[float, str]] = []
    for hertz in _ROUND_HZ:
        if not frequencies[0] - slack[0] <= hertz <= frequencies[-1] + slack[1]:
            continue
        edges = [frequencies[0] - slack[0], *frequencies, frequencies[-1] + slack[1]]
        row = float(np.interp(hertz, edges, [-0.5, *rows, len(rows) - 0.5]))
        if not chosen or row - chosen[-1][0] >= len(rows) / _MOST_NAMES:
            chosen.append((row, f"{hertz:,}"))
    return chosen


def _is_mel(frequencies: Any) -> bool:
    """Whether bands are wider at higher frequencies."""
    steps = np.diff(frequencies)
    return bool(len(steps) > 1 and steps[-1] > 1.5 * steps[0])


def _parts(step: Any, n_bands: int) -> list[tuple[str, int, int]]:
    """Return name, first and past-last row of each feature of a stack."""
    if not hasattr(step, "transformers_"):
        return []
    try:
        names = [str(name).partition("__")[0] for name in step.get_feature_names_out()]
    except AttributeError:  # a user's feature need not name its rows
        return []
    if len(names) != n_bands:
        return []
    order = list(dict.fromkeys(names))
    return [(name, names.index(name), names.index(name) + names.count(name)) for name in order]


def _name_ticks(step: Any, n_bands: int) -> tuple[list[tuple[float, str]] | None, str]:
    try:
        names = [str(name) for name in step.get_feature_names_out()]
    except (AttributeError, ValueError, TypeError):
        names = []
    if len(names) != n_bands:
        return None, "row (number)"
    if all(name.startswith("chroma_") for name in names):
        return [(row, name.removeprefix("chroma_")) for row, name in enumerate(names)], (
            "pitch class (name)"
        )
    every = -(-n_bands // _MOST_NAMES)
    ticks: list[tuple[float, str]] = [
        (row, add_unit(step, names[row])) for row in range(0, n_bands, every)
    ]
    if hasattr(step, "n_mfcc"):
        return ticks, "cepstral coefficient (number)"
    return ticks, "contour (name)" if hasattr(step, "contours") else "row (name)"

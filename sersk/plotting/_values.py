"""Name and unit of the values of features, and whether 0 is their middle.

Like the other labels, they are taken from attributes and parameters of a transformer.
"""

from __future__ import annotations

from typing import Any

# normalization -> unit of the values, and whether they are signed
_NORMALIZED: dict[str, tuple[str, bool]] = {
    "clip": ("standard deviations of the clip", True),
    "band": ("standard deviations of the row", True),
    "fixed": ("about standard deviations", True),
    "frame": ("relative to the frame's maximum", False),
}
# Units of the contours of a voice that are not normalised.
_CONTOURS = {
    "pitch": "semitones above 55 Hz",
    "voiced": "0 or 1",
    "harmonicity": "0 to 1",
    "level": "dB",
    "tilt": "dB",
    "centroid": "octaves above 1 kHz",
    "flatness": "dB",
}


def values_of(step: Any) -> tuple[str, bool | None]:
    """Return the label of the values of a transformer, and whether they are signed.

    Parameters
    ----------
    step : estimator
        Fitted feature transformer.

    Returns
    -------
    label : str
        Name, and unit in parentheses.
    signed : bool or None
        Whether 0 is their middle; None where only the values can tell.
    """
    if hasattr(step, "transformers_"):
        return _of_stack([values_of(part) for _, part in step.transformers_])
    name = "level" if hasattr(step, "ref") else "value"
    normalization = getattr(step, "normalization", None)
    if isinstance(normalization, str) and normalization in _NORMALIZED:
        unit, signed = _NORMALIZED[normalization]
        return f"{name} ({unit})", signed
    if hasattr(step, "n_mfcc"):
        return "value (dB)", True
    if hasattr(step, "n_chroma"):
        return "power (squared magnitude)", False
    if hasattr(step, "contours"):
        return "value (unit of each row)", None
    if hasattr(step, "ref"):
        below = "the maximum" if step.ref == "max" else f"a power of {step.ref:g}"
        return f"level (dB relative to {below})", False
    return "value", None


def add_unit(step: Any, row: str) -> str:
    """Return the name of a row, with its unit where rows have different ones.

    Parameters
    ----------
    step : estimator
        Fitted feature transformer.
    row : str
        Name of the row.

    Returns
    -------
    name : str
        Such as "pitch (semitones above 55 Hz)".
    """
    own_units = hasattr(step, "contours") and getattr(step, "normalization", None) is None
    return f"{row}\n({_CONTOURS[row]})" if own_units and row in _CONTOURS else row


def _of_stack(parts: list[tuple[str, bool | None]]) -> tuple[str, bool | None]:
    """Return one label for all features of a stack, which share one scale of colours."""
    labels = {label for label, _ in parts}
    if len(labels) == 1:
        return parts[0]
    signed = True if any(part for _, part in parts) else None
    if all("standard deviations" in label for label in labels):
        return "value (standard deviations)", signed
    return "value (unit of each feature)", signed

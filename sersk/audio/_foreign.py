"""Clips in the shapes of other packages, which are refused with what to pass instead."""

from __future__ import annotations

from numbers import Real
from typing import Any

_LOWEST_RATE = 100  # Hz; a smaller number is no sample rate


def describe_foreign(clip: Any, parameter: str | None = None) -> str | None:
    """Say what an object is that is a waveform with its rate.

    Parameters
    ----------
    clip : object
        A clip of X, or what stands in its place.
    parameter : str or None, default=None
        The parameter of the caller that takes the rate; None stands for that of the loader.

    Returns
    -------
    text : str or None
        What it is, to be put after "is", and what to pass; None if it is nothing of the kind.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio._foreign import describe_foreign
    >>> print(describe_foreign((np.zeros(8), 16_000)))
    a pair (waveform, rate), as librosa.load gives it; pass the waveform alone, and its rate, \
16000 Hz, to the loader: AudioLoader(input_sample_rate=16000), in a pipeline \
set_params(frontend__loader__input_sample_rate=16000)
    """
    if isinstance(clip, dict):
        if "array" not in clip:
            return None
        rate = clip.get("sampling_rate")
        return _advise(
            "a dict, as Hugging Face's datasets give it", "clip['array']", rate, parameter
        )
    if not isinstance(clip, (tuple, list)) or len(clip) != 2:
        return None
    first, second = clip
    if _is_rate(second) and _is_waveform(first):
        return _advise(
            "a pair (waveform, rate), as librosa.load gives it",
            "the waveform alone",
            second,
            parameter,
        )
    if _is_rate(first) and _is_waveform(second):
        return _advise(
            "a pair (rate, waveform), as scipy and gradio give it",
            "the waveform alone",
            first,
            parameter,
        )
    return None


def _advise(what: str, part: str, rate: Any, parameter: str | None) -> str:
    hertz = f"{float(rate):.10g}" if _is_rate(rate) else "..."
    if parameter is not None:
        return f"{what}; pass {part}, and its rate by {parameter}={hertz}"
    return (
        f"{what}; pass {part}, and its rate, {hertz} Hz, to the loader: "
        f"AudioLoader(input_sample_rate={hertz}), in a pipeline "
        f"set_params(frontend__loader__input_sample_rate={hertz})"
    )


def _is_rate(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    is_scalar = isinstance(value, Real) or getattr(value, "ndim", None) == 0  # also of a tensor
    try:
        return is_scalar and float(value) >= _LOWEST_RATE
    except (TypeError, ValueError):
        return False


def _is_waveform(value: Any) -> bool:
    return isinstance(value, list) or getattr(value, "ndim", 0) >= 1

"""The phase vocoder: time stretching by the phase advances of a waveform's spectrum.

Pitch shift, which uses it, and other effects are in `sersk.signal.effects`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sersk.signal.backend import active_backend
from sersk.signal.forward import count_frames, stft_in_blocks
from sersk.signal.inverse import istft_of_blocks

# The frames of the phase vocoder: 93 ms at 22,050 Hz, long enough to resolve the harmonics of a
# voice.
N_FFT = 2048
HOP_LENGTH = 512
# Frames that are synthesised at a time, so that they fit into the cache.
_FRAMES_A_BLOCK = 32
# A waveform is scaled until its peak is 2 to the power of this. Then the squares of its spectrum
# are within the range of float32, and its faintest bins are far above the constant that gives
# silence a phase.
_LOUD = 50


def time_stretch(waveform: NDArray, rate: float, *, motion: Motion | None = None) -> NDArray:
    """Change the speed of a waveform without changing its pitch.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    rate : float
        Speed: 2.0 is twice as fast, 0.5 half as fast.
    motion : Motion or None, default=None
        ``analyze_motion(waveform)``, if already computed; None computes it.

    Returns
    -------
    stretched : ndarray of shape (round(n_samples / rate),)
        The waveform at its new speed.

    Raises
    ------
    ValueError
        If `rate` is not a positive finite number.

    See Also
    --------
    pitch_shift : Changes the pitch instead of the speed.
    analyze_motion : The analysis, which is the same for all rates.

    Notes
    -----
    A phase vocoder [1]_: at each new position, between two frames of the short-time spectrum, the
    magnitude is interpolated, and the phase advances as it does between these frames.
    The values are those of ``librosa.effects.time_stretch`` in double precision; in single
    precision its phases drift.

    References
    ----------
    .. [1] J. L. Flanagan and R. M. Golden, "Phase vocoder", Bell System Technical Journal, 45(9),
       1966.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import time_stretch
    >>> len(time_stretch(np.zeros(88_200, dtype=np.float32), rate=1.2))
    73500
    """
    if not 0 < rate < np.inf:
        raise ValueError(f"time_stretch: rate={rate} must be a positive finite number.")
    motion = analyze_motion(waveform) if motion is None else motion
    n_frames = len(motion.advance) - 1
    positions = np.arange(0, n_frames, rate)
    # the last one may be rounded up to the end, where there is no frame
    positions = positions[positions < n_frames]
    stretched = np.empty(round(len(waveform) / rate), motion.magnitude.dtype)
    blocks = _spectra_at(positions, motion)
    istft_of_blocks(blocks, len(positions), n_fft=N_FFT, hop_length=HOP_LENGTH, out=stretched)
    stretched *= 1 / motion.gain
    return stretched


class Motion(NamedTuple):
    """Magnitudes and phase advances of a waveform's spectrum, from `analyze_motion`.

    Attributes
    ----------
    advance : complex ndarray of shape (n_frames + 1, n_bins)
        Unit phasors by which the phase advances to each frame: to the first frame from phase 0,
        and at last to the silence after the last frame.
    magnitude : ndarray of shape (n_frames + 1, n_bins)
        Magnitude of each frame, and of the silence after the last one, times `gain`.
    gain : ndarray of shape ()
        The power of two by which the waveform was scaled.
    """

    advance: NDArray
    magnitude: NDArray
    gain: NDArray


def analyze_motion(waveform: NDArray, *, out: Motion | None = None) -> Motion:
    """Find the magnitudes and the phase advances of a waveform's spectrum.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    out : Motion or None, default=None
        The motion of another waveform of the same length and type, which is overwritten; new
        arrays if None.

    Returns
    -------
    motion : Motion
        The analysis for `time_stretch` and `pitch_shift`; `out` if it was given.

    Notes
    -----
    A textbook vocoder computes angles, subtracts the expected advance of a bin's frequency, wraps
    the rest to one rotation, adds the expected advance again, and accumulates. The expected advance
    cancels, and only the direction of a wrapped angle matters. So accumulating angles is equivalent
    to multiplying the unit phasors ``D[t + 1] / |D[t + 1]| * conj(D[t] / |D[t]|)``. No arc tangent,
    sine or cosine is needed, and no value grows: an accumulated angle exceeds 10^5 radians within
    seconds, where float32 has two decimals left.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal import analyze_motion
    >>> analyze_motion(np.zeros(88_200, dtype=np.float32)).advance.shape
    (174, 1025)
    """
    if out is None:
        n_frames = count_frames(len(waveform), n_fft=N_FFT, hop_length=HOP_LENGTH)
        shape = (n_frames + 1, N_FFT // 2 + 1)
        out = Motion(
            np.empty(shape, np.result_type(waveform, np.complex64)),
            np.empty(shape, waveform.dtype),
            np.ones((), waveform.dtype),
        )
    # Squares of float32 numbers below 1e-19 are 0, and silence gets its phase, 0, by adding a tiny
    # constant. Scaling by a power of two is exact, and brings the whole spectrum far above both.
    # The faintest bins matter: their phase decides how a sound continues after a pause.
    out.gain[...] = _gain_to(_LOUD, waveform)
    tiny = 10 * np.sqrt(np.finfo(waveform.dtype).tiny)
    backend, previous = active_backend(), np.ones(N_FFT // 2 + 1, out.advance.dtype)
    blocks = stft_in_blocks(waveform * out.gain, n_fft=N_FFT, hop_length=HOP_LENGTH)
    for _, frames, spectra in blocks:
        backend.phase_advance(spectra, tiny, previous, out.advance[frames], out.magnitude[frames])
    silence = np.zeros((1, len(previous)), previous.dtype)
    backend.phase_advance(silence, tiny, previous, out.advance[-1:], out.magnitude[-1:])
    out.magnitude[-1] = 0
    return out


def _gain_to(exponent: int, waveform: NDArray) -> float:
    """Return the power of two that brings the largest sample to about ``2**exponent``."""
    peak = max(waveform.max(initial=0), -waveform.min(initial=0))
    if not 0 < peak < np.inf:
        return 1.0
    most = np.finfo(waveform.dtype).maxexp - 8
    return float(2.0 ** np.clip(exponent - int(np.frexp(peak)[1]), -most, most))


def _spectra_at(positions: NDArray[np.float64], motion: Motion) -> Iterator[NDArray]:
    """Yield blocks of spectra at positions (in frames), which increase evenly from 0."""
    before = positions.astype(np.int64)
    weights = (positions - before).astype(motion.magnitude.dtype)
    backend, phase = active_backend(), motion.advance[0].copy()
    for start in range(0, len(positions), _FRAMES_A_BLOCK):
        part = slice(start, start + _FRAMES_A_BLOCK)
        spectra = np.empty((len(before[part]), len(phase)), phase.dtype)
        backend.interpolate(
            before[part], weights[part], phase, motion.advance, motion.magnitude, spectra
        )
        yield spectra

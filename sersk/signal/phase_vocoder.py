"""The phase vocoder: a waveform's spectrum carried on at another speed.

What else is done to a waveform, and how its pitch is shifted by this, is in `sersk.signal.effects`.
"""

from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sersk.signal._compiled import as_row, loops_for
from sersk.signal.forward import count_frames, stft_in_blocks
from sersk.signal.inverse import istft_of_blocks

# The frames of the phase vocoder: 93 ms at 22,050 Hz, long enough to tell the partials of a voice.
N_FFT = 2048
HOP_LENGTH = 512
# Frames that the phase vocoder works on at a time, so that they stay in the cache.
_FRAMES_A_BLOCK = 32
# Numbers from one spectrum to the next: compiled loops write whole vectors, beyond the last bin.
_ROW = N_FFT // 2 + 16
# Compiled loops get a waveform whose peak is 2 to the power of this, which keeps the squares of its
# spectrum within float32, and add this to the spectrum, which gives silence a phase.
_LOUD, _TINY = 50, np.float32(1e-18)


def time_stretch(waveform: NDArray, rate: float, *, motion: "Motion | None" = None) -> NDArray:
    """Play a waveform faster or slower without changing its pitch.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    rate : float
        Speed: 2.0 is twice as fast, 0.5 half as fast.
    motion : Motion or None, default=None
        ``analyze_motion(waveform)``, if it is at hand; computed if None.

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
    pitch_shift : The pitch instead of the speed.
    analyze_motion : The half of the work that is common to all rates.

    Notes
    -----
    A phase vocoder [1]_: at each new position, between two frames of the short-time spectrum, the
    magnitude is interpolated and the phase goes on by what it advances from the one frame to the
    other. The values are those of ``librosa.effects.time_stretch`` in double precision; in single
    precision its phases drift.

    References
    ----------
    .. [1] J. L. Flanagan and R. M. Golden, "Phase vocoder", Bell System Technical Journal, 45(9),
       1966.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.effects import time_stretch
    >>> len(time_stretch(np.zeros(88_200, dtype=np.float32), rate=1.2))
    73500
    """
    if not 0 < rate < np.inf:
        raise ValueError(f"time_stretch: rate={rate} must be a positive finite number.")
    motion = analyze_motion(waveform) if motion is None else motion
    positions = np.arange(0, len(motion.advance), rate)
    # the last one may be rounded up to the end, where there is no frame
    positions = positions[positions < len(motion.advance)]
    stretched = np.empty(round(len(waveform) / rate), motion.magnitude.dtype)
    vocoder = _compiled_vocoder(motion.magnitude.dtype)
    if vocoder is not None:
        before = positions.astype(np.int64)
        space = vocoder.Workspace(N_FFT)
        total = np.empty(N_FFT + HOP_LENGTH, np.float32)
        vocoder.stretch(
            before,
            (positions - before).astype(np.float32),
            *_addresses(motion),
            HOP_LENGTH,
            space.plan,
            total.ctypes.data,
            _divisors() * motion.gain,
            stretched,
        )
        return stretched
    blocks = _spectra_at(positions, motion)
    istft_of_blocks(blocks, len(positions), n_fft=N_FFT, hop_length=HOP_LENGTH, out=stretched)
    stretched *= 1 / motion.gain
    return stretched


class Motion(NamedTuple):
    """How a waveform's spectrum moves from frame to frame, from `analyze_motion`.

    Attributes
    ----------
    start : ndarray of shape (n_bins,)
        Unit phasors of the first frame.
    advance : ndarray of shape (n_frames, n_bins)
        Unit phasors by which the phase advances from each frame to the next.
    magnitude : ndarray of shape (n_frames + 1, n_bins)
        Magnitude of each frame, and of the silence after the last one, times `gain`.
    gain : ndarray of shape ()
        A power of two, by which the waveform was made louder first.
    """

    start: NDArray
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
        The motion of another waveform of the same length and type, whose memory is used again;
        new memory if None.

    Returns
    -------
    motion : Motion
        What `time_stretch` and `pitch_shift` need to know, `out` if it was given.

    Notes
    -----
    A textbook's vocoder takes angles, subtracts the advance that is expected of a bin's frequency,
    wraps the rest to one turn, adds the expected advance again, and accumulates. The expected
    advance cancels, and a wrapped angle matters only as the direction that it points in: to
    accumulate angles is to multiply the unit phasors ``D[t + 1] / |D[t + 1]| * conj(D[t] /
    |D[t]|)``. No arc tangent, sine or cosine is left, and nothing grows: an accumulated angle
    passes 10^5 radians within seconds, where float32 has two decimals left.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.effects import analyze_motion
    >>> analyze_motion(np.zeros(88_200, dtype=np.float32)).advance.shape
    (173, 1025)
    """
    if out is None:
        n_frames = count_frames(len(waveform), n_fft=N_FFT, hop_length=HOP_LENGTH)
        dtype = np.result_type(waveform, np.complex64)
        bins = slice(N_FFT // 2 + 1)
        out = Motion(
            np.empty(_ROW, dtype)[bins],
            np.empty((n_frames, _ROW), dtype)[:, bins],
            np.empty((n_frames + 1, _ROW), waveform.dtype)[:, bins],
            np.ones((), waveform.dtype),
        )
    vocoder = _compiled_vocoder(waveform.dtype)
    if vocoder is not None:
        # The loops square what they find, which in float32 leaves nothing of what is fainter than
        # 1e-19, and give silence its phase by adding next to nothing. A power of two changes no
        # digit of a waveform, and lifts all there is of it far above that.
        out.gain[...] = _gain_to(_LOUD, waveform)
        space = vocoder.Workspace(N_FFT)
        row, *places = _addresses(out)
        vocoder.motion(
            as_row(waveform * out.gain),
            HOP_LENGTH,
            space.plan,
            _TINY,
            len(out.advance),
            row,
            *places,
        )
        return out
    # Silence has a phase too: 0. Anything else, however faint, has its own, which decides how what
    # comes after a pause goes on.
    silence = np.finfo(waveform.dtype).tiny
    for _, frames, phasors in stft_in_blocks(waveform, n_fft=N_FFT, hop_length=HOP_LENGTH):
        magnitude = np.abs(phasors, out=out.magnitude[frames])
        # numpy divides complex by real as complex by complex, slowly
        phasors *= 1 / np.maximum(magnitude, silence)
        phasors[magnitude < silence] = 1
        if frames.start == 0:
            out.start[:] = phasors[0]
        else:
            out.advance[frames.start - 1] *= phasors[0]
        advance = np.conjugate(phasors, out=out.advance[frames])
        advance[:-1] *= phasors[1:]
    out.magnitude[-1] = 0  # after the last frame there is silence, towards which it advances
    out.gain[...] = 1
    return out


def _gain_to(exponent: int, waveform: NDArray[np.float32]) -> np.float32:
    """Return the power of two that brings the largest sample to about ``2**exponent``."""
    peak = max(waveform.max(initial=0), -waveform.min(initial=0))
    if not 0 < peak < np.inf:
        return np.float32(1)
    return np.float32(2.0 ** np.clip(exponent - int(np.frexp(peak)[1]), -120, 120))


def _compiled_vocoder(dtype: np.dtype) -> ModuleType | None:
    if loops_for(N_FFT, dtype) is None:
        return None
    from sersk.signal._compiled import vocoder

    return vocoder


def _addresses(motion: Motion) -> tuple[int, int, int, int]:
    """Return the numbers from row to row, and where the arrays of a motion begin."""
    return (
        motion.magnitude.strides[0] // motion.magnitude.itemsize,
        motion.start.ctypes.data,
        motion.advance.ctypes.data,
        motion.magnitude.ctypes.data,
    )


@lru_cache(maxsize=1)
def _divisors() -> NDArray[np.float32]:
    """Add up squared windows: of a hop that pieces first to last of frames overlap in.

    Row ``first * n_pieces + last``; 1 where there is next to nothing.
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    pieces = np.square(window).reshape(-1, HOP_LENGTH)
    n_pieces = len(pieces)
    totals = np.ones((n_pieces, n_pieces, HOP_LENGTH))
    for first in range(n_pieces):
        for last in range(first, n_pieces):
            totals[first, last] = pieces[first : last + 1].sum(axis=0)
    divisors = totals.astype(np.float32).ravel()
    divisors[divisors <= np.finfo(np.float32).tiny] = 1
    divisors.flags.writeable = False
    return divisors


def _spectra_at(positions: NDArray[np.float64], motion: Motion) -> Iterator[NDArray]:
    """Yield the spectra at positions, in frames, that grow evenly from 0, in blocks."""
    before = positions.astype(int)
    weights = (positions - before).astype(motion.magnitude.dtype)[:, np.newaxis]
    previous, advance = motion.start, np.ones_like(motion.start)
    for start in range(0, len(positions), _FRAMES_A_BLOCK):
        frames, weight = before[start : start + _FRAMES_A_BLOCK], weights[start:][:_FRAMES_A_BLOCK]
        spectra = np.empty((len(frames), len(previous)), previous.dtype)
        # A loop over rows, because cumprod down the columns is four times as slow.
        for row, frame in zip(spectra, frames, strict=True):
            previous = np.multiply(previous, advance, out=row)
            advance = motion.advance[frame]
        magnitude = motion.magnitude[frames]
        magnitude *= 1 - weight
        after = motion.magnitude[frames + 1]
        after *= weight
        magnitude += after
        previous = previous.copy()
        spectra *= magnitude
        yield spectra

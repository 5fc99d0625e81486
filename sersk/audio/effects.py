"""Changes to one waveform: faster, higher, noisier, louder, later.

Plain functions without memory or chance of their own; which clip is changed, how far and how often
is decided in `sersk.audio.augmentation`.
"""

from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from sersk._compiled import as_row, loops_for
from sersk.features.spectrum import count_frames, istft_of_blocks, stft_in_blocks

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
    >>> from sersk.audio.effects import time_stretch
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
            _divisors() * np.float32(motion.gain),
            stretched,
        )
        return stretched
    blocks = _spectra_at(positions, motion)
    istft_of_blocks(blocks, len(positions), n_fft=N_FFT, hop_length=HOP_LENGTH, out=stretched)
    stretched *= 1 / motion.gain
    return stretched


def pitch_shift(waveform: NDArray, n_steps: float, *, motion: "Motion | None" = None) -> NDArray:
    """Raise or lower the pitch of a waveform without changing its speed.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    n_steps : float
        Semitones up, or down if negative.
    motion : Motion or None, default=None
        ``analyze_motion(waveform)``, if it is at hand; computed if None.

    Returns
    -------
    shifted : ndarray of shape (n_samples,)
        The waveform at its new pitch.

    Raises
    ------
    ValueError
        If `n_steps` is not finite.

    See Also
    --------
    time_stretch : The speed instead of the pitch.

    Notes
    -----
    The waveform is stretched so that playing it at another speed restores its length and moves its
    pitch, then resampled to that speed (soxr, high quality), as ``librosa.effects.pitch_shift``
    does. Formants move with the pitch.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.effects import pitch_shift
    >>> len(pitch_shift(np.zeros(88_200, dtype=np.float32), n_steps=2))
    88200
    """
    if not np.isfinite(n_steps):
        raise ValueError(f"pitch_shift: n_steps={n_steps} must be a finite number.")
    rate = 2.0 ** (-n_steps / 12)
    stretched = time_stretch(waveform, rate, motion=motion)
    return fit_length(soxr.resample(stretched, 1 / rate, 1, quality="HQ"), len(waveform))


def change_speed(waveform: NDArray, speed: float) -> NDArray:
    """Play a waveform faster and thus higher, or slower and lower.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    speed : float
        Speed: 1.1 is a tenth faster, and 1.65 semitones higher.

    Returns
    -------
    changed : ndarray of shape (round(n_samples / speed),)
        The waveform at its new speed; at least one sample.

    Raises
    ------
    ValueError
        If `speed` is not a positive finite number.

    See Also
    --------
    time_stretch : The speed without the pitch.
    pitch_shift : The pitch without the speed.

    Notes
    -----
    The waveform is resampled (soxr, high quality) and played at the old rate: pitch, formants and
    tempo change together, as in a smaller or a larger person who speaks faster or slower [1]_.
    There is no vocoder in it, so jitter, shimmer and the noise between harmonics stay what they
    are.

    References
    ----------
    .. [1] T. Ko, V. Peddinti, D. Povey and S. Khudanpur, "Audio augmentation for speech
       recognition", Interspeech, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.effects import change_speed
    >>> len(change_speed(np.zeros(22_000, dtype=np.float32), speed=1.1))
    20000
    """
    if not (np.isfinite(speed) and speed > 0):
        raise ValueError(f"change_speed: speed={speed} must be a positive finite number.")
    changed = soxr.resample(waveform, speed, 1, quality="HQ")
    return fit_length(changed, max(1, round(len(waveform) / speed)))


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
    gain : float
        A power of two, by which the waveform was made louder first.
    """

    start: NDArray
    advance: NDArray
    magnitude: NDArray
    gain: float = 1.0


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
        What `time_stretch` and `pitch_shift` need to know, in the memory of `out` if it was given.

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
    >>> from sersk.audio.effects import analyze_motion
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
        )
    vocoder = _compiled_vocoder(waveform.dtype)
    if vocoder is not None:
        # The loops square what they find, which in float32 leaves nothing of what is fainter than
        # 1e-19, and give silence its phase by adding next to nothing. A power of two changes no
        # digit of a waveform, and lifts all there is of it far above that.
        gain = _gain_to(_LOUD, waveform)
        space = vocoder.Workspace(N_FFT)
        row, *places = _addresses(out)
        vocoder.motion(
            as_row(waveform * gain), HOP_LENGTH, space.plan, _TINY, len(out.advance), row, *places
        )
        return out._replace(gain=float(gain))
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
    return out._replace(gain=1.0)


def _gain_to(exponent: int, waveform: NDArray[np.float32]) -> np.float32:
    """Return the power of two that brings the largest sample to about ``2**exponent``."""
    peak = max(waveform.max(initial=0), -waveform.min(initial=0))
    if not 0 < peak < np.inf:
        return np.float32(1)
    return np.float32(2.0 ** np.clip(exponent - int(np.frexp(peak)[1]), -120, 120))


def _compiled_vocoder(dtype: np.dtype) -> ModuleType | None:
    if loops_for(N_FFT, dtype) is None:
        return None
    from sersk._compiled import vocoder

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


def add_noise(waveform: NDArray, snr_db: float, rng: np.random.Generator) -> NDArray:
    """Add white Gaussian noise.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    snr_db : float
        Power of the waveform over that of the noise (dB), both over the whole length.
    rng : numpy.random.Generator
        Where the noise is drawn from.

    Returns
    -------
    noisy : ndarray of shape (n_samples,)
        The waveform with its noise; silence stays silent.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.effects import add_noise
    >>> waveform = np.sin(np.arange(1000.0))
    >>> noise = add_noise(waveform, 20, np.random.default_rng(0)) - waveform
    >>> float(10 * np.log10(np.mean(waveform**2) / np.mean(noise**2)).round(6))
    20.0
    """
    noise = rng.standard_normal(len(waveform), dtype=waveform.dtype.type)
    # Scaled by the power that was drawn, not the one expected: the ratio is exact in short clips.
    powers = [np.mean(np.square(signal, dtype=np.float64)) for signal in (waveform, noise)]
    noise *= np.sqrt(powers[0] / powers[1]) * 10 ** (-snr_db / 20)
    noise += waveform
    return noise


def change_gain(waveform: NDArray, gain_db: float) -> NDArray:
    """Make a waveform louder or softer.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    gain_db : float
        Gain (dB); 20 is ten times the amplitude. Nothing is clipped.

    Returns
    -------
    changed : ndarray of shape (n_samples,)
        The waveform at its new level.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.effects import change_gain
    >>> change_gain(np.array([0.5, -0.25]), 20)
    array([ 5. , -2.5])
    """
    return waveform * waveform.dtype.type(10 ** (gain_db / 20))


def delay(waveform: NDArray, n_samples: int) -> NDArray:
    """Move a waveform in time; zeros move in, what moves out is gone.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    n_samples : int
        Samples later, or earlier if negative.

    Returns
    -------
    moved : ndarray of shape (n_samples,)
        The waveform at its new place.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.effects import delay
    >>> delay(np.array([1.0, 2.0, 3.0]), 1)
    array([0., 1., 2.])
    >>> delay(np.array([1.0, 2.0, 3.0]), -2)
    array([3., 0., 0.])
    """
    moved = np.zeros_like(waveform)
    if n_samples >= 0:
        moved[n_samples:] = waveform[: max(len(waveform) - n_samples, 0)]
    else:
        moved[:n_samples] = waveform[-n_samples:]
    return moved


def fit_length(waveform: NDArray, length: int) -> NDArray:
    """Cut a waveform, or pad it with zeros, at its end.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform.
    length : int
        Samples wanted.

    Returns
    -------
    waveform : ndarray of shape (length,)
        The waveform at that length.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.effects import fit_length
    >>> fit_length(np.array([1.0, 2.0, 3.0]), 5)
    array([1., 2., 3., 0., 0.])
    >>> fit_length(np.array([1.0, 2.0, 3.0]), 2)
    array([1., 2.])
    """
    fitted = np.zeros(length, waveform.dtype)
    fitted[: len(waveform)] = waveform[:length]
    return fitted

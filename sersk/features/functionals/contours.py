"""Contours of a clip over time, and which of its frames are active or voiced.

The voice is tracked in `sersk.signal`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sersk.features._voice import bridge, to_decibels, to_semitones
from sersk.features.functionals.spectrum import describe_spectrum
from sersk.signal import FilterBank, apply_filter_bank, track_voice

N_MELS = 40
MEL_RANGE = (20.0, 8000.0)  # Hz; the upper end is at most half of the sample rate
_AMIN = 1e-12  # added to the power of a band
_PADDING = 80.0  # dB below the loudest frame
_FLOOR_PERCENTILE = 10.0  # of the levels, in a clip with pauses
_ALWAYS_ACTIVE = 15.0  # dB below the loudest frame

PITCH = ("pitch", "harmonicity", "hnr")
LEVEL = ("level",)


class Contours(NamedTuple):
    """Contours of a clip, from its first active frame to its last one.

    Attributes
    ----------
    groups : dict of str to ndarray of shape (n_frames, n_contours)
        The contours, by the name of their group.
    active : ndarray of bool of shape (n_frames,)
        Frames that are not much quieter than the loudest one.
    voiced : ndarray of bool of shape (n_frames,)
        Frames with a pitch.
    """

    groups: dict[str, NDArray[np.float64]]
    active: NDArray[np.bool_]
    voiced: NDArray[np.bool_]


def make_contours(
    waveform: NDArray[np.float32],
    bank: FilterBank,
    groups: tuple[str, ...],
    *,
    sample_rate: float,
    hop_length: int,
    fmin: float,
    fmax: float,
    activity_range: float,
    n_mfcc: int,
    noise_margin: float | None = None,
) -> Contours:
    """Compute the contours of a clip.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        One clip, without NaN.
    bank : FilterBank
        Mel bands for spectra of `fft_length` samples.
    groups : tuple of str
        Which groups to compute, of "pitch", "level", "spectrum", "mfcc" and "tempo"; the last one
        has no contours.
    sample_rate : float
        Samples a second (Hz).
    hop_length : int
        Samples from one frame to the next.
    fmin : float
        Lowest fundamental frequency (Hz).
    fmax : float
        Highest fundamental frequency (Hz).
    activity_range : float
        How far below the loudest frame a frame still counts as active (dB).
    n_mfcc : int
        Number of cepstral coefficients.
    noise_margin : float or None, default=None
        How far above the noise floor a frame counts as active at least (dB).

    Returns
    -------
    contours : Contours
        The contours.
    """
    voicing = track_voice(
        waveform,
        sample_rate=sample_rate,
        hop_length=hop_length,
        fmin=fmin,
        fmax=fmax,
        voicing_threshold=0.45,
    )
    level = to_decibels(voicing.level)
    active = level >= _activity_threshold(level, voicing.level > 0, activity_range, noise_margin)
    sounding = np.flatnonzero(active)
    frames = slice(sounding[0], sounding[-1] + 1)
    voicing = voicing._replace(
        f0=voicing.f0[frames],
        harmonicity=voicing.harmonicity[frames],
        level=voicing.level[frames],
        power=voicing.power[frames],
    )
    voiced = voicing.f0 > 0
    found = {}
    if "pitch" in groups:
        share = np.clip(voicing.harmonicity, 1e-3, 1 - 1e-4)  # -30 to 40 dB
        found["pitch"] = np.stack(
            [
                bridge(to_semitones(voicing.f0, fmin, fmax), voiced),
                voicing.harmonicity,
                10 * np.log10(share / (1 - share)),
            ],
            axis=1,
        )
    if "level" in groups:
        found["level"] = level[frames, np.newaxis]
    if "spectrum" in groups:
        found["spectrum"] = describe_spectrum(voicing)
    if "mfcc" in groups:
        decibels = _to_mel_decibels(voicing.power, bank)
        found["mfcc"] = scipy.fft.dct(decibels, axis=1, norm="ortho")[:, :n_mfcc]
    return Contours(found, active[frames], voiced)


def _activity_threshold(
    level: NDArray[np.float64],
    sounding: NDArray[np.bool_],
    activity_range: float,
    noise_margin: float | None,
) -> float:
    loudest = float(level.max())
    threshold = loudest - activity_range
    heard = level[sounding & (level > loudest - _PADDING)]
    if noise_margin is None or not len(heard):
        return threshold
    # Padding is no noise floor. In speech without pauses the softest frames are speech.
    floor = np.percentile(heard, _FLOOR_PERCENTILE)
    return max(threshold, min(floor + noise_margin, loudest - _ALWAYS_ACTIVE))


def _to_mel_decibels(power: NDArray[np.float32], bank: FilterBank) -> NDArray[np.float64]:
    mel = np.empty((len(bank.band_frequencies), len(power)), np.float32)
    apply_filter_bank(power, bank, mel)
    return 10 * np.log10(mel.T.astype(float) + _AMIN)

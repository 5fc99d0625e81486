"""Contours of a clip that `sersk.features.functionals` describes, and which frames count.

Functions of one waveform; the voice is tracked in `sersk.signal.pitch_tracking`.
"""

from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sersk.features.pitch import bridge, to_decibels, to_semitones
from sersk.signal import FilterBank, Voicing, apply_filter_bank, track_voice

N_MELS = 40
MEL_RANGE = (20.0, 8000.0)  # Hz; the upper end is at most half of the sample rate
_AMIN = 1e-12  # added to the power of a bin or band
_BAND = (50.0, 8000.0)  # Hz, where the shape of the spectrum is looked at
_ROLL_OFFS = (25, 50, 75, 90)  # percent of the power

PITCH = ("pitch", "harmonicity", "hnr")
LEVEL = ("level",)
SPECTRUM = (
    "centroid",
    "spread",
    *(f"rolloff{share}" for share in _ROLL_OFFS),
    "entropy",
    "flatness",
    "flux",
    "alpha_ratio",
    "hammarberg",
    "slope_0_500",
    "slope_500_1500",
    "slope_1500_5000",
    "share_250_650",
    "share_1000_4000",
)


class Contours(NamedTuple):
    """What is known of a clip, from its first active frame to its last one.

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
    active = level >= level.max() - activity_range
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
        found["spectrum"] = _spectral_contours(voicing)
    if "mfcc" in groups:
        decibels = _to_mel_decibels(voicing.power, bank)
        found["mfcc"] = scipy.fft.dct(decibels, axis=1, norm="ortho")[:, :n_mfcc]
    return Contours(found, active[frames], voiced)


def _to_mel_decibels(power: NDArray[np.float32], bank: FilterBank) -> NDArray[np.float64]:
    mel = np.empty((len(bank.band_frequencies), len(power)), np.float32)
    apply_filter_bank(power, bank, mel)
    return 10 * np.log10(mel.T.astype(float) + _AMIN)


def _spectral_contours(voicing: Voicing) -> NDArray[np.float64]:
    width = voicing.bin_width
    all_power = voicing.power.astype(float) + _AMIN
    all_decibels = 10 * np.log10(all_power)
    frequencies = np.arange(all_power.shape[1]) * width

    def bins(low: float, high: float) -> slice:
        return slice(round(low / width), round(high / width))

    def band_level(low: float, high: float) -> NDArray[np.float64]:
        return 10 * np.log10(all_power[:, bins(low, high)].sum(axis=1))

    def slope(low: float, high: float) -> NDArray[np.float64]:
        part = bins(low, high)
        x = frequencies[part] - frequencies[part].mean()
        return 1000 * (all_decibels[:, part] * x).sum(axis=1) / np.square(x).sum()  # dB a kHz

    band = bins(*_BAND)
    power, hertz = all_power[:, band], frequencies[band]
    share = power / power.sum(axis=1, keepdims=True)
    mean = (share * hertz).sum(axis=1)
    variance = (share * np.square(hertz)).sum(axis=1) - np.square(mean)
    up_to = np.cumsum(share, axis=1)
    roll_offs = [(up_to < percent / 100).sum(axis=1) for percent in _ROLL_OFFS]
    root = np.sqrt(share)
    change = np.sqrt(np.square(np.diff(root, axis=0)).sum(axis=1))
    whole = band_level(50, 5000)
    contours = [
        np.log2(mean),
        0.5 * np.log2(np.maximum(variance, width**2)),
        *(np.log2(hertz[np.minimum(bin_, len(hertz) - 1)]) for bin_ in roll_offs),
        -(share * np.log(share)).sum(axis=1),
        all_decibels[:, band].mean(axis=1) - 10 * np.log10(power.mean(axis=1)),
        np.concatenate([[0.0], change]),
        band_level(50, 1000) - band_level(1000, 5000),
        all_decibels[:, bins(0, 2000)].max(axis=1) - all_decibels[:, bins(2000, 5000)].max(axis=1),
        slope(0, 500),
        slope(500, 1500),
        slope(1500, 5000),
        band_level(250, 650) - whole,
        band_level(1000, 4000) - whole,
    ]
    return np.stack(contours, axis=1)

"""The shape of the spectrum, frame by frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.signal import Voicing

_AMIN = 1e-12  # added to the power of a bin
_BAND = (50.0, 8000.0)  # Hz, the part of the spectrum that is described
_ROLL_OFFS = (25, 50, 75, 90)  # percent of the power

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


def describe_spectrum(voicing: Voicing) -> NDArray[np.float64]:
    """Return the shape of the spectrum of each frame, as named in `SPECTRUM`.

    Parameters
    ----------
    voicing : Voicing
        Has the power spectra.

    Returns
    -------
    contours : ndarray of shape (n_frames, n_contours)
        Centroid, spread (octaves) and roll-off (octaves above 1 Hz); entropy; flatness (dB);
        change from frame to frame; level differences between bands (dB); slopes (dB a kHz).
    """
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

"""Mel spectrograms in decibels, the features of the published system."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sersk.features.registry import register_feature
from sersk.features.spectral import SpectralTransformer
from sersk.signal import apply_filter_bank, filter_bank_of

# Added to the power, so that digital silence has a level: -100 dB.
_AMIN = 1e-10


@register_feature("mel")
class MelSpectrogramTransformer(SpectralTransformer):
    """Compute mel spectrograms in decibels, normalised clip by clip.

    The short-time power spectrum is summed into bands that are spaced by perceived pitch,
    converted to decibels relative to the clip's maximum, and normalised to mean 0 and standard
    deviation 1 over the clip. The defaults are those of the published system.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz).
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_mels : int, default=128
        Number of mel bands.
    fmin : float, default=0.0
        Lowest frequency of the bands (Hz).
    fmax : float, default=8000.0
        Highest frequency of the bands (Hz), at most half of `sample_rate`.
    ref : "max" or float, default="max"
        The power that is 0 dB: the clip's own maximum, or a positive number, which keeps
        differences of level between clips. It has no effect with ``normalization="clip"``, which
        removes the level of a clip.
    top_db : float or None, default=80.0
        Values are limited to at least this below the clip's maximum (dB); None sets no limit.
    normalization : "clip" or None, default="clip"
        "clip" subtracts the clip's mean and divides by its standard deviation; None keeps the
        decibels.
    clip_value : float or None, default=5.0
        Outliers are clipped at this many standard deviations; None clips none. It has no effect
        without normalisation.

    Attributes
    ----------
    band_frequencies_ : ndarray of shape (n_mels,)
        Centre frequency of each band (Hz).
    frame_times_ : ndarray of shape (n_frames,)
        Time of each frame's centre (s).
    n_frames_ : int
        Number of frames, ``1 + n_samples // hop_length``.
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    sersk.AudioAugmenter : The step before, which adds views of the clips while fitting.
    sersk.signal.power_spectrogram : The power spectra.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_mels, n_frames)`` for waveforms of shape
    ``(..., n_samples)``. It learns nothing from data: the values of a clip are the same to the bit
    in any batch.

    A clip of digital silence has a standard deviation of 0 and gives zeros. A clip that holds NaN
    gives NaN, and no other clip does.

    Bands are triangles of unit area on Slaney's mel scale [1]_, linear below 1,000 Hz and
    logarithmic above. The values are equal to those of librosa's functions [2]_ up to rounding.

    The output has three dimensions or more, hence `set_output` is not available.

    References
    ----------
    .. [1] M. Slaney, "Auditory Toolbox: A MATLAB toolbox for auditory modeling work", Technical
       Report 1998-010, Interval Research Corporation, 1998.
    .. [2] B. McFee et al., "librosa: Audio and music signal analysis in Python", Proceedings of
       the 14th Python in Science Conference, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import MelSpectrogramTransformer
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, size=(2, 88_200)).astype(np.float32)  # two clips of 4 s
    >>> mel = MelSpectrogramTransformer().fit(X)
    >>> mel.transform(X).shape
    (2, 128, 173)
    >>> mel.band_frequencies_[[0, 127]].round()
    array([  23., 7809.])
    >>> float(mel.frame_times_[-1].round(2))
    3.99

    Decibels that keep the level, of two views of each clip:

    >>> views = np.stack([X, X / 10], axis=1)
    >>> level = MelSpectrogramTransformer(ref=1.0, top_db=None, normalization=None)
    >>> decibels = level.transform(views)
    >>> decibels.shape
    (2, 2, 128, 173)
    >>> float((decibels[:, 0] - decibels[:, 1]).mean().round(3))
    20.0

    Bands that are narrower than the bins of the spectrum are refused:

    >>> MelSpectrogramTransformer(n_fft=256).fit(X)
    Traceback (most recent call last):
        ...
    ValueError: MelSpectrogramTransformer: n_mels=128 bands from 0.0 to 8000.0 Hz are too narrow
    for n_fft=256, ...
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "fmin": [Interval(Real, 0, None, closed="left")],
        "fmax": [Interval(Real, 0, None, closed="neither")],
        "ref": [StrOptions({"max"}), Interval(Real, 0, None, closed="neither")],
        "top_db": [Interval(Real, 0, None, closed="neither"), None],
        "normalization": [StrOptions({"clip"}), None],
        "clip_value": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float = 8000.0,
        ref: Any = "max",
        top_db: float | None = 80.0,
        normalization: str | None = "clip",
        clip_value: float | None = 5.0,
    ) -> None:
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.ref = ref
        self.top_db = top_db
        self.normalization = normalization
        self.clip_value = clip_value

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the bands, which are axis -2 of the output.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_mels,)
            Number and centre frequency of each band, as "mel005_135Hz".
        """
        frequencies = filter_bank_of(self).band_frequencies
        return np.array([f"mel{i:03d}_{f:.0f}Hz" for i, f in enumerate(frequencies)], dtype=object)

    @property
    def n_used_bins(self) -> int:
        """Number of bins up to the end of the highest band.

        Returns
        -------
        n_used_bins : int
            Between 1 and ``n_fft // 2 + 1``.
        """
        return filter_bank_of(self).n_used_bins

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Set the frequencies of the bands and the times of the frames.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        self.band_frequencies_ = filter_bank_of(self).band_frequencies
        super().fit_waveforms(X)

    def frames(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sum the power of each frame into mel bands.

        Parameters
        ----------
        power : ndarray of float32 of shape (n_frames, n_used_bins)
            Power spectra.

        Returns
        -------
        mel_power : ndarray of float32 of shape (n_mels, n_frames)
            Power in each band.
        """
        out = np.empty((self.n_mels, len(power)), np.float32)
        return apply_filter_bank(power, filter_bank_of(self), out)

    def finish(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert the power of a clip to decibels and normalise it, in place.

        Parameters
        ----------
        frames : ndarray of float32 of shape (n_mels, n_frames)
            Power in each band.

        Returns
        -------
        features : ndarray of float32 of shape (n_mels, n_frames)
            The same array, with the features.
        """
        frames += np.float32(_AMIN)
        np.log(frames, out=frames)  # in float32 a third of the time of log10
        frames *= np.float32(10 / np.log(10))
        peak = frames.max()
        if not np.isfinite(peak):  # a sample was too large for its power to be a float32
            frames[:] = np.nan
            return frames
        # Relative to the maximum first, whatever `ref` is: the normalisation subtracts it anyway.
        # So a clip of one level gives exact zeros, and no rounding errors that a tiny standard
        # deviation would enlarge.
        frames -= peak
        if self.top_db is not None:
            np.maximum(frames, -self.top_db, out=frames)
        if self.normalization is None:
            if self.ref != "max":
                frames += peak - np.float32(10 * np.log10(self.ref))
            return frames
        frames -= frames.mean()
        std = np.sqrt(np.square(frames).mean())
        if std != 0:
            frames /= std
        if self.clip_value is not None:
            np.clip(frames, -self.clip_value, self.clip_value, out=frames)
        return frames

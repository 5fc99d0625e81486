"""Mel-frequency cepstral coefficients: the shape of the spectrum in a few numbers a frame.

Several features side by side are for `sersk.features.stacking`.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sersk.features.registry import register_feature
from sersk.features.spectral import SpectralTransformer
from sersk.signal import apply_filter_bank, filter_bank_of

# Lower bound of the power: -100 dB.
_AMIN = 1e-10
# Frames that the slope of a coefficient is fitted over, as in librosa.
_DELTA_WIDTH = 9


@register_feature("mfcc")
class MFCCTransformer(SpectralTransformer):
    """Compute mel-frequency cepstral coefficients.

    They are the cosine transform of each frame's mel spectrum in decibels. The first coefficients
    describe the level and the broad shape of the spectrum, which the vocal tract forms, without the
    harmonics of the voice. Their first and second derivatives in time may be added below them.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz).
    n_mfcc : int, default=40
        Number of coefficients, at most `n_mels`.
    n_fft : int, default=2048
        Samples a frame, an even number.
    hop_length : int, default=512
        Samples from one frame to the next.
    n_mels : int, default=128
        Number of mel bands.
    fmin : float, default=0.0
        Lowest frequency of the bands (Hz).
    fmax : float or None, default=8000.0
        Highest frequency of the bands (Hz), at most half of `sample_rate`. None is half of it.
    top_db : float or None, default=80.0
        Bands are limited to at least this below the clip's maximum (dB); None sets no limit.
    delta : {0, 1, 2}, default=0
        Highest derivative in time that is added below the coefficients: 0 none, 1 the slopes, 2
        the slopes and the curvatures. Derivatives need at least 9 frames.
    normalization : "band" or None, default="band"
        "band" normalises each row to mean 0 and standard deviation 1 over the frames of the clip
        (cepstral mean and variance normalisation [3]_); None keeps the coefficients.

    Attributes
    ----------
    frame_times_ : ndarray of shape (n_frames,)
        Time of each frame's centre (s).
    n_frames_ : int
        Number of frames, ``1 + n_samples // hop_length``.
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    MelSpectrogramTransformer : The mel spectrum itself.
    FeatureStack : Several features side by side.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_mfcc * (1 + delta), n_frames)`` for waveforms of
    shape ``(..., n_samples)``. It learns nothing from data: the values of a clip are the same to
    the bit in any batch.

    Without normalisation the values are equal, up to rounding, to those of
    ``librosa.feature.mfcc`` [2]_ (orthonormal cosine transform of type II [1]_, decibels relative
    to a power of 1) and ``librosa.feature.delta`` (a parabola or line fitted to 9 frames). Their
    ranges differ widely: the first coefficient, the level, is some hundreds, the last ones are a
    few units, and slopes are smaller. Hence each row is normalised by default. This removes the
    clip's level and average spectrum, thus most of the effect of the microphone and some of the
    voice. To keep them, pass None.

    A constant row, such as every row of digital silence, has a standard deviation of 0 and gives
    zeros. A clip that holds NaN gives NaN, and no other clip does.

    The output has three dimensions or more, hence `set_output` is not available.

    References
    ----------
    .. [1] S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic
       word recognition in continuously spoken sentences", IEEE Transactions on Acoustics, Speech,
       and Signal Processing, 28(4), 1980.
    .. [2] B. McFee et al., "librosa: Audio and music signal analysis in Python", Proceedings of
       the 14th Python in Science Conference, 2015.
    .. [3] O. Viikki and K. Laurila, "Cepstral domain segmental feature vector normalization for
       noise robust speech recognition", Speech Communication, 25(1-3), 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import MFCCTransformer
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, size=(2, 88_200)).astype(np.float32)  # two clips of 4 s
    >>> MFCCTransformer().fit_transform(X).shape
    (2, 40, 173)
    >>> mfcc = MFCCTransformer(n_mfcc=13, delta=2)
    >>> mfcc.fit_transform(X).shape
    (2, 39, 173)
    >>> mfcc.get_feature_names_out()[[0, 13, 38]].tolist()
    ['mfcc00', 'mfcc00_delta', 'mfcc12_delta2']

    Clips of fewer than 9 frames have no derivatives:

    >>> mfcc.fit(X[:, :2048])
    Traceback (most recent call last):
        ...
    ValueError: MFCCTransformer: delta=2 needs clips of at least 9 frames; these have 5 at
    hop_length=512. ...
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "n_mfcc": [Interval(Integral, 1, None, closed="left")],
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
        "n_mels": [Interval(Integral, 1, None, closed="left")],
        "fmin": [Interval(Real, 0, None, closed="left")],
        "fmax": [Interval(Real, 0, None, closed="neither"), None],
        "top_db": [Interval(Real, 0, None, closed="neither"), None],
        "delta": [Interval(Integral, 0, 2, closed="both")],
        "normalization": [StrOptions({"band"}), None],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        n_mfcc: int = 40,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float | None = 8000.0,
        top_db: float | None = 80.0,
        delta: int = 0,
        normalization: str | None = "band",
    ) -> None:
        self.sample_rate = sample_rate
        self.n_mfcc = n_mfcc
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.top_db = top_db
        self.delta = delta
        self.normalization = normalization

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the rows, which are axis -2 of the output.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_mfcc * (1 + delta),)
            Number of each coefficient, as "mfcc05", then as "mfcc05_delta" and "mfcc05_delta2".
        """
        suffixes = ["", "_delta", "_delta2"][: 1 + self.delta]
        names = [f"mfcc{i:02d}{suffix}" for suffix in suffixes for i in range(self.n_mfcc)]
        return np.array(names, dtype=object)

    @property
    def n_used_bins(self) -> int:
        """Number of bins up to the end of the highest mel band.

        Returns
        -------
        n_used_bins : int
            Between 1 and ``n_fft // 2 + 1``.
        """
        return filter_bank_of(self).n_used_bins

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters and set the times of the frames.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        super().fit_waveforms(X)
        filter_bank_of(self)
        self._check(self.n_frames_)

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
        """Compute the coefficients of a clip and their derivatives, and normalise them.

        Parameters
        ----------
        frames : ndarray of float32 of shape (n_mels, n_frames)
            Power in each band.

        Returns
        -------
        coefficients : ndarray of float32 of shape (n_mfcc * (1 + delta), n_frames)
            The coefficients, below them their derivatives.
        """
        self._check(frames.shape[-1])
        decibels = 10 * np.log10(np.maximum(frames, np.float32(_AMIN)))
        peak = decibels.max()
        # Relative to the maximum: the level is in the first coefficient only. Adding it there in
        # the end keeps its hundreds out of the rounding of all the others. The normalisation
        # subtracts it anyway, and so silence gives exact zeros.
        decibels -= peak
        if self.top_db is not None:
            np.maximum(decibels, -self.top_db, out=decibels)
        coefficients = scipy.fft.dct(decibels, axis=0, type=2, norm="ortho")[: self.n_mfcc]
        derivatives = [
            scipy.signal.savgol_filter(
                coefficients, _DELTA_WIDTH, polyorder=order, deriv=order, axis=-1, mode="interp"
            )
            for order in range(1, 1 + self.delta)
        ]
        rows = np.concatenate([coefficients, *derivatives])
        if self.normalization is None:
            rows[0] += peak * np.float32(np.sqrt(self.n_mels))
            return rows
        rows -= rows.mean(axis=-1, keepdims=True)
        std = np.sqrt(np.square(rows).mean(axis=-1, keepdims=True))
        return np.divide(rows, std, out=rows, where=std != 0)

    def _check(self, n_frames: int) -> None:
        """Raise if the parameters do not fit together, or clips are too short for them."""
        if self.n_mfcc > self.n_mels:
            raise ValueError(
                f"MFCCTransformer: n_mfcc={self.n_mfcc} coefficients of n_mels={self.n_mels} "
                "bands; there are at most as many as bands. Lower n_mfcc or raise n_mels."
            )
        if self.delta and n_frames < _DELTA_WIDTH:
            raise ValueError(
                f"MFCCTransformer: delta={self.delta} needs clips of at least {_DELTA_WIDTH} "
                f"frames; these have {n_frames} at hop_length={self.hop_length}. Pad the clips, "
                "lower hop_length, or pass delta=0."
            )

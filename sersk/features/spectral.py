"""The base of features made from power spectra; each feature is in its own module."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

from sersk.base import StatelessTransformer
from sersk.features._together import count_frames_of, transform_together


class SpectralTransformer(StatelessTransformer):
    """Base of features that are made from the power spectra of a clip.

    A subclass has the parameters `n_fft` and `hop_length`, implements `frames`, and overrides
    `finish` if its features depend on more than one frame. It has from here: the short-time
    Fourier transform in blocks of frames (bounded memory), clips and views, clips that hold NaN,
    and the attributes below. In a `FeatureStack` the features of equal `n_fft` and `hop_length`
    are made from one power spectrum, and an `EmotionStream` computes only the frames that are new.

    Attributes
    ----------
    n_used_bins : int
        How many bins of the spectrum `frames` uses, from 0 Hz up. A property, by default
        ``n_fft // 2 + 1``, all of them. A subclass overrides it to leave out the bins above its
        highest frequency, which saves their computation.
    n_frames_ : int
        Number of frames, ``1 + n_samples // hop_length``.
    frame_times_ : ndarray of shape (n_frames,)
        Time of each frame's centre (s). Set only if there is a parameter `sample_rate`.
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    StatelessTransformer : Base of features made from waveforms.
    sersk.testing.check_feature : Check a feature.
    sersk.signal.power_spectrogram : The power spectra.

    Notes
    -----
    What a subclass promises, besides the promises of a `StatelessTransformer`:

    - `frames` computes the values of a frame from the power of that frame alone, equal up to
      rounding whichever frames are passed together.
    - `finish` has all frames of one clip. What depends on the whole clip belongs there: decibels
      relative to the maximum, normalisation, derivatives in time.

    Frame i is centred on sample ``i * hop_length`` and weighted by a Hann window of `n_fft`
    samples, with zeros beyond the ends of the clip. A clip that holds NaN is passed to the hooks
    as silence, and its features become NaN. A subclass that overrides `transform_waveforms` or
    `transform` is treated in a stack and a stream as any other transformer.

    The output has three dimensions or more, hence `set_output` is not available.

    Examples
    --------
    The share of the power above 1 kHz, in dB relative to the clip's largest:

    >>> import numpy as np
    >>> from sersk import SpectralTransformer
    >>> class HighShare(SpectralTransformer):
    ...     def __init__(self, sample_rate=22050, *, n_fft=1024, hop_length=512):
    ...         self.sample_rate = sample_rate
    ...         self.n_fft = n_fft
    ...         self.hop_length = hop_length
    ...
    ...     def frames(self, power):
    ...         hertz = np.arange(power.shape[1]) * self.sample_rate / self.n_fft
    ...         share = power[:, hertz > 1000].sum(axis=1) / (power.sum(axis=1) + 1e-10)
    ...         return share[np.newaxis]  # (n_rows, n_frames)
    ...
    ...     def finish(self, frames):
    ...         decibels = 10 * np.log10(frames + 1e-10)
    ...         return decibels - decibels.max()
    ...
    ...     def get_feature_names_out(self, input_features=None):
    ...         return np.array(["high_share"], dtype=object)
    >>> X = np.random.default_rng(0).normal(scale=0.1, size=(2, 22_050))
    >>> HighShare().fit_transform(X).shape
    (2, 1, 44)

    The checker finds what breaks the contract:

    >>> from sersk.testing import check_feature
    >>> check_feature(HighShare())
    """

    output_kind = "frames"
    _parameter_constraints: ClassVar[dict] = {
        "n_fft": [Interval(Integral, 2, None, closed="left")],
        "hop_length": [Interval(Integral, 1, None, closed="left")],
    }

    n_fft: int
    hop_length: int

    @property
    def n_used_bins(self) -> int:
        """Number of bins that `frames` uses, from 0 Hz up.

        Returns
        -------
        n_used_bins : int
            Between 1 and ``n_fft // 2 + 1``.
        """
        return self.n_fft // 2 + 1

    def frames(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the values of some frames from their power spectra.

        Parameters
        ----------
        power : ndarray of float32 of shape (n_frames, n_used_bins)
            Power spectra of some neighbouring frames of a clip. It is read-only.

        Returns
        -------
        frames : ndarray of float32 of shape (n_rows, n_frames)
            The values of each frame, from the power of that frame alone.
        """
        raise NotImplementedError

    def finish(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the features of a clip from its frames; by default they are its features.

        Parameters
        ----------
        frames : ndarray of float32 of shape (n_rows, n_frames)
            What `frames` gave for all frames of one clip. It may be changed in place.

        Returns
        -------
        features : ndarray of float32 of shape (n_bands, n_frames)
            The features of the clip.
        """
        return frames

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Set `n_frames_` and `frame_times_`.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        self.n_frames_ = count_frames_of(self, X)
        sample_rate = getattr(self, "sample_rate", None)
        if sample_rate is not None:
            self.frame_times_ = np.arange(self.n_frames_) * self.hop_length / sample_rate

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the features of each clip by `frames` and `finish`.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.

        Returns
        -------
        features : ndarray of float32 of shape (n_clips, [n_views,] n_bands, n_frames)
            The features.
        """
        return transform_together([self], X)[0]


def is_spectral(transformer: Any) -> bool:
    """Tell whether a transformer makes its features by `frames` and `finish` alone.

    Parameters
    ----------
    transformer : object
        A transformer of waveforms.

    Returns
    -------
    spectral : bool
        Whether it is a `SpectralTransformer` that overrides no other step of the computation.

    Examples
    --------
    >>> from sersk import MelSpectrogramTransformer, PitchTransformer
    >>> from sersk.features.spectral import is_spectral
    >>> is_spectral(MelSpectrogramTransformer()), is_spectral(PitchTransformer())
    (True, False)
    """
    kind = type(transformer)
    return issubclass(kind, SpectralTransformer) and all(
        getattr(kind, method) is getattr(SpectralTransformer, method)
        for method in ("transform", "transform_waveforms")
    )

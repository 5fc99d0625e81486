"""Normalisation over the training clips."""

from __future__ import annotations

import os
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils.validation import check_is_fitted

from sersk._utils.fitting import unfitted_unless_done
from sersk.features.normalization.base import Normalizer
from sersk.features.normalization.statistics import compute_statistics, normalize


class FeatureNormalizer(Normalizer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Normalise each band to mean 0 and standard deviation 1 over the training clips.

    There is one mean and one standard deviation for each band, over all frames of all clips seen
    in `fit`. Unlike the normalisation of each clip by itself, it keeps the differences of level
    and spectrum between clips, which depend on the emotion (and on the microphone).

    Parameters
    ----------
    storage : str, path-like or None, default=None
        Folder for normalised features that are larger than memory; see `FrontEnd`. They are
        float32 in any case.

    Attributes
    ----------
    mean_ : ndarray of shape (n_bands,)
        Mean of each band.
    scale_ : ndarray of shape (n_bands,)
        Standard deviation of each band; 1 for a constant band.
    n_features_in_ : int
        Number of bands seen in `fit`.

    See Also
    --------
    SpeakerNormalizer : The same over the clips of each speaker.
    MelSpectrogramTransformer : With ``ref=1.0, normalization=None`` it keeps the level of clips.
    sklearn.preprocessing.StandardScaler : The same for columns of a table.

    Notes
    -----
    Features have shape (n_clips, n_bands, n_frames), or (n_clips, n_features), where each feature
    is a band. Views are axis 1 of an array that is marked (`as_views`), as `AudioAugmenter` and the
    features after it mark it. `fit` uses view 0 only, the clean clip, because predictions are made
    for clean clips.

    The normalizer learns from data. It therefore belongs into the pipeline, where each fold fits it
    to its training clips. It can't be a step of a `FrontEnd`, whose steps get one chunk of clips at
    a time.

    NaN values stay NaN and are left out in `fit`.

    The output has three dimensions or more, hence `set_output` is not available.

    Examples
    --------
    Mel spectrograms that keep the level of each clip, normalised over the training clips:

    >>> from sersk import FeatureNormalizer, FrontEnd, MelSpectrogramTransformer
    >>> from sersk import AudioLoader, make_emotional_speech
    >>> from sklearn.pipeline import make_pipeline
    >>> corpus = make_emotional_speech(n_speakers=1, n_repetitions=1, random_state=0)
    >>> mel = MelSpectrogramTransformer(ref=1.0, normalization=None)
    >>> frontend = FrontEnd([("loader", AudioLoader(duration=2.0)), ("features", mel)])
    >>> features = make_pipeline(frontend, FeatureNormalizer()).fit_transform(corpus.data)
    >>> features.shape
    (6, 128, 87)
    >>> bool(abs(features.mean()) < 1e-3)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "storage": [str, os.PathLike, None],
    }

    def __init__(self, *, storage: str | os.PathLike[str] | None = None) -> None:
        self.storage = storage

    @_fit_context(prefer_skip_nested_validation=True)
    @unfitted_unless_done
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn mean and standard deviation of each band.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The fitted normalizer.

        Raises
        ------
        ValueError
            If `X` has another number of dimensions than these, holds infinite values, or all values
            of a band are NaN.
        """
        views = self.check_features(X)
        mean, scale = compute_statistics(views, np.arange(len(views)))
        if np.isnan(mean).any():
            raise ValueError(
                f"FeatureNormalizer: {np.count_nonzero(np.isnan(mean))} of {len(mean)} bands are "
                "NaN in all clips; at least 1 clip that could be read is needed."
            )
        self.mean_, self.scale_, self.n_features_in_ = mean, scale, len(mean)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Subtract the mean and divide by the standard deviation of each band.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.

        Returns
        -------
        features : ndarray of float32
            Normalised features, of the same shape; a `ViewArray` if `X` is one.

        Raises
        ------
        ValueError
            If `X` has another number of bands than in `fit`, or is not of the shape of features.
        """
        check_is_fitted(self)
        views = self.check_features(X)
        self.check_n_bands(views)
        features, out = self.allocate_like(X)
        normalize(views, np.arange(len(views)), self.mean_, self.scale_, out)
        return self.to_output(features, X)

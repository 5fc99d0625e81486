"""Normalisation learned from training clips, a fitted step behind the front end.

What brings each clip to its own scale learns nothing, and is a parameter of the features.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils.validation import check_array, check_is_fitted

# Clips that are looked at in double precision at a time.
_CHUNK_SIZE = 32


class FeatureNormalizer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Bring each band to mean 0 and standard deviation 1 over the training clips.

    One mean and one standard deviation a band, over all frames of all clips seen in `fit`. Unlike
    the normalisation of clips by themselves, it leaves differences of level and colour between
    clips, which hold something of the emotion (and of the microphone).

    Attributes
    ----------
    mean_ : ndarray of shape (n_bands,)
        Mean of each band.
    scale_ : ndarray of shape (n_bands,)
        Standard deviation of each band; 1 where a band has one value only.
    n_features_in_ : int
        Number of bands seen in `fit`.

    See Also
    --------
    MelSpectrogramTransformer : With ``ref=1.0, normalization=None`` it keeps the level of clips.
    sklearn.preprocessing.StandardScaler : The same for columns of a table.

    Notes
    -----
    Features have shape (n_clips, n_bands, n_frames), with views (n_clips, n_views, n_bands,
    n_frames), and as a table (n_clips, n_bands). Of views, `fit` looks at the first, the clean
    clip, only: that is what comes while predicting.

    It learns from data, hence it belongs into the pipeline, where each fold learns it anew from
    its training clips; and it can't be a step of a `FrontEnd`, which sees one chunk at a time.

    A value that is NaN stays so and counts for nothing in `fit`.

    The output has three dimensions or more, hence `set_output` is not available.

    Examples
    --------
    Mel spectrograms that keep the level, normalised over the training clips:

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

    _parameter_constraints: ClassVar[dict] = {}

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn mean and standard deviation of each band.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames) or (n_clips, n_bands)
            Features.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The fitted normalizer.

        Raises
        ------
        ValueError
            If `X` has fewer than 2 or more than 4 dimensions, holds infinite values, or a band
            has no value that is not NaN.
        """
        X = self._check(X)
        clean = X[:, 0] if X.ndim == 4 else X
        n_bands = clean.shape[1]
        n_values, total = np.zeros(n_bands), np.zeros(n_bands)
        for values in _chunks(clean):
            n_values += np.count_nonzero(~np.isnan(values), axis=(0, 2))
            total += np.nansum(values, axis=(0, 2))
        if not n_values.all():
            raise ValueError(
                f"FeatureNormalizer: {np.count_nonzero(n_values == 0)} of {n_bands} bands hold "
                "nothing but NaN; at least 1 clip that could be read is needed."
            )
        mean = total / n_values
        squares = np.zeros(n_bands)
        for values in _chunks(clean):  # a second pass: the mean of squares alone would cancel
            squares += np.nansum(np.square(values - mean[:, np.newaxis]), axis=(0, 2))
        scale = np.sqrt(squares / n_values)
        # What rounding leaves of a band of one value is no spread to divide by.
        scale[scale <= np.finfo(np.float32).eps * np.abs(mean)] = 1
        self.mean_, self.scale_, self.n_features_in_ = mean, scale, n_bands
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Subtract the mean and divide by the standard deviation of each band.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames) or (n_clips, n_bands)
            Features.

        Returns
        -------
        features : ndarray of float32
            Normalised features, of the same shape.

        Raises
        ------
        ValueError
            If `X` has another number of bands than in `fit`, or can't be features at all.
        """
        check_is_fitted(self)
        X = self._check(X)
        n_bands = X.shape[1] if X.ndim == 2 else X.shape[-2]
        if n_bands != self.n_features_in_:
            raise ValueError(
                f"X has {n_bands} features, but FeatureNormalizer is expecting "
                f"{self.n_features_in_} features as input (bands, axis -2)."
            )
        shape = (n_bands,) if X.ndim == 2 else (n_bands, 1)
        features = X - self.mean_.reshape(shape).astype(np.float32)
        features /= self.scale_.reshape(shape).astype(np.float32)
        return features

    def _check(self, X: Any) -> NDArray[np.float32]:
        X = check_array(
            X,
            dtype=np.float32,
            order="C",
            allow_nd=True,
            ensure_all_finite="allow-nan",
            estimator=self,
            input_name="X",
        )
        if X.ndim > 4 or 0 in X.shape:
            raise ValueError(
                f"FeatureNormalizer: X has shape {X.shape}; features have shape (n_clips, "
                "[n_views,] n_bands, n_frames)."
            )
        return X

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _chunks(X: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """Return some clips at a time, as (n_clips, n_bands, n_frames) in double precision."""
    for start in range(0, len(X), _CHUNK_SIZE):
        chunk = X[start : start + _CHUNK_SIZE].astype(np.float64)
        yield chunk if chunk.ndim == 3 else chunk[..., np.newaxis]

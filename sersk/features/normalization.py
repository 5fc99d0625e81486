"""Normalisation by the clips of a corpus or of a speaker, a step behind the front end.

What brings each clip to its own scale is a parameter of the features.
"""

import os
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted

from sersk._utils.storage import allocate, check_finite, is_on_disk, release
from sersk.base import as_views, has_views

# Clips that are looked at, in double precision, and normalised at a time.
_CHUNK_SIZE = 32


class _Normalizer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    storage: str | os.PathLike[str] | None

    def _check(self, X: Any) -> NDArray[Any]:
        """Return the features as (n_clips, n_views, n_bands, n_frames)."""
        marked = has_views(X)
        # What lies on disk is larger than memory: neither copied nor looked at as a whole.
        on_disk = is_on_disk(X)
        X = check_array(
            X,
            dtype=[np.float32, np.float16] if on_disk else np.float32,
            order="C",
            allow_nd=True,
            ensure_all_finite=False if on_disk else "allow-nan",
            estimator=self,
            input_name="X",
        )
        if on_disk:
            check_finite(X, self, allow_nan=True)
        views = X if marked else X[:, np.newaxis]
        if views.ndim not in (3, 4) or 0 in X.shape:
            hint = "" if marked else " If axis 1 holds views, mark them: sersk.as_views(X)."
            raise ValueError(
                f"{type(self).__name__}: X has shape {X.shape}; features have shape "
                f"(n_clips, {'n_views, ' if marked else ''}n_features) or "
                f"(n_clips, {'n_views, ' if marked else ''}n_bands, n_frames).{hint}"
            )
        return views[..., np.newaxis] if views.ndim == 3 else views

    def _check_n_bands(self, views: NDArray[Any]) -> None:
        if views.shape[2] != self.n_features_in_:
            raise ValueError(
                f"X has {views.shape[2]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input (bands, axis -2)."
            )

    def _allocate(self, X: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the output, of the shape and mark of X, and the same as `_check` shapes it."""
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        out = allocate(shape, np.float32, self.storage)
        views = out if has_views(X) else out[:, np.newaxis]
        return (as_views(out) if has_views(X) else out), (
            views[..., np.newaxis] if views.ndim == 3 else views
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class FeatureNormalizer(_Normalizer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Bring each band to mean 0 and standard deviation 1 over the training clips.

    One mean and one standard deviation a band, over all frames of all clips seen in `fit`. Unlike
    the normalisation of clips by themselves, it leaves differences of level and colour between
    clips, which hold something of the emotion (and of the microphone).

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
        Standard deviation of each band; 1 where a band has one value only.
    n_features_in_ : int
        Number of bands seen in `fit`.

    See Also
    --------
    SpeakerNormalizer : The same over the clips of each speaker.
    MelSpectrogramTransformer : With ``ref=1.0, normalization=None`` it keeps the level of clips.
    sklearn.preprocessing.StandardScaler : The same for columns of a table.

    Notes
    -----
    Features have shape (n_clips, n_bands, n_frames), or (n_clips, n_features), each feature then
    a band. Views are axis 1 of an array that is marked (`as_views`), as `AudioAugmenter` and the
    features behind it give it. Of views, `fit` looks at the first, the clean clip, only: that is
    what comes while predicting.

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

    _parameter_constraints: ClassVar[dict] = {
        "storage": [str, os.PathLike, None],
    }

    def __init__(self, *, storage: str | os.PathLike[str] | None = None) -> None:
        self.storage = storage

    @_fit_context(prefer_skip_nested_validation=True)
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
            If `X` has another number of dimensions than these, holds infinite values, or a band
            has no value that is not NaN.
        """
        views = self._check(X)
        mean, scale = _statistics(views, np.arange(len(views)))
        if np.isnan(mean).any():
            raise ValueError(
                f"FeatureNormalizer: {np.count_nonzero(np.isnan(mean))} of {len(mean)} bands hold "
                "nothing but NaN; at least 1 clip that could be read is needed."
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
            If `X` has another number of bands than in `fit`, or can't be features at all.
        """
        check_is_fitted(self)
        views = self._check(X)
        self._check_n_bands(views)
        features, out = self._allocate(X)
        _normalize(views, np.arange(len(views)), self.mean_, self.scale_, out)
        return features


class SpeakerNormalizer(_Normalizer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Bring each band to mean 0 and standard deviation 1 over the clips of each speaker.

    What remains of a clip is how it differs from the speaker's others: pitch, timbre and
    microphone, which tell speakers apart rather than emotions, are taken away ([1]_, [2]_). It
    needs no labels, but several clips of every speaker, also of those to be recognised.

    Parameters
    ----------
    without_groups : {"error", "one_speaker"}, default="error"
        What to do where no speakers are given: refuse, or take all clips of the call as one
        person's.
    storage : str, path-like or None, default=None
        Folder for normalised features that are larger than memory; see `FrontEnd`. They are
        float32 in any case.

    Attributes
    ----------
    n_features_in_ : int
        Number of bands seen in `fit`.

    See Also
    --------
    FeatureNormalizer : The same over the clips of a corpus.
    sersk.evaluate_speaker_independent : Hands speakers to this step, and says so in its report.

    Notes
    -----
    Features have shape (n_clips, n_bands, n_frames), or (n_clips, n_features), each feature then
    a band. Views are axis 1 of an array that is marked (`as_views`), as `AudioAugmenter` and the
    features behind it give it. Of views, the first, the clean clip, gives the statistics.

    Nothing is learned in `fit`. The statistics of a speaker are those of the clips given in the
    same call: a clip's features depend on the other clips of its speaker there, in training and
    in prediction alike, and on nobody else's. A single clip is normalised by itself. In an
    evaluation nothing of the training part, and no label, reaches the test clips; but a score
    that was reached with several clips of each test speaker is another one than a score clip by
    clip: report it as such.

    Speakers come by metadata routing, in `fit` and in prediction: after
    ``sklearn.set_config(enable_metadata_routing=True)``, ``pipeline.fit(X, y, groups=speakers)``
    and ``pipeline.predict(X, groups=speakers)``.

    A value that is NaN stays so and counts for nothing.

    References
    ----------
    .. [1] Busso, Mariooryad, Metallinou, Narayanan, "Iterative feature normalization scheme for
       automatic emotion detection from speech", IEEE Transactions on Affective Computing 4(4),
       2013.
    .. [2] Schuller, Vlasenko, Eyben, Woellmer, Stuhlsatz, Wendemuth, Rigoll, "Cross-corpus
       acoustic emotion recognition: variances and strategies", IEEE Transactions on Affective
       Computing 1(2), 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import SpeakerNormalizer
    >>> X = np.random.default_rng(0).normal(size=(6, 4, 10))
    >>> X[3:] += 100  # the second speaker is louder
    >>> normalised = SpeakerNormalizer().fit_transform(X, groups=["a"] * 3 + ["b"] * 3)
    >>> bool(abs(normalised[:3].mean()) < 1e-6), bool(abs(normalised[3:].mean()) < 1e-5)
    (True, True)
    """

    _parameter_constraints: ClassVar[dict] = {
        "without_groups": [StrOptions({"error", "one_speaker"})],
        "storage": [str, os.PathLike, None],
    }

    # Under metadata routing speakers reach this step without further ado.
    __metadata_request__fit: ClassVar = {"groups": True}
    __metadata_request__transform: ClassVar = {"groups": True}

    def __init__(
        self,
        *,
        without_groups: str = "error",
        storage: str | os.PathLike[str] | None = None,
    ) -> None:
        self.without_groups = without_groups
        self.storage = storage

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, groups: Any = None) -> Self:
        """Check the features and the speakers; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.
        y : None
            Ignored, present for API consistency.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip.

        Returns
        -------
        self : object
            The normalizer itself.

        Raises
        ------
        ValueError
            If `groups` is missing, of another length than `X`, or `X` can't be features.
        """
        views = self._check(X)
        self._check_groups(views, groups)
        self.n_features_in_ = views.shape[2]
        return self

    def fit_transform(self, X: Any, y: Any = None, groups: Any = None) -> NDArray[np.float32]:
        """Normalise the clips of each speaker.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.
        y : None
            Ignored, present for API consistency.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip.

        Returns
        -------
        features : ndarray of float32
            Normalised features, of the same shape; a `ViewArray` if `X` is one.
        """
        return self.fit(X, y, groups).transform(X, groups)

    def transform(self, X: Any, groups: Any = None) -> NDArray[np.float32]:
        """Normalise the clips of each speaker.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip.

        Returns
        -------
        features : ndarray of float32
            Normalised features, of the same shape; a `ViewArray` if `X` is one.

        Raises
        ------
        ValueError
            If `groups` is missing, of another length than `X`, or `X` can't be features or has
            another number of bands than in `fit`.
        """
        check_is_fitted(self)
        views = self._check(X)
        self._check_n_bands(views)
        speakers = self._check_groups(views, groups)
        features, out = self._allocate(X)
        for speaker in np.unique(speakers):
            own = np.flatnonzero(speakers == speaker)
            _normalize(views, own, *_statistics(views, own), out)
        return features

    def _check_groups(self, X: NDArray[Any], groups: Any) -> NDArray[Any]:
        if groups is None:
            if self.without_groups == "one_speaker":
                return np.zeros(len(X), dtype=int)
            raise ValueError(
                "SpeakerNormalizer: groups is None, but it normalises the clips of each speaker. "
                "Call sklearn.set_config(enable_metadata_routing=True) and pass the speakers, in "
                "fit and in prediction: pipeline.predict(X, groups=speakers). Where all clips are "
                "one person's, set without_groups='one_speaker'."
            )
        speakers: NDArray[Any] = column_or_1d(np.asarray(groups))
        check_consistent_length(X, speakers)
        return speakers


def _statistics(
    X: NDArray[Any], clips: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each band; NaN where a band holds nothing else."""
    clean = X[:, 0]
    n_values, total, squares = np.zeros((3, clean.shape[1]))
    for values in _chunks(clean, clips):
        n_values += np.count_nonzero(~np.isnan(values), axis=(0, 2))
        total += np.nansum(values, axis=(0, 2))
    n_values[n_values == 0] = np.nan
    mean = total / n_values
    for values in _chunks(clean, clips):  # a second pass: the mean of squares alone would cancel
        squares += np.nansum(np.square(values - mean[:, np.newaxis]), axis=(0, 2))
    scale = np.sqrt(squares / n_values)
    # What rounding leaves of a band of one value is no spread to divide by.
    scale[scale <= np.finfo(np.float32).eps * np.abs(mean)] = 1
    return mean, scale


def _normalize(
    X: NDArray[Any],
    clips: NDArray[np.intp],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    center, spread = (each[:, np.newaxis].astype(np.float32) for each in (mean, scale))
    for start in range(0, len(clips), _CHUNK_SIZE):
        some = clips[start : start + _CHUNK_SIZE]
        features = X[some].astype(np.float32, copy=False)
        features -= center
        features /= spread
        out[some] = features
        release(X)
        release(out)


def _chunks(X: NDArray[Any], clips: NDArray[np.intp]) -> Iterator[NDArray[np.float64]]:
    """Return some clips at a time, as (n_clips, n_bands, n_frames) in double precision."""
    for start in range(0, len(clips), _CHUNK_SIZE):
        chunk = X[clips[start : start + _CHUNK_SIZE]].astype(np.float64)
        release(X)
        yield chunk

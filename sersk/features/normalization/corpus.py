"""Normalisation over the training clips, of several corpora each by its own."""

from __future__ import annotations

import os
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils.validation import check_is_fitted

from sersk._utils.fitting import unfitted_unless_done
from sersk.features.normalization.base import Normalizer
from sersk.features.normalization.membership import find_corpora_of
from sersk.features.normalization.statistics import compute_statistics, normalize, pool


class FeatureNormalizer(Normalizer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Normalise each band to mean 0 and standard deviation 1 over the training clips.

    There is one mean and one standard deviation for each band, over all frames of all clips seen
    in `fit`. Unlike the normalisation of each clip by itself, it keeps the differences of level
    and spectrum between clips, which depend on the emotion (and on the microphone).

    If the speakers are of several corpora, `fit_transform` normalises the clips of each corpus by
    that corpus's own statistics [1]_: a classifier then learns what differs between emotions, not
    between microphones, and corpora add up. `transform` uses the statistics of all of them, or
    those of the place of use after `sersk.adapt`.

    Parameters
    ----------
    storage : str, path-like or None, default=None
        Folder for normalised features that are larger than memory; see `FrontEnd`. They are
        float32 in any case.

    Attributes
    ----------
    mean_ : ndarray of shape (n_bands,)
        Mean of each band; of several corpora, the mean of their means.
    scale_ : ndarray of shape (n_bands,)
        Standard deviation of each band; 1 for a constant band. Of several corpora, the root of the
        mean of their variances.
    corpora_ : list of str
        The corpora, each of which had its own statistics; empty if all clips had the same.
    n_features_in_ : int
        Number of bands seen in `fit`.

    See Also
    --------
    SpeakerNormalizer : The same over the clips of each speaker.
    sersk.adapt : Shifts the statistics towards those of other recordings.
    MelSpectrogramTransformer : With ``ref=1.0, normalization=None`` it keeps the level of clips.
    sklearn.preprocessing.StandardScaler : The same for columns of a table.

    Notes
    -----
    Features have shape (n_clips, n_bands, n_frames), or (n_clips, n_features), where each feature
    is a band. Views are axis 1 of an array that is marked (`as_views`), as `AudioAugmenter` and the
    features after it mark it. `fit` uses view 0 only, the clean clip, because predictions are made
    for clean clips.

    A speaker is of the corpus that its name begins with, before the first "-", as loaders name
    speakers ("emodb-03"). A name that only one speaker begins with is no corpus. `groups` are
    passed as ``pipeline.fit(X, y, normalizer__groups=speakers)``, or by metadata routing. For the
    training clips of several corpora, `fit_transform` differs from `fit` and `transform`.

    The normalizer learns from data. It therefore belongs into the pipeline, where each fold fits it
    to its training clips. It can't be a step of a `FrontEnd`, whose steps get one chunk of clips at
    a time.

    NaN values stay NaN and are left out in `fit`.

    References
    ----------
    .. [1] Schuller, Vlasenko, Eyben, Woellmer, Stuhlsatz, Wendemuth, Rigoll, "Cross-corpus
       acoustic emotion recognition: variances and strategies", IEEE Transactions on Affective
       Computing 1(2), 2010.

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

    # With metadata routing, speakers are passed to this step by default.
    __metadata_request__fit: ClassVar = {"groups": True}

    @_fit_context(prefer_skip_nested_validation=True)
    @unfitted_unless_done
    def fit(self, X: Any, y: Any = None, groups: Any = None) -> Self:
        """Learn mean and standard deviation of each band.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.
        y : None
            Ignored, present for API consistency.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip, named "corpus-speaker". None takes all clips as of one corpus.

        Returns
        -------
        self : object
            The fitted normalizer.

        Raises
        ------
        ValueError
            If `X` has another number of dimensions than these, holds infinite values, all values
            of a band are NaN, or `groups` has another length.
        """
        views = self.check_features(X)
        self._learn(views, find_corpora_of(views, groups, "FeatureNormalizer"))
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    @unfitted_unless_done
    def fit_transform(self, X: Any, y: Any = None, groups: Any = None) -> NDArray[np.float32]:
        """Learn the statistics, and normalise the clips of each corpus by its own.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.
        y : None
            Ignored, present for API consistency.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip, named "corpus-speaker". None takes all clips as of one corpus.

        Returns
        -------
        features : ndarray of float32
            Normalised features, of the same shape; a `ViewArray` if `X` is one.
        """
        views = self.check_features(X)
        corpora = find_corpora_of(views, groups, "FeatureNormalizer")
        statistics = self._learn(views, corpora)
        features, out = self.allocate_like(X)
        for clips, (mean, scale) in zip(corpora.values(), statistics, strict=True):
            normalize(views, clips, mean, scale, out)
        return self.to_output(features, X)

    def _learn(
        self, views: NDArray[Any], corpora: dict[str, NDArray[np.intp]]
    ) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        statistics = [compute_statistics(views, clips) for clips in corpora.values()]
        for mean, _ in statistics:
            if np.isnan(mean).any():
                raise ValueError(
                    f"FeatureNormalizer: {np.count_nonzero(np.isnan(mean))} of {len(mean)} bands "
                    "are NaN in all clips; at least 1 clip that could be read is needed."
                )
        self.mean_, self.scale_ = pool(statistics)
        self.corpora_ = [] if len(corpora) == 1 else list(corpora)
        self.n_features_in_ = len(self.mean_)
        return statistics

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

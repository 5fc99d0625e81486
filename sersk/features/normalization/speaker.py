"""Normalisation over the clips of each speaker."""

from __future__ import annotations

import os
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sersk._utils.columns import check_values
from sersk.features.normalization.base import Normalizer
from sersk.features.normalization.statistics import compute_statistics, normalize


class SpeakerNormalizer(Normalizer, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Normalise each band to mean 0 and standard deviation 1 over the clips of each speaker.

    This removes the average pitch, timbre and microphone of a speaker, which differ between
    speakers rather than emotions, and keeps how a clip differs from the speaker's other clips
    ([1]_, [2]_). It needs no labels, but several clips of each speaker, in prediction too.

    Parameters
    ----------
    without_groups : {"error", "one_speaker"}, default="error"
        What to do if no speakers are given: raise an error, or take all clips of the call as clips
        of one speaker.
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
    sersk.evaluate_speaker_independent : Passes speakers to this step, and reports that it does.

    Notes
    -----
    Features have shape (n_clips, n_bands, n_frames), or (n_clips, n_features), where each feature
    is a band. Views are axis 1 of an array that is marked (`as_views`), as `AudioAugmenter` and the
    features after it mark it. The statistics are those of view 0, the clean clip.

    Nothing is learned in `fit`. The statistics of a speaker come from the clips of the same call:
    the features of a clip depend on the other clips of its speaker in that call, in training and in
    prediction alike, and on no other speaker's clips. A single clip is normalised by itself. In an
    evaluation no training clip and no label affects the test clips. But a score that uses several
    clips of each test speaker at once is not comparable with a score clip by clip: say so in a
    report.

    Speakers are passed by metadata routing, in `fit` and in prediction: after
    ``sklearn.set_config(enable_metadata_routing=True)``, ``pipeline.fit(X, y, groups=speakers)``
    and ``pipeline.predict(X, groups=speakers)``.

    NaN values stay NaN and are left out of the statistics.

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

    # With metadata routing, speakers are passed to this step by default.
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
            If `groups` is missing or of another length than `X`, or `X` is not of the shape of
            features.
        """
        views = self.check_features(X)
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
            If `groups` is missing or of another length than `X`, or `X` is not of the shape of
            features or has another number of bands than in `fit`.
        """
        check_is_fitted(self)
        views = self.check_features(X)
        self.check_n_bands(views)
        speakers = self._check_groups(views, groups)
        features, out = self.allocate_like(X)
        for speaker in np.unique(speakers):
            own = np.flatnonzero(speakers == speaker)
            normalize(views, own, *compute_statistics(views, own), out)
        return self.to_output(features, X)

    def _check_groups(self, X: NDArray[Any], groups: Any) -> NDArray[Any]:
        if groups is None:
            if self.without_groups == "one_speaker":
                return np.zeros(len(X), dtype=int)
            raise ValueError(
                "SpeakerNormalizer: groups is None, but it normalises the clips of each speaker. "
                "Call sklearn.set_config(enable_metadata_routing=True) and pass the speakers, in "
                "fit and in prediction: pipeline.predict(X, groups=speakers). If all clips are of "
                "one speaker, set without_groups='one_speaker'."
            )
        check_values("SpeakerNormalizer", "groups", groups)
        speakers: NDArray[Any] = column_or_1d(np.asarray(groups))
        check_consistent_length(X, speakers)
        return speakers

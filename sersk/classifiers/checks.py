"""What a `sersk.SpeechEmotionClassifier` is given, checked: clips, labels, weights, speakers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_X_y,
    validate_data,
)

from sersk._utils.storage import check_finite, is_on_disk
from sersk.base import has_views

_X_CHECKS: dict[str, Any] = {
    "dtype": [np.float32, np.float16],
    "order": "C",
    "allow_nd": True,
}


class ChecksClips:
    """Check clips, and learn their shape and classes."""

    classes_: NDArray[Any]
    n_classes_: int
    n_features_in_: int
    input_shape_: tuple[int, ...]

    def _check_data(
        self, X: Any, y: Any = None, *, reset: bool, classes: Any = None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return X with an axis of views, and y; on reset learn the shape and the classes."""
        given, marked = X, has_views(X)
        # What lies on disk is larger than memory, and looked at some clips at a time.
        on_disk = is_on_disk(X)
        checks = _X_CHECKS | {"ensure_all_finite": not on_disk}
        if y is not None:
            X, y = check_X_y(X, y, estimator=self, **checks)
            check_classification_targets(y)
        else:
            X = check_array(X, estimator=self, input_name="X", **checks)
        if on_disk:
            check_finite(X, self)
        shape = X.shape[2:] if marked else X.shape[1:]
        if not shape:
            raise ValueError(
                f"SpeechEmotionClassifier: X has shape {X.shape} and is marked as views of clips, "
                "which have shape (n_clips, n_views, n_bands, n_frames)."
            )
        # Names and number of columns, where clips are vectors; other shapes are compared below.
        vectors = X.ndim == 2 and (reset or len(self.input_shape_) == 1)
        validate_data(self, given, skip_check_array=True, ensure_2d=vectors, reset=reset)
        if reset:
            self.input_shape_ = shape
            self.classes_ = np.unique(y if classes is None else np.asarray(classes))
            self.n_classes_ = len(self.classes_)
            if self.n_classes_ < 2:
                raise ValueError(
                    "SpeechEmotionClassifier: y holds only one class, "
                    f"{self.classes_[0]!r}; at least 2 are needed."
                )
            self.n_features_in_ = self.input_shape_[0]
        self._check_shape(X.shape, shape, marked)
        if y is not None and (unknown := np.setdiff1d(y, self.classes_)).size:
            raise ValueError(
                f"SpeechEmotionClassifier: y holds the labels {unknown.tolist()}, which are not "
                f"among the classes {self.classes_.tolist()}."
            )
        return (X if marked else X[:, None]), y

    def _check_shape(self, given: tuple[int, ...], clip: tuple[int, ...], marked: bool) -> None:
        """Raise where clips have another shape than in fit."""
        known = self.input_shape_
        if clip == known:
            return
        hint = ""
        if given == known:
            hint = " For a single clip pass X[None]."
        elif not marked and given[2:] == known:
            hint = " If axis 1 holds views of each clip, mark them: sersk.as_views(X)."
        raise ValueError(
            f"SpeechEmotionClassifier: X has shape {given}, thus clips of shape {clip}, but it was "
            f"fitted on clips of shape {known}.{hint}"
        )

    def _check_metadata(
        self, X: NDArray[Any], sample_weight: Any, groups: Any
    ) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
        weights = _check_sample_weight(
            sample_weight, X[:, 0], dtype=np.float32, ensure_non_negative=True
        )
        if not weights.any():
            raise ValueError(
                "SpeechEmotionClassifier: every sample_weight is zero, nothing is left to train on."
            )
        if groups is not None:
            groups = column_or_1d(groups)
            check_consistent_length(X, groups)
        return weights, groups


def check_y_given(y: Any) -> None:
    if y is None:
        raise ValueError(
            "SpeechEmotionClassifier requires y to be passed, but the target y is None."
        )

"""The classifier of scikeras, with scikit-learn's tags, score, repr, labels, and slim pickles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils._tags import ClassifierTags

from sersk._utils.model_files import get_writing
from sersk.classifiers.building import find_hyperparameters
from sersk.classifiers.networks import NETWORKS
from sersk.classifiers.packing import PackedNetwork
from sersk.classifiers.prediction import make_predictor
from sersk.classifiers.storing import StoredNetwork


class Wrapper(KerasClassifier):
    """Base of the estimator, which adds parameters, `fit` and `predict_proba`.

    From scikeras come `get_params` and `set_params` with routed parameters, the compilation of
    the network with optimizer, loss and metrics, and callbacks.
    """

    input_shape_: tuple[int, ...]
    classes_: NDArray[Any]
    model_: keras.Model
    run_eagerly: bool
    warm_start: bool
    _seed: int
    _predictor: Callable[..., Any]
    _fit_callbacks: list[Any]
    _predict_callbacks: list[Any]

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; of a `ViewArray` the probabilities of a clip's views are averaged first.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels as they were in `fit`.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; of a `ViewArray` the probabilities of a clip's views are averaged first.

        Returns
        -------
        log_proba : ndarray of float32 of shape (n_clips, n_classes)
            Logarithms in the order of `classes_`; -inf where a probability is 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    # scikeras's would pass X and y through its own validation and encoders
    score = ClassifierMixin.score

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Tags:
        # scikeras puts ClassifierMixin behind BaseEstimator, where its tags are never asked for;
        # without the estimator type GridSearchCV(cv=5) would silently stop stratifying.
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(poor_score=True)
        tags.target_tags.required = True
        tags.input_tags.three_d_array = True
        tags.non_deterministic = self.random_state is None
        return tags

    def __copy__(self) -> Self:
        # copy.copy takes the state of pickles otherwise, where the network is packed
        copied = type(self).__new__(type(self))
        copied.__dict__.update(vars(self))
        return copied

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__().copy()
        state.pop("_predictor", None)
        if "model_" in state and get_writing():
            state["model_"] = StoredNetwork(self.model_.get_weights(), self._seed)
        elif "model_" in state and not self.warm_start:
            state["model_"] = PackedNetwork(self.model_, self._seed)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if isinstance(state.get("model_"), StoredNetwork):
            self.model_ = state["model_"].rebuild(
                NETWORKS.find(self.model),
                self.input_shape_,
                len(self.classes_),
                find_hyperparameters(self.get_params(deep=False)),
                precision=self.precision,
                is_known=isinstance(self.model, str),
            )
        if "model_" in state:
            self._predictor = make_predictor(self.model_, self.input_shape_, eager=self.run_eagerly)

    __repr__ = BaseEstimator.__repr__

"""A network in the hands of a scikit-learn estimator: built, trained, and packed into a pickle.

What it is trained on and asked for is `sersk.classifiers.neural`'s, whose base this is.
"""

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scikeras.wrappers import KerasClassifier
from sklearn.utils.class_weight import compute_sample_weight

from sersk.classifiers._memory import collectable_gradients
from sersk.classifiers._seeding import seeded
from sersk.classifiers._training import (
    Batches,
    computing_in,
    training_callbacks,
    without_retracing_advice,
)
from sersk.classifiers.networks import NETWORKS

# Where scikeras would hand fit and predict arguments through to Keras. Closed here: by that
# way a test set could be given as validation data, and early stopping would choose by it.
_CLOSED_ROUTES = ("fit__", "predict__")
_OPEN_ROUTES = ("model__", "optimizer__", "loss__", "metrics__", "callbacks__", "compile__")


class NetworkHolder(KerasClassifier):
    """Build, train and pack the network of a `sersk.SpeechEmotionClassifier`."""

    input_shape_: tuple[int, ...]
    history_: dict[str, list[float]]
    _fit_callbacks: list[Any]
    _predict_callbacks: list[Any]

    def _build(self, seed: int) -> None:
        # scikeras's _build_keras_model seeds with _random_state and routes model__*
        for name in self.get_params(deep=False):
            if "__" in name:
                check_route(name)
        self._random_state = seed
        # The network of an earlier fit is garbage in reference cycles by now: to be collected
        # before there is another one, not some time after.
        gc.collect()
        self._set_model(self._build_keras_model())
        if self.model_.output_shape[-1] not in {self.n_classes_, 1 if self.n_classes_ == 2 else 0}:
            raise ValueError(
                f"SpeechEmotionClassifier: the network gives {self.model_.output_shape[-1]} values "
                f"a clip, but y has {self.n_classes_} classes; its last layer should be "
                "Dense(n_classes, activation='softmax')."
            )

    def _set_model(self, model: keras.Model) -> None:
        # One traced function, not keras.Model.predict: that builds a data pipeline for each
        # call, which for one clip takes several times as long as the network itself. Nothing
        # is traced before the first call.
        self.model_ = model
        shape = tf.TensorSpec((None, *self.input_shape_), tf.float32)

        @tf.function(input_signature=[shape])
        def predict_function(x: tf.Tensor) -> tf.Tensor:
            with collectable_gradients():  # entered while tracing alone
                return model(x, training=False)

        # step by step where asked for, as in training
        self._predict_function = (
            partial(model, training=False) if self.run_eagerly else predict_function
        )

    def _build_keras_model(self) -> keras.Model:
        build = NETWORKS[self.model] if isinstance(self.model, str) else self.model
        prefix = "model__"
        sizes = {
            name.removeprefix(prefix): value
            for name, value in self.get_params(deep=False).items()
            if name.startswith(prefix)
        }
        check_hyperparameters(build, sizes)
        with seeded(self._random_state), computing_in(self.precision):
            return build(self.input_shape_, self.n_classes_, **sizes)

    def _train(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[np.float32],
        train: NDArray[np.intp],
        validation: NDArray[np.intp],
        *,
        epochs: int,
        seed: int,
        go_on: bool = False,
    ) -> None:
        # scikit-learn's compute_sample_weight on the training clips alone
        train_weights = weights.copy()
        train_weights[train] *= compute_sample_weight(self.class_weight, y[train])
        self._random_state = seed
        self._ensure_compiled_model()
        targets = self._encode(y)
        self._initialize_callbacks()
        callbacks = self._fit_callbacks + training_callbacks(
            early_stopping_patience=self.early_stopping_patience,
            plateau_patience=self.plateau_patience,
            plateau_factor=self.plateau_factor,
            min_learning_rate=self.min_learning_rate,
            validated=len(validation) > 0,
        )
        # validation sees the clean view alone, and no class weights
        held_out = (
            Batches(X[:, :1], targets, weights, validation, self.batch_size)
            if len(validation)
            else None
        )
        with seeded(seed), collectable_gradients(), without_retracing_advice():
            history = self.model_.fit(
                Batches(X, targets, train_weights, train, self.batch_size, seed=seed),
                validation_data=held_out,
                epochs=epochs,
                callbacks=callbacks,
                verbose=int(self.verbose),
            ).history
        # callbacks hold the model, and the model its last data: neither belongs in a pickle
        self._fit_callbacks: list[Any] = []
        self._predict_callbacks: list[Any] = []
        before = self.history_ if go_on else {}
        self.history_: dict[str, list[float]] = {
            name: before.get(name, []) + [float(value) for value in values]
            for name, values in history.items()
        }

    def _encode(self, y: NDArray[Any]) -> NDArray[np.float32]:
        """Return the targets in the form that the loss and the network's output ask for."""
        positions = np.searchsorted(self.classes_, y)
        loss = self.model_.loss
        name = getattr(loss, "name", None) or getattr(loss, "__name__", None) or str(loss)
        if "sparse" in name.lower() or self.model_.output_shape[-1] == 1:
            return positions.astype(np.float32)
        return np.eye(self.n_classes_, dtype=np.float32)[positions]

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__().copy()
        state.pop("_predict_function", None)
        if "model_" in state and not self.warm_start:
            # Architecture and weights, without the optimizer's two further copies of every
            # weight. Arrays of their own, so that joblib can compress or map them.
            state["model_"] = {
                "architecture": keras.saving.serialize_keras_object(self.model_),
                "weights": self.model_.get_weights(),
            }
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        packed = state.get("model_")
        if isinstance(packed, dict):
            # no less safe than the pickle that is being read
            # dropout draws its seeds when it is built: for partial_fit to go on the same each time
            with seeded(self._random_state):
                model = keras.saving.deserialize_keras_object(
                    packed["architecture"], safe_mode=False
                )
            model.set_weights(packed["weights"])
            self._set_model(model)
        elif packed is not None:
            self._set_model(packed)


def check_route(name: str) -> None:
    if name.startswith(_CLOSED_ROUTES):
        raise TypeError(
            f"SpeechEmotionClassifier takes no {name!r}: what goes to Keras's fit and predict is "
            "set by its own parameters (epochs, batch_size, validation_split, ...). Validation "
            "data can't be passed: early stopping on a test set would make its score worthless."
        )
    if not name.startswith(_OPEN_ROUTES):
        raise TypeError(f"SpeechEmotionClassifier got an unexpected keyword argument {name!r}")


def check_hyperparameters(build: Callable[..., Any], given: dict[str, Any]) -> None:
    """Name what a network does take, before Python's own TypeError from deep inside a search."""
    import inspect

    parameters = inspect.signature(build).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    allowed = list(parameters)[2:]  # after input_shape and n_classes
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        raise ValueError(
            f"SpeechEmotionClassifier: network {getattr(build, '__name__', build)!r} has no "
            f"hyperparameter {', '.join(unknown)}; it has {', '.join(allowed) or 'none'}."
        )

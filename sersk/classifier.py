"""The classifier: a network and its training as one scikit-learn estimator.

Architectures live in `sersk.networks`, the validation split and the batches in
`sersk._training`.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags, check_random_state, column_or_1d
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._tags import ClassifierTags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    check_X_y,
    validate_data,
)

from sersk._memory import collectable_gradients
from sersk._seeding import seeded
from sersk._storage import check_finite, release
from sersk._training import (
    Batches,
    computing_in,
    split_clips,
    training_callbacks,
    without_retracing_advice,
)
from sersk.networks import NETWORKS

# Where scikeras would hand fit and predict arguments through to Keras. Closed here: by that
# way a test set could be given as validation data, and early stopping would choose by it.
_CLOSED_ROUTES = ("fit__", "predict__")
_OPEN_ROUTES = ("model__", "optimizer__", "loss__", "metrics__", "callbacks__", "compile__")


class SpeechEmotionClassifier(KerasClassifier):
    """Train a network on features of clips; predict the emotion of others.

    The defaults are the published training: AdamW, batches of 32, at most 30 epochs, early
    stopping and learning rate on the loss of a validation part, balanced class weights.

    Parameters
    ----------
    model : {"cnn", "cnn_lstm", "lstm", "transformer"} or callable, default="cnn"
        A network of `sersk.networks`, or a function ``(input_shape, n_classes,
        **hyperparameters)`` that returns a Keras model ending in a softmax. Its
        hyperparameters are set, and searched, as ``model__<name>``, for instance
        ``model__filters=(16, 32)``.
    optimizer : str, keras optimizer class or instance, default="adamw"
        How weights are changed. Strings and classes take parameters as ``optimizer__<name>``.
    optimizer__learning_rate : float, default=1e-3
        Learning rate to start with.
    optimizer__weight_decay : float, default=1e-4
        Decoupled weight decay of each step; 0.0 for none.
    loss : str, keras loss class or instance, default="categorical_crossentropy"
        Loss to minimise. Categorical losses get one-hot targets, others the class's position.
    metrics : sequence or None, default=("accuracy",)
        What ``history_`` records beside the loss.
    batch_size : int, default=32
        Views in a batch, in training and in prediction.
    epochs : int, default=30
        Most passes over the training clips.
    validation_split : float or splitter, default=0.1
        About this share of the clips is set apart, for early stopping and the learning rate
        only: whole speakers where `groups` are passed to `fit`, otherwise clips, stratified.
        A scikit-learn splitter's first split is taken instead. 0 trains on all clips, without
        early stopping and with a constant learning rate.
    early_stopping_patience : int or None, default=15
        Epochs without a lower validation loss after which training stops. In any case the
        weights of the best epoch are kept. None switches both off.
    plateau_patience : int or None, default=5
        Epochs without a lower validation loss after which the learning rate is multiplied by
        `plateau_factor`. None keeps it.
    plateau_factor : float, default=0.1
        Factor of the learning rate on a plateau.
    min_learning_rate : float, default=1e-6
        The learning rate goes no lower on plateaus.
    class_weight : "balanced", dict or None, default="balanced"
        Weight of each class in the training loss; "balanced" is inverse to its frequency
        among the training clips.
    callbacks : keras callback, list or dict of them, or None, default=None
        More callbacks for training.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        What the network computes in. "mixed_bfloat16" keeps weights and probabilities in float32
        and computes between them with 8 bits of mantissa: faster on processors made for it
        (AVX512-BF16, AMX) and on graphics cards, slower on others, of which a warning tells. The
        last layer of a network of your own should have ``dtype="float32"``, as ours do.
    run_eagerly : bool, default=False
        True runs the network step by step in Python, to look into one of your own.
    warm_start : bool, default=False
        True starts `fit` from the weights of the last one; the optimizer's state is then kept
        in pickles too.
    random_state : int, RandomState instance or None, default=None
        Seed of the validation split, the initial weights, dropout and the order of clips. With
        an int, results are the same to the bit on one machine.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar for each epoch, 2 one line for each epoch.
    **kwargs : dict
        Routed parameters: ``model__*``, ``optimizer__*``, ``loss__*``, ``metrics__*``,
        ``callbacks__*``, ``compile__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted; the order of columns in `predict_proba`.
    n_classes_ : int
        Number of classes.
    model_ : keras.Model
        The trained network.
    history_ : dict of str to list of float
        Loss, metrics and learning rate of each epoch.
    validation_indices_ : ndarray of int
        Positions of the clips that `fit` set apart and did not train on.
    n_features_in_ : int
        Length of axis 1 of a clip batch without views: bands, or features.
    input_shape_ : tuple of int
        Shape of one clip's features.

    See Also
    --------
    sersk.make_ser_pipeline : The whole system, from files to emotions.

    Notes
    -----
    Features of clips have shape (n_clips, n_bands, n_frames), or with views
    (n_clips, n_views, n_bands, n_frames), as `AudioAugmenter` gives them while fitting. `fit`
    sets clips apart for validation first and flattens views after, so that no view of a
    validation clip is ever trained on; validation looks at view 0, the clean clip, alone.
    `predict_proba` averages over views.

    There is no way to pass validation data to `fit`: a test set used for early stopping is
    no longer a test set.

    Pass speakers as `groups` (``pipeline.fit(X, y, classifier__groups=speakers)``, or by
    metadata routing, where this estimator asks for `groups` and `sample_weight` by default) to
    have early stopping judge by voices that training does not hear.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import SpeechEmotionClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 20)
    >>> X = rng.normal(size=(40, 16, 16)) + (y == "anger")[:, None, None]
    >>> classifier = SpeechEmotionClassifier(
    ...     model__filters=(4,), model__dense_units=(), model__dropout=0.0, random_state=0
    ... )
    >>> classifier.fit(X, y).predict(X[[0, -1]])
    array(['anger', 'sad'], dtype='<U5')
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's way)
        "model": [StrOptions(set(NETWORKS)), callable],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "validation_split": [Interval(Real, 0, 1, closed="left"), HasMethods(["split"])],
        "early_stopping_patience": [Interval(Integral, 0, None, closed="left"), None],
        "plateau_patience": [Interval(Integral, 0, None, closed="left"), None],
        "plateau_factor": [Interval(Real, 0, 1, closed="neither")],
        "min_learning_rate": [Interval(Real, 0, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "precision": [StrOptions({"float32", "mixed_bfloat16"})],
        "run_eagerly": ["boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    input_shape_: tuple[int, ...]
    history_: dict[str, list[float]]
    _fit_callbacks: list[Any]
    _predict_callbacks: list[Any]

    # Under metadata routing, speakers reach the validation split without further ado.
    __metadata_request__fit = {"groups": True, "sample_weight": True}  # noqa: RUF012

    def __init__(
        self,
        model: str | Callable[..., keras.Model] = "cnn",
        *,
        optimizer: Any = "adamw",
        optimizer__learning_rate: float = 1e-3,
        optimizer__weight_decay: float = 1e-4,
        loss: Any = "categorical_crossentropy",
        metrics: Sequence[Any] | None = ("accuracy",),
        batch_size: int = 32,
        epochs: int = 30,
        validation_split: Any = 0.1,
        early_stopping_patience: int | None = 15,
        plateau_patience: int | None = 5,
        plateau_factor: float = 0.1,
        min_learning_rate: float = 1e-6,
        class_weight: str | dict[Any, float] | None = "balanced",
        callbacks: Any = None,
        precision: str = "float32",
        run_eagerly: bool = False,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        **kwargs: Any,
    ) -> None:
        # scikeras's own __init__ is not called: it would add parameters that have no meaning
        # here (build_fn, shuffle, ...), and they would show in get_params().
        self.model = model
        self.optimizer = optimizer
        self.optimizer__learning_rate = optimizer__learning_rate
        self.optimizer__weight_decay = optimizer__weight_decay
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation_split = validation_split
        self.early_stopping_patience = early_stopping_patience
        self.plateau_patience = plateau_patience
        self.plateau_factor = plateau_factor
        self.min_learning_rate = min_learning_rate
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.precision = precision
        self.run_eagerly = run_eagerly
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        for name, value in kwargs.items():
            _check_route(name)
            setattr(self, name, value)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames)
            Features, or (n_clips, n_features) for networks of your own that take vectors.
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip in the loss, times its class weight. Clips of weight 0 are left
            out.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip. Where given, the validation part shares no speaker with
            training.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If input or parameters are unfit, or the loss diverges.
        """
        warm = self.warm_start and hasattr(self, "model_")
        _check_y_given(y)
        X, y = self._check_data(X, y, reset=not warm)
        weights, groups = self._check_metadata(X, sample_weight, groups)
        used = np.flatnonzero(weights)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)

        train, validation = split_clips(
            y[used], None if groups is None else groups[used], self.validation_split, seed
        )
        train, validation = used[train], used[validation]
        if not warm:
            self._build(seed)
        self.validation_indices_ = validation
        self._train(X, y, weights, train, validation, epochs=self.epochs, seed=seed)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one more epoch on all of these clips, without a validation part.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames)
            Features.
        y : array-like of shape (n_clips,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call if `y` does not hold them
            all.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip in the loss.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        first = not hasattr(self, "model_")
        _check_y_given(y)
        X, y = self._check_data(X, y, reset=first, classes=classes)
        weights, _ = self._check_metadata(X, sample_weight, None)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        if first:
            self._build(seed)
        else:  # another order of clips each time
            seed = (seed + len(self.history_["loss"])) % np.iinfo(np.int32).max
        used = np.flatnonzero(weights)
        self.validation_indices_ = used[:0]
        self._train(X, y, weights, used, used[:0], epochs=1, seed=seed, go_on=not first)
        return self

    def initialize(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Build the network with its initial weights, without training.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames)
            Features.
        y : array-like of shape (n_clips,)
            Labels.

        Returns
        -------
        self : object
            The classifier, able to predict.
        """
        self._validate_params()
        self._check_data(X, y, reset=True)
        self._build(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames)
            Features. Views of a clip are averaged.

        Returns
        -------
        proba : ndarray of float32 of shape (n_clips, n_classes)
            Probabilities in the order of `classes_`.
        """
        check_is_fitted(self)
        X, _ = self._check_data(X, reset=False)
        n_clips, n_views = X.shape[:2]
        flat = X.reshape(n_clips * n_views, *X.shape[2:])  # no copy: X is C-contiguous
        proba = np.concatenate(list(self._predict_batches(flat)))
        # a network of one's own may end in a single sigmoid for two classes
        if proba.shape[1] == 1 and self.n_classes_ == 2:
            proba = np.hstack([1 - proba, proba])
        return proba.reshape(n_clips, n_views, -1).mean(axis=1)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, [n_views,] n_bands, n_frames)
            Features. The probabilities of a clip's views are averaged first.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels as they were in `fit`.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    # scikeras's would pass X and y through its own validation and encoders
    score = ClassifierMixin.score

    def _check_data(
        self, X: Any, y: Any = None, *, reset: bool, classes: Any = None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return X with an axis of views, and y; on reset learn the shape and the classes."""
        given = X
        # What lies on disk is larger than memory, and looked at some clips at a time.
        checks = _X_CHECKS | {"ensure_all_finite": not isinstance(X, np.memmap)}
        if y is not None:
            X, y = check_X_y(X, y, estimator=self, **checks)
            check_classification_targets(y)
        else:
            X = check_array(X, estimator=self, input_name="X", **checks)
        if isinstance(given, np.memmap):
            check_finite(X, self)
        # Names and number of columns, where clips are vectors; other shapes are compared below.
        vectors = X.ndim == 2 and (reset or len(self.input_shape_) == 1)
        validate_data(self, given, skip_check_array=True, ensure_2d=vectors, reset=reset)
        if reset:
            self.input_shape_ = X.shape[2:] if X.ndim == 4 else X.shape[1:]
            self.classes_ = np.unique(y if classes is None else np.asarray(classes))
            self.n_classes_ = len(self.classes_)
            if self.n_classes_ < 2:
                raise ValueError(
                    "SpeechEmotionClassifier: y holds only one class, "
                    f"{self.classes_[0]!r}; at least 2 are needed."
                )
            self.n_features_in_ = self.input_shape_[0]
        known = self.input_shape_
        if X.ndim > 4 or (X.shape[2:] if X.ndim == 4 else X.shape[1:]) != known:
            raise ValueError(
                f"X has shape {X.shape}, but SpeechEmotionClassifier takes (n_clips, n_bands, "
                "n_frames) or (n_clips, n_views, n_bands, n_frames)"
                + ("." if reset else f" and was fitted on clips of shape {known}.")
                + (" For a single clip pass X[None]." if X.shape == known else "")
            )
        if y is not None and (unknown := np.setdiff1d(y, self.classes_)).size:
            raise ValueError(
                f"SpeechEmotionClassifier: y holds the labels {unknown.tolist()}, which are not "
                f"among the classes {self.classes_.tolist()}."
            )
        return (X if X.ndim == 4 else X[:, None]), y

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

    def _build(self, seed: int) -> None:
        # scikeras's _build_keras_model seeds with _random_state and routes model__*
        for name in self.get_params(deep=False):
            if "__" in name:
                _check_route(name)
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
        _check_hyperparameters(build, sizes)
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

    def _predict_batches(self, X: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(X), self.batch_size):
            batch = X[start : start + self.batch_size].astype(np.float32, copy=False)
            with without_retracing_advice():
                proba = self._predict_function(batch)
            release(X)  # a file that has been gone through once would all be resident
            # a network of one's own may end in the shorter type
            yield proba.numpy().astype(np.float32, copy=False)

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

    __repr__ = BaseEstimator.__repr__

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


_X_CHECKS: dict[str, Any] = {
    "dtype": [np.float32, np.float16],
    "order": "C",
    "allow_nd": True,
}


def _check_y_given(y: Any) -> None:
    if y is None:
        raise ValueError(
            "SpeechEmotionClassifier requires y to be passed, but the target y is None."
        )


def _check_route(name: str) -> None:
    if name.startswith(_CLOSED_ROUTES):
        raise TypeError(
            f"SpeechEmotionClassifier takes no {name!r}: what goes to Keras's fit and predict is "
            "set by its own parameters (epochs, batch_size, validation_split, ...). Validation "
            "data can't be passed: early stopping on a test set would make its score worthless."
        )
    if not name.startswith(_OPEN_ROUTES):
        raise TypeError(f"SpeechEmotionClassifier got an unexpected keyword argument {name!r}")


def _check_hyperparameters(build: Callable[..., Any], given: dict[str, Any]) -> None:
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

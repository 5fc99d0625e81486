"""The classifier: a network and its training as one scikit-learn estimator.

Architectures are in `sersk.classifiers.networks`, the validation split in
`sersk.classifiers.validation`, the training in `sersk.classifiers.training`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, Self

import sersk.classifiers.startup  # noqa: F401  before Keras, which imports TensorFlow

# isort: split
import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sersk.classifiers import checks
from sersk.classifiers._wrapper import Wrapper
from sersk.classifiers.building import build_network, check_route, find_hyperparameters
from sersk.classifiers.checkpoints import Checkpoint, find_seed
from sersk.classifiers.forking import check_not_forked
from sersk.classifiers.interruption import trains
from sersk.classifiers.networks import NETWORKS
from sersk.classifiers.prediction import make_predictor, predict_batches
from sersk.classifiers.seeding import draw_seed
from sersk.classifiers.training import Trainer
from sersk.classifiers.validation import split_clips


class SpeechEmotionClassifier(Wrapper):
    """Train a network on features of clips, and predict the emotion of other clips.

    The defaults are the published training: AdamW, batches of 32, at most 30 epochs, early
    stopping and learning rate by the validation loss, balanced class weights.

    Parameters
    ----------
    model : str or callable, default="cnn"
        A network of `sersk.classifiers.networks` by name ("cnn", "cnn_lstm", "lstm",
        "transformer"), or a function ``(input_shape, n_classes, *, **hyperparameters)`` that
        returns a Keras model ending in a softmax. Its hyperparameters are set, and searched, as
        ``model__<name>``, for instance ``model__filters=(16, 32)``.
    optimizer : str, keras optimizer class or instance, default="adamw"
        Strings and classes take parameters as ``optimizer__<name>``.
    optimizer__learning_rate : float, default=1e-3
        Learning rate of the first epoch.
    optimizer__weight_decay : float, default=1e-4
        Decoupled weight decay of each step; 0.0 for none.
    loss : str, keras loss class or instance, default="categorical_crossentropy"
        Loss to minimise. Categorical losses get one-hot targets, others the class's position.
    metrics : sequence or None, default=("accuracy",)
        Recorded in ``history_`` beside the loss.
    batch_size : int, default=32
        Views in a batch, in training and in prediction.
    epochs : int, default=30
        Most passes over the training clips.
    validation_split : float or splitter, default=0.1
        About this share of the clips is set apart, for early stopping and the learning rate
        only: whole speakers if `groups` are passed to `fit`, otherwise clips, stratified.
        Of a scikit-learn splitter the first split is taken. 0 trains on all clips, without
        early stopping and with a constant learning rate.
    early_stopping_patience : int or None, default=15
        Training stops after so many epochs without a lower validation loss. The weights of the
        best epoch are kept in any case. None switches both off.
    plateau_patience : int or None, default=5
        The learning rate is multiplied by `plateau_factor` after so many epochs without a lower
        validation loss. None keeps it constant.
    plateau_factor : float, default=0.1
        Factor of the learning rate on a plateau.
    min_learning_rate : float, default=1e-6
        Lowest learning rate on plateaus.
    class_weight : "balanced", dict or None, default="balanced"
        Weight of each class in the training loss; "balanced": inverse to its training frequency.
    callbacks : keras callback, list or dict of them, or None, default=None
        Further callbacks for training.
    precision : {"float32", "mixed_bfloat16"}, default="float32"
        Precision that layers compute in. "mixed_bfloat16" keeps weights and probabilities in
        float32 and computes with 8 bits of mantissa between them: faster on graphics cards and on
        processors made for it (AVX512-BF16, AMX), slower on others, which gives a warning. The
        last layer of a network of your own should have ``dtype="float32"``.
    recalibrate_norm : bool, default=True
        Estimate the statistics of batch normalisation after each epoch on clean training clips,
        without dropout (see Notes). False is the published training.
    run_eagerly : bool, default=False
        True runs the network step by step in Python, to debug a network of your own.
    warm_start : bool, default=False
        True starts `fit` from the last weights, and keeps the optimizer's state in pickles.
    random_state : int, RandomState instance or None, default=None
        Seed of the validation split, the initial weights, dropout and the order of clips. With
        an int, results are the same to the bit on one machine.
    verbose : int, bool or None, default=None
        Whether to show epochs, batches and the time left on stderr. None: on a terminal and in a
        notebook, after two seconds; 0: never; 1: always; 2: also a line for each epoch.
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
        First number of `input_shape_`: bands, or features.
    input_shape_ : tuple of int
        Shape of one clip's features, without views.

    See Also
    --------
    sersk.make_ser_pipeline : The whole system, from files to emotions.

    Notes
    -----
    Features of clips have shape (n_clips, n_bands, n_frames). With views they have shape
    (n_clips, n_views, n_bands, n_frames) and are marked (`as_views`), as `AudioAugmenter` and the
    features after it give them while fitting. Arrays that are not marked have no views. A network
    of your own may take clips of any shape. `fit` sets validation clips apart before it flattens
    views, and validates on view 0, the clean clip. `predict_proba` averages over views.

    Dropout before batch normalisation makes inference differ from training; `recalibrate_norm`
    removes the difference (`sersk.classifiers.recalibration`).

    `fit` takes no validation data: a test set that is used for early stopping is no test set. Pass
    speakers as `groups` (``pipeline.fit(X, y, classifier__groups=speakers)``, or by metadata
    routing, which needs no request), and early stopping uses held-out training speakers.

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
        "model": [str, callable],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "validation_split": [Interval(Real, 0, 1, closed="left"), HasMethods(["split"])],
        "early_stopping_patience": [Interval(Integral, 0, None, closed="left"), None],
        "plateau_patience": [Interval(Integral, 0, None, closed="left"), None],
        "plateau_factor": [Interval(Real, 0, 1, closed="neither")],
        "min_learning_rate": [Interval(Real, 0, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "precision": [StrOptions({"float32", "mixed_bfloat16"})],
        "recalibrate_norm": ["boolean"],
        "run_eagerly": ["boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose", None],
    }

    # With metadata routing on, speakers reach the validation split by default.
    __metadata_request__fit = dict.fromkeys(("groups", "sample_weight", "checkpoint"), True)

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
        recalibrate_norm: bool = True,
        run_eagerly: bool = False,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int | bool | None = None,
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
        self.recalibrate_norm = recalibrate_norm
        self.run_eagerly = run_eagerly
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        for name, value in kwargs.items():
            check_route(name)
            setattr(self, name, value)

    @_fit_context(prefer_skip_nested_validation=True)
    @trains
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray` (n_clips, n_views, n_bands, n_frames).
        y : array-like of shape (n_clips,)
            Labels, strings or numbers.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip in the loss, times its class weight. 0 leaves the clip out.
        groups : array-like of shape (n_clips,), default=None
            Speaker of each clip. If given, validation and training share no speaker.
        checkpoint : str, path-like or None, default=None
            Folder for the state after each epoch, from which the same fit resumes to the bit.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If input or parameters are unfit, the loss diverges, or `checkpoint` is of another fit.
        """
        warm = self.warm_start and hasattr(self, "model_")
        views, y = self._check_fit(X, y, reset=not warm)
        weights = checks.check_weights(sample_weight, views, self)
        groups = checks.check_groups(groups, views, self)
        seed = find_seed(checkpoint, self.random_state)
        used = np.flatnonzero(weights)
        parts = split_clips(y, groups, self.validation_split, seed, used)
        if not warm:
            self._build(seed)
        self.validation_indices_ = parts[1]
        kept = None if checkpoint is None else Checkpoint(checkpoint, self.get_params(deep=False))
        self.history_ = self._train(views, y, weights, parts, self.epochs, seed, kept)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    @trains
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
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray` (n_clips, n_views, n_bands, n_frames).
        y : array-like of shape (n_clips,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels of all calls; needed in the first call if its `y` lacks some.
        sample_weight : array-like of shape (n_clips,), default=None
            Weight of each clip in the loss.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        first = not hasattr(self, "model_")
        views, y = self._check_fit(X, y, reset=first, classes=classes)
        weights = checks.check_weights(sample_weight, views, self)
        seed = draw_seed(self.random_state)
        if first:
            self._build(seed)
        before = {} if first else self.history_
        seed = (seed + len(before.get("loss", ()))) % np.iinfo(np.int32).max  # another order
        used = np.flatnonzero(weights)
        self.validation_indices_ = used[:0]
        history = self._train(views, y, weights, (used, used[:0]), 1, seed)
        self.history_ = {name: before.get(name, []) + epochs for name, epochs in history.items()}
        return self

    @trains
    def initialize(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Build the network with its initial weights, without training.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray` (n_clips, n_views, n_bands, n_frames).
        y : array-like of shape (n_clips,)
            Labels.

        Returns
        -------
        self : object
            The classifier, able to predict.
        """
        self._validate_params()
        self._check_fit(X, y, reset=True)
        self._build(draw_seed(self.random_state))
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; of a `ViewArray` the views of each clip are averaged.

        Returns
        -------
        proba : ndarray of float32 of shape (n_clips, n_classes)
            Probabilities in the order of `classes_`.
        """
        check_is_fitted(self)
        check_not_forked()
        views, _ = checks.check_clips(X, None, self)
        checks.check_clip_shape(X, views, self.input_shape_, self)
        flat = views.reshape(-1, *views.shape[2:])  # no copy: C-contiguous
        proba = predict_batches(self._predictor, flat, self.batch_size, self.verbose)
        return proba.reshape(*views.shape[:2], -1).mean(axis=1)

    def _check_fit(
        self, X: Any, y: Any, *, reset: bool, classes: Any = None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return X with an axis of views, and y; on reset learn the shape and the classes."""
        check_not_forked()
        known = None if reset else (self.input_shape_, self.classes_)
        training = checks.check_training(X, y, self, known=known, classes=classes)
        self.input_shape_, self.classes_ = training.input_shape, training.classes
        self.n_features_in_, self.n_classes_ = self.input_shape_[0], len(self.classes_)
        return training.views, training.y

    def _build(self, seed: int) -> None:
        self._seed = seed
        self.model_ = build_network(
            NETWORKS.find(self.model),
            self.input_shape_,
            self.n_classes_,
            find_hyperparameters(self.get_params(deep=False)),
            seed=seed,
            precision=self.precision,
        )
        self._predictor = make_predictor(self.model_, self.input_shape_, eager=self.run_eagerly)

    def _train(
        self, views: Any, y: Any, weights: Any, parts: Any, epochs: int, seed: int, kept: Any = None
    ) -> dict[str, list[float]]:
        self._seed = seed
        # scikeras compiles with optimizer__*, loss__*, metrics__*, and makes callbacks__*
        self._ensure_compiled_model()
        self._initialize_callbacks()
        same = {field.name for field in fields(Trainer)} & set(self.get_params(deep=False))
        trainer = Trainer(
            **{name: getattr(self, name) for name in same - {"callbacks"}},
            callbacks=self._fit_callbacks,
            seed=seed,
        )
        # Callbacks hold the network, and the network its last data: neither belongs in a pickle.
        self._fit_callbacks, self._predict_callbacks = [], []
        return trainer.train(self.model_, views, y, weights, parts, self.classes_, epochs, kept)

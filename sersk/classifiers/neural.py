"""The classifier: a network and its training as one scikit-learn estimator.

Architectures live in `sersk.classifiers.networks`, the validation split and the batches in
`sersk.classifiers._training`, the network that is trained in `sersk.classifiers._network`.
"""

from collections.abc import Callable, Iterator, Sequence
from numbers import Integral, Real
from typing import Any, Self

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._tags import ClassifierTags
from sklearn.utils.validation import (
    check_is_fitted,
)

from sersk._utils.storage import release
from sersk.classifiers._clip_checks import ChecksClips, check_y_given
from sersk.classifiers._network import NetworkHolder, check_route
from sersk.classifiers._training import split_clips, without_retracing_advice
from sersk.classifiers.networks import NETWORKS


class SpeechEmotionClassifier(ChecksClips, NetworkHolder):
    """Train a network on features of clips; predict the emotion of others.

    The defaults are the published training: AdamW, batches of 32, at most 30 epochs, early
    stopping and learning rate on the loss of a validation part, balanced class weights.

    Parameters
    ----------
    model : {"cnn", "cnn_lstm", "lstm", "transformer"} or callable, default="cnn"
        A network of `sersk.classifiers.networks`, or a function ``(input_shape, n_classes,
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
    features behind it give them while fitting. What is not marked has no views. `fit` sets clips
    apart for validation first and flattens views after, so that no view of a validation clip is
    ever trained on; validation looks at view 0, the clean clip, alone.
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
            check_route(name)
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
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray` (n_clips, n_views, n_bands, n_frames). A network of
            your own may take clips of any shape.
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
        check_y_given(y)
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
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray` (n_clips, n_views, n_bands, n_frames).
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
        check_y_given(y)
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
        self._check_data(X, y, reset=True)
        self._build(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
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
        X : array-like of shape (n_clips, n_bands, n_frames)
            Features; of a `ViewArray` the probabilities of a clip's views are averaged first.

        Returns
        -------
        y : ndarray of shape (n_clips,)
            Labels as they were in `fit`.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    # scikeras's would pass X and y through its own validation and encoders
    score = ClassifierMixin.score

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

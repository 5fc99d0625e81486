"""`adapt`: a fitted model for another microphone, room or language, from a few recordings."""

from __future__ import annotations

import copy
import warnings
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import column_or_1d
from sklearn.utils.validation import _num_samples, check_is_fitted

from sersk._utils.callers import count_own_frames
from sersk.adaptation.decisions import balance as find_balance
from sersk.adaptation.decisions import fit_correction
from sersk.adaptation.networks import adapt_norms, correct_last_layer, has_softmax
from sersk.adaptation.record import find_record, keep_record
from sersk.adaptation.shifting import find_standardizing, measure, shift
from sersk.adaptation.sounds import know_sounds
from sersk.classifiers.abstaining import AbstainingClassifier
from sersk.classifiers.discriminant import DiscriminantClassifier
from sersk.frontend import FrontEnd

_FEW = 5  # clips
_STATISTICS = "mean and spread of features"
_NORMS = "statistics of batch normalisation"
_OFFSETS = "offsets of the labels"
_CORRECTION = "decisions, by the labels"


def adapt(
    model: Any,
    X: Any,
    y: ArrayLike | None = None,
    *,
    prior: float = 10.0,
    balance: bool = True,
) -> Any:
    """Adapt a fitted model to the voices, microphone and room of a few recordings.

    Parameters
    ----------
    model : estimator
        A fitted pipeline of clips, a fitted search over one, or a fitted classifier of vectors
        alone. It is not changed.
    X : array-like of shape (n_clips, ...)
        Recordings of the place of use, as the model takes them; 20 help, and 50 help more.
    y : array-like of shape (n_clips,) or None, default=None
        Their labels, if they are known; None for a clip without one. Labels of the model only.
    prior : float, default=10.0
        Number of clips that the training clips count as: with n clips, statistics are shifted
        towards those of `X` by n / (n + prior).
    balance : bool, default=True
        Whether the model is to give all of its labels about equally often to clips such as `X`.
        Pass False if some of its emotions do not occur in `X` at all.

    Returns
    -------
    adapted : estimator
        A new fitted model of the same kind; of a search, its best pipeline. It holds checksums of
        the clips, and `describe_model` says what was used, until it is fitted again.

    Raises
    ------
    TypeError
        If `model` is no classifier with probabilities.
    ValueError
        If nothing of the model can be adapted, if `y` has an unknown label, or labels can't be
        used in this model, or X holds clips that can't be read, or none.
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.

    Warns
    -----
    UserWarning
        If there are fewer than 5 clips: they change a model little, for the better or the worse.

    See Also
    --------
    evaluate_model : Scores a fitted model, and refuses clips that it was adapted on.
    cross_corpus : Measures what adaptation is worth, with ``n_adapt=20``.
    FeatureNormalizer : In training, normalises each of several corpora by its own statistics.

    Notes
    -----
    What is adapted depends on the model:

    - The mean and the spread of each feature, in a `FeatureNormalizer`, a `DiscriminantClassifier`
      or a `VectorClassifier`, become ``(1 - w) * training + w * X`` with ``w = n / (n + prior)``;
      of the spread the variances [1]_.
    - The statistics of batch normalisation of a network, in the same way [2]_.
    - The decisions of a `DiscriminantClassifier`, or of a network that ends in a softmax. Without
      labels an offset of each label is found such that all labels are equally probable on average,
      and ``w`` of it is added: models that meet another microphone often give one or two labels
      only [3]_. With labels, the log-odds get an affine correction, by maximum a posteriori around
      no change.

    Of an `AbstainingClassifier`, the classifier in it is adapted; its threshold stays.

    Clips that sound like those of `X` give no `sersk.audio.UnlikeTrainingWarning` any more.

    Features that are normalised within each clip, or by speaker, have no statistics to adapt.

    A second adaptation starts from the first one. ``docs/results/strangers.md`` has what each of
    these is worth across corpora.

    References
    ----------
    .. [1] Schuller, Vlasenko, Eyben, Woellmer, Stuhlsatz, Wendemuth, Rigoll, "Cross-corpus
       acoustic emotion recognition: variances and strategies", IEEE Transactions on Affective
       Computing 1(2), 2010.
    .. [2] Schneider, Rusak, Eck, Bringmann, Brendel, Bethge, "Improving robustness against common
       corruptions by covariate shift adaptation", NeurIPS, 2020.
    .. [3] Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to new a priori
       probabilities: a simple procedure", Neural Computation 14(1), 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import DiscriminantClassifier, adapt
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 40)
    >>> X = rng.normal(size=(80, 10)) + (y == "anger")[:, None]
    >>> model = DiscriminantClassifier().fit(X, y)
    >>> elsewhere = X + 3  # another microphone
    >>> adapted = adapt(model, elsewhere[::4])
    >>> float((model.predict(elsewhere) == y).mean())
    0.5
    >>> bool((adapted.predict(elsewhere) == y).mean() > 0.9)
    True
    """
    originals, wrap = _take_apart(model)
    steps = list(originals)
    abstaining = steps[-1] if isinstance(steps[-1], AbstainingClassifier) else None
    if abstaining is not None:
        steps[-1] = abstaining.estimator_
    if not isinstance(prior, Real) or isinstance(prior, bool) or not 0 <= prior < np.inf:
        raise ValueError(f"adapt: prior={prior!r}; it is a number of clips, 0 or more.")
    classes = steps[-1].classes_
    n_clips = _num_samples(X)
    if n_clips == 0:
        raise ValueError("adapt: X has 0 clips; at least 1 is needed, and 20 or more help.")
    labelled, position = _check_labels(y, n_clips, classes)
    share = n_clips / (n_clips + prior)
    if n_clips < _FEW:
        clips = "1 clip" if n_clips == 1 else f"{n_clips} clips"
        warnings.warn(
            f"adapt: X has {clips}; whether so few make a model better is chance. {_FEW} bring "
            "something, 20 help, and 50 help more.",
            stacklevel=count_own_frames() + 1,
        )
    changes: list[str] = []

    at = find_standardizing(steps)
    features = X
    for number, step in enumerate(steps):
        if isinstance(step, FrontEnd):
            steps[number] = step = know_sounds(step, features)
        if number == len(steps) - 1 or number == at:
            _check_features(features)
        if number == at:
            steps[number] = step = shift(step, *measure(features), share)
            changes.append(_STATISTICS)
        if number < len(steps) - 1:
            features = step.transform(features)
    last = steps[-1]
    if hasattr(last, "model_"):
        last, n_layers = adapt_norms(last, features, share)
        changes += [_NORMS] if n_layers else []
        steps[-1] = last
    can_correct = _can_correct(last)
    if len(labelled) and not can_correct:
        raise ValueError(
            f"adapt: y has labels, but the decisions of a {type(last).__name__} "
            f"{_network_of(last)}can't be corrected by them; leave y out."
        )
    if can_correct and (balance or len(labelled)):
        log_odds = _log_odds(last, features)
        offset = share * find_balance(log_odds) if balance else np.zeros(len(classes))
        matrix = np.eye(len(classes))
        if len(labelled):
            matrix, more = fit_correction((log_odds + offset)[labelled], position)
            matrix = matrix - matrix.mean(axis=0)  # of log-odds that are centred first
            offset = offset @ matrix + more
            changes.append(_CORRECTION)
        else:
            changes.append(_OFFSETS)
        steps[-1] = _correct(last, matrix, offset)
    if not changes:
        raise ValueError(
            f"adapt: nothing of this model can be adapted: its features have no statistics of the "
            f"training clips, and the decisions of its classifier, {type(last).__name__}, can't be "
            "corrected. Train with normalization='corpus', or with a DiscriminantClassifier itself."
        )
    if abstaining is not None:
        steps[-1] = _abstain_with(abstaining, steps[-1])
    new = [
        step
        for step, old in zip(steps, originals, strict=True)
        if step is not old and not isinstance(step, FrontEnd)
    ]
    # Reads the recordings again: a checksum needs all of a recording at its own rate, features only
    # its beginning at the model's. To keep whole recordings until then would take their memory; to
    # read them takes a twentieth of the time of their features.
    keep_record(new, find_record(model), X, len(labelled), prior, changes)
    return wrap(steps)


def _abstain_with(abstaining: AbstainingClassifier, inner: Any) -> AbstainingClassifier:
    """Return an abstaining classifier around an adapted one; its threshold stays."""
    if inner is abstaining.estimator_:
        return abstaining
    adapted = copy.copy(abstaining)
    adapted.estimator_ = inner
    return adapted


def _take_apart(model: Any) -> tuple[list[Any], Any]:
    """Return the fitted steps of a model, and a function that makes a model of others."""
    model = getattr(model, "best_estimator_", model)
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            f"adapt: model is of type {type(model).__name__}; it is a fitted pipeline of "
            "make_ser_pipeline, or a fitted classifier with predict_proba."
        )
    check_is_fitted(model)
    if not isinstance(model, Pipeline):
        return [model], _alone(model)
    used = {name: step for name, step in model.steps if step not in (None, "passthrough")}
    for step in used.values():
        if getattr(step, "without_groups", None) == "error":
            raise ValueError(
                "adapt: model normalises the clips of each speaker (SpeakerNormalizer), and needs "
                "no adaptation: pass the speakers in prediction, model.predict(X, groups=speakers)."
            )

    def wrap(steps: list[Any]) -> Any:
        # The original's own steps stay with it: a parameter that is set later changes one only.
        own = {
            name: copy.deepcopy(new) if new is used[name] else new
            for name, new in zip(used, steps, strict=True)
        }
        adapted = copy.copy(model)
        adapted.steps = [(name, own.get(name, step)) for name, step in model.steps]
        return adapted

    return list(used.values()), wrap


def _alone(model: Any) -> Any:
    def wrap(steps: list[Any]) -> Any:
        return copy.deepcopy(model) if steps[0] is model else steps[0]

    return wrap


def _check_labels(
    y: ArrayLike | None, n_clips: int, classes: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which clips have labels, and the positions of these labels among the classes."""
    if y is None:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    labels = column_or_1d(np.asarray(y, dtype=object))
    if len(labels) != n_clips:
        raise ValueError(
            f"adapt: X has {n_clips} clips, but y has {len(labels)} labels; pass one for each "
            "clip, None for a clip whose label is not known."
        )
    known = {label: i for i, label in enumerate(classes.tolist())}
    chosen = [i for i, label in enumerate(labels) if not _is_missing(label)]
    plain = [getattr(labels[i], "item", lambda i=i: labels[i])() for i in chosen]
    if wrong := sorted({str(label) for label in plain if label not in known}):
        raise ValueError(
            f"adapt: y has labels that the model does not know: {', '.join(wrong)}; it knows "
            f"{', '.join(map(str, known))}."
        )
    return np.array(chosen, np.intp), np.array([known[label] for label in plain], np.intp)


def _is_missing(label: Any) -> bool:
    return label is None or label != label


def _check_features(features: Any) -> None:
    values = np.asarray(features)
    bad = np.flatnonzero(np.isnan(values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)))
    if len(bad):
        raise ValueError(
            f"adapt: {len(bad)} clips of X can't be used (the first is clip {bad[0]}): their "
            "features are NaN. Drop them from X and y."
        )


def _can_correct(last: Any) -> bool:
    if hasattr(last, "model_"):
        return has_softmax(last)
    return isinstance(last, DiscriminantClassifier)


def _network_of(last: Any) -> str:
    return "whose network has no softmax at its end " if hasattr(last, "model_") else ""


def _log_odds(last: Any, features: Any) -> NDArray[np.float64]:
    """Return the logarithms of probabilities; their mean over the classes is 0."""
    if isinstance(last, DiscriminantClassifier):
        log_proba = last.predict_log_proba(features)
    else:
        tiny = np.finfo(np.float32).tiny
        log_proba = np.log(np.maximum(last.predict_proba(features), tiny).astype(np.float64))
    return log_proba - log_proba.mean(axis=1, keepdims=True)


def _correct(last: Any, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> Any:
    """Return a classifier whose log-odds are corrected; a network is changed in place."""
    if hasattr(last, "model_"):
        correct_last_layer(last, matrix, offset)
        return last
    corrected = copy.copy(last)
    corrected.coef_ = matrix.T @ last.coef_
    corrected.intercept_ = last.intercept_ @ matrix + last.temperature_ * offset
    return corrected

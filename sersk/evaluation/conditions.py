"""A fitted model on the same clips in noise, by telephone, in a room: what still holds."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sersk.audio.loading import AudioLoader
from sersk.audio.unlike import without_comparison
from sersk.evaluation import _folds as checks
from sersk.evaluation.predicting import predict_by_speaker
from sersk.frontend import FrontEnd
from sersk.metrics import unweighted_average_recall
from sersk.signal import CONDITIONS, hear, needs_other_speakers

_WHO = "evaluate_conditions"
_COLUMN = "y_pred, "


def evaluate_conditions(
    model: Any,
    X: Any,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    conditions: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Score a fitted model on clips as they are, and as they would sound elsewhere.

    Parameters
    ----------
    model : Pipeline
        A fitted pipeline as `make_ser_pipeline` makes it, or a fitted search over one. It is not
        fitted again.
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        Clips that the model was not trained on: paths, or waveforms at its sample rate.
    y : array-like of shape (n_clips,)
        Labels.
    groups : array-like of shape (n_clips,), default=None
        Speaker of each clip. Babble is made of clips of other speakers among these; None takes any
        other clips.
    conditions : iterable of str or None, default=None
        Which conditions, of `sersk.signal.CONDITIONS`; None takes all of them.

    Returns
    -------
    table : pandas.DataFrame of shape (n_conditions, 3)
        By ``condition``, the first of them "clean": ``uar``, the unweighted average recall;
        ``changed``, the share of clips whose label is another one than for the clean clip; and
        ``n_clips``. A condition that needs clips of another speaker, where there is none, has NaN.

    Raises
    ------
    TypeError
        If `model` is not such a pipeline.
    ValueError
        If there is no such condition, lengths differ, or labels are missing.
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.

    See Also
    --------
    evaluate_speaker_independent : Has the same table for the models of its folds.
    sersk.signal.hear : Says what each condition is.

    Notes
    -----
    The part of each clip that the model hears is changed. The waveforms of all clips are in memory:
    88 kB a second at 22,050 Hz. Noise, rooms and voices are the same in each call.

    Examples
    --------
    >>> from sersk import evaluate_conditions, make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(
    ...     4, 2, emotions=("anger", "sad"), duration=1.0, random_state=0
    ... )
    >>> test = corpus.groups == corpus.groups[-1]
    >>> model = make_ser_pipeline(preset="functionals", duration=1.0, augmentation=False)
    >>> model.fit(corpus.data[~test], corpus.target[~test])
    Pipeline(...)
    >>> table = evaluate_conditions(
    ...     model, corpus.data[test], corpus.target[test], conditions=["gain -20 dB"]
    ... )
    >>> table["changed"].to_dict()  # the preset brings all clips to one level
    {'clean': 0.0, 'gain -20 dB': 0.0}
    """
    names = check_conditions(_WHO, model, conditions)
    check_is_fitted(model)
    speakers = np.arange(len(np.asarray(y))) if groups is None else groups
    labels, speakers = checks.check_data(_WHO, X, y, speakers)
    quiet = without_comparison(getattr(model, "best_estimator_", model))
    classes = np.asarray(model.classes_)
    clean, _ = predict_by_speaker(quiet, X, speakers, classes)
    answers = {"clean": clean, **predict_conditions(quiet, X, speakers, classes, names)}
    return tabulate(labels, answers)


def check_conditions(who: str, model: Any, conditions: Iterable[str] | None) -> list[str]:
    """Return the names of conditions without "clean", or raise.

    Parameters
    ----------
    who : str
        Name in error messages.
    model : estimator
        The pipeline that is to be tested.
    conditions : iterable of str or None
        Names; None takes all.

    Returns
    -------
    names : list of str
        Each once.

    Raises
    ------
    TypeError
        If the pipeline does not begin with a `FrontEnd` that begins with an `AudioLoader`.
    ValueError
        If there is no such condition.
    """
    if conditions == ():
        return []
    inner = getattr(model, "best_estimator_", getattr(model, "estimator", model))
    first = inner.steps[0][1] if isinstance(inner, Pipeline) else None
    if not isinstance(first, FrontEnd) or not isinstance(first.steps[0][1], AudioLoader):
        raise TypeError(
            f"{who}: conditions change the sound of clips, which needs a pipeline that begins with "
            f"a FrontEnd, as make_ser_pipeline makes it; this is a {type(inner).__name__}."
        )
    if isinstance(conditions, str):
        conditions = [conditions]
    names = list(dict.fromkeys(CONDITIONS if conditions is None else conditions))
    if unknown := [name for name in names if name not in CONDITIONS]:
        raise ValueError(
            f"{who}: no such condition: {', '.join(map(repr, unknown))}; there are "
            f"{', '.join(map(repr, CONDITIONS))}."
        )
    return [name for name in names if name != CONDITIONS[0]]


def predict_conditions(
    model: Any, X: Any, groups: NDArray[Any], classes: NDArray[Any], conditions: Sequence[str]
) -> dict[str, NDArray[Any] | None]:
    """Predict clips under conditions.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or a search over one.
    X : array-like of shape (n_clips, ...)
        Clips.
    groups : ndarray of shape (n_clips,)
        Speaker of each.
    classes : ndarray of shape (n_classes,)
        All labels.
    conditions : sequence of str
        Names.

    Returns
    -------
    answers : dict of str to (ndarray of shape (n_clips,) or None)
        Labels under each condition; None if it needs another speaker and there is none.
    """
    if not conditions:
        return {}
    model = copy.copy(getattr(model, "best_estimator_", model))
    name, frontend = model.steps[0]
    loader = frontend.steps[0][1]
    rows = copy.copy(loader).transform(X)
    clips = [row[: len(row) - int((row != 0)[::-1].argmax())] for row in rows]
    # What is heard is a waveform at the model's rate, without what the loader skips.
    again = copy.copy(loader)
    again.set_params(offset=0.0, input_sample_rate=None, allow_silence=True)
    for seen in ("n_features_in_", "feature_names_in_"):
        again.__dict__.pop(seen, None)
    frontend = copy.copy(frontend)
    frontend.steps = [(frontend.steps[0][0], again), *frontend.steps[1:]]
    model.steps = [(name, frontend), *model.steps[1:]]
    answers: dict[str, NDArray[Any] | None] = {}
    for condition in conditions:
        if needs_other_speakers(condition) and len(np.unique(groups)) < 2:
            answers[condition] = None
            continue
        heard = hear(clips, groups, condition, loader.sample_rate)
        answers[condition], _ = predict_by_speaker(model, heard, groups, classes)
    return answers


def tell_unheard(
    conditions: Sequence[str], tests: Sequence[NDArray[np.intp]], groups: NDArray[Any]
) -> list[str]:
    """Return notes on conditions that some folds can't be tested under.

    Parameters
    ----------
    conditions : sequence of str
        Names.
    tests : sequence of ndarray of int
        Positions of the test clips of each fold.
    groups : ndarray of shape (n_clips,)
        Speaker of each clip.

    Returns
    -------
    notes : list of str
        One for each condition that mixes clips with those of other test speakers, if some folds
        test one speaker only.
    """
    alone = sum(len(np.unique(groups[test])) < 2 for test in tests)
    if not alone:
        return []
    reach = "no fold" if alone == len(tests) else f"{len(tests) - alone} of {len(tests)} folds"
    return [
        f"{name!r} mixes a clip with those of other test speakers, so it needs two of them: it "
        f"was tested in {reach}. Use folds of several speakers: cv=4, or --folds 4."
        for name in conditions
        if needs_other_speakers(name)
    ]


def name_column(condition: str) -> str:
    """Return the column of the labels under a condition, in the predictions of a report.

    Parameters
    ----------
    condition : str
        Its name.

    Returns
    -------
    column : str
        Such as "y_pred, GSM".
    """
    return f"{_COLUMN}{condition}"


def tabulate_predictions(predictions: pd.DataFrame) -> pd.DataFrame | None:
    """Return UAR and share of changed labels from the predictions of a report.

    Parameters
    ----------
    predictions : pandas.DataFrame
        With columns as `name_column` names them.

    Returns
    -------
    table : pandas.DataFrame of shape (n_conditions, 3) or None
        As `evaluate_conditions` returns it; None without such columns.
    """
    columns = [name for name in predictions if str(name).startswith(_COLUMN)]
    if not columns:
        return None
    answers = {str(name).removeprefix(_COLUMN): predictions[name].to_numpy() for name in columns}
    clean = {CONDITIONS[0]: predictions["y_pred"].to_numpy()}
    return tabulate(predictions["y_true"].to_numpy(), clean | answers)


def tabulate(y_true: NDArray[Any], answers: Mapping[str, NDArray[Any] | None]) -> pd.DataFrame:
    """Return UAR and share of changed labels of each condition.

    Parameters
    ----------
    y_true : ndarray of shape (n_clips,)
        True labels.
    answers : mapping of str to (ndarray of shape (n_clips,) or None)
        Labels under each condition, the first of them clean; None where a clip has none.

    Returns
    -------
    table : pandas.DataFrame of shape (n_conditions, 3)
        As `evaluate_conditions` returns it.
    """
    clean = np.asarray(next(iter(answers.values())))
    rows = []
    for given in answers.values():
        labels = np.full(len(y_true), None, object) if given is None else np.asarray(given, object)
        there = np.array([label is not None for label in labels], dtype=bool)
        wanted, found = (values[there].astype(str) for values in (np.asarray(y_true), labels))
        rows.append(
            {
                "uar": unweighted_average_recall(wanted, found) if there.any() else np.nan,
                "changed": np.mean(found != clean[there].astype(str)) if there.any() else np.nan,
                "n_clips": int(there.sum()),
            }
        )
    return pd.DataFrame(rows, index=pd.Index(list(answers), name="condition"))

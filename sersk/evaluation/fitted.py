"""Scores of a model as it is, on clips that it has not seen: no fit, no folds."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sersk.adaptation import describe_adaptation, find_adapting_clips
from sersk.adaptation.record import tell_adaptation
from sersk.evaluation import _folds as checks
from sersk.evaluation._describing import describe_clips, describe_run, paths_of
from sersk.evaluation.leakage import clip_names, files_of
from sersk.evaluation.predicting import predict_by_speaker
from sersk.evaluation.report import EvaluationReport
from sersk.evaluation.running import notes_on

_WHO = "evaluate_model"
_N_SHOWN = 5


def evaluate_model(
    model: Any,
    X: Any,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    corpus: Any = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    n_bins: int = 15,
) -> EvaluationReport:
    """Score a fitted model on clips of speakers outside of its training.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, such as `adapt` or `load_model` returns. It is not fitted again.
    X : array-like of shape (n_clips, ...)
        Clips that the model was neither trained nor adapted on.
    y : array-like of shape (n_clips,)
        Labels, of those that the model knows.
    groups : array-like of shape (n_clips,), default=None
        Speaker of each clip. None means that they are not known: intervals are then drawn over
        clips, and are too narrow if a speaker has several.
    corpus : Bunch, str or None, default=None
        The corpus that the clips are of, or its name, for the report.
    n_resamples : int, default=2000
        Number of sets of speakers drawn for the intervals.
    confidence_level : float, default=0.95
        Level of the intervals.
    n_bins : int, default=15
        Number of bins of the calibration error.

    Returns
    -------
    report : EvaluationReport
        All predictions and their scores; a note says what the model was adapted on.

    Raises
    ------
    TypeError
        If `model` is no classifier.
    ValueError
        If the model was adapted on one of the clips, `y` has a label that it does not know,
        lengths differ, or values are missing.
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.

    See Also
    --------
    evaluate_speaker_independent : Cross-validation by speaker, with fits.
    adapt : Adapts a model to other voices, microphones and rooms.

    Notes
    -----
    A model does not know which clips it was trained on: whether X shares speakers with the training
    is the caller's to know. It knows checksums of those that it was adapted on.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import DiscriminantClassifier, adapt, evaluate_model
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 40)
    >>> X = rng.normal(size=(80, 10)) + (y == "anger")[:, None]
    >>> model = adapt(DiscriminantClassifier().fit(X, y), X[::4] + 3)
    >>> report = evaluate_model(model, X[1::4] + 3, y[1::4])
    >>> report.notes[0]
    'Adapted on 20 clips without labels: mean and spread of features, offsets of the labels.'
    >>> evaluate_model(model, X[::4] + 3, y[::4])
    Traceback (most recent call last):
    ValueError: evaluate_model: the model was adapted on 20 of the 20 clips of X (clip 0 of X, ...
    """
    if isinstance(model, type) or not hasattr(model, "predict"):
        raise TypeError(f"{_WHO}: model={model!r} is no classifier; pass a fitted pipeline.")
    check_is_fitted(model)
    notes = []
    if groups is None:
        groups = np.arange(len(np.asarray(y)))
        notes.append("The speakers are not known: each clip counts as one in the intervals.")
    labels, speakers = checks.check_data(_WHO, X, y, groups)
    classes = np.asarray(model.classes_)
    if unknown := sorted(set(labels.tolist()) - set(classes.tolist()), key=str):
        raise ValueError(
            f"{_WHO}: y has labels that the model does not know: {', '.join(map(str, unknown))}; "
            f"it knows {', '.join(map(str, classes.tolist()))}."
        )
    if used := find_adapting_clips(model, X):
        named = ", ".join(clip_names(X)[i] for i in used[:_N_SHOWN])
        more = f" and {len(used) - _N_SHOWN} more" if len(used) > _N_SHOWN else ""
        raise ValueError(
            f"{_WHO}: the model was adapted on {len(used)} of the {len(labels)} clips of X "
            f"({named}{more}), so that their score would be too high. Score it on others."
        )
    adaptation = describe_adaptation(model)
    if adaptation is not None:
        notes.insert(0, tell_adaptation(adaptation))
    start = perf_counter()
    y_pred, proba = predict_by_speaker(model, X, speakers, classes)
    seconds = perf_counter() - start
    paths = paths_of(files_of(X))
    keys = {"seed": 0, "fold": 1}
    predictions = pd.DataFrame(
        {
            **keys,
            "clip": np.arange(len(labels)),
            **({} if paths is None else {"path": paths}),
            "speaker": speakers,
            "y_true": labels,
            "y_pred": y_pred,
        }
    )
    clips = describe_clips(_WHO, corpus, labels, speakers, "test")
    return EvaluationReport(
        predictions,
        proba,
        classes=classes,
        timings=pd.DataFrame([{**keys, "fit_time": 0.0, "predict_time": seconds}]),
        notes=notes + notes_on(model),
        title="A fitted model on other clips",
        about=describe_run(model, [clips], "none: the model was fitted before", paths is not None),
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        n_bins=n_bins,
    )

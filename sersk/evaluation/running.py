"""Run the fits of an evaluation, and make a report of their predictions.

One fit is in `fitting`. Its training and test clips are chosen in `cross_validation` and `corpora`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection._search import BaseSearchCV

from sersk._utils.progress import track
from sersk.evaluation.conditions import name_column
from sersk.evaluation.fitting import Outcome, Task, fit_and_predict
from sersk.evaluation.report import EvaluationReport
from sersk.evaluation.routing import uses_speakers_to_predict
from sersk.signal import with_backend


def check_estimator(who: str, pipeline: Any) -> None:
    """Raise if the pipeline can't be evaluated.

    Parameters
    ----------
    who : str
        Name in error messages.
    pipeline : estimator
        A classifier, a pipeline that ends in one, or a search over one.

    Raises
    ------
    TypeError
        If it is not a classifier.
    ValueError
        If it is a search over a pipeline with a step that needs the speakers in prediction.
    """
    if isinstance(pipeline, type) or not all(
        hasattr(pipeline, name) for name in ("fit", "get_params", "predict")
    ):
        raise TypeError(
            f"{who}: pipeline={pipeline!r} is no classifier; pass an object with fit, predict and "
            "get_params, such as make_ser_pipeline()."
        )
    if isinstance(pipeline, BaseSearchCV) and uses_speakers_to_predict(pipeline):
        raise ValueError(
            f"{who}: pipeline is a search around a step that needs the speakers in prediction "
            "(SpeakerNormalizer), and scikit-learn's scorers can't pass them. Normalise before "
            "the search, or evaluate the pipelines one by one."
        )


def notes_on(pipeline: Any) -> list[str]:
    """Return notes on how the predictions are made, for the reader of the report.

    Parameters
    ----------
    pipeline : estimator
        The evaluated classifier.

    Returns
    -------
    notes : list of str
        One sentence or more each.
    """
    if not uses_speakers_to_predict(pipeline):
        return []
    return [
        "Each test speaker's clips were normalised together, without labels: the score needs "
        "several clips of a speaker, and compares only with scores obtained in the same way."
    ]


def run(
    pipeline: Any,
    data: tuple[Any, NDArray, Any],
    tasks: list[Task],
    test_data: tuple[Any, Any] | None,
    score_training: bool,
    n_jobs: int | None,
    verbose: int | bool | None,
) -> Iterator[Outcome]:
    """Run the fits in parallel, and yield their outcomes in the order of the tasks.

    Parameters
    ----------
    pipeline : estimator
        The classifier, cloned for each fit.
    data : tuple of (X, y, groups)
        Clips, labels and speakers.
    tasks : list of Task
        The fits.
    test_data : tuple of (X, groups) or None
        Clips and speakers to test on; None tests on `data`.
    score_training : bool
        Whether to compute the UAR on the training clips too.
    n_jobs : int or None
        Number of fits at a time.
    verbose : int, bool or None
        Whether to show progress on stderr.

    Returns
    -------
    outcomes : iterator of Outcome
        Predictions and times of each fit.
    """
    classes = np.unique(data[1])
    parallel = Parallel(n_jobs, return_as="generator")
    outcomes = parallel(
        delayed(with_backend(fit_and_predict))(
            pipeline, data, task, classes, test_data, score_training
        )
        for task in tasks
    )
    return track(outcomes, len(tasks), "Fitting", verbose, unit="fits")


def make_report(
    outcomes: list[Outcome],
    y: NDArray,
    groups: NDArray,
    classes: NDArray,
    paths: NDArray[np.object_] | None,
    **kwargs: Any,
) -> EvaluationReport:
    """Return a report of the fits on all training speakers.

    Parameters
    ----------
    outcomes : list of Outcome
        Predictions and times of each fit. Those on a share of the training speakers only are
        left out.
    y : ndarray of shape (n_clips,)
        Labels.
    groups : ndarray of shape (n_clips,)
        Speaker of each clip.
    classes : ndarray of shape (n_classes,)
        Labels that can be predicted, sorted.
    paths : ndarray of object of shape (n_clips,) or None
        Path of each clip, for the column ``path`` of the predictions; None if no clip is a file.
    **kwargs : dict
        Further parameters of `EvaluationReport`.

    Returns
    -------
    report : EvaluationReport
        The report.
    """
    whole = [outcome for outcome in outcomes if outcome.task.share == 1]
    predictions = pd.concat(
        [
            pd.DataFrame(
                {
                    "seed": outcome.task.seed,
                    "fold": outcome.task.fold,
                    "clip": outcome.task.test,
                    **({} if paths is None else {"path": paths[outcome.task.test]}),
                    "speaker": groups[outcome.task.test],
                    "y_true": y[outcome.task.test],
                    "y_pred": outcome.y_pred,
                    **{name_column(name): given for name, given in outcome.heard.items()},
                }
            )
            for outcome in whole
        ],
        ignore_index=True,
    )
    probas = [outcome.proba for outcome in whole if outcome.proba is not None]
    timings = pd.DataFrame(
        [
            {
                "seed": outcome.task.seed,
                "fold": outcome.task.fold,
                "fit_time": outcome.fit_time,
                "predict_time": outcome.predict_time,
            }
            for outcome in whole
        ]
    )
    return EvaluationReport(
        predictions,
        np.concatenate(probas) if probas else None,
        classes=classes,
        timings=timings,
        **kwargs,
    )

"""Cross-validation by speaker: train on some speakers, test on others.

The checks before the first fit are in `_folds`, the fits in `running`, the scores in `report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sersk.audio.fingerprints import fingerprint
from sersk.evaluation import _folds as checks
from sersk.evaluation._counting import count
from sersk.evaluation._describing import describe_clips, describe_folds, describe_run, paths_of
from sersk.evaluation.conditions import check_conditions, tell_unheard
from sersk.evaluation.findings import Folds, Leak, find_leaks
from sersk.evaluation.fitting import Outcome, Task
from sersk.evaluation.leakage import clip_names, compare, files_of
from sersk.evaluation.report import EvaluationReport
from sersk.evaluation.running import check_estimator, make_report, notes_on, run
from sersk.metrics import unweighted_average_recall


class EvaluationInterrupted(KeyboardInterrupt):
    """Raised on Ctrl-C after the first fits, with a report of them.

    Parameters
    ----------
    report : EvaluationReport
        Report of the finished fits; its notes say how many.

    Attributes
    ----------
    report : EvaluationReport
        The same report.

    See Also
    --------
    evaluate_speaker_independent : Raises it.

    Examples
    --------
    >>> from sersk.evaluation import EvaluationInterrupted
    >>> issubclass(EvaluationInterrupted, KeyboardInterrupt)
    True
    """

    def __init__(self, report: EvaluationReport) -> None:
        super().__init__("interrupted; the report has the finished fits")
        self.report = report


def evaluate_speaker_independent(
    pipeline: Any,
    X: Any,
    y: ArrayLike,
    groups: ArrayLike,
    *,
    cv: Any = 5,
    seeds: int | Iterable[int] = (0,),
    learning_curve: Sequence[float] | None = None,
    conditions: bool | Iterable[str] = False,
    check_data: bool = True,
    corpus: Any = None,
    n_jobs: int | None = None,
    verbose: int | bool | None = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    n_bins: int = 15,
) -> EvaluationReport:
    """Cross-validate by speaker, and report the scores of the predictions.

    Parameters
    ----------
    pipeline : estimator
        A classifier, or a pipeline that ends in one. It is cloned for each fit, and not changed.
    X : array-like of shape (n_clips, ...)
        Input of the pipeline: paths, waveforms or features.
    y : array-like of shape (n_clips,)
        Labels.
    groups : array-like of shape (n_clips,)
        Speaker of each clip.
    cv : int, "leave-one-speaker-out", splitter or iterable of (train, test), default=5
        An int is a number of folds by speaker, with classes as balanced as speakers allow
        (`StratifiedGroupKFold`). A splitter gets the speakers as `groups`. Pairs are positions
        of clips.
    seeds : int or iterable of int, default=(0,)
        For each seed, all folds are fitted with every `random_state` of the pipeline and of its
        steps set to the seed. The folds stay the same.
    learning_curve : sequence of float or None, default=None
        Further shares of the training speakers to fit on, above 0 and below 1: one model for
        each seed, fold and share. The full set is always included.
    conditions : bool or iterable of str, default=False
        Conditions under which the model of each fold also predicts its test clips, of
        `sersk.signal.CONDITIONS`: noise, babble of other test speakers of the fold, telephones, a
        room and others; True takes all. The report has a table of them. Each takes about as long as
        the prediction of the clips as they are. Training knows nothing of them.
    check_data : bool, default=True
        Whether to check the data for leaks, see `check_leaks`. It reads each file once more.
    corpus : Bunch, str or None, default=None
        Corpus that `X` is from, as a loader returns it, or its name. The report states the name;
        its counts are always those of `X`, `y` and `groups`.
    n_jobs : int or None, default=None
        Number of fits to run at a time. Timings depend on it, scores do not.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always.
    n_resamples : int, default=2000
        Number of sets of speakers drawn for the intervals.
    confidence_level : float, default=0.95
        Level of the intervals.
    n_bins : int, default=15
        Number of bins of the calibration error.

    Returns
    -------
    report : EvaluationReport
        All predictions and their scores.

    Raises
    ------
    EvaluationInterrupted
        On Ctrl-C, with a report of the finished fits. An error of a fit has such a report too, as
        its attribute ``report``, if an earlier fit is finished.
    TypeError
        If `pipeline` or `corpus` is of another type.
    ValueError
        Before the first fit: if X is empty, lengths differ, labels or speakers are missing or
        mixed in type, there is one speaker or one class only, a speaker is on both sides of a
        fold, a class is missing from the training part of a fold, or a fold is empty.

    See Also
    --------
    cross_corpus : Training on one corpus, test on another.
    check_leaks : The check of the data alone.
    sklearn.model_selection.cross_validate : Scores without a report, for any split.

    Notes
    -----
    If the `fit` of the last step takes `groups`, it gets the speakers. So early stopping in a
    `SpeechEmotionClassifier` uses held-out training speakers. An earlier step whose `transform`
    takes `groups`, such as a `SpeakerNormalizer`, gets the speakers in training and in
    prediction; the report then has a note.

    A fold may test fewer than all classes, for instance if a speaker did not record each of them;
    the report then has a note.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import evaluate_speaker_independent
    >>> rng = np.random.default_rng(0)
    >>> y = np.tile(["anger", "sad"], 40)
    >>> speakers = np.arange(80) // 10
    >>> X = rng.normal(size=(80, 2)) + 2 * (y == "anger")[:, None]
    >>> evaluate_speaker_independent(LogisticRegression(), X, y, speakers, cv=4)
    EvaluationReport(uar=0.8... [0.7..., 1.0...])
    """
    who = "evaluate_speaker_independent"
    check_estimator(who, pipeline)
    y, groups = checks.check_data(who, X, y, groups)
    seeds = checks.check_seeds(who, seeds)
    clips = describe_clips(who, corpus, y, groups)
    folds = checks.make_folds(who, cv, y, groups)
    names = check_conditions(who, pipeline, None if conditions is True else conditions or ())
    tasks = [Task(seed, k, *fold) for seed in seeds for k, fold in enumerate(folds, 1)]
    parts = _subsets(who, learning_curve, tasks, y, groups)
    tasks = [replace(task, conditions=tuple(names)) for task in tasks]
    leaks = _look(X, y, groups, folds, n_jobs, verbose) if check_data else None
    paths = paths_of(files_of(X))
    about = describe_run(pipeline, [clips], describe_folds(cv), paths is not None)
    always = checks.untested(folds, y) + tell_unheard(names, [test for _, test in folds], groups)

    def report(outcomes: list[Outcome], notes: list[str]) -> EvaluationReport:
        return make_report(
            outcomes,
            y,
            groups,
            np.unique(y),
            paths,
            about=about,
            leaks=leaks,
            notes=notes + always + notes_on(pipeline),
            learning_curve=_curve(outcomes, y, groups) if parts else None,
            n_resamples=n_resamples,
            confidence_level=confidence_level,
            n_bins=n_bins,
        )

    tasks += parts
    outcomes: list[Outcome] = []
    try:
        for outcome in run(pipeline, (X, y, groups), tasks, None, bool(parts), n_jobs, verbose):
            outcomes.append(outcome)
    except KeyboardInterrupt:
        if not any(outcome.task.share == 1 for outcome in outcomes):
            raise
        done = f"{len(outcomes)} of {count(len(tasks), 'fit')}"
        note = f"Interrupted: the scores are of the {done} done by then."
        raise EvaluationInterrupted(report(outcomes, [note])) from None
    except Exception as error:  # a fit failed; the others may have taken hours
        if any(outcome.task.share == 1 for outcome in outcomes):
            done = f"{len(outcomes)} of {count(len(tasks), 'fit')}"
            failed = f"{type(error).__name__} in a fit: the scores are of the {done} before it."
            error.report = report(outcomes, [failed])  # type: ignore[attr-defined]
            error.add_note(f"The attribute report of this error has the scores of {done}.")
        raise
    return report(outcomes, [])


def _subsets(
    who: str, shares: Sequence[float] | None, tasks: list[Task], y: NDArray, groups: NDArray
) -> list[Task]:
    """Return the fits on fewer speakers; a larger share includes the speakers of a smaller one."""
    parts = []
    for share in sorted(set(shares or ())):
        if not 0 < share < 1:
            raise ValueError(
                f"{who}: learning_curve has {share!r}; shares of the training speakers are above 0 "
                "and below 1 (the full set is always included)."
            )
        for task in tasks:
            speakers = np.unique(groups[task.train])
            np.random.default_rng((task.seed, task.fold)).shuffle(speakers)
            kept = speakers[: max(1, round(share * len(speakers)))]
            train = task.train[np.isin(groups[task.train], kept)]
            where = f"learning_curve={share:g}: the training part of fold {task.fold}"
            checks.check_classes(who, where, y[train], y)
            parts.append(Task(task.seed, task.fold, train, task.test, share))
    return parts


def _look(
    X: Any,
    y: NDArray,
    groups: NDArray,
    folds: Folds,
    n_jobs: int | None,
    verbose: int | bool | None,
) -> list[Leak]:
    prints = fingerprint(X, n_jobs, verbose)
    near = compare(files_of(X), prints, n_jobs, verbose)
    return find_leaks(prints, clip_names(X), y, groups, folds, near)


def _curve(outcomes: list[Outcome], y: NDArray, groups: NDArray) -> pd.DataFrame:
    rows = [
        {
            "share": task.share,
            "seed": task.seed,
            "fold": task.fold,
            "n_speakers": len(np.unique(groups[task.train])),
            "n_clips": len(task.train),
            "train_uar": outcome.train_uar,
            "test_uar": unweighted_average_recall(y[task.test], outcome.y_pred),
        }
        for outcome in outcomes
        for task in [outcome.task]
    ]
    return pd.DataFrame(rows).sort_values(["share", "seed", "fold"], ignore_index=True)

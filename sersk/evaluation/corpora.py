"""Cross-corpus evaluation: train on one corpus, test on another.

The fits are in `running`, the scores in `report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.audio.fingerprints import Unreadable, fingerprint
from sersk.evaluation import _folds as checks
from sersk.evaluation._describing import describe_clips, describe_run, paths_of
from sersk.evaluation.findings import Leak, find_leaks
from sersk.evaluation.fitting import Task
from sersk.evaluation.leakage import clip_names, compare, files_of
from sersk.evaluation.report import EvaluationReport
from sersk.evaluation.running import check_estimator, make_report, notes_on, run

_WHO = "cross_corpus"


def cross_corpus(
    pipeline: Any,
    *,
    train: Any,
    test: Any,
    n_adapt: int = 0,
    seeds: int | Iterable[int] = (0,),
    check_data: bool = True,
    n_jobs: int | None = None,
    verbose: int | bool | None = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    n_bins: int = 15,
) -> EvaluationReport:
    """Train on one corpus, test on another, and report the scores of the predictions.

    Parameters
    ----------
    pipeline : estimator
        A classifier, or a pipeline that ends in one. It is cloned for each fit.
    train : Bunch or tuple (X, y, groups)
        Training corpus, as loaders return it (`data`, `target`, `groups`), or its parts.
    test : Bunch or tuple (X, y, groups)
        Test corpus. Its labels must be among those of `train`; its speakers must not.
    n_adapt : int, default=0
        Number of clips of `test` that the model is adapted on, without their labels (`adapt`); a
        random choice for each seed. The others are scored.
    seeds : int or iterable of int, default=(0,)
        For each seed, one fit with every `random_state` of the pipeline and of its steps set to
        the seed.
    check_data : bool, default=True
        Whether to check the data for leaks, see `check_leaks`. It reads each file once more.
    n_jobs : int or None, default=None
        Number of fits to run at a time. Timings depend on it, scores do not.
    verbose : int, bool or None, default=None
        Whether to show progress on stderr. None: on a terminal and in a notebook, after two
        seconds; False: never; True: always.
    n_resamples : int, default=2000
        Number of sets of test speakers drawn for the intervals.
    confidence_level : float, default=0.95
        Level of the intervals.
    n_bins : int, default=15
        Number of bins of the calibration error.

    Returns
    -------
    report : EvaluationReport
        All predictions of `test` and their scores. Positions of clips, also in the leaks, count
        `train` first, then `test`.

    Raises
    ------
    TypeError
        If `pipeline`, `train` or `test` is of another type.
    ValueError
        Before the first fit: if a corpus is empty or its lengths differ, labels or speakers are
        missing, `train` has only one class, `test` has a label that `train` lacks or no more than
        `n_adapt` clips, or a speaker is in both.

    See Also
    --------
    evaluate_speaker_independent : Cross-validation by speaker, within one corpus.

    Notes
    -----
    UAR is the mean over the classes of `test`. Predictions of a class that only `train` has are
    errors. Load both corpora with the same ``emotions=[...]`` to leave such classes out.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import cross_corpus
    >>> rng = np.random.default_rng(0)
    >>> y = np.tile(["anger", "sad"], 20)
    >>> X = rng.normal(size=(40, 2)) + 2 * (y == "anger")[:, None]
    >>> here, there = np.arange(40) // 10, 100 + np.arange(40) // 10
    >>> report = cross_corpus(LogisticRegression(), train=(X, y, here), test=(X + 0.5, y, there))
    >>> report.title
    'Trained on one corpus, tested on another'
    """
    check_estimator(_WHO, pipeline)
    sides = [_unpack("train", train), _unpack("test", test)]
    (X, y, groups), (X_test, y_test, groups_test) = sides
    corpora = [
        describe_clips(_WHO, corpus if isinstance(corpus, Mapping) else None, *side[1:], use)
        for use, corpus, side in zip(("training", "test"), (train, test), sides, strict=True)
    ]
    seeds = checks.check_seeds(_WHO, seeds)
    if len(np.unique(y)) < 2:
        raise ValueError(f"{_WHO}: all clips of train have the label {y.tolist()[0]!r}.")
    checks.check_classes(_WHO, "train", y, y_test)
    all_y, all_groups = np.concatenate([y, y_test]), np.concatenate([groups, groups_test])
    fold = np.arange(len(y)), len(y) + np.arange(len(y_test))
    checks.check_speakers(_WHO, "train and test share speakers", all_groups, *fold)
    leaks = _look(X, X_test, all_y, all_groups, fold, n_jobs) if check_data else None
    paths = paths_of([*files_of(X), *files_of(X_test)])
    folds = "one: trained on one corpus, tested on another"
    about = describe_run(pipeline, corpora, folds, paths is not None)

    tasks = [Task(seed, 1, fold[0], *_draw(len(y_test), n_adapt, seed)) for seed in seeds]
    outcomes = list(
        run(pipeline, (X, y, groups), tasks, (X_test, groups_test), False, n_jobs, verbose)
    )
    for outcome in outcomes:
        outcome.task.test = fold[1][outcome.task.test]
    notes = notes_on(pipeline)
    if n_adapt:
        notes.append(
            f"Adapted on {n_adapt} clips of test without labels, drawn by the seed; scored on the "
            "others."
        )
    if alone := sorted(set(y.tolist()) - set(y_test.tolist()), key=str):
        notes.append(f"train alone has clips of {', '.join(map(repr, alone))}.")
    return make_report(
        outcomes,
        all_y,
        all_groups,
        np.unique(y),
        paths,
        about=about,
        leaks=leaks,
        notes=notes,
        title="Trained on one corpus, tested on another",
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        n_bins=n_bins,
    )


def _draw(
    n_clips: int, n_adapt: int, seed: int
) -> tuple[NDArray[np.intp], float, NDArray[np.intp] | None]:
    """Return the clips to score, the share of training speakers, and the clips to adapt on."""
    if not 0 <= n_adapt < n_clips:
        raise ValueError(
            f"{_WHO}: n_adapt={n_adapt}, but test has {n_clips} clips; it is 0 or more, and leaves "
            "at least 1 to score."
        )
    order = np.arange(n_clips)
    if n_adapt == 0:
        return order, 1.0, None
    chosen = np.random.default_rng(seed).choice(n_clips, n_adapt, replace=False)
    return np.delete(order, chosen), 1.0, np.sort(chosen)


def _unpack(name: str, corpus: Any) -> tuple[Any, NDArray[Any], NDArray[Any]]:
    if isinstance(corpus, Mapping) and {"data", "target", "groups"} <= set(corpus):
        X, y, groups = corpus["data"], corpus["target"], corpus["groups"]
    elif isinstance(corpus, tuple) and len(corpus) == 3:
        X, y, groups = corpus
    else:
        raise TypeError(
            f"{_WHO}: {name} is of type {type(corpus).__name__}; pass what a loader returns, or "
            "(X, y, groups)."
        )
    return (X, *checks.check_data(f"{_WHO}: {name}", X, y, groups))


def _look(
    X: Any, X_test: Any, y: NDArray, groups: NDArray, fold: Any, n_jobs: int | None
) -> list[Leak]:
    n_train = len(fold[0])
    tested = [
        Unreadable(one.position + n_train, one.reason) if isinstance(one, Unreadable) else one
        for one in fingerprint(X_test, n_jobs)
    ]
    names = [
        *(_in_corpus(name, "train") for name in clip_names(X)),
        *(_in_corpus(name, "test") for name in clip_names(X_test)),
    ]
    prints = [*fingerprint(X, n_jobs), *tested]
    near = compare([*files_of(X), *files_of(X_test)], prints, n_jobs)
    return find_leaks(prints, names, y, groups, [fold], near)


def _in_corpus(name: str, corpus: str) -> str:
    return name if name.startswith(("'", '"')) else name.replace("of X", f"of {corpus}")

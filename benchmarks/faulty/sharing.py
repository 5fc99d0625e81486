"""Two processes on one folder, and processes that are killed in the midst."""

import os
import signal
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV

from faulty import children, writes
from faulty.children import FAULT, RIGHT
from faulty.judging import Row
from faulty.things import make

# What two processes use at a time, by the name of the write: the files that may be there then.
_SHARED = {
    "features on disk, `storage=`": (),
    "features of a search, `memory=`": (".pkl",),
    "weights, tensor by tensor": (".lock", ".npy"),
    "weights, the whole file": (".lock", ".npy"),
    "`fetch_ravdess`": (".lock", ".wav"),
    "compiled loops": (".nbi", ".nbc"),
    "`fit(checkpoint=)`": (".npz",),
}
_DOWNLOADS = ("weights, the whole file", "`fetch_ravdess`")


def share_all(things: SimpleNamespace, *, heavy: bool) -> list[Row]:
    """Run each of the writes that share a folder in two processes at a time; kill some others.

    Parameters
    ----------
    things : SimpleNamespace
        As of `things.make_things`.
    heavy : bool
        Whether to run those that take long.

    Returns
    -------
    rows : list of Row
        One for each.
    """
    found = [
        _share(write, things)
        for write in writes.WRITES
        if write.name in _SHARED and (heavy or not write.heavy)
    ]
    found.append(_kill_while_writing(things))
    return [*found, _kill_in_a_search(things)] if heavy else found


def _share(write: writes.Write, things: SimpleNamespace) -> Row:
    with TemporaryDirectory() as folder, TemporaryDirectory() as elsewhere:
        before = Counter(things.asked)
        both = [
            children.start(lambda: write.run(Path(folder), things), Path(elsewhere))
            for _ in range(2)
        ]
        outcomes = [wait() for wait in both]
        asked = Counter(things.asked) - before
        names = sorted(path.name for path in Path(folder).rglob("*") if path.is_file())
    problems = [outcome.text for outcome in outcomes if outcome.result != RIGHT or outcome.text]
    problems += [name for name in names if not name.endswith(_SHARED[write.name] or ("\0",))]
    if write.name in _DOWNLOADS and max(asked.values()) > 1:
        problems.append(f"downloaded {max(asked.values())} times")
    happened = "; ".join(problems) or "both right" + (
        ", downloaded once" if write.name in _DOWNLOADS else ""
    )
    return Row(write.name, "two processes", FAULT if problems else RIGHT, happened,
               writes.list_names(names), "")  # fmt: skip


def _kill_while_writing(things: SimpleNamespace) -> Row:
    """Kill a process in the midst of a file of `memory=`; then fit again."""

    def fit(folder: Path) -> Any:
        return make(memory=str(folder)).fit(things.paths, things.labels)

    def die(folder: Path) -> None:
        def dump(result: object, writer: Any) -> None:
            writer.write(b"half of it")
            writer.flush()
            os.kill(os.getpid(), signal.SIGKILL)

        joblib.dump = dump
        fit(folder)

    def again(folder: Path) -> None:
        found = fit(folder).predict_proba(things.paths)
        np.testing.assert_array_equal(found, things.pipeline.predict_proba(things.paths))

    with TemporaryDirectory() as name:
        folder = Path(name)
        died = children.run(lambda: die(folder), folder)
        half = len(list(folder.iterdir()))
        after = children.run(lambda: again(folder), folder)
        names = sorted(path.name for path in folder.iterdir())
    right = (died.result, half, after.result) == (FAULT, 1, RIGHT)
    right &= all(file.endswith(".pkl") for file in names)
    happened = "the next `fit` is right and removes the half" if right else after.text
    return Row("features of a search, `memory=`", "killed while writing",
               RIGHT if right else FAULT, happened, writes.list_names(names), "")  # fmt: skip


class Deadly(ClassifierMixin, BaseEstimator):
    """A classifier whose first fit with a mark kills its process.

    Parameters
    ----------
    mark : str or None, default=None
        A file; the process that removes it is killed.
    """

    def __init__(self, mark: str | None = None) -> None:
        self.mark = mark

    def fit(self, X: Any, y: Any) -> "Deadly":
        """Learn the labels, or die.

        Parameters
        ----------
        X, y : array-like
            Features and labels.

        Returns
        -------
        self : Deadly
            Itself.
        """
        if self.mark is not None and os.path.exists(self.mark):
            os.remove(self.mark)
            os.kill(os.getpid(), signal.SIGKILL)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Return the first label for each clip.

        Parameters
        ----------
        X : array-like
            Features.

        Returns
        -------
        labels : ndarray
            Labels.
        """
        return np.repeat(self.classes_[:1], len(X))


def _kill_in_a_search(things: SimpleNamespace) -> Row:
    """Kill a worker of a search with `memory=`; then search again."""

    def search(folder: Path) -> None:
        mark = folder / "mark"
        mark.touch()
        pipeline = make(memory=str(folder / "cache")).set_params(classifier=Deadly(str(mark)))
        grid = {"frontend__chunk_size": [1, 32]}
        found = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, refit=False, error_score="raise")
        with joblib.parallel_config(backend="loky"):
            try:
                found.fit(things.paths, things.labels)
                told = "no error"
            except TerminatedWorkerError as error:
                told = str(error)
            assert "worker process" in told, told
            found.fit(things.paths, things.labels)
        assert np.isfinite(found.cv_results_["mean_test_score"]).all()

    with TemporaryDirectory() as name, TemporaryDirectory() as elsewhere:
        outcome = children.run(lambda: search(Path(name)), Path(elsewhere))
        files = sorted(path.name for path in Path(name).rglob("*") if path.is_file())
    right = outcome.result == RIGHT and all(file.endswith(".pkl") for file in files)
    happened = "`TerminatedWorkerError` of joblib; the next search is right"
    return Row("`GridSearchCV(n_jobs=2)` with `memory=`", "a worker is killed",
               RIGHT if right else FAULT, happened if right else outcome.text or str(files),
               writes.list_names(files), "")  # fmt: skip

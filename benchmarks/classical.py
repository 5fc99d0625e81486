"""Classical references on unseen speakers: functionals with an SVM or a linear discriminant.

    pip install opensmile
    python benchmarks/classical.py [--corpora ...] [--systems ...] [--cache FOLDER] [--table]

The usual baselines without a network: openSMILE's sets of functionals, eGeMAPS
(88 features; Eyben et al., 2016) and ComParE 2016 (6,373; Schuller et al., 2016), standardised by
the training clips, and a support vector machine, linear or with a Gaussian kernel; also a
linear discriminant with shrinkage, and `sersk.FunctionalsTransformer` in place of openSMILE.
openSMILE's licence is for research; it is needed for this benchmark only.

RAVDESS: eight emotions, the four folds of ``listings/ravdess_folds.csv``, 12 speakers to train
on. URDU: four emotions, the three folds by speaker of ``benchmarks/published_system.py``.
C of the SVMs and the shrinkage are chosen by an inner cross-validation by speaker within the
training speakers (UAR); the test speakers are used once, for the score. In systems that end in
``by_speaker`` the features of each speaker, also in the test set, are standardised by that
speaker's clips, without labels. That needs several clips of a speaker at test time, so these
systems are not comparable with the others.

Features are kept in the cache. The scores of each fold are written to ``presets.csv`` at once;
after an interruption the same command continues. The table in
``functionals.md`` is written from that file; ``--table`` only writes it.
"""

import argparse
import time
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _common import RECORDINGS, track
from numpy.typing import NDArray
from published_system import write_table
from scipy.linalg import eigh
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

ROOT = Path(__file__).parents[1]
CORPORA = ("ravdess", "urdu")
FEATURES = ("egemaps", "compare", "functionals")
# candidates: C of the support vector machines, shrinkage of the discriminant
CLASSIFIERS = {
    "linear": np.logspace(-5, 0, 11),
    "rbf": np.logspace(-1, 2, 7),
    "lda": np.linspace(0.1, 0.9, 9),
}
NORMALISATIONS = ("", "_by_speaker")
N_INNER_FOLDS = 4


@dataclass(frozen=True)
class Run:
    """The key of one fit."""

    corpus: str
    system: str
    seed: int
    fold: int


KEY = [field.name for field in fields(Run)]


@dataclass(frozen=True)
class Corpus:
    """Paths, labels, speakers, and the fold that tests each clip."""

    name: str
    paths: NDArray
    y: NDArray
    speakers: NDArray
    fold: NDArray[np.intp]


def load(name: str) -> Corpus:
    from sersk import load_audio_folder, load_ravdess

    if name == "ravdess":
        bunch = load_ravdess(RECORDINGS / "ravdess")
        listing = pd.read_csv(
            RECORDINGS / "listings" / "ravdess_folds.csv", dtype={"speaker": str}, index_col=0
        )
        # other actors of the complete corpus belong to no fold
        fold = np.array([listing["fold"].get(speaker[-2:], 0) - 1 for speaker in bunch.groups])
    else:
        bunch = load_audio_folder(RECORDINGS / "urdu", speaker=r"(S[MF]\d+)_", name="urdu")
        fold = np.empty(len(bunch.data), dtype=int)
        # three folds, because one of four folds would lack a class
        splits = StratifiedGroupKFold(3).split(bunch.data, bunch.target, bunch.groups)
        for number, (_, test) in enumerate(splits):
            fold[test] = number
    used = fold >= 0
    return Corpus(name, bunch.data[used], bunch.target[used], bunch.groups[used], fold[used])


def load_features(corpus: Corpus, name: str, cache: Path) -> NDArray[np.float32]:
    """Return the functionals of the whole clips, from the cache if there."""
    file = cache / f"{corpus.name}_{name}_{len(corpus.paths)}.npy"
    if not file.exists():
        if name == "functionals":
            X = own_functionals(corpus.paths)
        else:
            rows = opensmile_functionals(corpus.paths, name)
            X = np.stack([*track(rows, len(corpus.paths), f"Features of {corpus.name}")])
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file.with_suffix(".part.npy"), X)
        file.with_suffix(".part.npy").rename(file)
    return np.load(file)


def own_functionals(paths: NDArray) -> NDArray[np.float32]:
    from sersk import AudioLoader, FrontEnd, FunctionalsTransformer

    # longer than any clip; padding has no effect
    steps = [("loader", AudioLoader(duration=6.0)), ("features", FunctionalsTransformer())]
    return FrontEnd(steps, verbose=1).fit_transform(paths)


def opensmile_functionals(paths: NDArray, name: str) -> Iterator[NDArray[np.float32]]:
    import opensmile
    import soundfile

    feature_set = {
        "egemaps": opensmile.FeatureSet.eGeMAPSv02,
        "compare": opensmile.FeatureSet.ComParE_2016,
    }[name]
    smile = opensmile.Smile(feature_set, opensmile.FeatureLevel.Functionals)
    for path in paths:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        features = smile.process_signal(samples.mean(axis=1), rate).to_numpy()[0]
        yield np.nan_to_num(features, posinf=0, neginf=0).astype(np.float32)


class Machine:
    """Standardised features and a classifier for several values of its parameter at once.

    Computations that do not depend on the parameter are done once: a kernel matrix, or for the
    discriminant the principal axes of the training clips. The axes keep all information, and
    reduce thousands of features to the number of clips.
    """

    def __init__(self, classifier: str, X: NDArray, y: NDArray) -> None:
        self.classifier, self.y = classifier, y
        self.scaler = StandardScaler().fit(X)
        self.X = self._scale(X)
        if classifier == "lda":
            variances, axes = eigh(self.X @ self.X.T)
            kept = variances > 1e-9 * variances[-1]
            self.axes = self.X.T @ (axes[:, kept] / np.sqrt(variances[kept]))
            self.inputs = self.X @ self.axes
        else:
            self.inputs = self._similarity(self.X)

    def _scale(self, X: NDArray) -> NDArray:
        # A feature that is almost constant in training but not in the test set becomes arbitrarily
        # large by the division.
        return np.clip(self.scaler.transform(X.astype(float)), -10, 10)

    def _similarity(self, X: NDArray) -> NDArray:
        if self.classifier == "linear":
            return X @ self.X.T
        return rbf_kernel(X, self.X, gamma=1 / (X.shape[1] * self.X.var()))  # SVC's "scale"

    def fit(self, parameters: Iterable[float], X: NDArray) -> tuple[list[Any], NDArray]:
        """Train with each parameter, and return the classifiers and their input."""
        X = self._scale(X)
        if self.classifier == "lda":
            fitted = Discriminant(self.inputs, self.y)
            return [fitted.shrink(parameter) for parameter in parameters], X @ self.axes
        return [
            SVC(C=parameter, kernel="precomputed", class_weight="balanced").fit(self.inputs, self.y)
            for parameter in parameters
        ], self._similarity(X)

    def predict(self, parameters: Iterable[float], X: NDArray) -> list[NDArray]:
        """Train with each parameter, and return the predictions of each."""
        fitted, X = self.fit(parameters, X)
        return [classifier.predict(X) for classifier in fitted]


class Discriminant:
    """LinearDiscriminantAnalysis(solver="lsqr", shrinkage=..., priors=equal), many shrinkages."""

    # Not sersk.DiscriminantClassifier: the published references use this variant. Here all
    # classes have equal weight in the covariance, there all clips. Here it is shrunk to the mean
    # variance of the training clips' principal axes, there to the mean variance of the features,
    # of which there are more. On the 240 clips of RAVDESS's first fold they differ for 29 to 39
    # clips at the same shrinkage.

    def __init__(self, X: NDArray, y: NDArray) -> None:
        self.classes = np.unique(y)
        self.means = np.stack([X[y == label].mean(axis=0) for label in self.classes])
        covariances = [np.cov(X[y == label].T, bias=True) for label in self.classes]
        self.variances, self.axes = eigh(np.mean(covariances, axis=0))

    def shrink(self, shrinkage: float) -> "Discriminant":
        """Return the discriminant with this shrinkage."""
        shrunk = copy(self)
        variances = (1 - shrinkage) * self.variances + shrinkage * self.variances.mean()
        shrunk.weights = (self.means @ self.axes / variances) @ self.axes.T
        shrunk.offsets = -0.5 * (shrunk.weights * self.means).sum(axis=1)
        return shrunk

    def decision_function(self, X: NDArray) -> NDArray:
        """Return log-posteriors up to a constant for each clip."""
        return X @ self.weights.T + self.offsets

    def predict(self, X: NDArray) -> NDArray:
        """Return the most probable class."""
        return self.classes[self.decision_function(X).argmax(axis=1)]


def standardise_by_speaker(X: NDArray, speakers: NDArray) -> NDArray:
    from sersk import SpeakerNormalizer

    return SpeakerNormalizer().fit_transform(X, groups=speakers)


def choose(classifier: str, X: NDArray, y: NDArray, speakers: NDArray) -> tuple[float, float]:
    """Return the best parameter on held-out speakers, and its mean UAR."""
    parameters, scores = CLASSIFIERS[classifier], []
    for train, validation in GroupKFold(N_INNER_FOLDS).split(X, y, speakers):
        predictions = Machine(classifier, X[train], y[train]).predict(parameters, X[validation])
        scores.append([balanced_accuracy_score(y[validation], p) for p in predictions])
    mean = np.mean(scores, axis=0)
    return parameters[mean.argmax()], mean.max()


def fit_and_score(system: str, corpus: Corpus, fold: int, cache: Path) -> dict[str, Any]:
    features, classifier, *by_speaker = system.split("_", 2)
    X = load_features(corpus, features, cache)
    if by_speaker:
        X = standardise_by_speaker(X, corpus.speakers)
    train, test = np.flatnonzero(corpus.fold != fold), np.flatnonzero(corpus.fold == fold)
    begin = time.perf_counter()
    parameter, inner = choose(classifier, X[train], corpus.y[train], corpus.speakers[train])
    machine = Machine(classifier, X[train], corpus.y[train])
    [predicted] = machine.predict([parameter], X[test])
    seconds = time.perf_counter() - begin
    return {
        "uar": balanced_accuracy_score(corpus.y[test], predicted),
        "accuracy": accuracy_score(corpus.y[test], predicted),
        "fit_seconds": seconds,
        "inner_uar": inner,
        "n_test": len(test),
        "chosen": f"{'shrinkage' if classifier == 'lda' else 'C'}={parameter:.3g}",
    }


def read_results(file: Path) -> pd.DataFrame:
    return pd.read_csv(file) if file.exists() else pd.DataFrame(columns=KEY)


def add_row(row: dict, file: Path) -> None:
    """Add a row; rows of other benchmarks in the file may have other columns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    results = pd.concat([read_results(file), pd.DataFrame([row])], ignore_index=True)
    results.to_csv(file, index=False, float_format="%.4f")


def run_all(runs: list[Run], file: Path, cache: Path) -> None:
    """Fit runs that are not in the file, and add their rows."""
    known = {Run(*row) for row in read_results(file)[KEY].itertuples(index=False)}
    missing = [run for run in runs if run not in known]
    corpora = {name: load(name) for name in {run.corpus for run in missing}}
    for run in track(missing, len(missing), "Fitting"):
        add_row(asdict(run) | fit_and_score(run.system, corpora[run.corpus], run.fold, cache), file)


def cell(scores: pd.Series) -> str:
    spread = f" ± {scores.std():.1f}" if len(scores) > 1 else ""
    return f"{scores.mean():.1f}{spread}"


def make_table(results: pd.DataFrame, systems: list[str]) -> str:
    """Return a Markdown table, mean and spread over folds, each the mean of its seeds.

    Systems with standardisation by speaker follow the others.
    """
    lines = [
        "| corpus | system | folds | seeds | UAR | accuracy | inner UAR | fit (s) |",
        "|" + "---|" * 8,
    ]
    by_speaker = results["system"].str.endswith("_by_speaker")
    for corpus, part in product(CORPORA, (~by_speaker, by_speaker)):
        rows = results[part & (results["corpus"] == corpus)]
        for system in systems:
            scores = rows[rows["system"] == system]
            if scores.empty:
                continue
            means = 100 * scores.groupby("fold")[["uar", "accuracy"]].mean()
            uar, accuracy = (cell(means[column]) for column in ("uar", "accuracy"))
            inner = 100 * scores["inner_uar"].mean()
            cells = [
                {"ravdess": "RAVDESS", "urdu": "URDU"}[corpus],
                f"`{system}`",
                str(len(means)),
                str(scores["seed"].nunique()),
                uar,
                accuracy,
                "" if np.isnan(inner) else f"{inner:.1f}",
                f"{scores['fit_seconds'].median():.0f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    systems = [
        "_".join(parts[:2]) + parts[2] for parts in product(FEATURES, CLASSIFIERS, NORMALISATIONS)
    ]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=CORPORA)
    parser.add_argument("--systems", nargs="+", choices=systems, default=systems)
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--table", action="store_true", help="only rewrite the table")
    args = parser.parse_args()
    file = args.output / "presets.csv"
    if not args.table:
        n_folds = {"ravdess": 4, "urdu": 3}
        runs = [
            Run(corpus, system, 0, fold)
            for corpus, system in product(args.corpora, args.systems)
            for fold in range(n_folds[corpus])
        ]
        run_all(runs, file, args.cache)
    table = make_table(read_results(file), args.systems)
    write_table(table, args.output / "functionals.md")
    print(table)


if __name__ == "__main__":
    main()

"""Whisper's encoder on unseen speakers: layers, pooling, views, functionals beside it.

    python benchmarks/encoders.py --cache FOLDER [--corpora ...] [--weights NAME=FOLDER ...]
    python benchmarks/encoders.py --table

RAVDESS: eight emotions, the four folds of ``listings/ravdess_folds.csv``, 12 speakers to train on
and 4 to test. EmoDB: seven emotions, one speaker left out in each of ten folds. URDU: four
emotions, three folds by speaker. The classifier is `sersk.DiscriminantClassifier`.

Each fit is a row: a system (corpus, features, normalisation, number of views), a candidate (layers
and statistics) and a fold. It has two scores. ``inner_uar`` is that of the classifier's own
cross-validation by speaker within the training speakers, at the shrinkage that it chose; ``uar``
is that of the test speakers. The first table takes, in each fold, the candidate with the highest
``inner_uar``, and of its ``uar`` once. The second table has all candidates, each with both scores,
and is no selection.

Normalisation "speaker" standardises the features of each speaker by that speaker's own clips,
without labels, also in the test: another task, as it needs several clips of a speaker. "functionals
beside" are the 2,837 of `sersk.FunctionalsTransformer` in the same vector. A view is the clip at
another speed, drawn from 0.85 to 1.18 by the seed, in training only.

Features are kept in the cache, with all layers and statistics. Rows are written to
``encoders.csv`` at once; after an interruption the same command continues.
"""

import argparse
import csv
import time
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from _common import track
from classical import ROOT, Corpus
from encoder_features import CORPORA, SIZES, load_corpus, load_features, read_folders, take
from numpy.typing import NDArray
from published_system import write_table
from sklearn.metrics import confusion_matrix

from sersk import DiscriminantClassifier, SpeakerNormalizer, as_views

N_FOLDS = {"ravdess": 4, "emodb": 10, "urdu": 3}
NAMES = {"ravdess": "RAVDESS", "emodb": "EmoDB", "urdu": "URDU"}


@dataclass(frozen=True)
class Run:
    """The key of one fit."""

    corpus: str
    features: str  # functionals, an encoder, or both: base+functionals
    normalization: str  # none or speaker
    views: int
    layers: str  # numbers or last, with spaces between; of two encoders "2 3 4 + 1 2 3"
    pooling: str
    fold: int
    seed: int = 0


KEY = [field.name for field in fields(Run)]
SYSTEM, CANDIDATE = KEY[:4], KEY[4:6]
TWO = "mean std"
MODELS = ("base", "tiny.en", "both")
SINGLE = {"base": ("3", "2", "4", "1", "5", "6", "last"), "tiny.en": ("2", "1", "3", "4", "last")}
SIDES = {"base": ("2 3 4", "2 3", "2 3 4 5 6", "1 2 3 4"), "tiny.en": ("1 2 3",)}


def plan(corpus: str, model: str) -> Iterator[tuple[str, str, int, str, str]]:
    """Yield system and candidate, what matters most first."""
    if model == "both":
        layers = " + ".join(SIDES[name][0] for name in SIZES)
        for normalization, views in product(("none", "speaker"), (2, 1)):
            yield "+".join(SIZES), normalization, views, layers, TWO
        return
    side, best = SIDES[model][0], SINGLE[model][0]
    both = f"{model}+functionals"
    for features, normalization, views in (
        (model, "none", 1),
        (both, "none", 2),
        (model, "none", 2),
        (both, "speaker", 2),
        (model, "speaker", 2),
    ):
        yield features, normalization, views, side, TWO
    for layers in (*SINGLE[model], *SIDES[model]):
        yield model, "none", 1, layers, TWO
    for normalization, views in product(("none", "speaker"), (2, 1)):
        yield model, normalization, views, side, TWO
        yield model, normalization, views, best, TWO
        yield "functionals", normalization, views, "", ""
    if corpus == "ravdess":
        for pooling, layers in product(
            ("mean", "mean std max", "attention std"), (best, SINGLE[model][1])
        ):
            yield model, "none", 1, layers, pooling
    for normalization, views in product(("none", "speaker"), (1, 2)):
        yield both, normalization, views, side, TWO


def assemble(corpus: Corpus, run: Run, cache: Path, folders: dict[str, str]) -> NDArray[np.float32]:
    """Return the features of a run, of shape (n_clips, n_views, n_features)."""
    parts = []
    layers_of = iter(run.layers.split(" + "))
    for name in run.features.split("+"):
        found = load_features(corpus, name, run.views, run.seed, cache, folders)
        if name != "functionals":
            layers = [int(word) if word.isdecimal() else word for word in next(layers_of).split()]
            found = take(found, name, layers, run.pooling.split())
        parts.append(found)
    X = as_views(np.concatenate(parts, axis=-1))
    if run.normalization == "speaker":
        X = SpeakerNormalizer().fit_transform(X, groups=corpus.speakers)
    return X


def fit_and_score(corpus: Corpus, run: Run, X: NDArray[np.float32]) -> dict[str, object]:
    train, test = (
        np.flatnonzero(side) for side in (corpus.fold != run.fold, corpus.fold == run.fold)
    )
    begin = time.perf_counter()
    classifier = DiscriminantClassifier()
    classifier.fit(as_views(X[train]), corpus.y[train], groups=corpus.speakers[train])
    seconds = time.perf_counter() - begin
    predicted = classifier.predict(np.ascontiguousarray(X[test, 0]))
    matrix = confusion_matrix(corpus.y[test], predicted, labels=np.unique(corpus.y))
    hits, clips = matrix.diagonal(), matrix.sum(axis=1)
    return {
        "shrinkage": classifier.shrinkage_,
        "inner_uar": round(classifier.shrinkage_scores_[classifier.shrinkage_], 4),
        "uar": round(float(np.mean(hits[clips > 0] / clips[clips > 0])), 4),
        "hits": " ".join(map(str, hits)),  # of each emotion, in the order of the alphabet
        "clips": " ".join(map(str, clips)),
        "fit_seconds": round(seconds, 1),
    }


def read_results(file: Path) -> pd.DataFrame:
    if not file.exists():
        return pd.DataFrame(columns=KEY)
    return pd.read_csv(file, dtype={"layers": str, "pooling": str}, keep_default_na=False)


def add_row(row: dict[str, object], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(row), lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def run_all(runs: list[Run], file: Path, cache: Path, folders: dict[str, str]) -> None:
    known = {Run(*row) for row in read_results(file)[KEY].itertuples(index=False)}
    missing = [run for run in runs if run not in known]
    last, corpora = None, {name: load_corpus(name) for name in {run.corpus for run in missing}}
    for run in track(missing, len(missing), "Fitting"):
        corpus = corpora[run.corpus]
        of_all_folds = (*astuple(run)[:6], run.seed)
        if of_all_folds != last:
            X, last = assemble(corpus, run, cache, folders), of_all_folds
        add_row(asdict(run) | fit_and_score(corpus, run, X), file)


def summarize(rows: pd.DataFrame) -> list[str]:
    """Return the cells of one row a fold: UAR over folds, pooled UAR, inner UAR."""
    hits, clips = (
        np.array([text.split() for text in rows[column]], dtype=int).sum(axis=0)
        for column in ("hits", "clips")
    )
    uar = 100 * rows["uar"]
    return [
        f"{uar.mean():.1f} ± {uar.std(ddof=1):.1f}",
        f"{100 * np.mean(hits / clips):.1f}",
        f"{100 * rows['inner_uar'].mean():.1f}",
    ]


def describe(corpus: str, features: str, normalization: str, views: int) -> list[str]:
    beside = features.replace("+functionals", ", functionals beside").replace("+", ", ")
    return [NAMES[corpus], beside, "by speaker" if normalization == "speaker" else "-", str(views)]


def make_table(results: pd.DataFrame) -> str:
    """Return both tables in Markdown; only of systems and candidates with all folds."""
    complete = [
        group
        for key, group in results.groupby([*SYSTEM, *CANDIDATE], sort=False)
        if len(group) == N_FOLDS[key[0]]
    ]
    rows = pd.concat(complete)
    first = ["corpus", "features", "standardised", "views"]
    scores = ["UAR", "pooled UAR", "inner UAR"]
    chosen = [_line([*first, "candidates", *scores, "chosen, by folds"]), "|" + "---|" * 9]
    every = [_line([*first, "layers", "statistics", *scores]), "|" + "---|" * 9]
    rows["order"] = rows["corpus"].map(CORPORA.index)
    rows = rows.sort_values(["order", "normalization", "features", "views"], kind="stable")
    for key, system in rows.groupby(SYSTEM, sort=False):
        best = system.loc[system.groupby("fold")["inner_uar"].idxmax()]
        counts = best[CANDIDATE].agg(" ".join, axis=1).str.strip().value_counts()
        named = "; ".join(f"{name}: {count}" for name, count in counts.items() if name)
        n_candidates = str(len(system.groupby(CANDIDATE)))
        chosen.append(_line([*describe(*key), n_candidates, *summarize(best), named]))
        for candidate, group in system.groupby(CANDIDATE, sort=False):
            every.append(_line([*describe(*key), *candidate, *summarize(group)]))
    by_task = rows.groupby(["corpus", "normalization"], sort=False)
    for (corpus, normalization), task in by_task:
        best = task.loc[task.groupby("fold")["inner_uar"].idxmax()]
        named = describe(corpus, "chosen among all of these", normalization, 0)[:3]
        systems = best["features"] + " " + best["views"].astype(str)
        counts = "; ".join(f"{name}: {count}" for name, count in systems.value_counts().items())
        n_candidates = str(len(task.groupby(SYSTEM + CANDIDATE)))
        chosen.append(_line([*named, "-", n_candidates, *summarize(best), counts]))
    return "\n".join(
        [
            "Candidates chosen by inner splits in each fold:",
            "",
            *chosen,
            "",
            "All candidates; no selection:",
            "",
            *every,
        ]
    )


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=CORPORA)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--cache", type=Path, help="folder for features, some GB")
    parser.add_argument("--weights", nargs="+", default=(), metavar="NAME=FOLDER")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--table", action="store_true", help="only rewrite the table")
    args = parser.parse_args()
    file = args.output / "encoders.csv"
    if not args.table:
        if args.cache is None:
            parser.error("--cache is needed: a folder outside of the repository")
        runs = [
            Run(corpus, *system, fold)
            for model, corpus in product(args.models, args.corpora)
            for system in dict.fromkeys(plan(corpus, model))
            for fold in range(N_FOLDS[corpus])
        ]
        run_all(list(dict.fromkeys(runs)), file, args.cache, read_folders(args.weights))
    table = make_table(read_results(file))
    write_table(table, args.output / "encoders.md")
    print(table)


if __name__ == "__main__":
    main()

"""The published system's score, in the published order and on unseen speakers.

    python benchmarks/published_system.py [--cache FOLDER] [--output FOLDER] [--table]

The same network, recordings, features and epochs, scored in three ways that differ only in the
split:

- ``published``: each clip becomes three copies (unchanged, stretched, shifted), the copies are
  split at random, and early stopping and the learning rate use the test copies;
- ``clips``: clips are split at random first, views stay with their clip, early stopping uses a
  part of the training clips; the same speakers are on both sides;
- ``speakers``: the split is by speaker, and early stopping uses held-out training speakers.

RAVDESS: the 16 actors of EmoBox's test folds 1 to 4 in these four folds, six emotions (704 clips)
or all eight (960). EmoDB: seven emotions, 535 clips, one speaker left out in each of ten folds.
URDU: three folds by speaker, four emotions, 400 clips. The random orders have as many folds.
Sizes of each network:

- ``full``: as published, 6 epochs, by default the first fold only;
- ``quarter``: a quarter of the filters and units, otherwise as published, dropout too; 10 epochs;
- ``quarter_moving``: the same without recalibration (``recalibrate_norm=False``): inference uses
  the moving averages of batch normalisation, to the letter of the publication;
- ``eighth``: an eighth of the filters and units, without dropout and recalibration, and with
  momentum 0.9 in the batch normalisations; 20 epochs.

Networks: those of the publication, and two that differ in what the last LSTM passes on:
``cnn_lstm_mean`` the mean of its outputs over time (``lstm_pooling="mean"``; as published it
passes on its last output), ``lstm_last`` its last output (the default of ``lstm`` is the mean).

Features are kept in the cache. The scores of each fit are written to the CSV file at once; after
an interruption the same command continues. The table is
written from that file; ``--table`` only writes it.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from _common import RECORDINGS, track
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import PredefinedSplit, StratifiedGroupKFold, StratifiedKFold

ROOT = Path(__file__).parents[1]
NETWORKS = ("cnn", "cnn_lstm", "cnn_lstm_mean", "lstm", "lstm_last")
ORDERS = ("published", "clips", "speakers")
EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")
# Test folds 1 to 4 of EmoBox (Ma et al., 2024) for RAVDESS.
RAVDESS_FOLDS = (
    ("01", "11", "20", "21"),
    ("04", "10", "12", "14"),
    ("08", "09", "19", "23"),
    ("03", "05", "07", "24"),
)
# Three speakers of URDU have most of the angry clips: one of four folds would lack a class.
N_FOLDS = {"ravdess": 4, "ravdess8": 4, "emodb": 10, "urdu": 3}

_NO_DROPOUT = {"model__dense_dropout": 0.0, "model__momentum": 0.9, "recalibrate_norm": False}
_EIGHTH_CONV = {"model__filters": (8, 16, 32, 64), "model__dropout": 0.0}
_EIGHTH_LSTM = {
    "model__lstm_units": (32, 16),
    "model__lstm_dropout": 0.0,
    "model__dense_units": (32, 16),
}
_QUARTER_CONV = {"model__filters": (16, 32, 64, 128)}
_QUARTER_LSTM = {"model__lstm_units": (64, 32), "model__dense_units": (64, 32)}
_QUARTER = {
    "cnn": {"model__dense_units": (128, 64)} | _QUARTER_CONV,
    "cnn_lstm": _QUARTER_CONV | _QUARTER_LSTM,
    "lstm": _QUARTER_LSTM,
}
# What the last LSTM passes on, where that is not the default.
POOLINGS = {
    "cnn_lstm_mean": ("cnn_lstm", {"model__lstm_pooling": "mean"}),
    "lstm_last": ("lstm", {"model__lstm_pooling": "last"}),
}
_MOVING = {"recalibrate_norm": False}
TITLES = {
    "ravdess": "RAVDESS, 6 emotions",
    "ravdess8": "RAVDESS, 8",
    "emodb": "EmoDB",
    "urdu": "URDU",
}


@dataclass(frozen=True)
class Size:
    """The size of the networks, and the length of their training."""

    epochs: int
    folds: int | None  # None for all
    params: dict[str, dict]


SIZES = {
    "eighth": Size(
        epochs=20,
        folds=None,
        params={
            "cnn": {"model__dense_units": (64, 32)} | _EIGHTH_CONV | _NO_DROPOUT,
            "cnn_lstm": _EIGHTH_CONV | _EIGHTH_LSTM | _NO_DROPOUT,
            "lstm": _EIGHTH_LSTM | _NO_DROPOUT,
        },
    ),
    "quarter": Size(epochs=10, folds=None, params=_QUARTER),
    "quarter_moving": Size(
        epochs=10,
        folds=None,
        params={name: params | _MOVING for name, params in _QUARTER.items()},
    ),
    "full": Size(epochs=6, folds=1, params={network: {} for network in _QUARTER}),
}


@dataclass(frozen=True)
class Run:
    """The key of one fit."""

    corpus: str
    network: str
    size: str
    order: str
    fold: int
    seed: int


KEY = [field.name for field in fields(Run)]


@dataclass(frozen=True)
class Data:
    """A corpus as features, its labels, its speakers and its folds by speaker."""

    X: NDArray[np.float32]  # (n_clips, n_views, n_bands, n_frames)
    y: NDArray
    speakers: NDArray
    fold: NDArray[np.intp]  # the fold that tests each clip


def load(corpus: str, cache: Path) -> Data:
    from sersk import load_audio_folder, load_emodb, load_ravdess

    if corpus in ("ravdess", "ravdess8"):
        emotions = EMOTIONS if corpus == "ravdess" else None
        bunch = load_ravdess(RECORDINGS / "ravdess", emotions=emotions)
        fold_of = {actor: k for k, actors in enumerate(RAVDESS_FOLDS) for actor in actors}
        fold = np.array([fold_of.get(speaker[-2:], -1) for speaker in bunch.groups])
    elif corpus == "emodb":
        bunch = load_emodb(RECORDINGS / "emodb")
        fold = np.unique(bunch.groups, return_inverse=True)[1]
    else:
        bunch = load_audio_folder(RECORDINGS / "urdu", speaker=r"(S[MF]\d+)_", name="urdu")
        fold = np.empty(len(bunch.data), dtype=int)
        folds = StratifiedGroupKFold(N_FOLDS[corpus])
        for k, (_, test) in enumerate(folds.split(bunch.data, bunch.target, bunch.groups)):
            fold[test] = k
    used = fold >= 0  # without the other actors of the complete RAVDESS
    X = load_features(corpus, bunch.data[used], cache)
    return Data(X, bunch.target[used], bunch.groups[used], fold[used])


def load_features(corpus: str, paths: NDArray, cache: Path) -> NDArray[np.float32]:
    """Return the published features of three views of each clip, from the cache if there."""
    from sersk import as_views, make_ser_pipeline

    file = cache / f"{corpus}_{len(paths)}.npy"
    if not file.exists():
        # RAVDESS begins with silence, which the publication skips; the others do not.
        offset = 0.5 if corpus.startswith("ravdess") else 0.0
        pipeline = make_ser_pipeline(offset=offset, n_jobs=-1, random_state=0, verbose=1)
        X = pipeline["frontend"].fit_transform(paths)
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file.with_suffix(".part.npy"), X)
        file.with_suffix(".part.npy").rename(file)
    return as_views(np.load(file, mmap_mode="r"))


def fit_and_score(run: Run, data: Data) -> dict[str, float]:
    """Train once, and score on the test set of the order."""
    from sersk import SpeechEmotionClassifier

    size = SIZES[run.size]
    network, params = POOLINGS.get(run.network, (run.network, {}))
    classifier = SpeechEmotionClassifier(
        network,
        epochs=size.epochs,
        random_state=run.seed,
        **size.params[network],
        **params,
    )
    if run.order == "published":
        # Every copy is a separate clip.
        X, y = data.X.reshape(-1, *data.X.shape[2:]), np.repeat(data.y, data.X.shape[1])
        train, test = random_fold(y, run)
        # The classifier takes no validation data. For early stopping on the test set, the test set
        # must be passed with the training clips, and a splitter must choose it.
        side = np.full(len(y), -1)
        side[test] = 0
        classifier.set_params(validation_split=PredefinedSplit(side)).fit(X, y)
    else:
        X, y = data.X, data.y
        if run.order == "clips":
            train, test = random_fold(y, run)
            classifier.fit(X[train], y[train])
        else:
            train, test = (
                np.flatnonzero(side) for side in (data.fold != run.fold, data.fold == run.fold)
            )
            classifier.fit(X[train], y[train], groups=data.speakers[train])
        train = np.delete(train, classifier.validation_indices_)
        X = X[:, 0]  # the clean view
    predicted, on_training = classifier.predict(X[test]), classifier.predict(X[train])
    return {
        "uar": balanced_accuracy_score(y[test], predicted),
        "accuracy": accuracy_score(y[test], predicted),
        "train_uar": balanced_accuracy_score(y[train], on_training),
        "epochs": len(classifier.history_["loss"]),
        "best_epoch": int(np.argmin(classifier.history_["val_loss"])) + 1,
        "n_test": len(test),
    }


def random_fold(y: NDArray, run: Run) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    folds = StratifiedKFold(N_FOLDS[run.corpus], shuffle=True, random_state=run.seed)
    return list(folds.split(y, y))[run.fold]


def plan(args: argparse.Namespace) -> Iterator[Run]:
    """Yield the fits, the quick ones first."""
    for size, corpus, network, order in product(
        args.sizes, args.corpora, args.networks, args.orders
    ):
        # On two cores a fit at full size takes half an hour.
        if size == "full" and (corpus != "ravdess" or order == "clips"):
            continue
        for fold in range(min(args.folds or SIZES[size].folds or 10, N_FOLDS[corpus])):
            yield Run(corpus, network, size, order, fold, seed=0)


def read_results(file: Path) -> pd.DataFrame:
    return pd.read_csv(file) if file.exists() else pd.DataFrame(columns=KEY)


def run_all(runs: list[Run], file: Path, cache: Path) -> None:
    """Fit runs that are not in the file, and add their rows."""
    known = {Run(*row) for row in read_results(file)[KEY].itertuples(index=False)}
    missing = [run for run in runs if run not in known]
    file.parent.mkdir(parents=True, exist_ok=True)
    data = {corpus: load(corpus, cache) for corpus in {run.corpus for run in missing}}
    for run in track(missing, len(missing), "Fitting"):
        row = asdict(run) | fit_and_score(run, data[run.corpus])
        pd.DataFrame([row]).to_csv(
            file, mode="a", header=not file.exists(), index=False, float_format="%.4f"
        )


def make_table(results: pd.DataFrame) -> str:
    """Return a Markdown table, a row for each network, mean and spread over folds."""

    def cell(scores: pd.Series) -> str:
        if scores.empty:
            return "not run"
        spread = f" ± {100 * scores.std():.0f}" if len(scores) > 1 else ""
        return f"{100 * scores.mean():.0f}{spread}"

    lines = [
        "| corpus | network | size | folds | published order: accuracy | published order: UAR "
        "| by clip: UAR | by speaker: UAR | by speaker: accuracy | gap in UAR "
        "| training clips, published order: UAR | training clips, by speaker: UAR |",
        "|" + "---|" * 12,
    ]
    rank = {name: i for i, name in enumerate((*SIZES, *N_FOLDS, *NETWORKS))}
    groups = results.groupby(["size", "corpus", "network"])
    for (size, corpus, network), rows in sorted(
        groups, key=lambda group: [rank[name] for name in group[0]]
    ):
        published, clips, speakers = (rows[rows["order"] == order] for order in ORDERS)
        cells = [
            TITLES[corpus],
            f"`{network}`",
            size,
            str(len(speakers)),
            cell(published["accuracy"]),
            cell(published["uar"]),
            cell(clips["uar"]),
            cell(speakers["uar"]),
            cell(speakers["accuracy"]),
            "not run"
            if published.empty or speakers.empty
            else f"{100 * (published['uar'].mean() - speakers['uar'].mean()):.0f}",
            cell(published["train_uar"]),
            cell(speakers["train_uar"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_table(table: str, page: Path) -> None:
    """Write the table between its markers in the page; create the page if there is none."""
    begin, end = "<!-- table -->", "<!-- end of table -->"
    text = page.read_text(encoding="utf-8") if page.exists() else f"{begin}\n{end}\n"
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", nargs="+", choices=tuple(N_FOLDS))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS)
    parser.add_argument("--sizes", nargs="+", choices=tuple(SIZES))
    parser.add_argument("--orders", nargs="+", choices=ORDERS)
    parser.add_argument("--folds", type=int, help="the first folds only; by default all")
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--table", action="store_true", help="only rewrite the table")
    parser.set_defaults(
        corpora=tuple(N_FOLDS), networks=NETWORKS, sizes=tuple(SIZES), orders=ORDERS
    )
    args = parser.parse_args()
    file = args.output / "published_system.csv"
    if not args.table:
        run_all(list(plan(args)), file, args.cache)
    table = make_table(read_results(file))
    write_table(table, args.output / "published_system.md")
    print(table)


if __name__ == "__main__":
    main()

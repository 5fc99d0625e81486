"""The functionals preset and the published networks on unseen speakers.

    python benchmarks/accuracy.py [--corpora ...] [--systems ...] [--seeds 0 1 2] [--table]
        [--encoder FOLDER]

Corpora and folds are those of ``benchmarks/classical.py``, whose rows are in the same file:
RAVDESS with all eight emotions in four folds of 12 speakers to train on and 4 to test, URDU with
four emotions in three folds by speaker. Model selection (shrinkage and temperature, the epoch to
stop at) is done within ``fit``, with held-out training speakers. The test speakers of a fold are
used once, for the score.

Systems:

- ``preset``: ``make_ser_pipeline(preset="functionals")``;
- ``preset_clean``: the same without views;
- ``preset_by_speaker``: the same, the features of each speaker standardised by that speaker's
  clips, without labels, also in the test set: another task, as it needs several clips of a speaker;
- ``preset_six``: the same on the six emotions of the published system, thus on the clips and
  folds of ``benchmarks/published_system.py``, which has the published networks' scores by speaker;
- ``pretrained``, ``pretrained_by_speaker``: ``make_ser_pipeline(preset="pretrained")``, and the
  same standardised by speaker; Whisper's weights are downloaded, or read from ``--encoder``;
- ``narrow_cnn``, ``narrow_cnn_lstm``: the published networks, as narrow as in
  ``benchmarks/published_system.py`` (an eighth of the filters, no dropout, momentum 0.9), 20
  epochs;
- ``published_cnn``: as published, on the first fold of RAVDESS, 6 epochs, since 30 would take
  hours for each fold; its dropout before batch normalisation needs more than that.

A front end learns nothing, and its random draws for a clip depend only on the seed and that clip.
Therefore features are computed once for each seed, kept in the cache, and equal those of a fit in
each fold. The scores of each fold are written to ``presets.csv`` at once; after an interruption
the same command continues.
"""

import argparse
import time
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from _common import track
from classical import KEY, ROOT, Corpus, Run, add_row, load, make_table, read_results
from numpy.typing import NDArray
from published_system import EMOTIONS, SIZES, write_table
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.pipeline import Pipeline

from sersk import as_views, expected_calibration_error, make_ser_pipeline

N_FOLDS = {"ravdess": 4, "urdu": 3}
# system -> name of its features, and the arguments of make_ser_pipeline
SYSTEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "preset": ("functionals", {"preset": "functionals"}),
    "preset_clean": ("functionals", {"preset": "functionals", "augmentation": False}),
    "preset_six": ("functionals", {"preset": "functionals"}),
    "preset_by_speaker": (
        "functionals",
        {"preset": "functionals", "normalization": "speaker"},
    ),
    "pretrained": ("pretrained", {"preset": "pretrained"}),
    "pretrained_by_speaker": (
        "pretrained",
        {"preset": "pretrained", "normalization": "speaker"},
    ),
    **{
        f"narrow_{network}": (
            "mel",
            {"classifier": network, "epochs": SIZES["eighth"].epochs}
            | SIZES["eighth"].params[network],
        )
        for network in ("cnn", "cnn_lstm")
    },
    "published_cnn": ("mel", {"epochs": 6}),
}
# Systems that do not depend on the seed, or are too slow for more than one.
ONE_SEED = ("preset_clean", "pretrained", "pretrained_by_speaker", "published_cnn")
ONE_FOLD = ("published_cnn",)
RAVDESS_ONLY = ("published_cnn", "preset_six")


def make(system: str, corpus: str, seed: int) -> Pipeline:
    features, arguments = SYSTEMS[system]
    if features == "mel" and corpus == "ravdess":
        arguments = arguments | {"offset": 0.5}  # skip silence, as in the publication
    return make_ser_pipeline(n_jobs=-1, random_state=seed, **arguments)


def load_views(
    corpus: Corpus, system: str, seed: int, cache: Path, encoder: str | None
) -> NDArray[np.float32]:
    """Return the features of all views, the clean one first, from the cache if there."""
    features = SYSTEMS[system][0]
    # the published mel views have no random draws
    seed = 0 if features == "mel" else seed
    file = cache / f"{corpus.name}_{features}_views_{len(corpus.paths)}_{seed}.npy"
    if not file.exists():
        kind = {"functionals": "preset", "mel": "narrow_cnn"}.get(features, features)
        frontend = make(kind, corpus.name, seed)["frontend"].set_params(verbose=1)
        if features == "pretrained" and encoder is not None:
            frontend.set_params(features__model=encoder)
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file.with_suffix(".part.npy"), frontend.fit_transform(corpus.paths))
        file.with_suffix(".part.npy").rename(file)
    return as_views(np.load(file, mmap_mode="r"))


def fit_and_score(run: Run, corpus: Corpus, cache: Path, encoder: str | None) -> dict[str, Any]:
    views = load_views(corpus, run.system, run.seed, cache, encoder)
    if run.system == "preset_clean":
        views = as_views(views[:, :1])
    rest = make(run.system, corpus.name, run.seed)[1:]
    used = np.isin(corpus.y, EMOTIONS) if run.system == "preset_six" else corpus.fold >= 0
    train, test = (
        np.flatnonzero(used & side) for side in (corpus.fold != run.fold, corpus.fold == run.fold)
    )
    begin = time.perf_counter()
    rest.fit(views[train], corpus.y[train], groups=corpus.speakers[train])
    seconds = time.perf_counter() - begin
    routed = {"groups": corpus.speakers[test]} if "normalizer" in rest.named_steps else {}
    proba = rest.predict_proba(np.ascontiguousarray(views[test, 0]), **routed)
    classifier = rest[-1]
    predicted = classifier.classes_[proba.argmax(axis=1)]
    row = {
        "uar": balanced_accuracy_score(corpus.y[test], predicted),
        "accuracy": accuracy_score(corpus.y[test], predicted),
        "ece": expected_calibration_error(corpus.y[test], proba, classes=classifier.classes_),
        "fit_seconds": seconds,
        "n_test": len(test),
    }
    if hasattr(classifier, "shrinkage_"):
        row["inner_uar"] = classifier.shrinkage_scores_[classifier.shrinkage_]
        row["chosen"] = f"shrinkage={classifier.shrinkage_:.3g}"
    else:
        row["chosen"] = f"epochs={len(classifier.history_['loss'])}"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", nargs="+", choices=tuple(N_FOLDS), default=tuple(N_FOLDS))
    parser.add_argument("--systems", nargs="+", choices=tuple(SYSTEMS), default=tuple(SYSTEMS))
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--encoder", help="a folder with the weights of Whisper base")
    parser.add_argument("--table", action="store_true", help="only rewrite the table")
    args = parser.parse_args()
    file = args.output / "presets.csv"
    if not args.table:
        sklearn.set_config(enable_metadata_routing=True)
        runs = [
            Run(corpus, system, seed, fold)
            for system, corpus, seed in product(args.systems, args.corpora, args.seeds)
            for fold in range(1 if system in ONE_FOLD else N_FOLDS[corpus])
            if not (system in ONE_SEED and seed != args.seeds[0])
            and not (system in RAVDESS_ONLY and corpus == "urdu")
        ]
        known = {Run(*row) for row in read_results(file)[KEY].itertuples(index=False)}
        missing = [run for run in runs if run not in known]
        corpora = {name: load(name) for name in {run.corpus for run in missing}}
        for run in track(missing, len(missing), "Fitting"):
            add_row(
                asdict(run) | fit_and_score(run, corpora[run.corpus], args.cache, args.encoder),
                file,
            )
    table = make_table(read_results(file), list(args.systems))
    write_table(table, args.output / "presets.md")
    print(table)


if __name__ == "__main__":
    main()

"""Presets on recordings from other rooms, microphones and telephones.

    SERSK_DATA=FOLDER python benchmarks/conditions.py --cache FOLDER [--presets ...] [--folds ...]
        [--conditions ...]
    SERSK_DATA=FOLDER python benchmarks/conditions.py --cache FOLDER --across [--presets ...]
    python benchmarks/conditions.py --table

Clips are tested clean and under each of the conditions of `sersk.signal.hear`: UAR, and the share
of clips whose label is another one than for the clean clip. Within RAVDESS a preset is trained on
the actors of three of EmoBox's test folds 1 to 4 and tested on the four of the other one, eight
emotions. ``--across`` trains it on all of RAVDESS and tests it on every second clip of EmoDB, and
the other way round, with the six emotions that both have.

"published" is a quarter of the preset's network, trained for ten epochs: see
``benchmarks/published_system.py``. ``--plain`` measures a preset without level normalisation, with
views of other speeds only.

Features are kept in the cache, so an interrupted run is resumed. Rows go to ``conditions.csv``, and
the tables in ``conditions.md`` are made from it.
"""

import argparse
import zlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from _common import RECORDINGS, track
from encoders import NAMES
from numpy.typing import NDArray
from published_system import EMOTIONS, RAVDESS_FOLDS, SIZES, write_table
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils import Bunch

from sersk import (
    AudioAugmenter,
    AudioLoader,
    as_views,
    load_emodb,
    load_ravdess,
    make_ser_pipeline,
)
from sersk.signal import CONDITIONS, hear

RESULTS = Path(__file__).parents[1] / "docs" / "results"
KEY = ["system", "train", "test", "fold", "condition"]
SAMPLE_RATE = 22_050
TITLES = {"published": "published, a quarter"}
_DURATION = 6.0
_CHUNK = 48  # clips, after which features are kept
_N_PLAIN_VIEWS = {"functionals": 4, "pretrained": 2}
PRESETS = (*_N_PLAIN_VIEWS, "published")


def make_pipeline(preset: str, weights: str | None, *, plain: bool) -> Any:
    if preset == "published":
        quarter = SIZES["quarter"]
        return make_ser_pipeline(random_state=0, epochs=quarter.epochs, **quarter.params["cnn"])
    pipeline = make_ser_pipeline(preset=preset, random_state=0)
    if weights and preset == "pretrained":
        pipeline.set_params(frontend__features__model=weights)
    if plain:
        views = AudioAugmenter(
            time_stretch=None,
            pitch_shift=None,
            speed=(0.85, 1.18),
            n_views=_N_PLAIN_VIEWS[preset],
            random_state=0,
        )
        pipeline.set_params(frontend__augmenter=views, frontend__features__level_db=None)
        if preset == "functionals":
            pipeline.set_params(frontend__features__noise_margin=None)
    return pipeline


def load_corpora() -> dict[str, Bunch]:
    """Return both corpora; RAVDESS with the fold of each clip, EmoDB every second clip."""
    ravdess = load_ravdess(RECORDINGS / "ravdess")
    fold_of = {actor: k for k, actors in enumerate(RAVDESS_FOLDS, start=1) for actor in actors}
    ravdess.fold = np.array([fold_of.get(str(speaker)[-2:], 0) for speaker in ravdess.groups])
    emodb = load_emodb(RECORDINGS / "emodb", emotions=EMOTIONS)
    emodb.fold = np.zeros(len(emodb.data), int)
    return {"ravdess": ravdess, "emodb": emodb}


def load_sounds(paths: NDArray) -> list[NDArray[np.float32]]:
    """Return waveforms without padding."""
    loaded = AudioLoader(SAMPLE_RATE, duration=_DURATION).fit_transform(paths)
    return [clip[: np.flatnonzero(clip)[-1] + 1] for clip in loaded]


class Features:
    """Features of the clips of a preset, from its cache as far as they are there."""

    def __init__(self, frontend: Any, corpora: dict[str, Bunch], cache: Path) -> None:
        with sklearn.config_context(print_changed_only=False):
            whole = frontend.__repr__(N_CHAR_MAX=100_000)  # repr() leaves out the middle
        settings = zlib.crc32(whole.encode())
        self.frontend, self.corpora = frontend, corpora
        self.folder = cache / f"{settings:08x}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def views(self, corpus: str, fold: int) -> NDArray:
        """Return the views of the clips of a fold, as for training."""
        paths = self.corpora[corpus].data[self.corpora[corpus].fold == fold]
        return self._make(f"{corpus} {fold} views", lambda: paths, len(paths), fitting=True)

    def heard(self, corpus: str, fold: int, condition: str) -> NDArray:
        """Return the clips of a fold under a condition: all of RAVDESS, every second of EmoDB."""
        chosen = tested(self.corpora[corpus], fold)
        paths, groups = self.corpora[corpus].data[chosen], self.corpora[corpus].groups[chosen]

        def sounds() -> list[NDArray[np.float32]]:
            return hear(load_sounds(paths), groups, condition, SAMPLE_RATE)

        name = f"{corpus} {fold} {condition.replace('/', ' ')}"
        return self._make(name, sounds, len(paths), fitting=False)

    def _make(self, name: str, load: Any, n_clips: int, *, fitting: bool) -> NDArray:
        files = [self.folder / f"{name} {start}.npy" for start in range(0, n_clips, _CHUNK)]
        if not all(file.exists() for file in files):
            clips = load()
            for number, file in enumerate(track(files, len(files), name)):
                if file.exists():
                    continue
                chunk = clips[number * _CHUNK : (number + 1) * _CHUNK]
                step = self.frontend
                made = step.fit_transform(chunk) if fitting else step.transform(chunk)
                part = file.with_suffix(".part.npy")
                np.save(part, np.asarray(made))
                part.rename(file)
        return np.concatenate([np.load(file) for file in files])


def tested(corpus: Bunch, fold: int) -> NDArray[np.intp]:
    """Return which clips of a fold are tested."""
    chosen = np.flatnonzero(corpus.fold == fold)
    return chosen if fold else chosen[::2]


def fit(pipeline: Any, features: Features, corpus: str, folds: list[int], emotions: Any) -> Any:
    """Fit the classifier on the clips of these folds; a network is kept in the cache."""
    bunch = features.corpora[corpus]
    chosen = np.concatenate([np.flatnonzero(bunch.fold == fold) for fold in folds])
    kept = np.isin(bunch.target[chosen], emotions)
    file = features.folder / f"classifier {corpus} {'+'.join(map(str, folds))} {kept.sum()}.joblib"
    network = hasattr(pipeline["classifier"], "epochs")
    if network and file.exists():
        return joblib.load(file)
    views = np.concatenate([features.views(corpus, fold) for fold in folds])
    order = np.argsort(chosen)[kept[np.argsort(chosen)]]  # as in the corpus
    views, chosen = views[order], chosen[order]
    classifier = clone(pipeline["classifier"])
    classifier.fit(as_views(views), bunch.target[chosen], groups=bunch.groups[chosen])
    if network:
        joblib.dump(classifier, file)
    return classifier


def measure(
    system: str,
    pipeline: Any,
    features: Features,
    train: str,
    test: str,
    folds: list[int],
    conditions: list[str],
) -> Iterator[dict[str, Any]]:
    """Yield the scores: within a corpus of each fold, across corpora of all clips together."""
    target, source = features.corpora[test], features.corpora[train]
    for fold in folds:
        of_training = sorted({*map(int, source.fold)} - ({fold} if train == test else set()))
        of_test = [fold] if train == test else sorted({*map(int, target.fold)})
        emotions = np.unique(source.target) if train == test else EMOTIONS
        classifier = fit(pipeline, features, train, of_training, emotions)
        chosen = np.concatenate([tested(target, one) for one in of_test])
        kept = np.isin(target.target[chosen], emotions)
        y, clean = target.target[chosen][kept], None
        for condition in conditions:
            X = np.concatenate([features.heard(test, one, condition) for one in of_test])[kept]
            labels = classifier.predict(X)
            clean = labels if clean is None else clean
            yield {
                "system": system,
                "train": train,
                "test": test,
                "fold": fold,
                "condition": condition,
                "uar": round(100 * balanced_accuracy_score(y, labels), 2),
                "changed": round(100 * np.mean(labels != clean), 2),
                "n_clips": len(y),
            }


def keep(rows: list[dict[str, Any]], file: Path) -> None:
    """Write rows to the results, in place of earlier ones of the same key."""
    found = pd.DataFrame(rows)
    if file.exists():
        found = pd.concat([pd.read_csv(file), found]).drop_duplicates(KEY, keep="last")
    found.to_csv(file, index=False, lineterminator="\n")


def make_table(results: pd.DataFrame) -> str:
    """Return tables in Markdown: the first fold of RAVDESS, all folds, then across corpora."""
    within = results[results["train"] == results["test"]]
    lines = ["Within RAVDESS, eight emotions, tested on actors 01, 11, 20 and 21:", ""]
    lines += _rows(within[within["fold"] == 1], lambda row: row["system"])
    for system, rows in within.groupby("system", sort=False):
        n_folds = rows.groupby("condition")["fold"].nunique()
        if n_folds.max() > 1:
            of_all = rows[rows["condition"].map(n_folds) == n_folds.max()]
            lines += ["", f"The same for {system}, by the actors that it is tested on:", ""]
            lines += _rows(of_all, lambda row: ", ".join(RAVDESS_FOLDS[row["fold"] - 1]), mean=True)
    across = results[results["train"] != results["test"]]
    if len(across):
        lines += ["", "Across corpora, six emotions:", ""]
        lines += _rows(
            across, lambda row: f"{row['system']}, {NAMES[row['train']]} to {NAMES[row['test']]}"
        )
    return "\n".join(lines)


def _rows(results: pd.DataFrame, name: Any, *, mean: bool = False) -> list[str]:
    titled = results.replace({"system": TITLES})
    titled = titled.assign(column=titled.apply(name, axis=1))
    columns = list(dict.fromkeys(titled["column"]))
    head = [f"{column}: UAR (changed)" for column in columns] + ["mean ± deviation"] * mean
    lines = ["| condition | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    for condition in CONDITIONS:
        of = titled[titled["condition"] == condition].set_index("column")
        if not len(of):
            continue
        cells = [
            f"{of['uar'][column]:.1f} ({of['changed'][column]:.1f})" if column in of.index else "-"
            for column in columns
        ]
        if mean:
            cells.append(f"{of['uar'].mean():.1f} ± {of['uar'].std():.1f}")
        lines.append(f"| {condition} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=PRESETS)
    parser.add_argument("--folds", nargs="+", type=int, choices=(1, 2, 3, 4), default=[1, 2, 3, 4])
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--across", action="store_true", help="RAVDESS to EmoDB, and back")
    parser.add_argument(
        "--weights", metavar="FOLDER", help="of Whisper base, in place of a download"
    )
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--cache", type=Path, help="folder for features, 2 GB")
    parser.add_argument("--table", action="store_true", help="only rewrite the tables")
    args = parser.parse_args()
    args.conditions = ["clean", *(name for name in args.conditions if name != "clean")]
    file = RESULTS / "conditions.csv"
    if not args.table:
        if args.cache is None:
            parser.error("--cache is needed: a folder outside of the repository")
        corpora = load_corpora()
        pairs = [("ravdess", "emodb"), ("emodb", "ravdess")] if args.across else []
        for preset, (train, test) in product(args.presets, pairs or [("ravdess", "ravdess")]):
            pipeline = make_pipeline(preset, args.weights, plain=args.plain)
            features = Features(pipeline["frontend"], corpora, args.cache)
            system = f"{preset}, plain" if args.plain else preset
            folds = [0] if args.across else args.folds
            rows = measure(system, pipeline, features, train, test, folds, args.conditions)
            keep(list(rows), file)
    table = make_table(pd.read_csv(file))
    write_table(table, RESULTS / "conditions.md")
    print(table)


if __name__ == "__main__":
    main()

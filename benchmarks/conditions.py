"""Presets on recordings from other rooms, microphones and telephones.

    SERSK_DATA=FOLDER python benchmarks/conditions.py --cache FOLDER [--presets ...]

A preset is trained on the clips of twelve actors of RAVDESS and tested on those of the four others
(01, 11, 20, 21), clean and under each of the conditions of `sersk.signal.hear`: UAR over eight
emotions, and the share of clips whose label is another one than for the clean clip. Features are
kept in the cache, so an interrupted run is resumed. Rows go to ``docs/results/conditions.csv``.

``--plain`` measures the preset without level normalisation, with views of other speeds only.
"""

import argparse
import csv
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from _common import RECORDINGS, print_table, track
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score

from sersk import AudioAugmenter, AudioLoader, as_views, load_ravdess, make_ser_pipeline
from sersk.signal import CONDITIONS, hear

TEST_ACTORS = ("01", "11", "20", "21")
RESULTS = Path(__file__).parents[1] / "docs" / "results" / "conditions.csv"
FIELDS = ("system", "condition", "uar", "changed", "n_clips")
SAMPLE_RATE = 22_050
_DURATION = 6.0
_CHUNK = 48  # clips, after which features are kept
_N_PLAIN_VIEWS = {"functionals": 4, "pretrained": 2}


def make_pipeline(preset: str, weights: str | None, *, plain: bool) -> Any:
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


def load_sounds(paths: NDArray) -> list[NDArray[np.float32]]:
    """Return waveforms without padding."""
    loaded = AudioLoader(SAMPLE_RATE, duration=_DURATION).fit_transform(paths)
    return [clip[: np.flatnonzero(clip)[-1] + 1] for clip in loaded]


def find_features(frontend: Any, clips: Any, name: str, cache: Path, *, fitting: bool) -> NDArray:
    """Return features of clips, from the cache as far as they are there."""
    with sklearn.config_context(print_changed_only=False):
        settings = zlib.crc32(repr(frontend).encode())
    folder = cache / f"{settings:08x}"
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for start in track(range(0, len(clips), _CHUNK), -(-len(clips) // _CHUNK), name):
        file = folder / f"{name.replace('/', ' ')} {start}.npy"
        if not file.exists():
            chunk = clips[start : start + _CHUNK]
            features = frontend.fit_transform(chunk) if fitting else frontend.transform(chunk)
            part = file.with_suffix(".part.npy")
            np.save(part, np.asarray(features))
            part.rename(file)
        made.append(np.load(file))
    return np.concatenate(made)


def measure(preset: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    corpus = load_ravdess(RECORDINGS / "ravdess")
    test = np.isin(corpus.groups, [f"ravdess-{actor}" for actor in TEST_ACTORS])
    pipeline = make_pipeline(preset, args.weights, plain=args.plain)
    frontend = pipeline["frontend"]
    views = find_features(frontend, corpus.data[~test], "views", args.cache, fitting=True)
    classifier = clone(pipeline["classifier"])
    classifier.fit(as_views(views), corpus.target[~test], groups=corpus.groups[~test])
    sounds = load_sounds(corpus.data[test])
    y, groups = corpus.target[test], corpus.groups[test]
    rows, clean = [], None
    for condition in args.conditions:
        heard = hear(sounds, groups, condition, SAMPLE_RATE)
        features = find_features(frontend, heard, condition, args.cache, fitting=False)
        labels = classifier.predict(features)
        clean = labels if clean is None else clean
        rows.append(
            {
                "system": f"{preset}, plain" if args.plain else preset,
                "condition": condition,
                "uar": round(100 * balanced_accuracy_score(y, labels), 1),
                "changed": round(100 * np.mean(labels != clean), 1),
                "n_clips": len(y),
            }
        )
    return rows


def keep(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write the rows to the results, in place of earlier ones of the same system."""
    others = []
    if RESULTS.exists():
        with RESULTS.open(encoding="utf-8", newline="") as file:
            others = [row for row in csv.DictReader(file) if row["system"] != rows[0]["system"]]
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*others, *rows])
    return [*others, *rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    presets = tuple(_N_PLAIN_VIEWS)
    parser.add_argument("--presets", nargs="+", choices=presets, default=presets)
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument(
        "--weights", metavar="FOLDER", help="of Whisper base, in place of a download"
    )
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--cache", type=Path, required=True)
    args = parser.parse_args()
    args.conditions = ["clean", *(name for name in args.conditions if name != "clean")]
    for preset in args.presets:
        rows = keep(measure(preset, args))
    systems = list(dict.fromkeys(row["system"] for row in rows))
    cells = {(row["system"], row["condition"]): row for row in rows}
    print_table(
        ("condition", *(f"{system}: UAR (labels changed)" for system in systems)),
        [
            (
                condition,
                *(
                    f"{row['uar']} ({row['changed']})" if row else "-"
                    for row in (cells.get((system, condition)) for system in systems)
                ),
            )
            for condition in args.conditions
        ],
    )


if __name__ == "__main__":
    main()

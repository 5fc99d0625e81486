"""How often prediction warns that a recording is unlike those of the training.

    SERSK_DATA=FOLDER python benchmarks/unlike.py --cache FOLDER [--step 2 --some 6]

The clips of each corpus are compared with training clips of other speakers: RAVDESS in four folds
by speaker, EmoDB by leaving one speaker out; and with the other corpus. As they are, under each of
the conditions of `sersk.signal.hear`, and in noise at 0 dB. Trained with clean clips only, or with
the views of the preset ``functionals``; its features do not depend on the level, so levels are not
compared, except in the column "level too". No features are computed: the comparison needs none.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from _common import RECORDINGS, print_table, track
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut

from sersk import AudioLoader, load_emodb, load_ravdess, make_ser_pipeline
from sersk.audio.unlike import FACTS, measure_sounds, summarize_sounds, tell_unlike
from sersk.signal import CONDITIONS, add_noise, hear

SAMPLE_RATE = 22_050
_DURATION = 6.0
_CHUNK = 32
_NOISE = "pink noise 0 dB"
_CORPORA = {
    "ravdess": (load_ravdess, GroupKFold(4)),
    "emodb": (load_emodb, LeaveOneGroupOut()),
}


def measure_corpus(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return what the clips of a corpus sound like, and some under each condition and as views."""
    corpus = _CORPORA[name][0](RECORDINGS / name)
    paths, groups = corpus.data[:: args.step], corpus.groups[:: args.step]
    some = np.arange(0, len(paths), args.some)
    found = {"groups": groups, "some": some, "folds": _CORPORA[name][1]}
    kept = args.cache / f"{name}-{args.step}-{args.some}.npz"
    if kept.exists():
        arrays = dict(np.load(kept))
        return found | {"views": arrays.pop("views"), "heard": arrays}
    loader = AudioLoader(SAMPLE_RATE, duration=_DURATION)
    heard: dict[str, NDArray] = {}
    clean, rows = [], []
    for start in track(range(0, len(paths), _CHUNK), -(-len(paths) // _CHUNK), f"{name}: clean"):
        chunk = loader.fit_transform(paths[start : start + _CHUNK])
        clean.append(measure_sounds(chunk, SAMPLE_RATE))
        rows += [chunk[i - start] for i in some if start <= i < start + len(chunk)]
    heard["clean"] = np.concatenate(clean)
    clips = [row[: np.flatnonzero(row)[-1] + 1] for row in rows]
    for condition in track([_NOISE, *CONDITIONS[1:]], len(CONDITIONS), f"{name}: conditions"):
        if condition == _NOISE:
            rngs = [np.random.default_rng([1, row]) for row in range(len(clips))]
            sounds = [add_noise(clip, 0.0, rng) for clip, rng in zip(clips, rngs, strict=True)]
        else:
            sounds = hear(clips, groups[some], condition, SAMPLE_RATE)
        heard[condition] = np.concatenate([measure_sounds(s[None], SAMPLE_RATE) for s in sounds])
    augmenter = make_ser_pipeline(preset="functionals", random_state=0)["frontend"]["augmenter"]
    views = []
    for start in track(range(0, len(rows), _CHUNK), -(-len(rows) // _CHUNK), f"{name}: views"):
        changed = np.asarray(augmenter.fit_transform(np.array(rows[start : start + _CHUNK])))
        views.append(measure_sounds(changed, SAMPLE_RATE).reshape(len(changed), -1, len(FACTS)))
    args.cache.mkdir(parents=True, exist_ok=True)
    np.savez(kept, views=np.concatenate(views), **heard)
    return found | {"heard": heard, "views": np.concatenate(views)}


def find_share(
    test: dict[str, Any], source: dict[str, Any], condition: str, *, views: bool, level: bool
) -> float:
    """Return the percentage of clips with a warning."""
    groups, folds = test["groups"], [(np.arange(len(source["groups"])), None)]
    if source is test:
        folds = list(test["folds"].split(groups, groups=groups))
    rows = np.arange(len(groups)) if condition == "clean" else test["some"]
    unlike = []
    for train, held_out in folds:
        training = source["heard"]["clean"][train]
        if views:
            seen = source["views"][np.isin(source["some"], train)]
            training = np.concatenate([training, seen.reshape(-1, training.shape[1])])
        known = summarize_sounds(training, len(train)) | {"level_matters": level}
        chosen = test["heard"][condition][
            np.isin(rows, held_out) if source is test else slice(None)
        ]
        unlike += [bool(tell_unlike(sound, known)) for sound in chosen]
    return 100 * float(np.mean(unlike))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=int, default=1, help="take every nth clip only")
    parser.add_argument(
        "--some", type=int, default=1, help="of these, change every nth: conditions and views"
    )
    parser.add_argument("--cache", type=Path, required=True)
    args = parser.parse_args()
    corpora = {name: measure_corpus(name, args) for name in _CORPORA}
    ways = [(False, False), (False, True), (True, False)]
    for test, clips in corpora.items():
        for source, trained in corpora.items():
            print(f"\nClips of {test}; trained on {source}, other speakers; % with a warning\n")
            rows = [
                (
                    f"{condition} ({len(sounds)} clips)",
                    *(
                        f"{find_share(clips, trained, condition, views=views, level=level):.1f}"
                        for views, level in ways
                    ),
                )
                for condition, sounds in clips["heard"].items()
            ]
            columns = ("clean clips", "clean clips, level too", "with the preset's views")
            print_table(("condition", *columns), rows)


if __name__ == "__main__":
    main()

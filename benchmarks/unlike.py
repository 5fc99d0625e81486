"""How often prediction warns that a recording is unlike those of the training.

    SERSK_DATA=FOLDER python benchmarks/unlike.py --cache FOLDER [--step 2]

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
from sersk.audio.unlike import measure_sounds, summarize_sounds, tell_unlike
from sersk.signal import CONDITIONS, add_noise, hear

SAMPLE_RATE = 22_050
_DURATION = 6.0
_CHUNK = 32
_NOISE = "pink noise 0 dB"
_CORPORA = {
    "ravdess": (load_ravdess, GroupKFold(4)),
    "emodb": (load_emodb, LeaveOneGroupOut()),
}


def measure_corpus(name: str, step: int, cache: Path) -> dict[str, Any]:
    """Return what the clips of a corpus sound like under each condition, and as views."""
    corpus = _CORPORA[name][0](RECORDINGS / name)
    paths, groups = corpus.data[::step], corpus.groups[::step]
    kept = cache / f"{name}-{step}.npz"
    if kept.exists():
        arrays = dict(np.load(kept))
        views = arrays.pop("views")
        return {"groups": groups, "heard": arrays, "views": views, "folds": _CORPORA[name][1]}
    loader = AudioLoader(SAMPLE_RATE, duration=_DURATION)
    augmenter = make_ser_pipeline(preset="functionals", random_state=0)["frontend"]["augmenter"]
    rows = loader.fit_transform(paths)
    views = [
        measure_sounds(augmenter.fit_transform(rows[start : start + _CHUNK]), SAMPLE_RATE)
        for start in track(range(0, len(rows), _CHUNK), -(-len(rows) // _CHUNK), f"{name}: views")
    ]
    clips = [row[: np.flatnonzero(row)[-1] + 1] for row in rows]
    heard: dict[str, NDArray] = {}
    for condition in track([*CONDITIONS, _NOISE], len(CONDITIONS) + 1, f"{name}: conditions"):
        if condition == _NOISE:
            rngs = [np.random.default_rng([1, row]) for row in range(len(clips))]
            sounds = [add_noise(clip, 0.0, rng) for clip, rng in zip(clips, rngs, strict=True)]
        else:
            sounds = hear(clips, groups, condition, SAMPLE_RATE)
        heard[condition] = np.concatenate([measure_sounds(s[None], SAMPLE_RATE) for s in sounds])
    by_clip = np.concatenate(views).reshape(len(rows), -1, heard["clean"].shape[1])
    cache.mkdir(parents=True, exist_ok=True)
    np.savez(kept, views=by_clip, **heard)
    return {"groups": groups, "heard": heard, "views": by_clip, "folds": _CORPORA[name][1]}


def count_warnings(sounds: NDArray, training: NDArray, *, level: bool) -> int:
    known = summarize_sounds(training.reshape(-1, training.shape[-1]))
    return sum(bool(tell_unlike(sound, known | {"level_matters": level})) for sound in sounds)


def find_shares(test: dict[str, Any], trained: dict[str, Any] | None) -> dict[str, list[float]]:
    """Return the percentages of clips with a warning, under each condition."""
    groups = test["groups"]
    folds = list(test["folds"].split(groups, groups=groups))
    if trained is not None:  # on all of another corpus
        folds = [(np.arange(len(trained["groups"])), np.arange(len(groups)))]
    source = trained or test
    ways = [(source["heard"]["clean"], False), (source["heard"]["clean"], True)]
    ways.append((source["views"], False))
    return {
        condition: [
            100 / len(groups) * sum(count_warnings(sounds[b], w[a], level=level) for a, b in folds)
            for w, level in ways
        ]
        for condition, sounds in test["heard"].items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=int, default=1, help="take every nth clip only")
    parser.add_argument("--cache", type=Path, required=True)
    args = parser.parse_args()
    corpora = {name: measure_corpus(name, args.step, args.cache) for name in _CORPORA}
    for test in corpora:
        for source in corpora:
            shares = find_shares(corpora[test], None if test == source else corpora[source])
            print(f"\nClips of {test}; trained on {source}, other speakers; % with a warning\n")
            print_table(
                ("condition", "clean clips", "clean clips, level too", "with the preset's views"),
                [(name, *(f"{value:.1f}" for value in row)) for name, row in shares.items()],
            )


if __name__ == "__main__":
    main()

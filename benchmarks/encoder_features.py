"""Corpora, folds and cached features of ``benchmarks/encoders.py``.

    python benchmarks/encoder_features.py --cache FOLDER [--corpora ...] [--features ...]

computes the features only. Those of an encoder are all statistics of all of its layers, in one
pass; a benchmark takes columns of them.
"""

import argparse
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from _common import RECORDINGS
from classical import Corpus, load
from numpy.typing import NDArray

from sersk import (
    AudioAugmenter,
    AudioLoader,
    FrontEnd,
    FunctionalsTransformer,
    WhisperEncoder,
    load_emodb,
)

CORPORA = ("ravdess", "emodb", "urdu")
POOLINGS = ("mean", "std", "max", "attention")
# model -> blocks, numbers a state
SIZES = {"base": (6, 512), "tiny.en": (4, 384)}
# As the presets have it: padding counts for nothing, and views are other speeds.
DURATION = 6.0
SPEED = (0.85, 1.18)


def load_corpus(name: str) -> Corpus:
    """Return paths, labels, speakers, and the fold that tests each clip."""
    if name != "emodb":
        return load(name)
    bunch = load_emodb(RECORDINGS / "emodb")
    _, fold = np.unique(bunch.groups, return_inverse=True)  # one speaker left out
    return Corpus(name, bunch.data, bunch.target, bunch.groups, fold)


def find_file(cache: Path, corpus: str, features: str, n_views: int, seed: int) -> Path:
    return cache / f"{corpus}_{features}_{n_views}_views_{seed}.npy"


def load_features(
    corpus: Corpus, features: str, n_views: int, seed: int, cache: Path, folders: dict[str, str]
) -> NDArray[np.float32]:
    """Return features of all clips, the clean view first, from the cache if there.

    Shape (n_clips, n_views, n_features); of an encoder n_features are layers x statistics x width.
    """
    larger = [
        file
        for n in range(n_views, 9)
        if (file := find_file(cache, corpus.name, features, n, seed)).exists()
    ]
    if not larger:
        larger = [find_file(cache, corpus.name, features, n_views, seed)]
        cache.mkdir(parents=True, exist_ok=True)
        part = larger[0].with_suffix(".part.npy")
        np.save(part, make_features(corpus.paths, features, n_views, seed, folders))
        part.rename(larger[0])
    return np.load(larger[0], mmap_mode="r")[:, :n_views]


def make_features(
    paths: Sequence[str], features: str, n_views: int, seed: int, folders: dict[str, str]
) -> NDArray[np.float32]:
    if features == "functionals":
        step = FunctionalsTransformer()
    else:
        layers = [*range(SIZES[features][0] + 1), "last"]
        model = folders.get(features, features)
        step = WhisperEncoder(model, layers=layers, pooling=POOLINGS)
    views = AudioAugmenter(
        time_stretch=None, pitch_shift=None, speed=SPEED, n_views=n_views, random_state=seed
    )
    steps = [("loader", AudioLoader(duration=DURATION)), ("views", views), ("features", step)]
    made = FrontEnd(steps, n_jobs=-1, verbose=1).fit_transform(paths)
    return np.asarray(made)


def take(
    features: NDArray[np.float32], model: str, layers: Sequence[int | str], poolings: Sequence[str]
) -> NDArray[np.float32]:
    """Return the columns of some layers and statistics, as `WhisperEncoder` gives them."""
    n_blocks, width = SIZES[model]
    shaped = features.reshape(*features.shape[:2], n_blocks + 2, len(POOLINGS), width)
    parts = [
        shaped[:, :, n_blocks + 1 if layer == "last" else int(layer), POOLINGS.index(pooling)]
        for layer, pooling in product(layers, poolings)
    ]
    return np.concatenate(parts, axis=-1)


def read_folders(given: Sequence[str]) -> dict[str, str]:
    """Return folders of weights by name of the model, from options NAME=FOLDER."""
    return dict(option.split("=", 1) for option in given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=CORPORA)
    names = ("functionals", *SIZES)
    parser.add_argument("--features", nargs="+", choices=names, default=names)
    parser.add_argument("--views", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--weights", nargs="+", default=(), metavar="NAME=FOLDER")
    args = parser.parse_args()
    for corpus, features in product(args.corpora, args.features):
        folders = read_folders(args.weights)
        found = load_corpus(corpus)
        load_features(found, features, args.views, args.seed, args.cache, folders)


if __name__ == "__main__":
    main()

"""Processor time from file to label with pretrained features and with functionals.

    python benchmarks/encoder_cost.py [--weights NAME=FOLDER ...]

32 clips of RAVDESS, one after the other, on one thread; the systems take turns for each clip. They
are fitted on the same clips, which changes nothing of the time that a prediction takes.
"""

import argparse
import time

import numpy as np
from _common import find_paths, print_table, spread
from encoder_features import read_folders
from threadpoolctl import threadpool_limits

from sersk import make_ser_pipeline

SYSTEMS = {
    "base, blocks 2 to 4": ("base", [2, 3, 4]),
    "tiny.en, blocks 1 to 3": ("tiny.en", [1, 2, 3]),
    "functionals": None,
}


def make_system(encoder: tuple[str, list[int]] | None, folders: dict[str, str]):
    if encoder is None:
        return make_ser_pipeline(preset="functionals", augmentation=False)
    name, layers = encoder
    return make_ser_pipeline(preset="pretrained", augmentation=False).set_params(
        frontend__features__model=folders.get(name, name), frontend__features__layers=layers
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", nargs="+", default=(), metavar="NAME=FOLDER")
    args = parser.parse_args()
    paths = find_paths(32)
    if paths is None:
        parser.error("RAVDESS is needed; see SERSK_DATA in benchmarks/README.md")
    y = np.resize(["anger", "happy", "neutral", "sad"], len(paths))
    folders = read_folders(args.weights)
    models = {
        name: make_system(encoder, folders).fit(paths, y) for name, encoder in SYSTEMS.items()
    }
    times: dict[str, list[float]] = {name: [] for name in models}
    with threadpool_limits(1):
        for path in paths:
            for name, model in models.items():
                begin = time.process_time()
                model.predict([path])
                times[name].append(time.process_time() - begin)
    print_table(
        ["features", "processor time from file to label, ms"],
        [[name, spread(values, 1e-3)] for name, values in times.items()],
    )


if __name__ == "__main__":
    main()

"""A corpus larger than memory: from paths to a fitted network, and the memory that it takes.

    python benchmarks/bounded_memory.py [--clips 10898] [--storage FOLDER] [--dtype float16]

The published corpus has 10,898 clips; as many are simulated by repeating the recordings at hand
(RAVDESS, otherwise synthetic speech). Each makes three views; features are kept in a file, and a
small network trains from there for one epoch. Prints the time of each stage and the largest
resident size of the process, as `/usr/bin/time -v` does too.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _common import find_paths, print_table

from sersk import FrontEnd, SpeechEmotionClassifier, make_ser_pipeline


def peak() -> float:
    """Return the largest resident size so far, in GiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB here
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=10_898)
    parser.add_argument("--storage", type=Path, default=None)
    parser.add_argument("--dtype", choices=("float32", "float16"), default="float16")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(arguments.clips, arguments.storage or Path(folder), arguments.dtype)


def run(n_clips: int, storage: Path, dtype: str) -> None:
    paths = find_paths(960)
    if paths is None:
        raise SystemExit("RAVDESS is needed; name its folder's parent by SERSK_DATA.")
    X = np.resize(paths, n_clips)
    y = np.resize(["anger", "disgust", "fear", "happy", "neutral", "sad"], n_clips)
    pipeline = make_ser_pipeline(n_jobs=-1, storage=storage, random_state=0)
    frontend: FrontEnd = pipeline["frontend"].set_params(dtype=dtype)
    rows = [["start (TensorFlow imported)", "", "", f"{peak():.2f}"]]
    begin = time.perf_counter()
    features = frontend.fit_transform(X)
    seconds = time.perf_counter() - begin
    size = features.nbytes / 1e9
    rows.append(
        [
            f"features {features.shape}, {dtype}: {size:.2f} GB",
            f"{seconds:.0f}",
            f"{n_clips / seconds:.0f}",
            f"{peak():.2f}",
        ]
    )
    classifier = SpeechEmotionClassifier(
        model__filters=(8, 16, 32, 32),
        model__dense_units=(32,),
        model__dropout=0.0,
        model__dense_dropout=0.0,
        model__momentum=0.9,
        epochs=1,
        random_state=0,
    )
    begin = time.perf_counter()
    classifier.fit(features, y)
    seconds = time.perf_counter() - begin
    rows.append(
        ["one epoch of a small CNN", f"{seconds:.0f}", f"{n_clips / seconds:.0f}", f"{peak():.2f}"]
    )
    print(f"{n_clips} clips x {features.shape[1]} views\n")
    print_table(["stage", "s", "clips/s", "largest resident size so far, GiB"], rows)


if __name__ == "__main__":
    main()

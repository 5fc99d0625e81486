"""A corpus larger than memory: time and memory from paths to a fitted network.

    python benchmarks/bounded_memory.py [--clips 10898] [--storage FOLDER] [--dtype float16]
                                        [--no-training]

The published corpus has 10,898 clips; as many are simulated by repeating the recordings
(RAVDESS). Each clip has three views; features are kept in a file, from which a small network
trains for one epoch. Prints the time of each stage and the largest
resident size of the process, as `/usr/bin/time -v` does too.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _common import find_paths, print_table

from sersk import SpeechEmotionClassifier, make_ser_pipeline


def peak() -> float:
    """Return the largest resident size so far, in GiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def measure(n_clips: int, storage: Path, dtype: str, train: bool) -> dict[str, float]:
    """Return seconds, gigabytes on disk and gibibytes resident of each stage."""
    paths = find_paths(960)
    if paths is None:
        raise SystemExit("RAVDESS is needed; name its folder's parent by SERSK_DATA.")
    X = np.resize(paths, n_clips)
    y = np.resize(["anger", "disgust", "fear", "happy", "neutral", "sad"], n_clips)
    frontend = make_ser_pipeline(n_jobs=-1, storage=storage, random_state=0)["frontend"]
    classifier = SpeechEmotionClassifier(
        model__filters=(8, 16, 32, 32),
        model__dense_units=(32,),
        model__dropout=0.0,
        model__dense_dropout=0.0,
        model__momentum=0.9,
        epochs=1,
        random_state=0,
    )
    found = {"start_gib": peak()}
    begin = time.perf_counter()
    features = frontend.set_params(dtype=dtype).fit_transform(X)
    found |= {"features_s": time.perf_counter() - begin, "features_gib": peak()}
    found["disk_gb"] = features.nbytes / 1e9
    if not train:
        return found
    begin = time.perf_counter()
    classifier.fit(features, y)
    return found | {"epoch_s": time.perf_counter() - begin, "epoch_gib": peak()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=10_898)
    parser.add_argument("--storage", type=Path, default=None)
    parser.add_argument("--dtype", choices=("float32", "float16"), default="float16")
    parser.add_argument("--no-training", action="store_true", help="features only")
    parser.add_argument("--json", action="store_true", help="print numbers only, as JSON")
    arguments = parser.parse_args()
    n_clips = arguments.clips
    with tempfile.TemporaryDirectory() as folder:
        storage = arguments.storage or Path(folder)
        found = measure(n_clips, storage, arguments.dtype, not arguments.no_training)
    if arguments.json:
        print(json.dumps(found))
        return
    print(f"{n_clips} clips x 3 views, {arguments.dtype}, {found['disk_gb']:.2f} GB on disk\n")
    print_table(
        ["stage", "s", "clips/s", "largest resident size so far, GiB"],
        [
            ["TensorFlow imported", "", "", f"{found['start_gib']:.2f}"],
            *(
                [
                    name,
                    f"{found[f'{key}_s']:.0f}",
                    f"{n_clips / found[f'{key}_s']:.0f}",
                    f"{found[f'{key}_gib']:.2f}",
                ]
                for name, key in (("features", "features"), ("one epoch, small CNN", "epoch"))
                if f"{key}_s" in found
            ),
        ],
    )


if __name__ == "__main__":
    main()

"""Training the published CNN: our fit against Keras's, and in bfloat16 against float32.

    python benchmarks/training.py [--clips 96] [--epochs 2] [--repetitions 5] [--filters 64 128 256
        512] [--processor] [--without-bfloat16]

Features are random numbers, 128 bands x 173 frames; batches of 32, no validation part. Keras
gets the same network, optimizer, arrays and epochs, in `Model.fit`, and makes neither estimates of
the statistics of batch normalisation nor keeps freed memory. So ours is timed without both, and
with each. All build the network in each repetition. Memory is the largest resident size of a
separate process. ``--processor`` gives processor time, for a machine with other work on it.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import numpy as np
from _common import print_table, spread, time_interleaved

CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sad")


def make_data(n_clips: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_clips, 128, 173), dtype=np.float32)
    return X, np.resize(CLASSES, n_clips)


def fit_ours(
    X: np.ndarray,
    y: np.ndarray,
    epochs: int,
    filters: tuple[int, ...],
    *,
    precision: str = "float32",
    recalibrate: bool = True,
    keep_memory: bool = True,
) -> None:
    from sersk import SpeechEmotionClassifier
    from sersk.classifiers import training

    classifier = SpeechEmotionClassifier(
        epochs=epochs,
        validation_split=0,
        precision=precision,
        recalibrate_norm=recalibrate,
        model__filters=filters,
        random_state=0,
    )
    with (
        nullcontext()
        if keep_memory
        else mock.patch.object(training, "keeping_memory", return_value=nullcontext(lambda: None))
    ):
        classifier.fit(X, y)


def fit_keras(X: np.ndarray, y: np.ndarray, epochs: int, filters: tuple[int, ...]) -> None:
    import keras

    from sersk.classifiers.networks import cnn

    model = cnn(X.shape[1:], len(CLASSES), filters=filters)
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-4),
        "categorical_crossentropy",
        metrics=["accuracy"],
    )
    targets = np.eye(len(CLASSES), dtype=np.float32)[np.searchsorted(CLASSES, y)]
    weights = np.ones(len(y), dtype=np.float32)
    model.fit(X, targets, sample_weight=weights, batch_size=32, epochs=epochs, verbose=0)


def peak_memory(who: str, arguments: argparse.Namespace) -> float:
    """Return the largest resident size of a fit in a separate process, in MB."""
    command = [sys.executable, __file__, "--memory", who, "--clips", str(arguments.clips)]
    command += ["--filters", *map(str, arguments.filters)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(answer.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--filters", type=int, nargs="+", default=(64, 128, 256, 512))
    parser.add_argument("--processor", action="store_true", help="processor time, not elapsed")
    parser.add_argument("--without-bfloat16", action="store_true")
    parser.add_argument("--memory", choices=("ours", "keras"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    X, y = make_data(arguments.clips)
    epochs, filters = arguments.epochs, tuple(arguments.filters)
    if arguments.memory:
        {"ours": fit_ours, "keras": fit_keras}[arguments.memory](X, y, 1, filters)
        # not getrusage, whose value starts at that of the parent process
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
        return

    def ours(**options: Any) -> Callable[[], None]:
        return lambda: fit_ours(X, y, epochs, filters, **options)

    fits = {
        "Keras": lambda: fit_keras(X, y, epochs, filters),
        "sersk, neither": ours(recalibrate=False, keep_memory=False),
        "sersk, statistics estimated": ours(keep_memory=False),
        "sersk, freed memory kept": ours(recalibrate=False),
        "sersk, both: the default": ours(),
    }
    if not arguments.without_bfloat16:
        fits["sersk, both, mixed_bfloat16"] = ours(precision="mixed_bfloat16")
    clock = time.process_time if arguments.processor else time.perf_counter
    times = time_interleaved(fits, arguments.repetitions, clock)
    unit = len(X) * epochs / 1000
    print(
        f"{len(X)} clips, {epochs} epochs, filters {filters}, "
        f"{'processor' if arguments.processor else 'elapsed'} time, median and range of "
        f"{arguments.repetitions}, interleaved\n"
    )
    keras = median(times["Keras"])
    print_table(
        ["fit", "ms a clip and epoch, with building and tracing", "over Keras"],
        [
            [name, spread(values, unit), f"{median(values) / keras:.2f}"]
            for name, values in times.items()
        ],
    )
    sizes = {who: peak_memory(who, arguments) for who in ("ours", "keras")}
    print(
        f"\nPeak memory of a process: ours {sizes['ours']:.0f} MB, Keras {sizes['keras']:.0f} MB "
        f"(features are {X.nbytes / 1e6:.0f} MB)"
    )


if __name__ == "__main__":
    main()

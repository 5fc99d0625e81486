"""Training the published CNN: our fit against Keras's, and in bfloat16 against float32.

    python benchmarks/training.py [--clips 96] [--epochs 2] [--repetitions 5]

Features are random numbers, 128 bands x 173 frames; batches of 32, no validation part. Keras
gets the same network, optimizer, arrays and epochs, in `Model.fit`. Both build the network
in each repetition. Memory is the largest resident size of a separate process.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
from _common import print_table, spread, time_interleaved

CLASSES = ("anger", "disgust", "fear", "happy", "neutral", "sad")


def make_data(n_clips: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_clips, 128, 173), dtype=np.float32)
    return X, np.resize(CLASSES, n_clips)


def fit_ours(X: np.ndarray, y: np.ndarray, epochs: int, precision: str = "float32") -> None:
    from sersk import SpeechEmotionClassifier

    SpeechEmotionClassifier(
        epochs=epochs, validation_split=0, precision=precision, random_state=0
    ).fit(X, y)


def fit_keras(X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    import keras

    from sersk.classifiers.networks import cnn

    model = cnn(X.shape[1:], len(CLASSES))
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-4),
        "categorical_crossentropy",
        metrics=["accuracy"],
    )
    targets = np.eye(len(CLASSES), dtype=np.float32)[np.searchsorted(CLASSES, y)]
    weights = np.ones(len(y), dtype=np.float32)
    model.fit(X, targets, sample_weight=weights, batch_size=32, epochs=epochs, verbose=0)


def peak_memory(who: str, n_clips: int) -> float:
    """Return the largest resident size of a fit in a separate process, in MB."""
    command = [sys.executable, __file__, "--memory", who, "--clips", str(n_clips)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(answer.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--memory", choices=("ours", "keras"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    X, y = make_data(arguments.clips)
    if arguments.memory:
        {"ours": fit_ours, "keras": fit_keras}[arguments.memory](X, y, 1)
        # not getrusage, whose value starts at that of the parent process
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
        return
    epochs = arguments.epochs
    times = time_interleaved(
        {
            "sersk, float32": lambda: fit_ours(X, y, epochs),
            "Keras, float32": lambda: fit_keras(X, y, epochs),
            "sersk, mixed_bfloat16": lambda: fit_ours(X, y, epochs, "mixed_bfloat16"),
        },
        arguments.repetitions,
    )
    unit = len(X) * epochs / 1000
    print(
        f"{len(X)} clips, {epochs} epochs, median and range of {arguments.repetitions}, "
        "interleaved\n"
    )
    print_table(
        ["fit", "ms a clip and epoch, with building and tracing"],
        [[name, spread(times[name], unit)] for name in times],
    )
    ours, keras, short = (median(times[name]) for name in times)
    print(f"\nours over Keras: {ours / keras:.3f}\nfloat32 over bfloat16: {ours / short:.2f}")
    sizes = {who: peak_memory(who, arguments.clips) for who in ("ours", "keras")}
    print(
        f"peak memory of a process: ours {sizes['ours']:.0f} MB, Keras {sizes['keras']:.0f} MB "
        f"(features are {X.nbytes / 1e6:.0f} MB, the weights 91 MB)"
    )


if __name__ == "__main__":
    main()

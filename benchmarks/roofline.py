"""How close each stage is to the limits of this processor, by counted operations.

    python benchmarks/roofline.py [--repetitions 7] [--no-training]

The limits are measured in the same run, each as the fastest of several variants: matrix products of
2048 x 2048 by NumPy's BLAS (one thread) and by TensorFlow (all threads, float32 and bfloat16),
real FFTs of 2048 samples in float32 by SciPy on 1 to 64 rows, which stay in the cache; and copies
of an array larger than the caches. Stages run with either backend (`sersk.set_backend`).
Operations of a stage are those of its formula: 2.5 n log2(n) for a real FFT of n, twice
that for a complex one, 2 for a multiplication and addition in a product or convolution. Other work
(windows, logarithms, copies) counts as time, not as operations. An FFT has too few
multiplications to reach the rate of a product, half of whose operations are multiplications.
Decoding has no simple count; it is given as samples a second, compared with a copy. Work of one
thread is measured in processor time.
"""

import argparse
import math
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from _common import find_paths, make_clips, print_table, time_interleaved
from numpy.typing import NDArray
from scipy import fft
from threadpoolctl import threadpool_limits

N_FFT = 2048
FFT = "operations of an FFT, one thread"
PRODUCT = "operations of a product, float32, one thread"
PRODUCTS = {  # by the network's dtype policy
    "float32": "operations of a product, float32, all threads",
    "mixed_bfloat16": "operations of a product, bfloat16, all threads",
}
FFT_OPERATIONS = 2.5 * N_FFT * math.log2(N_FFT)


def convolution_operations(n_bands: int, n_frames: int, filters: tuple[int, ...]) -> float:
    """Count the operations of the published CNN for one clip, forward."""
    total, channels = 0.0, 1
    for n_filters in filters:
        total += 2 * 9 * n_bands * n_frames * channels * n_filters
        n_bands, n_frames, channels = n_bands // 2, n_frames // 2, n_filters
    units = [n_bands * n_frames * channels, 512, 256, 6]
    return total + sum(2 * a * b for a, b in pairwise(units))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--no-training", action="store_true")
    arguments = parser.parse_args()
    repetitions = arguments.repetitions
    peak = measure_limits(repetitions, tensorflow=not arguments.no_training)
    print("Limits of this processor, measured\n")
    print_table(
        ["limit", "10^9 a second"],
        [[name, f"{value / 1e9:.1f}"] for name, value in peak.items()],
    )
    rows = measure_features(repetitions, peak)
    if not arguments.no_training:
        rows += measure_network(repetitions, peak)
    print("\nStages\n")
    print_table(["stage", "ms a clip", "MFLOP a clip", "GFLOP/s", "of the limit"], rows)
    print()
    print_table(
        ["stage", "ms a clip", "samples in/s", "of a copy"],
        measure_files(peak["samples copied, one thread"]),
    )


def measure_limits(repetitions: int, tensorflow: bool) -> dict[str, float]:
    """Return operations or samples a second, by name."""
    rng = np.random.default_rng(0)
    square = rng.standard_normal((2048, 2048), dtype=np.float32)
    product = np.empty_like(square)
    large = rng.standard_normal((32, 2**20), dtype=np.float32)
    copy = np.empty_like(large)

    def best(task: Callable[[], object], clock: Callable = time.process_time) -> float:
        return min(time_interleaved({"": task}, repetitions, clock)[""])

    def transform(blocks: NDArray) -> None:
        for block in blocks:
            fft.rfft(block)

    frames = rng.standard_normal((128, N_FFT), np.float32)
    transforms: list[Callable[[], object]] = [
        partial(transform, frames.reshape(-1, n_rows, N_FFT)) for n_rows in (1, 4, 16, 64)
    ]
    with threadpool_limits(1):
        peak = {
            PRODUCT: 2 * 2048**3 / best(lambda: np.matmul(square, square, out=product)),
            FFT: 128 * FFT_OPERATIONS / min(best(task) for task in transforms),
            "samples copied, one thread": large.size / best(lambda: np.copyto(copy, large)),
        }
    if tensorflow:
        import tensorflow as tf

        multiply = tf.function(tf.matmul)
        dtypes = (tf.float32, tf.bfloat16)
        for name, dtype in zip(PRODUCTS.values(), dtypes, strict=True):
            task = partial(multiply_matrices, multiply, tf.cast(square, dtype))
            peak[name] = 2 * 2048**3 / best(task, time.perf_counter)
    return peak


def multiply_matrices(multiply: Callable, matrix: Any) -> None:
    multiply(matrix, matrix).numpy()


def row(name: str, seconds: float, operations: float, limit: float) -> list[str]:
    rate = operations / seconds
    return [
        name,
        f"{seconds * 1e3:.2f}",
        f"{operations / 1e6:.1f}",
        f"{rate / 1e9:.1f}",
        f"{100 * rate / limit:.0f} %",
    ]


def measure_features(repetitions: int, peak: dict[str, float]) -> list[list[str]]:
    from sersk import use_backend
    from sersk.signal import apply_filter_bank, mel_filter_bank, power_in_blocks, time_stretch

    X, _ = make_clips(16)
    bank = mel_filter_bank(22050, N_FFT, 128, 0.0, 8000.0)
    n_frames = 1 + X.shape[1] // 512

    def spectra() -> None:
        for _ in power_in_blocks(X, n_used_bins=bank.n_used_bins):
            pass

    powers = [
        (frames, np.array(power))
        for _, frames, power in power_in_blocks(X, n_used_bins=bank.n_used_bins)
    ]
    mel = np.empty((128, n_frames), np.float32)

    def bands() -> None:
        for frames, power in powers:
            apply_filter_bank(power, bank, mel[:, frames])

    def both() -> None:
        for _, frames, power in power_in_blocks(X, n_used_bins=bank.n_used_bins):
            apply_filter_bank(power, bank, mel[:, frames])

    def under(backend: str, task: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            with use_backend(backend):
                task()

        return run

    transforms = n_frames * FFT_OPERATIONS
    n_weights = sum(np.count_nonzero(weights) for _, _, weights in bank.blocks)
    weights = 2.0 * n_frames * n_weights
    n_stretched = 1 + round(X.shape[1] / 1.2) // 512
    stretch = (n_frames + n_stretched) * FFT_OPERATIONS
    stages: dict[str, tuple[Callable[[], object], float, float]] = {
        "power spectra": (spectra, transforms, peak[FFT]),
        "mel bands of them": (bands, weights, peak[PRODUCT]),
        "both: mel spectrogram": (
            both, transforms + weights, peak[FFT],
        ),
        "time stretch by 1.2 (FFTs)": (
            lambda: [time_stretch(x, 1.2) for x in X], stretch, peak[FFT],
        ),
    }  # fmt: skip
    tasks = {
        f"{name}, {backend}": under(backend, stages[name][0])
        for name in stages
        for backend in ("scipy", "compiled")
    }
    with threadpool_limits(1):
        times = time_interleaved(tasks, repetitions, time.process_time)
    return [
        row(name, median(values) / len(X), *stages[name.rpartition(",")[0]][1:])
        for name, values in times.items()
    ]


def measure_network(repetitions: int, peak: dict[str, float]) -> list[list[str]]:
    import keras

    from sersk.classifiers.networks import cnn

    X = np.random.default_rng(0).standard_normal((32, 128, 173), dtype=np.float32)
    y = np.eye(6, dtype=np.float32)[np.arange(32) % 6]
    operations = convolution_operations(128, 173, (64, 128, 256, 512))
    tasks = {}
    for policy in ("float32", "mixed_bfloat16"):
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        model = cnn((128, 173), 6)
        keras.config.set_dtype_policy(before)
        model.compile("adamw", "categorical_crossentropy")
        tasks[f"CNN forward, {policy}"] = lambda model=model: model.predict_on_batch(X)
        tasks[f"CNN training step, {policy}"] = lambda model=model: model.train_on_batch(X, y)
    times = time_interleaved(tasks, repetitions)
    return [
        row(
            name,
            median(values) / len(X),
            # the backward pass has two products: for the weights and for the inputs
            operations * (3 if "training" in name else 1),
            peak[
                f"operations of a product, {name.split()[-1].removeprefix('mixed_')}, all threads"
            ],
        )
        for name, values in times.items()
    ]


def measure_files(copied: float) -> list[list[str]]:
    import soundfile

    paths = [path for path in find_paths(60) or [] if path.endswith(".flac")]
    wav = [path for path in find_paths(960) or [] if path.endswith(".wav")][:48]
    tasks = {
        f"decode {kind}": lambda files=files: [
            soundfile.read(file, dtype="int16") for file in files
        ]
        for kind, files in (("FLAC", paths), ("WAV", wav))
        if files
    }
    rows = []
    for name, values in time_interleaved(tasks, 5, time.process_time).items():
        files = wav if "WAV" in name else paths
        n_samples = sum(soundfile.info(file).frames for file in files)
        rate = n_samples / median(values)
        rows.append(
            [
                name,
                f"{median(values) / len(files) * 1e3:.2f}",
                f"{rate / 1e6:.0f} million",
                f"{100 * rate / copied:.0f} %",
            ]
        )
    return rows


if __name__ == "__main__":
    main()

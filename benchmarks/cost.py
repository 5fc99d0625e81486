"""The cost of the functionals preset and the published network: size, operations, time a clip.

    python benchmarks/cost.py [--repetitions 20]

Both on one clip of RAVDESS at a time, from file to label, interleaved. The network has random
weights, on which its time does not depend. Operations: of the network as TensorFlow counts them; of
the functionals preset those of its Fourier transforms (5/2 N log2 N of a real one), counted at
each call, and of its matrix products. Windows, percentiles and comparisons count as time only.
"""

import argparse
import pickle
from collections.abc import Callable
from statistics import median

import numpy as np
import scipy.fft
from _common import find_paths, print_table, spread, time_interleaved
from numpy.typing import NDArray
from sklearn.base import clone

from sersk import make_ser_pipeline
from sersk.features.functionals.contours import N_MELS
from sersk.signal.pitch_tracking import fft_length


def count_transforms(work: Callable[[], object]) -> float:
    """Return the operations of scipy's Fourier transforms during `work`."""
    total = 0.0
    originals = {name: getattr(scipy.fft, name) for name in ("rfft", "irfft", "dct")}

    def counting(name: str) -> Callable:
        def transform(x: NDArray, n: int | None = None, *args: object, **kwargs: object) -> NDArray:
            nonlocal total
            result = (
                originals[name](x, *args, **kwargs)
                if name == "dct"
                else originals[name](x, n, *args, **kwargs)
            )
            length = x.shape[1] if name == "dct" else n or x.shape[-1]
            n_transforms = x.size / (x.shape[1] if name == "dct" else x.shape[-1])
            total += n_transforms * 2.5 * length * np.log2(length)
            return result

        return transform

    try:
        for name in originals:
            setattr(scipy.fft, name, counting(name))
        work()
    finally:
        for name, original in originals.items():
            setattr(scipy.fft, name, original)
    return total


def count_network(model: object) -> float:
    """Return a Keras model's operations for one clip, as TensorFlow counts them."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    shape = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(shape)
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    graph = convert_variables_to_constants_v2(function).graph
    return tf.compat.v1.profiler.profile(graph=graph, options=options).total_float_ops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=20)
    arguments = parser.parse_args()
    paths = find_paths(24)
    if paths is None:
        parser.error("RAVDESS is needed; see SERSK_DATA in benchmarks/README.md")
    y = np.tile(["anger", "disgust", "fear", "happy", "neutral", "sad"], 4)

    published = make_ser_pipeline(augmentation=False, random_state=0)
    frontend, network = published["frontend"], published["classifier"]
    network.partial_fit(frontend.fit_transform(paths[:6]), y[:6])
    preset = make_ser_pipeline(preset="functionals", augmentation=False).fit(paths, y)
    discriminant = preset["classifier"]

    waveform = published["frontend"]["loader"].transform(paths[:1])  # 4 s, as for the network
    features = preset["frontend"]["features"]
    n_bins = fft_length(features.sample_rate, features.fmin, features.fmax) // 2 + 1
    n_frames = 1 + waveform.shape[1] // features.hop_length
    operations = count_transforms(lambda: clone(features).fit_transform(waveform))
    operations += 2 * n_frames * n_bins * N_MELS + 2 * discriminant.coef_.size

    systems = {
        "functionals preset": lambda: preset.predict(paths[:1]),
        "published CNN": lambda: published.predict(paths[:1]),
    }
    times = time_interleaved(systems, arguments.repetitions)
    counts = {
        "functionals preset": (
            discriminant.coef_.size + discriminant.intercept_.size + 2 * discriminant.mean_.size,
            operations,
            len(pickle.dumps(preset)),
        ),
        "published CNN": (
            network.model_.count_params(),
            count_network(network.model_),
            len(pickle.dumps(published)),
        ),
    }
    print_table(
        [
            "system",
            "parameters",
            "million operations a clip of 4 s",
            "model, MB",
            "file to label, ms",
        ],
        [
            [
                name,
                f"{n_parameters:,}",
                f"{n_operations / 1e6:.0f}",
                f"{n_bytes / 1e6:.1f}",
                spread(times[name], 1e-3),
            ]
            for name, (n_parameters, n_operations, n_bytes) in counts.items()
        ],
    )
    ratio = counts["functionals preset"][1] / counts["published CNN"][1]
    print(f"\noperations, preset over published: {ratio:.3f}")
    ratio = median(times["functionals preset"]) / median(times["published CNN"])
    print(f"time, preset over published: {ratio:.2f}")


if __name__ == "__main__":
    main()

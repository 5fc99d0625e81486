"""A live stream on one thread: lag and real-time factor, incremental and recomputed.

    python benchmarks/streaming.py [--seconds 20] [--repetitions 5]

Sound at 48 kHz (RAVDESS, otherwise synthetic speech) is pushed in blocks of 10 ms, as from a sound
card, without waiting in between. The real-time factor is the processor time of the pushes after
the first window, divided by the duration of their sound. The lag is the time of the push that
completes a window, from its last sample to its result. On an idle machine, processor time on one
thread equals elapsed time; both lags are shown. They do not include the resampler's delay, which
is the same on all machines. Networks have random weights, on which the time does not depend. The
speech detector runs, but every window is predicted, so that pauses save no time. Streams are
interleaved.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[_name] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import argparse  # noqa: E402
import time  # noqa: E402
from statistics import median  # noqa: E402

import numpy as np  # noqa: E402
from _common import make_clips, print_table, spread  # noqa: E402

RATE = 48_000
NETWORKS = {
    "published CNN": {},
    "small CNN": {
        "model__filters": (16, 32, 64),
        "model__pool_size": 4,
        "model__dense_units": (),
        "model__dropout": 0.0,
    },
    "functionals": {"preset": "functionals"},
}


def make_stream(sizes: dict, incremental: bool):
    from sersk import EmotionStream, SpeechDetector, make_ser_pipeline

    model = make_ser_pipeline(random_state=0, augmentation=False, **sizes)
    clips = np.random.default_rng(0).normal(scale=0.1, size=(6, 88_200))
    y = np.array(["anger", "disgust", "fear", "happy", "neutral", "sad"])
    features = model["frontend"].fit_transform(clips)
    if "preset" in sizes:  # no network to build; fits in no time
        model["classifier"].fit(features, y)
    else:
        model["classifier"].initialize(features, y)
    # runs, and finds speech everywhere
    detector = SpeechDetector(
        min_speech=0.01, periodicity=0.0, above_floor=0.0, below_peak=200.0, min_level=-150.0
    )
    return EmotionStream(
        model, hop=0.5, sample_rate=RATE, incremental=incremental, speech_detector=detector
    )


def play(stream, sound: np.ndarray) -> tuple[float, list[float], list[float]]:
    """Return processor seconds of all pushes; processor and elapsed seconds of each result."""
    stream.reset()
    total, lags, waits = 0.0, [], []
    for start in range(0, len(sound), RATE // 100):
        block = sound[start : start + RATE // 100]
        begin, clock = time.process_time(), time.perf_counter()
        results = stream.push(block)
        seconds, waited = time.process_time() - begin, time.perf_counter() - clock
        if start >= stream.window_ * RATE:  # there are no results in the first window
            total += seconds
        if any(result.speech for result in results):
            lags.append(seconds)
            waits.append(waited)
    return total, lags, waits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    import soxr
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    clips, what = make_clips(-(-int(arguments.seconds) // 4))
    sound = soxr.resample(clips.ravel()[: round(arguments.seconds * 22_050)], 22_050, RATE)
    streams = {
        (name, way): make_stream(sizes, way == "incremental")
        for name, sizes in NETWORKS.items()
        for way in ("incremental", "whole window")
    }
    duration = len(sound) / RATE
    n_seconds = duration - next(iter(streams.values())).window_
    factors: dict = {key: [] for key in streams}
    lags: dict = {key: [] for key in streams}
    waits: dict = {key: [] for key in streams}
    for repetition in range(arguments.repetitions + 1):
        for key, stream in streams.items():
            seconds, found, waited = play(stream, sound)
            if repetition:  # the first round warms up
                factors[key].append(seconds / n_seconds)
                lags[key].append(median(found))
                waits[key].append(median(waited))
    hop = next(iter(streams.values())).hop_
    print(
        f"{duration:.0f} s of {what}, windows of 4 s every {hop:.3f} s, one thread, median and "
        f"range of {arguments.repetitions}, interleaved\n"
    )
    rows = [
        [
            name,
            way,
            spread(lags[name, way], 1e-3),
            spread(waits[name, way], 1e-3),
            spread(factors[name, way]),
        ]
        for name, way in streams
    ]
    header = ["network", "features", "lag, ms of processor time", "lag, ms", "real-time factor"]
    print_table(header, rows)


if __name__ == "__main__":
    main()

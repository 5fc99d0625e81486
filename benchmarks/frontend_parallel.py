"""From files to features of three views: threads, processes, and the published loop over librosa.

    python benchmarks/frontend_parallel.py [--clips 120] [--jobs 2] [--repetitions 5] [--alone]

Needs the real recordings, because the gain of threads depends on decoding and resampling files.
"""

import argparse
import time
from statistics import median

import librosa
import numpy as np
from _common import RECORDINGS, find_paths, print_table, spread, time_interleaved
from joblib import Parallel, cpu_count, delayed, parallel_config
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sersk import AudioAugmenter, AudioLoader, FrontEnd, MelSpectrogramTransformer


def published(path: str) -> list[NDArray]:
    """Return the features of a file and of its two augmented views, by librosa."""
    clip, rate = librosa.load(path, sr=22050, duration=4.0)
    clip = librosa.util.fix_length(clip, size=4 * rate)
    features = []
    for view in (
        clip,
        librosa.effects.time_stretch(clip, rate=1.2),
        librosa.effects.pitch_shift(clip, sr=rate, n_steps=2),
    ):
        mel = librosa.feature.melspectrogram(
            y=librosa.util.fix_length(view, size=4 * rate), sr=rate, n_mels=128, fmax=8000
        )
        decibels = librosa.power_to_db(mel + 1e-10, ref=np.max)
        features.append(np.clip((decibels - decibels.mean()) / decibels.std(), -5, 5))
    return features


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="one thread only, processor time")
    arguments = parser.parse_args()
    paths = find_paths(arguments.clips)
    if paths is None:
        parser.exit(1, f"No folder ravdess in {RECORDINGS}; set SERSK_DATA.\n")

    def make(n_jobs: int) -> FrontEnd:
        return FrontEnd(
            [
                ("loader", AudioLoader()),
                ("augmenter", AudioAugmenter()),
                ("features", MelSpectrogramTransformer()),
            ],
            n_jobs=n_jobs,
            chunk_size=max(1, min(32, arguments.clips // (2 * arguments.jobs))),
        )

    def in_processes() -> None:
        with parallel_config(backend="loky"):
            make(arguments.jobs).fit_transform(paths)

    def loop_in_processes() -> None:
        Parallel(arguments.jobs)(delayed(published)(path) for path in paths)

    make(1).fit_transform(paths)  # warm up tables and the file cache
    if arguments.alone:
        # For a busy machine: processor time does not include waiting for a processor.
        loader = AudioLoader()
        with threadpool_limits(1):
            times = time_interleaved(
                {
                    "decode and resample": lambda: loader.fit_transform(paths),
                    "one thread": lambda: make(1).fit_transform(paths),
                    "the published loop": lambda: [published(path) for path in paths],
                },
                arguments.repetitions,
                time.process_time,
            )
        *_, loop = times
        print(f"{arguments.clips} clips of RAVDESS, 3 views each, processor time, one thread\n")
        print_table(
            ["how", "ms a clip", "the published loop over this"],
            [
                [
                    name,
                    spread(values, arguments.clips / 1000),
                    f"{median(times[loop]) / median(values):.1f}",
                ]
                for name, values in times.items()
            ],
        )
        return
    begin = time.perf_counter()
    in_processes()
    cold = time.perf_counter() - begin
    times = time_interleaved(
        {
            "one thread": lambda: make(1).fit_transform(paths),
            f"{arguments.jobs} threads": lambda: make(arguments.jobs).fit_transform(paths),
            f"{arguments.jobs} processes, started before": in_processes,
            f"the published loop over librosa, {arguments.jobs} processes": loop_in_processes,
        },
        arguments.repetitions,
    )
    print(
        f"{arguments.clips} clips of RAVDESS, 3 views each, {cpu_count()} processors, median and "
        f"range of {arguments.repetitions}\n"
    )
    *_, loop = times
    rows = [
        [name, spread(values), f"{median(times[loop]) / median(values):.1f}"]
        for name, values in times.items()
    ]
    rows.append([f"{arguments.jobs} processes, the first time", f"{cold:.3g} (once)", ""])
    print_table(["how", "seconds", "the published loop over this"], rows)


if __name__ == "__main__":
    main()

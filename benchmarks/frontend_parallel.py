"""From files to features of three views: one thread, threads, and worker processes.

    python benchmarks/frontend_parallel.py [--clips 120] [--jobs 2] [--repetitions 5]

Needs the real recordings: what threads gain depends on decoding and resampling files.
"""

import argparse
import time

from _common import RECORDINGS, find_paths, print_table, spread, time_interleaved
from joblib import cpu_count, parallel_config

from sersk import AudioAugmenter, AudioLoader, FrontEnd, MelSpectrogramTransformer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
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

    make(1).fit_transform(paths)  # tables, file cache
    begin = time.perf_counter()
    in_processes()
    cold = time.perf_counter() - begin
    times = time_interleaved(
        {
            "one thread": lambda: make(1).fit_transform(paths),
            f"{arguments.jobs} threads": lambda: make(arguments.jobs).fit_transform(paths),
            f"{arguments.jobs} processes, started before": in_processes,
        },
        arguments.repetitions,
    )
    print(
        f"{arguments.clips} clips of RAVDESS, 3 views each, {cpu_count()} processors, median and "
        f"range of {arguments.repetitions}\n"
    )
    rows = [[name, spread(values)] for name, values in times.items()]
    rows.append([f"{arguments.jobs} processes, the first time", f"{cold:.3g} (once)"])
    print_table(["how", "seconds"], rows)


if __name__ == "__main__":
    main()

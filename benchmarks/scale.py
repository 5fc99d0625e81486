"""The cost of a corpus of 10^3 to 10^6 clips: measured up to --sizes, modelled beyond.

    python benchmarks/scale.py [--sizes 1000 3000 10000 30000] [--no-training]

Sizes are simulated by repeating RAVDESS. Each runs `benchmarks/bounded_memory.py` in a separate
process: features of three views into a float16 file, one epoch of a small CNN from there. The
model is a line fitted to the measured times, by least squares of relative errors; its error on the
measured sizes shows how linear the growth is.

Several machines are modelled from that line: n machines need an n-th of the time for features,
until the network link of the machine that collects them is saturated. The memory of a worker
process is measured on this machine.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from _common import print_table
from numpy.typing import NDArray

STAGES = {"features_s": "features, s", "epoch_s": "one epoch of a small CNN, s"}
SCRIPT = Path(__file__).with_name("bounded_memory.py")

BACK_MB = 3 * 128 * 173 * 4 / 1e6  # three views of a clip, float32, as workers send them
LINK_MB_S = 125  # 1 Gbit/s
MACHINES = (1, 2, 4, 16)

# A worker process computes features, and needs no TensorFlow.
WORKER = """
import resource, sys
from _common import find_paths
from sersk import AudioAugmenter, AudioLoader, FrontEnd, MelSpectrogramTransformer
frontend = FrontEnd([
    ("loader", AudioLoader()),
    ("augmenter", AudioAugmenter(random_state=0)),
    ("features", MelSpectrogramTransformer()),
])
frontend.fit_transform(find_paths(int(sys.argv[1])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def fit_line(n: NDArray, seconds: NDArray) -> tuple[NDArray, float]:
    """Return intercept and slope, and the largest relative error."""
    weights = 1 / seconds
    terms = np.column_stack([np.ones_like(n), n]) * weights[:, None]
    line = np.linalg.lstsq(terms, seconds * weights, rcond=None)[0]
    return line, float(np.abs((line[0] + line[1] * n) / seconds - 1).max())


def measure_worker(n_clips: int) -> float:
    """Return the largest resident size of a process that computes features, in GiB.

    The clips are one or some tasks of a worker, which frees its chunks after it has sent them.
    """
    command = [sys.executable, "-c", WORKER, str(n_clips)]
    folder = Path(__file__).parent
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    return float(answer.stdout.splitlines()[-1])


def model_machines(
    start: float, slope: float, disk_gb_a_clip: float, sizes: tuple[int, ...]
) -> list[list[str]]:
    """Return rows with the cost of features on several machines like this one.

    If one machine collects the features, its network link limits the rate; its own features are not
    sent. If each machine keeps its features, none are sent.
    """
    rows = []
    for size in sizes:
        for n in MACHINES:
            rate = min(n / slope, 1 / slope + LINK_MB_S / BACK_MB)
            apart, together = start + slope * size / n, start + size / rate
            full = " (network)" if rate < n / slope else ""
            rows.append(
                [
                    f"{size:,}",
                    str(n),
                    f"{apart:.0f}",
                    f"{together:.0f}{full}",
                    f"{disk_gb_a_clip * size / n:.3g}",
                    f"{disk_gb_a_clip * size:.3g}",
                ]
            )
    return rows


MACHINES_HEADER = [
    "clips",
    "machines",
    "features kept on each machine, s",
    "features sent to one, s",
    "disk of each machine, GB",
    "disk of the one, GB",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 3000, 10_000, 30_000])
    parser.add_argument("--no-training", action="store_true", help="features only")
    arguments = parser.parse_args()
    stages, last, options = STAGES, "epoch_gib", []
    if arguments.no_training:
        stages, last = {"features_s": STAGES["features_s"]}, "features_gib"
        options = ["--no-training"]
    measured = []
    for size in arguments.sizes:
        command = [sys.executable, str(SCRIPT), "--json", "--clips", str(size), *options]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        measured.append(json.loads(answer.stdout.splitlines()[-1]))
    n = np.array(arguments.sizes, dtype=float)
    rows = [
        [
            f"{size:,}",
            "measured",
            *(f"{one[stage]:.0f}" for stage in stages),
            f"{one['disk_gb']:.2f}",
            f"{one[last]:.2f}",
        ]
        for size, one in zip(arguments.sizes, measured, strict=True)
    ]
    lines, errors = {}, {}
    for stage in stages:
        seconds = np.array([one[stage] for one in measured])
        lines[stage], errors[stage] = fit_line(n, seconds)
    gb_a_clip = measured[-1]["disk_gb"] / arguments.sizes[-1]
    for size in (100_000, 1_000_000):
        times = (f"{lines[stage][0] + lines[stage][1] * size:.0f}" for stage in stages)
        rows.append([f"{size:,}", "modelled", *times, f"{gb_a_clip * size:.0f}", ""])
    print_table(["clips", "", *stages.values(), "disk, GB", "largest resident size, GiB"], rows)
    for stage, name in stages.items():
        start, slope = lines[stage]
        print(
            f"\n{name}: {start:.1f} s and {1000 * slope:.2f} ms a clip; largest error of this "
            f"line on the measured sizes: {100 * errors[stage]:.0f} %"
        )
    print()
    rows = model_machines(*lines["features_s"], gb_a_clip, (10_000, 100_000, 1_000_000))
    print_table(MACHINES_HEADER, rows)
    size = measure_worker(64)
    print(f"\nlargest resident size of a process that computes features: {size:.2f} GiB")


if __name__ == "__main__":
    main()

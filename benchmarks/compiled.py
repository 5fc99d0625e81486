"""What compiling brings: the same work by numpy, scipy and soxr, and compiled, on one thread.

    python benchmarks/compiled.py [--repetitions 7]

By the processor's time. Then how long a process waits for the loops of the published features: one
that has to compile them, and one that finds them compiled.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from _common import make_clips, print_table, spread, time_interleaved
from threadpoolctl import threadpool_limits

from sersk import MelSpectrogramTransformer
from sersk.signal import _compiled, power_in_blocks
from sersk.signal.effects import analyze_motion, time_stretch
from sersk.signal.resampling import resample

FIRST_CLIP = """
import time
import numpy as np
from sersk import AudioAugmenter, MelSpectrogramTransformer
import librosa.filters, soxr, numba
from sersk.signal.resampling import resample
x = np.random.default_rng(0).uniform(-1, 1, 192_000).astype(np.float32)
begin = time.process_time()
X = resample(x, 48_000, 22_050)[np.newaxis]
MelSpectrogramTransformer().fit_transform(AudioAugmenter().fit_transform(X))
print(time.process_time() - begin)
"""


def slowly(work: Callable[[], object]) -> Callable[[], object]:
    """Return the work as it is done where there is no numba."""

    def without() -> object:
        loops, _compiled.loops = _compiled.loops, lambda: None
        try:
            return work()
        finally:
            _compiled.loops = loops

    return without


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    X, kind = make_clips(12)
    mel = MelSpectrogramTransformer().fit(X)
    motion = analyze_motion(X[0])

    def analyze() -> None:
        for clip in X:
            analyze_motion(clip, out=motion)

    def stretch() -> None:
        for _ in X:
            time_stretch(X[0], 1.2, motion=motion)

    noise = np.random.default_rng(0).uniform(-1, 1, 4 * 48_000).astype(np.float32)

    def resample_clips(rate: int) -> None:
        for _ in X:
            resample(noise[: 4 * rate], rate, 22_050)

    works: dict[str, Callable[[], object]] = {
        "power spectra": lambda: [None for _ in power_in_blocks(X, n_used_bins=744)],
        "mel spectrogram": lambda: mel.transform(X),
        "motion of a clip": analyze,
        "stretch by 1.2 of it": stretch,
        **{
            f"{rate} Hz to 22050 Hz": lambda rate=rate: resample_clips(rate)
            for rate in (16_000, 24_000, 32_000, 44_100, 48_000)
        },
    }
    rows = []
    with threadpool_limits(1):
        for name, work in works.items():
            tasks = {"slow": slowly(work), "fast": work}
            times = time_interleaved(tasks, arguments.repetitions, time.process_time)
            gain = median(times["slow"]) / median(times["fast"])
            scale = len(X) / 1000
            rows.append(
                [name, spread(times["fast"], scale), spread(times["slow"], scale), f"{gain:.1f}"]
            )
    print(f"12 clips of 4 s ({kind}), median and range of {arguments.repetitions}\n")
    print_table(["work", "compiled, ms a clip", "scipy or soxr, ms a clip", "ratio"], rows)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        waits = [
            float(
                subprocess.run(
                    [sys.executable, "-c", FIRST_CLIP],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
            )
            for _ in range(4)
        ]
    print(
        f"\nThe first clip with its views: {waits[0]:.1f} s in a process that compiles, "
        f"{median(waits[1:]):.1f} s in one that finds them compiled (processor's time)."
    )


if __name__ == "__main__":
    main()

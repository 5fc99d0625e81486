"""Mel spectrograms, time stretch and pitch shift: time and accuracy compared with librosa.

    python benchmarks/features.py [--clips 24] [--repetitions 5]

librosa does the same work in a loop over clips, in float32 as in practice. Distances are to librosa
in float64: of our results, and of librosa's for samples with a rounding error of float32.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import librosa
import numpy as np
from _common import (
    gain_of_two,
    make_clips,
    print_table,
    spread,
    time_interleaved,
    two_threads_at_best,
)
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sersk import FrontEnd, MelSpectrogramTransformer
from sersk.signal import pitch_shift, time_stretch

SAMPLE_RATE = 22050


def librosa_mel(y: NDArray) -> NDArray:
    """Return the published features of one clip, by librosa."""
    power = librosa.feature.melspectrogram(
        y=y, sr=SAMPLE_RATE, n_fft=2048, hop_length=512, n_mels=128, fmax=8000, dtype=y.dtype
    )
    decibels = librosa.power_to_db(power + 1e-10, ref=np.max, top_db=80.0)
    return np.clip((decibels - decibels.mean()) / decibels.std(), -5, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    X, kind = make_clips(arguments.clips)
    n_clips, n_samples = X.shape
    mel = MelSpectrogramTransformer().fit(X)

    def loop(effect: Callable[[NDArray], NDArray], clips: NDArray) -> list[NDArray]:
        return [effect(y) for y in clips]

    def stretch(y: NDArray) -> NDArray:
        return librosa.effects.time_stretch(y, rate=1.2)

    def shift(y: NDArray) -> NDArray:
        return librosa.effects.pitch_shift(
            y, sr=SAMPLE_RATE, n_steps=2, res_type="soxr_hq", scale=False
        )

    works: dict[str, tuple[Callable[[], object], Callable[[NDArray], NDArray]]] = {
        "mel spectrogram": (lambda: mel.transform(X), librosa_mel),
        "time stretch by 1.2": (lambda: loop(lambda y: time_stretch(y, 1.2), X), stretch),
        "pitch shift by 2 semitones": (lambda: loop(lambda y: pitch_shift(y, 2), X), shift),
    }
    # rounding errors as another decoder, resampler or level may cause
    noise = np.random.default_rng(0).uniform(-1, 1, X.shape)
    rounded = X * (1 + np.finfo(np.float32).eps / 2 * noise)
    rows = []
    with threadpool_limits(1):
        for name, (ours, theirs) in works.items():
            times = time_interleaved(
                {"ours": ours, "theirs": lambda theirs=theirs: loop(theirs, X)},
                arguments.repetitions,
                time.process_time,
            )
            expected = loop(theirs, X.astype(np.float64))
            # mel features are in standard deviations; sound is relative to its peak
            ours_off, theirs_off = (
                max(
                    float(np.abs(a - b).max() / (1 if "mel" in name else np.abs(b).max()))
                    for a, b in zip(results, expected, strict=True)
                    if np.abs(b).max() > 0
                )
                for results in (ours(), loop(theirs, rounded))
            )
            rows.append(
                [
                    name,
                    spread(times["ours"], n_clips / 1000),
                    spread(times["theirs"], n_clips / 1000),
                    f"{median(times['theirs']) / median(times['ours']):.1f}",
                    f"{ours_off:.0e}",
                    f"{theirs_off:.0e}",
                ]
            )
    one, two = (FrontEnd([("mel", mel)], n_jobs=n_jobs) for n_jobs in (1, 2))
    many = np.tile(X, (48, 1))
    with threadpool_limits(1):
        times = time_interleaved(
            {
                "one": lambda: one.transform(many),
                "two": lambda: two.transform(many),
                **two_threads_at_best(),
            },
            2 * arguments.repetitions,
        )
    print(
        f"{n_clips} clips of {n_samples / SAMPLE_RATE:g} s ({kind}), one thread, processor "
        f"time, median and range of {arguments.repetitions}, librosa {librosa.__version__}\n"
    )
    header = ["work", "sersk, ms a clip", "librosa, ms a clip", "ratio", "distance", "sensitivity"]
    print_table(header, rows)
    best = gain_of_two(times, "arithmetic alone, one", "arithmetic alone, two")
    print(
        f"\nMel spectrograms on two threads: {gain_of_two(times, 'one', 'two')} times as fast as "
        f"on one;\nindependent arithmetic, interleaved with them: {best}."
    )
    print(
        "\nDistance: the largest difference from librosa in float64; for mel features in their "
        "unit (standard\ndeviations of the clip), for sound relative to the clip's peak. "
        "Sensitivity: the change of librosa's\nresult in float64 if each sample is changed by a "
        "rounding error of float32."
    )


if __name__ == "__main__":
    main()

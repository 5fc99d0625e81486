"""From files to mono clips at 22,050 Hz: our loader against a loop over librosa.load.

    python benchmarks/decoding.py [--clips 20] [--repetitions 7]

RAVDESS at 48 kHz: Actor_01 as WAV, the others as FLAC. Both decode with libsndfile, and give the
same numbers as soxr (HQ). Decoder and resampler are timed separately too.
"""

import argparse
import time
from pathlib import Path
from statistics import median

import librosa
import numpy as np
import soundfile
import soxr
from _common import (
    RECORDINGS,
    find_paths,
    gain_of_two,
    print_table,
    spread,
    time_interleaved,
    two_threads_at_best,
)
from threadpoolctl import threadpool_limits

from sersk import AudioLoader
from sersk.signal.resampling import resample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    paths = find_paths(960)
    if paths is None:
        parser.exit(1, f"No folder ravdess in {RECORDINGS}; set SERSK_DATA.\n")
    rows = []
    for suffix in (".wav", ".flac"):
        files = [path for path in paths if Path(path).suffix == suffix][: arguments.clips]
        if files:
            rows += measure(suffix, files, arguments.repetitions)
    print(
        f"\n{arguments.clips} clips, processor time, median and range of "
        f"{arguments.repetitions}, interleaved\n"
    )
    print_table(["work", "ms a clip", "librosa.load over this"], rows)


def measure(suffix: str, files: list[str], repetitions: int) -> list[list[str]]:
    one, two = AudioLoader(), AudioLoader(n_jobs=2)
    sounds = [soundfile.read(file, dtype="float32", always_2d=True)[0][:, 0] for file in files]
    expected = librosa.load(files[0], sr=22050, duration=4.0)[0]
    np.testing.assert_allclose(one.transform(files[:1])[0, : len(expected)], expected, atol=1e-6)
    tasks = {
        "librosa.load, one by one": lambda: [
            librosa.load(file, sr=22050, duration=4.0) for file in files
        ],
        "AudioLoader, one thread": lambda: one.transform(files),
        "a part: libsndfile alone, 16 bit": lambda: [
            soundfile.read(file, dtype="int16") for file in files
        ],
        "a part: soxr alone": lambda: [
            soxr.resample(sound, 48_000, 22_050, quality="HQ") for sound in sounds
        ],
        "a part: sersk's resampling alone": lambda: [
            resample(sound, 48_000, 22_050) for sound in sounds
        ],
    }
    many = files * 4  # few files take too little time, as joblib polls results every 10 ms
    threads = {
        "one": lambda: one.transform(many),
        "two": lambda: two.transform(many),
        **two_threads_at_best(),
    }
    with threadpool_limits(1):
        times = time_interleaved(tasks, repetitions, time.process_time)
        clock = time_interleaved(threads, repetitions)
    print(
        f"{suffix}: two threads {gain_of_two(clock, 'one', 'two')} times as fast as one;\n"
        "independent arithmetic: "
        f"{gain_of_two(clock, 'arithmetic alone, one', 'arithmetic alone, two')}."
    )
    theirs = median(times["librosa.load, one by one"])
    return [
        [f"{suffix}: {name}", spread(values, len(files) / 1000), f"{theirs / median(values):.2f}"]
        for name, values in times.items()
    ]


if __name__ == "__main__":
    main()

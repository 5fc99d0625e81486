"""From files to mono clips at 22,050 Hz: our loader against a loop over librosa.load.

    python benchmarks/decoding.py [--clips 20] [--repetitions 7]

RAVDESS at 48 kHz: Actor_01 as WAV, the others as FLAC. Both sides decode with libsndfile and
resample with soxr (HQ), to the same numbers; the parts are given too, as the floor for either.
"""

import argparse
from pathlib import Path
from statistics import median

import librosa
import numpy as np
import soundfile
import soxr
from _common import RECORDINGS, find_paths, print_table, spread, time_interleaved

from sersk import AudioLoader


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
    print(f"{arguments.clips} clips, median and range of {arguments.repetitions}, by turns\n")
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
        "AudioLoader, two threads": lambda: two.transform(files),
        "floor: libsndfile alone, 16 bit": lambda: [
            soundfile.read(file, dtype="int16") for file in files
        ],
        "floor: soxr alone": lambda: [
            soxr.resample(sound, 48_000, 22_050, quality="HQ") for sound in sounds
        ],
    }
    times = time_interleaved(tasks, repetitions)
    theirs = median(times["librosa.load, one by one"])
    return [
        [f"{suffix}: {name}", spread(values, len(files) / 1000), f"{theirs / median(values):.2f}"]
        for name, values in times.items()
    ]


if __name__ == "__main__":
    main()

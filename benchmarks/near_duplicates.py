"""Near duplicates: the correlation of copies and of unrelated recordings, and the time.

python benchmarks/near_duplicates.py [--copies 8]
"""

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import soundfile
import soxr
from _common import RECORDINGS, print_table

from sersk.evaluation import near_duplicates as near

N_PLANTED = 40


def plant(samples, rate, folder):
    """Write a copy with each kind of change, and return the files by kind."""
    loud = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
    speech = samples[loud[0] : loud[-1] + 1]
    changed = {
        "mp3": (samples, rate),
        "ogg": (samples, rate),
        "resampled.wav": (soxr.resample(samples, rate, 16000), 16000),
        "softer.wav": (0.1 * samples, rate),
        "inverted.wav": (-samples, rate),
        "later.wav": (np.pad(samples, (int(0.3137 * rate), 0)), rate),
        "without pauses.wav": (speech, rate),
        "cut.wav": (samples[len(samples) // 10 : -len(samples) // 5], rate),
        "all of it.mp3": (soxr.resample(0.3 * speech, rate, 16000), 16000),
    }
    files = {}
    for name, (sound, its_rate) in changed.items():
        files[name] = str(folder / f"copy.{name}")
        soundfile.write(files[name], sound, its_rate)
    return files


def measure_margins(paths, folder):
    """Print the correlation of unrelated pairs and of copies; return the near duplicates."""
    words = [near.words_of_file(path) for path in paths]
    clips = [near.read_for_comparison(path) for path in paths]
    fits = [
        (*near.best_fit(clips[i], clips[j]), i, j)
        for i, j in near.find_candidates(list(range(len(paths))), words, min_words=1)
    ]
    alike = sum(fit[0] >= 0.7 for fit in fits)
    unrelated = max(fit[0] for fit in fits if fit[0] < 0.7)
    lowest = min(fit[0] for fit in fits if fit[0] >= 0.7)
    print(f"{len(paths)} recordings: {len(fits)} pairs with a word in common.")
    originals = {(i, j) for correlation, _, i, j in fits if correlation >= 0.7}
    print(f"{alike} correlate from {lowest:.3f}, all others up to {unrelated:.3f}.")
    lowest_of = {}
    for i in np.random.default_rng(0).choice(len(paths), N_PLANTED, replace=False):
        samples, rate = soundfile.read(paths[i], always_2d=True)
        for name, path in plant(samples.mean(axis=1), rate, folder).items():
            copy = near.words_of_file(path)
            both = near.find_candidates([0, 1], [words[i], copy], min_words=1)
            found = near.best_fit(clips[i], near.read_for_comparison(path))[0] if [*both] else 0
            common = len(np.intersect1d(words[i], copy))
            old = lowest_of.get(name, (1.0, common))
            lowest_of[name] = min(old[0], found), min(old[1], common)
    print_table(
        [f"copy (the worst of {N_PLANTED})", "correlation", "words in common"],
        [
            [name.removesuffix(".wav"), f"{correlation:.3f}", str(common)]
            for name, (correlation, common) in lowest_of.items()
        ],
    )
    return originals


def measure_time(paths, folder, n_copies, originals):
    """Print the time for a corpus that is enlarged by versions at other speeds."""
    speeds = np.geomspace(0.7, 1.4, n_copies)
    files = []
    for k, path in enumerate(paths):
        samples, rate = soundfile.read(path, always_2d=True)
        for speed in speeds:
            files.append(str(folder / f"{k}-{speed:.2f}.flac"))
            sound = soxr.resample(samples.mean(axis=1), rate * speed, 22050)
            soundfile.write(files[-1], sound, 22050)
    start = perf_counter()
    found = near.find_near_duplicates(dict(enumerate(files)), n_jobs=2)
    seconds = perf_counter() - start
    print(f"{len(files)} files in {seconds:.0f} s, two threads: {len(found)} pairs.")
    true = [
        pair
        for pair in found
        if pair.first % n_copies == pair.second % n_copies
        and (pair.first // n_copies, pair.second // n_copies) in originals
    ]
    expected = n_copies * len(originals)
    print(f"{len(true)} of them have one speed and are duplicates as published ({expected} exist).")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=8)
    arguments = parser.parse_args()
    names = ("ravdess", "urdu")
    paths = [str(p) for name in names for p in sorted((RECORDINGS / name).rglob("*.*"))]
    paths = [path for path in paths if Path(path).suffix in {".wav", ".flac"}]
    with tempfile.TemporaryDirectory() as folder:
        originals = measure_margins(paths, Path(folder))
        measure_time(paths, Path(folder), arguments.copies, originals)


if __name__ == "__main__":
    main()

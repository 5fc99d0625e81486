"""A recording of an hour: time and memory of `predict_timeline`.

    python benchmarks/long_recordings.py [--minutes 60] [--network small]

Clips (RAVDESS, otherwise synthetic speech) are written one after the other, 48 kHz and 16
bits, to a WAV and a FLAC file in a temporary folder. Each file is predicted in a separate process
with random weights, on which time and memory do not depend. The benchmark prints the largest
resident size of that process (`getrusage`, as `/usr/bin/time -v`), and its increase after all
imports and the prediction of one window.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _common import find_paths, print_table

RATE = 48_000


def peak() -> float:
    """Return the largest resident size so far, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def write(path: Path, minutes: float) -> None:
    import soundfile
    import soxr

    paths = find_paths(60)
    if paths is None:
        from sersk import make_emotional_speech

        clips = make_emotional_speech(5, 2, duration=4.0).data
        sounds = [soxr.resample(clip, 22_050, RATE) for clip in clips]
    else:
        sounds = [soundfile.read(path, dtype="float32", always_2d=True)[0][:, 0] for path in paths]
    n_left = round(minutes * 60 * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        while n_left > 0:
            for sound in sounds:
                file.write(sound[:n_left])
                n_left -= min(n_left, len(sound))


def measure(path: Path, network: str) -> dict[str, float]:
    """Return seconds and MiB of a timeline; runs in a separate process."""
    from sersk import make_ser_pipeline, predict_timeline

    sizes = {} if network == "published" else {"model__filters": (16, 32, 64)}
    model = make_ser_pipeline(random_state=0, augmentation=False, **sizes)
    clips = np.random.default_rng(0).normal(scale=0.1, size=(6, 88_200))
    y = np.array(["anger", "disgust", "fear", "happy", "neutral", "sad"])
    features = model["frontend"].fit_transform(clips)
    model["classifier"].initialize(features, y)
    model.predict_proba(clips[:1])
    before = peak()
    begin = time.perf_counter()
    timeline = predict_timeline(model, path)
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "before": before,
        "peak": peak(),
        "windows": len(timeline),
        "speech": int(timeline.speech.sum()),
        "duration": timeline.duration,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--network", choices=("published", "small"), default="small")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure is not None:
        print(json.dumps(measure(arguments.measure, arguments.network)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, minutes in (
            ("a minute.wav", 1.0),
            ("long.wav", arguments.minutes),
            ("long.flac", arguments.minutes),
        ):
            path = Path(folder) / name
            write(path, minutes)
            command = [sys.executable, __file__, "--network", arguments.network, "--measure", path]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            path.unlink()
            rows.append(
                [
                    f"{path.suffix[1:].upper()}, {found['duration'] / 60:.3g} min",
                    f"{found['windows']:.0f}, {found['speech']:.0f} with speech",
                    f"{found['seconds']:.1f}",
                    f"{found['duration'] / found['seconds']:.0f} x",
                    f"{found['before']:.0f}",
                    f"{found['peak']:.0f}",
                    f"{found['peak'] - found['before']:.0f}",
                ]
            )
    print(f"48 kHz, 16 bits, windows of 4 s every 1 s, {arguments.network} CNN\n")
    header = ["file", "windows", "s", "faster than it plays"]
    header += ["MiB before", "MiB at most", "MiB more"]
    print_table(header, rows)


if __name__ == "__main__":
    main()

"""Both backends and librosa, the time of compiling, and the first prediction of a process.

    python benchmarks/backends.py [--repetitions 9]
    python benchmarks/backends.py --first

One thread, processor time. The first form measures mel spectrograms, time stretch and pitch shift,
interleaved, then the time of compiling, and the number of clips from which compiling saves time.
The second form measures the first `predict` of one file in processes with empty caches:
functionals with linear discriminant analysis, and the mel spectrogram alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _common import find_paths, make_clips, print_table, spread, time_interleaved
from threadpoolctl import threadpool_limits

COMPILE = """
import json, time
import librosa.filters, numba, scipy.fft, soxr, sersk.signal
begin = time.process_time()
sersk.set_backend("compiled")
print(json.dumps(time.process_time() - begin))
"""
FIRST = """
import json, sys, time
import joblib
model, path = joblib.load(sys.argv[1]), sys.argv[2]
times = []
for _ in range(2):
    begin, busy = time.perf_counter(), time.process_time()
    model.predict([path]) if hasattr(model, "predict") else model.transform([path])
    times += [time.perf_counter() - begin, time.process_time() - busy]
print(json.dumps(times))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--first", action="store_true")
    arguments = parser.parse_args()
    if arguments.first:
        measure_first_prediction(arguments.repetitions)
        return
    saved = compare(arguments.clips, arguments.repetitions)
    anew, stored = measure_compiling(5)
    print(f"\nCompiling takes {spread(anew)} s, reading stored loops {spread(stored)} s.")
    print(
        f"Three views of a clip save {saved * 1e3:.2f} ms: compiling is worth it from "
        f"{median(anew) / saved:,.0f} clips on, reading from {median(stored) / saved:,.0f}."
    )


def compare(n_clips: int, repetitions: int) -> float:
    """Print the table of both backends and librosa; return the seconds saved for each clip."""
    import librosa

    from sersk import AudioAugmenter, MelSpectrogramTransformer, use_backend
    from sersk.signal import pitch_shift, time_stretch

    X, kind = make_clips(n_clips)
    mel, augmenter = MelSpectrogramTransformer().fit(X), AudioAugmenter()

    def librosa_mel(clip: np.ndarray) -> np.ndarray:
        power = librosa.feature.melspectrogram(
            y=clip, sr=22050, n_fft=2048, hop_length=512, n_mels=128, fmax=8000.0,
            pad_mode="constant",
        )  # fmt: skip
        decibels = librosa.power_to_db(power, ref=np.max)
        return np.clip((decibels - decibels.mean()) / decibels.std(), -5, 5)

    works: dict[str, tuple[Callable, Callable | None]] = {
        "mel spectrogram": (lambda clip: mel.transform(clip[np.newaxis]), librosa_mel),
        "time stretch by 1.2": (
            lambda clip: time_stretch(clip, 1.2),
            lambda clip: librosa.effects.time_stretch(clip, rate=1.2),
        ),
        "pitch shift by 2 semitones": (
            lambda clip: pitch_shift(clip, 2),
            lambda clip: librosa.effects.pitch_shift(clip, sr=22050, n_steps=2, res_type="soxr_hq"),
        ),
        "mel spectrograms of three views": (
            lambda clip: mel.transform(augmenter.fit_transform(clip[np.newaxis])),
            None,
        ),
    }

    def under(backend: str, work: Callable) -> Callable[[], None]:
        def run() -> None:
            with use_backend(backend):
                for clip in X:
                    work(clip)

        return run

    rows, saved = [], 0.0
    with threadpool_limits(1):
        for name, (ours, theirs) in works.items():
            tasks = {backend: under(backend, ours) for backend in ("compiled", "scipy")}
            if theirs is not None:
                tasks["librosa"] = under("scipy", theirs)
            times = time_interleaved(tasks, repetitions, time.process_time)
            cells = [spread(times[by], len(X) / 1000) if by in times else "" for by in
                     ("librosa", "scipy", "compiled")]  # fmt: skip
            rows.append(
                [name, *cells, ratio(times, "librosa", "scipy"), ratio(times, "scipy", "compiled")]
            )
            saved = (median(times["scipy"]) - median(times["compiled"])) / len(X)
    print(f"{len(X)} clips of 4 s ({kind}), one thread, processor time, median and range of")
    print(f"{repetitions}, interleaved; ratios of the same round\n")
    print_table(
        ["work", "librosa, ms a clip", "scipy, ms a clip", "compiled, ms a clip",
         "librosa over scipy", "scipy over compiled"],
        rows,
    )  # fmt: skip
    return saved


def ratio(times: dict[str, list[float]], one: str, other: str) -> str:
    """Return the median and the range of the ratios within each round."""
    if one not in times or other not in times:
        return ""
    return spread([a / b for a, b in zip(times[one], times[other], strict=True)])


def run(code: str, cache: str, *arguments: str) -> Any:
    """Run code in a separate process and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"NUMBA_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def measure_compiling(repetitions: int) -> tuple[list[float], list[float]]:
    """Return seconds of processes that compile, and of those that load compiled code."""
    compiled, loaded = [], []
    for _ in range(repetitions):
        with tempfile.TemporaryDirectory() as cache:
            compiled.append(run(COMPILE, cache))
            loaded.append(run(COMPILE, cache))
    return compiled, loaded


def measure_first_prediction(repetitions: int) -> None:
    """Print the time of the first and of the second prediction of a process."""
    import joblib
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sersk import (
        AudioLoader,
        DiscriminantClassifier,
        FrontEnd,
        FunctionalsTransformer,
        MelSpectrogramTransformer,
        make_emotional_speech,
    )

    def front_end(duration: float, features: Any) -> FrontEnd:
        return FrontEnd([("loader", AudioLoader(duration=duration)), ("features", features)])

    corpus = make_emotional_speech(4, 2, duration=2.0, random_state=0)
    functionals = make_pipeline(
        front_end(6.0, FunctionalsTransformer()), StandardScaler(), DiscriminantClassifier()
    ).fit(corpus.data, corpus.target)
    mel = front_end(4.0, MelSpectrogramTransformer()).fit(corpus.data)
    paths = find_paths(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        if paths is None:
            raise SystemExit("--first needs a recording of RAVDESS; set SERSK_DATA.")
        for name, model in (("functionals, predict", functionals), ("mel, transform", mel)):
            file = Path(folder) / "model.joblib"
            joblib.dump(model, file)
            times = []
            for _ in range(repetitions):
                with tempfile.TemporaryDirectory() as cache:
                    times.append(run(FIRST, cache, str(file), paths[0]))
            rows.append([name, *(spread(column) for column in zip(*times, strict=True))])
    print(f"One file of 48 kHz, processes without any cache, median and range of {repetitions}\n")
    print_table(
        ["work", "first, s", "first, processor s", "second, s", "second, processor s"], rows
    )


if __name__ == "__main__":
    main()

"""Load: memory over many predictions and many fits, and threads that share one pipeline.

    python benchmarks/soak.py [--predictions 100000] [--fits 200] [--threads 8] [--part NAME]

The parts "functionals" and "network" predict one clip of synthetic speech again and again, and
compare each result with the first one. The part "fits" fits one network after another, each to
features of its own, as a cross-validation does. The part "threads" predicts in several threads with
one pipeline and compares with one thread. Each part runs in a process of its own. Memory is the
resident size of that process, after garbage collection, and what it has allocated.
"""

import argparse
import ctypes
import gc
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from _common import print_table

from sersk import SpeechEmotionClassifier, make_emotional_speech, make_ser_pipeline

PARTS = ("functionals", "network", "fits", "threads")
WARM_UP = 1000  # predictions


def resident() -> float:
    """Return the resident size of this process, in MiB."""
    gc.collect()
    if sys.platform == "linux":
        # memory that was freed, and that the C library keeps, is no memory that is in use
        ctypes.CDLL(None).malloc_trim(0)
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
    import psutil

    return psutil.Process().memory_info().rss / 2**20


class _MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = tuple((f"field{i}", ctypes.c_size_t) for i in range(10))


def allocated() -> float:
    """Return the memory that the C library has given out and not got back, in MiB; or NaN.

    Resident memory is larger: between what is in use, freed pages stay in the heap.
    """
    if sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"):
        return float("nan")
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _MallInfo
    info = mallinfo2()
    return (info.field4 + info.field7) / 2**20  # hblkhd (mapped), uordblks (in use)


def make_pipeline(kind: str):
    """Return a fitted pipeline, and one clip of half a second."""
    corpus = make_emotional_speech(2, 2, emotions=("anger", "sad"), duration=0.5, random_state=0)
    params = (
        {"preset": "functionals"}
        if kind == "functionals"
        else {"epochs": 1, "model__filters": (4, 8), "model__dense_units": ()}
    )
    pipeline = make_ser_pipeline(duration=0.5, augmentation=False, random_state=0, **params)
    pipeline.fit(corpus.data, corpus.target)
    return pipeline, corpus.data


def predict(kind: str, n: int) -> dict:
    """Predict one clip n times after the warm-up."""
    pipeline, clips = make_pipeline(kind)
    first = pipeline.predict_proba(clips[:1])
    n_other = 0

    def run() -> None:
        nonlocal n_other
        n_other += not np.array_equal(pipeline.predict_proba(clips[:1]), first)

    for _ in range(min(WARM_UP, n)):
        run()
    return repeat(run, n) | {"other_results": n_other}


def fit(n: int) -> dict:
    """Fit n networks after three for the warm-up."""
    rng = np.random.default_rng(0)
    y = np.resize(["anger", "sad"], 64)
    sizes = []

    def run() -> None:
        X = rng.normal(size=(64, 64, 64)).astype(np.float32)  # 1 MiB
        classifier = SpeechEmotionClassifier(
            model__filters=(4,), model__dense_units=(512,), epochs=1, random_state=0
        )
        classifier.fit(X, y).predict_proba(X[:1])
        sizes.append(sum(weights.nbytes for weights in classifier.model_.get_weights()))

    for _ in range(3):
        run()
    return repeat(run, n) | {"model_mib": sizes[-1] / 2**20}


def repeat(run: Callable[[], None], n: int) -> dict:
    """Run n times; return the memory at the beginning and after each tenth."""
    sizes, given = [resident()], [allocated()]
    begin = time.perf_counter()
    for done in range(1, n + 1):
        run()
        if done % max(1, n // 10) == 0:
            sizes.append(resident())
            given.append(allocated())
            text = f"{done}/{n}: {sizes[-1]:.1f} MiB, {given[-1]:.1f} MiB allocated"
            print(text, file=sys.stderr, flush=True)
    return {"n": n, "seconds": time.perf_counter() - begin, "mib": sizes, "allocated_mib": given}


def compare_threads(n_threads: int) -> dict:
    """Return how many results of threads that share a pipeline differ from those of one thread."""
    found = {}
    for kind in ("functionals", "network"):
        fitted, clips = make_pipeline(kind)
        expected = [fitted.predict_proba(clips[i : i + 1]) for i in range(len(clips))]
        # a new copy, which the threads use at the same time from the first prediction on
        shared = pickle.loads(pickle.dumps(fitted))

        def run(seed: int, shared=shared, clips=clips, expected=expected) -> int:
            order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(clips)), 50))
            return sum(
                not np.array_equal(shared.predict_proba(clips[i : i + 1]), expected[i])
                for i in order
            )

        with ThreadPoolExecutor(n_threads) as pool:
            found[kind] = sum(pool.map(run, range(n_threads)))
        found[f"{kind}_n"] = n_threads * 50 * len(clips)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--predictions", type=int, default=100_000)
    parser.add_argument("--fits", type=int, default=200)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--part", choices=PARTS, default=None, help="print its numbers as JSON")
    arguments = parser.parse_args()
    if arguments.part is not None:
        run = {
            "functionals": lambda: predict("functionals", arguments.predictions),
            "network": lambda: predict("network", arguments.predictions),
            "fits": lambda: fit(arguments.fits),
            "threads": lambda: compare_threads(arguments.threads),
        }
        print(json.dumps(run[arguments.part]()))
        return
    found = {}
    for part in PARTS:
        command = [sys.executable, __file__, *sys.argv[1:], "--part", part]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[part] = json.loads(done.stdout)
    rows = []
    for part, what in (
        ("functionals", "predictions of one clip, functionals"),
        ("network", "predictions of one clip, network"),
        ("fits", f"fits of a network of {found['fits']['model_mib']:.1f} MiB"),
    ):
        sizes, given, n = (found[part][name] for name in ("mib", "allocated_mib", "n"))
        growth = [f"{size - sizes[0]:+.1f}" for size in (sizes[len(sizes) // 2], sizes[-1])]
        rows.append([f"{n:,} {what}", f"{sizes[0]:.0f}", *growth, f"{given[-1] - given[0]:+.1f}"])
    head = ["load", "MiB after warm-up", "MiB at half", "MiB at the end", "allocated at the end"]
    print_table(head, rows)
    n_other = [found[kind]["other_results"] for kind in ("functionals", "network")]
    print(f"\nRepeated predictions that differ from the first: {n_other[0]} and {n_other[1]}.")
    for kind in ("functionals", "network"):
        n_other, n = found["threads"][kind], found["threads"][f"{kind}_n"]
        print(
            f"{arguments.threads} threads, one pipeline ({kind}): {n_other} of {n} results differ "
            "from those of one thread."
        )


if __name__ == "__main__":
    main()

"""Cases of model files, .sersk and pickles: cut, flipped, forged, others, and no models.

Nothing here runs code on purpose: the damage is blind, and files are loaded in a child only.
"""

import io
import os
import pickle
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzing.cases import ERROR, FAULT, RIGHT, ModelCase, Outcome, kind_of
from fuzzing.checks import Fault
from fuzzing.model_files import forge
from sersk import load_model, make_emotional_speech, make_ser_pipeline, save_model
from sersk.persistence import UntrustedModelError

OTHERS = ("empty", "text", "zeros", "a list", "a number", "a scaler", "numpy", "half a pickle")
OTHERS += ("compressed text", "promises", "sound", "a class", "old protocol", "a folder")


def make(rng: np.random.Generator) -> ModelCase:
    """Return a case."""
    draw, base = rng.random(), "sersk" if rng.random() < 0.8 else "pipeline"
    if draw < 0.05:
        return ModelCase("intact", base, [])
    if draw < 0.25:
        return ModelCase("no model", OTHERS[rng.integers(len(OTHERS))], [])
    if draw < 0.5:
        return ModelCase("truncated", base, [["cut", float(rng.random())]])
    if draw < 0.6:
        begin = float(rng.random())
        return ModelCase("zeroed", base, [["zero", begin, begin + float(rng.random()) / 10]])
    if draw < 0.75:
        names = rng.choice(["set", "set", "delete", "swap"], size=rng.choice([1, 1, 2, 4]))
        forged = [[str(name), float(rng.random()), float(rng.random())] for name in names]
        return ModelCase("forged", "sersk", forged)
    # Half of the damage in the first tenth, where the names are.
    flips: list[list[Any]] = [
        ["flip", float(rng.random() * (0.1 if rng.random() < 0.5 else 1.0)), int(rng.integers(8))]
        for _ in range(int(rng.choice([1, 1, 2, 5])))
    ]
    return ModelCase("bits flipped", base, flips)


@cache
def _make_speech() -> tuple[NDArray, NDArray]:
    corpus = make_emotional_speech(
        2, 1, emotions=("anger", "sad"), duration=0.5, sample_rate=16_000, random_state=0
    )
    return corpus.data, corpus.target


@cache
def make_pipeline() -> tuple[dict[str, bytes], NDArray]:
    """Return the files of a small fitted pipeline, and its probabilities.

    "sersk" is a .sersk file, "pipeline" a pickle.
    """
    X, y = _make_speech()
    pipeline = make_ser_pipeline(
        preset="functionals", duration=0.5, sample_rate=16_000, random_state=0
    ).fit(X, y)
    with TemporaryDirectory() as folder:
        files = {
            base: save_model(pipeline, Path(folder, name)).read_bytes()
            for base, name in (("sersk", "model.sersk"), ("pipeline", "model.joblib"))
        }
    return files, pipeline.predict_proba(X[:1])


def make_clips() -> NDArray:
    """Return the clips of the probabilities."""
    return _make_speech()[0][:1]


def make_bytes(case: ModelCase) -> bytes:
    """Return the content of the file."""
    files = make_pipeline()[0]
    if case.group == "forged":
        return forge(files[case.base], case.changes)
    data = bytearray(files[case.base] if case.base in files else _make_other(case.base))
    n = len(data)
    for name, *values in case.changes:
        if name == "cut":
            del data[int(values[0] * n) :]
        elif name == "zero":
            begin, end = (int(value * n) for value in values)
            data[begin : min(end, n)] = bytes(min(end, n) - begin)
        else:
            data[int(values[0] * n)] ^= 1 << values[1]
    return bytes(data)


def _make_other(name: str) -> bytes:
    if name == "numpy":
        memory = io.BytesIO()
        np.save(memory, np.arange(10.0))
        return memory.getvalue()
    if name == "a scaler":
        from sklearn.preprocessing import StandardScaler

        return pickle.dumps(StandardScaler())
    return {
        "empty": b"",
        "text": b"This is a model.\n" * 10,
        "zeros": bytes(1_000),
        "a list": pickle.dumps([1, 2, 3]),
        "a number": pickle.dumps(3.5),
        "half a pickle": pickle.dumps(list(range(1_000)))[:200],
        "compressed text": zlib.compress(b"This is a model.\n" * 10),
        # a bytearray of 2^50 bytes
        "promises": b"\x80\x05\x96" + (2**50).to_bytes(8, "little") + b"x.",
        "sound": b"RIFF\x24\0\0\0WAVEfmt ",
        "a class": pickle.dumps(dict),
        "old protocol": pickle.dumps({"a": 1}, protocol=0),
        "a folder": b"",
    }[name]


def check_model(case: ModelCase, folder: str, chatter: Callable[[], str]) -> Outcome:
    """Load a file; it is refused by name, or the model predicts what it predicted."""
    path = os.path.join(folder, "model.sersk" if case.base == "sersk" else "model.joblib")
    if case.base == "a folder":
        path = folder
    else:
        Path(path).write_bytes(make_bytes(case))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            text = _load_and_predict(path, forged=case.group == "forged")
        if said := chatter():
            raise Fault(f"load_model: writes to stderr: {said[:100]!r}")
        if case.group == "intact" and text:
            raise Fault(f"load_model: refuses its own file: {text}")
        if case.group == "no model" and not text:
            raise Fault(f"load_model: accepts {case.base}")
    except Fault as fault:
        return Outcome(FAULT, kind_of(case), str(fault))
    return Outcome(ERROR if text else RIGHT, kind_of(case), text)


def _load_and_predict(path: str, *, forged: bool = False) -> str:
    try:
        model = load_model(path, allow_pickle=True)
    except Exception as error:
        clear = (ValueError, FileNotFoundError, MemoryError, UntrustedModelError)
        if os.path.isdir(path):
            clear = (IsADirectoryError,)
        if type(error) not in clear or path not in str(error):
            raise Fault(f"load_model: {type(error).__name__}: {error}") from error
        return str(error)
    if forged:  # another model, which may predict anything, or say what is wrong with it
        with warnings.catch_warnings(), suppress(Exception):
            warnings.simplefilter("ignore")
            model.predict_proba(make_clips())
        return ""
    try:
        found = model.predict_proba(make_clips())
    except Exception as error:
        raise Fault(f"loaded, then {type(error).__name__}: {error}") from error
    if not np.array_equal(found, make_pipeline()[1]):
        raise Fault("loaded, and predicts something else than what was saved")
    return ""

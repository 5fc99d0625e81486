"""Cases of waveforms in memory: dtypes, shapes, memory layouts, containers, odd values."""

import array
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fuzzing import oracle
from fuzzing.cases import ERROR, FAULT, RIGHT, ArrayCase, Outcome, kind_of
from fuzzing.checks import Fault, hold_warnings, name_errors
from sersk.audio.clips import UnusableClipError
from sersk.audio.loading import AudioFileError, AudioLoader
from sersk.audio.reading import SoundBlocks

SOUND = ("float32", "float64", "float16", "int16", "int32", "int8", "uint8", "uint16", "uint32")
SOUND += (">f4", ">i2", ">f8")
NO_SOUND = ("int64", "uint64", "bool", "complex64", "object", "U4", "S4", "datetime64[s]")
NO_SOUND += ("timedelta64[s]", "longdouble")
NO_SOUND_DTYPES = {np.dtype(name) for name in (*NO_SOUND[:-1], "complex128")}
FILLS = ("noise", "quiet", "loud", "NaN", "one NaN", "infinite", "zeros", "DC", "1e20", "1e300")
FILLS += ("1e-30", "int16 as float", "extremes")
LAYOUTS = ("plain", "strided", "reversed", "read only", "column", "memmap", "broadcast")
WRAPS = ("list", "tuple", "pair", "reversed pair", "masked", "fully masked", "unmasked", "Series")
WRAPS += ("array.array", "memoryview", "bytes", "None", "0-d", "row", "stereo", "3-D", "str")
WRAPS += ("dict", "set", "generator", "number", "NA", "subclass", "ragged")
CONTAINERS = ("tuple", "array", "object array", "Series", "3-D", "1-D", "DataFrame", "sparse")
CONTAINERS += ("generator", "dict", "set", "None", "empty", "one path", "masked array", "memmap")
CONTAINERS += ("recording", "stereo recording", "pair", "0 samples", "number", "bytes", "Fortran")

# Values that are no sound at any dtype, and wraps and containers that hold none.
_REFUSED_FILLS = {"NaN", "infinite", "1e20", "1e300", "int16 as float"}
_REFUSED_WRAPS = {"pair", "reversed pair", "masked", "fully masked", "bytes", "None", "0-d"}
_REFUSED_WRAPS |= {"stereo", "3-D", "str", "dict", "set", "generator", "number", "NA", "ragged"}
_REFUSED_CONTAINERS = {"3-D", "1-D", "sparse", "generator", "dict", "set", "None", "empty"}
_REFUSED_CONTAINERS |= {"one path", "masked array", "recording", "stereo recording", "pair"}
_REFUSED_CONTAINERS |= {"0 samples", "number", "bytes"}
# Containers of clips of one length, all made anew.
_WITHOUT_WRAPS = {"array", "memmap", "Fortran", "DataFrame"}


def make(rng: np.random.Generator) -> ArrayCase:
    """Return a case: one clip between two good ones, in a list or another container."""
    spec: dict[str, Any] = {
        "dtype": SOUND[rng.integers(len(SOUND))],
        "n": int(rng.choice([4_000, 1_111, 16_000])),
        "fill": "noise",
        "layout": LAYOUTS[rng.integers(len(LAYOUTS))],
        "wrap": "plain",
        "container": "list",
        "input_sample_rate": [None, None, 16_000, 8_000, 44_100, 48_000, 11_025][rng.integers(7)],
        "offset": [0.0, 0.0, 0.05][rng.integers(3)],
    }
    group = str(rng.choice(["right", "values", "dtypes", "shapes", "containers", "lengths"]))
    if group == "values":
        spec["fill"] = FILLS[rng.integers(len(FILLS))]
    elif group == "dtypes":
        spec["dtype"] = NO_SOUND[rng.integers(len(NO_SOUND))]
    elif group == "shapes":
        spec["wrap"] = WRAPS[rng.integers(len(WRAPS))]
    elif group == "containers":
        spec["container"] = CONTAINERS[rng.integers(len(CONTAINERS))]
    elif group == "lengths":
        spec["n"] = int(rng.choice([0, 1, 2, 3, 10, 100, 300_000]))
    if rng.random() < 0.1:
        spec["wrap"] = WRAPS[rng.integers(len(WRAPS))]
        spec["fill"] = FILLS[rng.integers(len(FILLS))]
        group = "mixed"
    return ArrayCase(group, spec)


def expectation(spec: dict[str, Any]) -> str:
    """Return "right", "error" or "either" (see `fuzzing.cases.FileCase`)."""
    dtype = _receive(spec, 4).dtype
    is_float = dtype.kind == "f"
    if (
        (is_float and spec["fill"] in _REFUSED_FILLS)
        or (spec["wrap"] in _REFUSED_WRAPS and spec["container"] not in _WITHOUT_WRAPS)
        or spec["container"] in _REFUSED_CONTAINERS
        or dtype in NO_SOUND_DTYPES
        or spec["n"] == 0
    ):
        return "error"
    plain = spec["wrap"] == "plain" and spec["container"] in ("list", "tuple", "array", "memmap")
    if plain and spec["fill"] == "noise" and spec["n"] >= 1_000 and spec["dtype"] in SOUND:
        return "right"
    return "either"


def _receive(spec: dict[str, Any], n: int | None = None) -> NDArray:
    """Return the samples of the odd clip as NumPy reads them out of its wrap."""
    samples = make_samples(spec, n)
    # Numbers in a list are of a dtype by their values, also those of an array of objects.
    if spec["wrap"] in ("list", "tuple", "array.array") and spec["container"] not in _WITHOUT_WRAPS:
        return np.asarray(wrap(samples, spec["wrap"]))
    return samples


def make_samples(spec: dict[str, Any], n: int | None = None) -> NDArray:
    """Return the samples of the odd clip, before layout and wrap."""
    n = spec["n"] if n is None else n
    dtype = np.dtype(spec["dtype"])
    rng = np.random.default_rng(n)
    fill = spec["fill"]
    values = rng.uniform(-0.9, 0.9, n)
    scales = {"quiet": 1e-3, "loud": 1.9, "1e20": 1e20, "1e300": 1e300, "1e-30": 1e-30}
    scales["int16 as float"] = 30_000.0
    values *= scales.get(fill, 1.0)
    if fill in ("zeros", "DC", "NaN", "infinite"):
        values[:] = {"zeros": 0.0, "DC": 0.3, "NaN": np.nan, "infinite": np.inf}[fill]
    elif fill == "one NaN" and n:
        values[n // 2] = np.nan
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dtype.kind in "iu":
            info = np.iinfo(dtype)
            if fill == "extremes":
                return rng.choice(np.array([info.min, info.max], dtype), n)
            full = (float(info.max) - float(info.min)) / 2
            centre = full if dtype.kind == "u" else 0.0
            values = np.clip(np.nan_to_num(values), -0.9, 0.9) * full + centre
        elif dtype.kind in "mM":
            return (values * 1e6).astype(np.int64).astype(dtype)
        return values.astype(dtype)


def lay_out(samples: NDArray, layout: str, folder: str) -> NDArray:
    """Return the same samples in another layout of memory."""
    if layout == "strided":
        wide = np.empty(3 * len(samples), samples.dtype)
        wide[::3] = samples
        return wide[::3]
    if layout == "reversed":
        return samples[::-1].copy()[::-1]
    if layout == "read only":
        samples.flags.writeable = False
    elif layout == "column":
        return np.asfortranarray(np.stack([samples, samples], axis=1))[:, 1]
    elif layout == "memmap" and len(samples) and samples.dtype.kind not in "O":
        path = os.path.join(folder, "samples")
        kept = np.memmap(path, samples.dtype, "w+", shape=samples.shape)
        kept[:] = samples
        return kept
    elif layout == "broadcast":
        return np.broadcast_to(samples, (2, len(samples)))[1]
    return samples


def wrap(samples: NDArray, kind: str) -> Any:
    """Return a clip as people pass them."""
    n = len(samples)
    if kind == "masked":
        return np.ma.masked_array(samples, np.arange(n) % 7 == 0)
    if kind == "ragged":
        return [samples.tolist(), samples[:3].tolist()]
    makers: dict[str, Callable[[], Any]] = {
        "plain": lambda: samples,
        "list": samples.tolist,
        "tuple": lambda: tuple(samples.tolist()),
        "pair": lambda: (samples, 16_000),
        "reversed pair": lambda: (16_000, samples),
        "fully masked": lambda: np.ma.masked_all_like(samples),
        "unmasked": lambda: np.ma.masked_array(samples),
        "Series": lambda: pd.Series(samples, index=np.arange(n)[::-1]),
        "array.array": lambda: array.array("f", samples.astype(np.float32).tolist()),
        "memoryview": lambda: (
            samples if samples.dtype.kind in "mM" else memoryview(np.ascontiguousarray(samples))
        ),
        "bytes": samples.tobytes,
        "None": lambda: None,
        "0-d": lambda: np.array(0.5),
        "row": lambda: samples[None],
        "stereo": lambda: np.stack([samples, samples], axis=1),
        "3-D": lambda: samples[None, None],
        "str": lambda: "no such file.wav",
        "dict": lambda: {"array": samples, "sampling_rate": 16_000},
        "set": lambda: {1.0, 2.0},
        "generator": lambda: (value for value in samples),
        "number": lambda: 0.5,
        "NA": lambda: pd.NA,
        "subclass": lambda: samples.view(_Subclass),
    }
    return makers[kind]()


class _Subclass(np.ndarray):
    """A subclass without anything of its own."""


def contain(good: NDArray, clip: Any, spec: dict[str, Any]) -> Any:
    """Return X: the clip between two good ones, or what people pass instead."""
    clips = [good, clip, good]
    kind = spec["container"]
    same = [make_samples(spec, 4_000) for _ in range(3)]
    makers: dict[str, Callable[[], Any]] = {
        "list": lambda: clips,
        "tuple": lambda: tuple(clips),
        "array": lambda: np.stack(same),
        "memmap": lambda: lay_out(np.concatenate(same), "memmap", ".").reshape(3, -1),
        "Fortran": lambda: np.asfortranarray(np.stack(same)),
        "object array": lambda: _as_objects(clips),
        "Series": lambda: pd.Series(clips, index=[7, 5, 3]),
        "3-D": lambda: np.stack(same)[:, None],
        "1-D": lambda: same[0],
        "DataFrame": lambda: pd.DataFrame(np.stack(same)),
        "sparse": lambda: csr_array(np.stack(same).astype(np.float32)),
        "generator": lambda: (one for one in clips),
        "dict": lambda: {"array": good},
        "set": lambda: {"a.wav"},
        "None": lambda: None,
        "empty": list,
        "one path": lambda: "no such file.wav",
        "masked array": lambda: np.ma.masked_array(np.stack(same), np.eye(3, 4_000)),
        "recording": lambda: same[0][:, None],
        "stereo recording": lambda: np.stack(same[:2], axis=1),
        "pair": lambda: (good, 16_000),
        "0 samples": lambda: np.empty((3, 0), np.float32),
        "number": lambda: 3,
        "bytes": good.tobytes,
    }
    return makers[kind]()


def _as_objects(clips: list[Any]) -> NDArray:
    objects = np.empty(len(clips), object)
    for i, clip in enumerate(clips):
        objects[i] = clip
    return objects


def check_array(case: ArrayCase, folder: str, chatter: Callable[[], str]) -> Outcome:
    """Load an X, and compare its rows with numpy's."""
    try:
        text = _check(case.spec, folder)
        if said := chatter():
            raise Fault(f"writes to stderr: {said[:100]!r}")
    except Fault as fault:
        return Outcome(FAULT, kind_of(case), str(fault))
    return Outcome(ERROR if text else RIGHT, kind_of(case), text)


def _check(spec: dict[str, Any], folder: str) -> str:
    """Return the clear error, "" for right rows; raise `Fault` for anything else."""
    good = np.random.default_rng(0).uniform(-0.5, 0.5, 6_000).astype(np.float32)

    def make_x() -> Any:
        return contain(
            good, wrap(lay_out(make_samples(spec), spec["layout"], folder), spec["wrap"]), spec
        )

    options = {"sample_rate": 16_000, "duration": 0.25, "offset": spec["offset"]}
    rate = spec["input_sample_rate"] or 16_000
    expect = expectation(spec)
    loader = AudioLoader(**options, input_sample_rate=spec["input_sample_rate"], verbose=False)
    X = make_x()
    answer = _ask("AudioLoader", lambda: loader.transform(X))
    right = [oracle.make_row(samples, rate, options) for samples in _references(spec, good)]
    if not isinstance(answer, tuple):
        if expect == "error":
            raise Fault(f"AudioLoader: accepts {_name(spec)}")
        for i, (row, wanted) in enumerate(zip(answer, right, strict=True)):
            if wanted is None:
                raise Fault(f"AudioLoader: accepts {_name(spec)}")
            if problem := oracle.differ(row, wanted):
                raise Fault(f"AudioLoader: clip {i}, {_name(spec)}: {problem}")
        _check_blocks(spec, folder, expect)
        return ""
    text, error = answer
    if expect == "right" and all(row is not None for row in right):
        raise Fault(f"AudioLoader: refuses {_name(spec)}: {text}")
    if isinstance(error, AudioFileError) and spec["container"] in ("list", "tuple", "Series"):
        loader.set_params(on_error="nan")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rows = loader.transform(make_x())
        if not hold_warnings(caught, "clip 1"):
            raise Fault(f"not reported as clip 1: {[str(w.message) for w in caught]}")
        for i in (0, 2):
            if right[i] is None or oracle.differ(rows[i], right[i]):
                raise Fault(f"a good row changed beside {_name(spec)}")
        if not np.isnan(rows[1]).all():
            raise Fault("reported as unusable, and its row is not NaN")
    return text


def _check_blocks(spec: dict[str, Any], folder: str, expect: str) -> None:
    if spec["container"] != "list" or spec["wrap"] != "plain" or expect != "right":
        return
    samples = lay_out(make_samples(spec), spec["layout"], folder)
    answer = _ask("SoundBlocks", lambda: np.concatenate(list(SoundBlocks(samples, 16_000))))
    if isinstance(answer, tuple):
        raise Fault(f"SoundBlocks: refuses {_name(spec)}: {answer[0]}")
    if problem := oracle.differ(answer, oracle.scale(samples)):
        raise Fault(f"SoundBlocks: {_name(spec)}: {problem}")


def _references(spec: dict[str, Any], good: NDArray) -> list[NDArray[np.float64]]:
    if expectation(spec) == "error":
        return [oracle.scale(good)] * 3
    if spec["container"] in ("array", "memmap", "Fortran", "DataFrame"):
        return [oracle.scale(make_samples(spec, 4_000))] * 3
    return [oracle.scale(good), oracle.scale(_receive(spec)), oracle.scale(good)]


def _ask(name: str, read: Callable[[], Any]) -> Any:
    """Return what a reader returns, or its clear error as (text, error)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = read()
        except Exception as error:
            text = str(error)
            clear = type(error) in (ValueError, TypeError, AudioFileError, UnusableClipError)
            named = name in text or " X" in text or isinstance(error, UnusableClipError)
            if not clear or not named or "MemoryError" in name_errors(error):
                raise Fault(f"{name}: {type(error).__name__}: {text}") from error
            return f"{type(error).__name__}: {text}", error
    hold_warnings(caught, "clip ")
    return answer


def _name(spec: dict[str, Any]) -> str:
    plain = ("list", "plain", "noise")
    parts = [spec["dtype"], *(spec[key] for key in ("container", "wrap", "fill"))]
    text = ", ".join(part for part in parts if part not in plain)
    return text if 1_000 <= spec["n"] <= 20_000 else f"{text}, {spec['n']} samples"

"""Damage and forgeries of .sersk files: bytes of the structure, cuts, right checksums."""

import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzing.cases import ERROR, FAULT, RIGHT
from fuzzing.checks import Fault
from sersk import load_model
from sersk.persistence.container import pack, unpack

# What somebody might put in the place of a value.
VALUES: tuple[Any, ...] = (None, True, -1, 0, 10**30, 1e308, float("nan"), "", "\x00", "a" * 10_000)
VALUES += ([], {}, [[[]]], "os.system", "../../etc/passwd", "0.npy", {"__loader__": "TypeNode"})
_CLEAR = (ValueError, MemoryError)


def forge(data: bytes, changes: list[list[Any]]) -> bytes:
    """Return a file whose schema is changed, and whose checksums are right.

    A change is ``[name, place, value]``: place, from 0 to 1, says which value of the schema is
    replaced ("set"), deleted ("delete"), or exchanged with another one ("swap").
    """
    members = {name: bytes(part) for name, part in unpack(memoryview(data)).items()}
    schema = json.loads(members["schema.json"])
    for name, place, value in changes:
        places = list(_iterate_places(schema))
        owner, key = places[int(place * len(places))]
        if name == "delete":
            del owner[key]
        elif name == "set":
            owner[key] = VALUES[int(value * len(VALUES))]
        else:
            other, other_key = places[int(value * len(places))]
            text = json.dumps([owner[key], other[other_key]])
            if len(text) < 1_000:  # a value inside of the other one would be endless
                other[other_key], owner[key] = json.loads(text)
    members["schema.json"] = json.dumps(schema).encode()
    file = io.BytesIO()
    pack(file, members)
    return file.getvalue()


def _iterate_places(part: Any) -> Iterator[tuple[Any, Any]]:
    keys = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    for key in list(keys):
        yield part, key
        yield from _iterate_places(part[key])


def damage(data: bytes, n_random: int, seed: int, every: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield files with a bit of the structure flipped, cut at each member, and damaged at random.

    Of the bytes of the structure, those of the arrays apart, each is flipped, or one of `every`.
    """
    members = unpack(memoryview(data))
    arrays = [data.index(bytes(part)) for name, part in members.items() if name.endswith(".npy")]
    lengths = [len(part) for name, part in members.items() if name.endswith(".npy")]
    inside = np.zeros(len(data), bool)
    for begin, length in zip(arrays, lengths, strict=True):
        inside[begin : begin + length] = True
    rng = np.random.default_rng(seed)
    for place in np.flatnonzero(~inside)[::every]:
        yield "structure: a bit flipped", _flip(data, [place], rng)
    starts = [i for i in range(len(data)) if data[i : i + 4] in (b"PK\3\4", b"PK\1\2", b"PK\5\6")]
    for start in starts:
        for cut in (start, start + 1, start + 30):
            yield "cut at a member", data[:cut]
    for _ in range(n_random):
        kind = rng.integers(4)
        if kind == 0:
            yield "bits flipped", _flip(data, rng.integers(len(data), size=rng.integers(1, 9)), rng)
        elif kind == 1:
            yield "cut", data[: rng.integers(len(data))]
        elif kind == 2:
            begin, length = rng.integers(len(data)), rng.integers(1, 4_096)
            part = rng.bytes(min(length, len(data) - begin))
            yield "overwritten", data[:begin] + part + data[begin + len(part) :]
        else:
            begin, end = np.sort(rng.integers(len(data), size=2))
            put = data[begin:end] if rng.random() < 0.5 else rng.bytes(int(rng.integers(1, 64)))
            yield (
                "moved or inserted",
                data[:begin] + put + data[begin + rng.integers(2) * len(put) :],
            )


def _flip(data: bytes, places: Any, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 1 << rng.integers(8)
    return bytes(changed)


def check_damage(
    data: bytes, clips: Any, right: NDArray[Any], n_random: int, seed: int = 0, every: int = 1
) -> tuple[dict[str, Counter], list[str]]:
    """Load all damaged files; return counts by kind, and faults.

    Each is refused with an error that names the file. Where the damage left all bytes as they were,
    it gives the same probabilities to the bit.
    """
    counts: dict[str, Counter] = {}
    faults: list[str] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.sersk")
        for number, (kind, changed) in enumerate(damage(data, n_random, seed, every)):
            path.write_bytes(changed)
            try:
                result = _ask(path, clips, right, same=changed == data)
            except Fault as fault:
                result = FAULT
                faults.append(f"{kind}, case {number}: {fault}")
            counts.setdefault(f"model file: {kind}", Counter())[result] += 1
            if os.listdir(folder) != ["model.sersk"]:
                raise Fault("loading wrote a file")
    return counts, faults


def _ask(path: Path, clips: Any, right: NDArray[Any], *, same: bool) -> str:
    try:
        model = load_model(path)
    except _CLEAR as error:
        if str(path) not in str(error):
            raise Fault(f"no name in {error}") from error
        if same:
            raise Fault(f"refuses its own file: {error}") from error
        return ERROR
    except Exception as error:
        raise Fault(f"{type(error).__name__}: {error}") from error
    if not np.array_equal(model.predict_proba(clips), right):
        raise Fault("loaded, and predicts something else than what was saved")
    if not same:
        raise Fault("accepts a file that is not what was saved")
    return RIGHT

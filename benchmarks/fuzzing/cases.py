"""Number the cases, and say how one ended."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

RIGHT, ERROR, FAULT = "right results", "clear errors", "faults"


@dataclass
class Outcome:
    """How a case ended."""

    result: str
    kind: str  # a row of the table, as "file: truncated"
    text: str = ""  # of an error or fault

    @property
    def signature(self) -> str:
        """The text without paths and numbers: two faults with one signature are of one kind."""
        if self.text.startswith("writes to stderr"):
            return "writes to stderr"
        text = re.sub(r"'[^']*/[^']*'|/\S+", "PATH", self.text)
        return re.sub(r"[-+]?\d[\d.,e+-]*", "N", text)[:160]


@dataclass
class FileCase:
    """A sound file, and how it is read.

    `expect` is "right" for a file that has to be read, "error" for one that has to be refused,
    "error if shorter" for one that was cut, "either" where a clear error and the values of the
    oracle are both right.
    """

    group: str
    suffix: str
    data: bytes
    options: dict[str, Any] = field(default_factory=dict)
    expect: str = "either"
    n_frames: int = 0  # of the intact file
    twin: bytes = b""  # an intact file with the same sound, if libsndfile does not read this one


@dataclass
class ArrayCase:
    """An X of waveforms; `spec` describes it (see `fuzzing.arrays`)."""

    group: str
    spec: dict[str, Any]


@dataclass
class ModelCase:
    """A model file: a base and what is done to it (see `fuzzing.models`)."""

    group: str
    base: str
    changes: list[list[Any]]


Case = FileCase | ArrayCase | ModelCase


def kind_of(case: Case) -> str:
    """Return the row of the table that a case belongs to."""
    name = type(case).__name__.removesuffix("Case").lower()
    return f"{name}: {case.group}"


def kind_of_number(number: int) -> str:
    """Return the kind of a case: of 20 cases, 15 are files, 4 arrays, 1 is a model file.

    Of the files, 2 are media files, if PyAV is installed.
    """
    place = number % 20
    if place in (7, 13):
        from fuzzing import media

        return "media" if media.is_possible() else "file"
    return "model" if place == 19 else "array" if place % 5 == 4 else "file"


def make_case(seed: int, number: int) -> Case:
    """Return a case of a run."""
    from fuzzing import arrays, files, media, models

    makers = {"file": files, "media": media, "array": arrays, "model": models}
    return makers[kind_of_number(number)].make(np.random.default_rng([seed, number]))


def as_dict(case: Case) -> dict[str, Any]:
    """Return the fields of a case."""
    return asdict(case)

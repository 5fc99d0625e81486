"""Whether a model file of sersk's own format is being written or read, for parts with own states.

A network and an encoder have another state in such a file than in a pickle. `sersk.persistence`
enters these contexts; the parts ask.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Writing:
    """How a model file is written.

    Attributes
    ----------
    encoder : {"reference", "inside"}
        Whether the weights of an encoder are named, or part of the file.
    """

    encoder: str = "reference"


@dataclass(frozen=True)
class Reading:
    """How a model file is read.

    Attributes
    ----------
    encoder : str, path-like or None
        The folder with the weights of an encoder, in place of the one that the file names.
    """

    encoder: str | os.PathLike[str] | None = None


_writing: ContextVar[Writing | None] = ContextVar("_writing", default=None)
_reading: ContextVar[Reading | None] = ContextVar("_reading", default=None)


def get_writing() -> Writing | None:
    """Return how a model file is being written.

    Returns
    -------
    writing : Writing or None
        None if none is: a state is then that of a pickle.
    """
    return _writing.get()


def get_reading() -> Reading | None:
    """Return how a model file is being read.

    Returns
    -------
    reading : Reading or None
        None if none is.
    """
    return _reading.get()


@contextmanager
def entering(how: Writing | Reading) -> Iterator[None]:
    """Let parts of a model give, or take, their state in a model file.

    Parameters
    ----------
    how : Writing or Reading
        Whether the file is written or read, and how.

    Yields
    ------
    None
        Nothing.
    """
    context: ContextVar[Any] = _writing if isinstance(how, Writing) else _reading
    token = context.set(how)
    try:
        yield
    finally:
        context.reset(token)

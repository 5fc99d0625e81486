"""Tensors that were downloaded: one file each, in the user's cache."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sersk._utils.files import replacing


def cache_home() -> Path:
    """Return the folder of downloaded weights.

    Returns
    -------
    folder : pathlib.Path
        The environment variable ``SERSK_CACHE_HOME``, or ``sersk`` in the user's cache.

    Examples
    --------
    >>> from sersk.features.whisper.cache import cache_home
    >>> cache_home().is_absolute()
    True
    """
    given = os.environ.get("SERSK_CACHE_HOME")
    if given:
        return Path(given).expanduser().absolute()
    import pooch

    return Path(pooch.os_cache("sersk"))


@lru_cache
def checksums(model: str) -> dict[str, str]:
    """Return the checksums of a model's tensors.

    Parameters
    ----------
    model : str
        Name of the model.

    Returns
    -------
    checksums : dict of str to str
        SHA-256 of each tensor of the encoder as float16, little-endian; empty for models of which
        only the checksum of the whole file is known.

    Examples
    --------
    >>> from sersk.features.whisper.cache import checksums
    >>> len(checksums("tiny.en")), len(checksums("small"))
    (66, 0)
    """
    table = files("sersk.features.whisper").joinpath("tensors.csv").read_text(encoding="utf-8")
    rows = (line.split(",") for line in table.splitlines()[1:])
    return {name: checksum for owner, name, checksum in rows if owner == model}


class TensorCache:
    """The tensors of one model that were downloaded.

    Parameters
    ----------
    folder : pathlib.Path
        Their folder.
    known : dict of str to str
        Checksums, as of `checksums`.
    """

    def __init__(self, folder: Path, known: dict[str, str]) -> None:
        self._folder = folder
        self._known = known

    def load(self, name: str) -> NDArray[np.floating] | None:
        """Return a tensor.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        tensor : ndarray or None
            None if it is not there, or its file is damaged.
        """
        try:
            tensor = np.load(self._folder / f"{name}.npy", allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError):
            return None
        return tensor if self._is_right(name, tensor) else None

    def store(self, name: str, tensor: NDArray[np.floating]) -> None:
        """Keep a tensor, in float16 if that loses nothing.

        Parameters
        ----------
        name : str
            Its name.
        tensor : ndarray
            The tensor.

        Raises
        ------
        ValueError
            If it is not the published one.
        OSError
            If it can't be written.
        """
        with np.errstate(over="ignore"):
            half = tensor.astype("<f2")
        kept = half if np.array_equal(half, tensor) else tensor
        if not self._is_right(name, kept):
            raise ValueError(f"tensor {name!r} is not the published one: its checksum differs")
        self._folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._folder / f"{name}.npy") as file:
            np.save(file, kept)

    def _is_right(self, name: str, tensor: NDArray[np.floating]) -> bool:
        if name not in self._known:
            return True
        return sha256(np.ascontiguousarray(tensor).tobytes()).hexdigest() == self._known[name]

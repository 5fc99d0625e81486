"""Weights in a local folder or file, in whichever of three formats they are."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from sersk.features.whisper.ctranslate2 import CTranslate2File
from sersk.features.whisper.network import Size, tensor_names
from sersk.features.whisper.openai import OpenAIFile
from sersk.features.whisper.safetensors import SafetensorsFile

_PREFIXES = ("model.encoder.", "encoder.")  # of the whole model, and of the bare one


class _File(Protocol):
    def read(self, name: str) -> NDArray[np.floating]: ...

    def shape(self, name: str) -> tuple[int, ...]: ...


class LocalTensors:
    """The tensors of an encoder in a local file.

    Parameters
    ----------
    path : pathlib.Path
        The file, for messages.
    file : object
        Reads a tensor by its name.
    names : dict of str to str
        Names in transformers without prefix -> names in the file.
    n_heads : int or None
        Number of heads of attention; None if the file does not say: one for 64 numbers of the
        width, as in all of Whisper's sizes.

    Attributes
    ----------
    size : Size
        The size of the encoder.

    Raises
    ------
    ValueError
        If tensors are missing.
    """

    def __init__(self, path: Path, file: _File, names: dict[str, str], n_heads: int | None) -> None:
        n_blocks = sum(
            name.startswith("layers.") and name.endswith(".fc1.weight") for name in names
        )
        missing = [name for name in tensor_names(n_blocks, norm=True) if name not in names]
        if missing or not n_blocks:
            raise ValueError(
                f"WhisperEncoder: {str(path)!r} has no encoder of Whisper; it lacks "
                f"{', '.join((missing or ['layers.0.fc1.weight'])[:3])}."
            )
        width, n_mels, _ = file.shape(names["conv1.weight"])
        self.size = Size(width, n_blocks, n_heads or max(1, width // 64), n_mels)
        self._file, self._names, self._path = file, names, path

    def read(self, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """Read some tensors.

        Parameters
        ----------
        names : collection of str
            Their names, as in transformers without the prefix "model.encoder.".

        Returns
        -------
        tensors : dict of str to ndarray of float32
            The tensors by their names.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        try:
            return {
                name: np.asarray(self._file.read(self._names[name]), np.float32) for name in names
            }
        except (ValueError, LookupError, BadZipFile) as error:
            raise ValueError(
                f"WhisperEncoder: {str(self._path)!r} can't be read: {error}."
            ) from error


def find_file(place: str | os.PathLike[str]) -> Path | None:
    """Find the file with the weights.

    Parameters
    ----------
    place : str or path-like
        A folder or a file.

    Returns
    -------
    file : pathlib.Path or None
        ``model.safetensors``, ``model.bin`` or the only ``*.pt`` in the folder, or the file itself;
        None if there is none.
    """
    path = Path(place).expanduser()
    if path.is_file():
        return path
    known = (path / name for name in ("model.safetensors", "model.bin"))
    found = [file for file in known if file.is_file()] or list(path.glob("*.pt"))
    return found[0] if len(found) == 1 or (found and found[0].suffix != ".pt") else None


def open_folder(place: str | os.PathLike[str]) -> LocalTensors:
    """Open weights in transformers' safetensors, in CTranslate2's or in OpenAI's format.

    Parameters
    ----------
    place : str or path-like
        A folder with ``model.safetensors`` and ``config.json``, or with ``model.bin``, or with one
        file ``*.pt``; or one of these files.

    Returns
    -------
    tensors : LocalTensors
        The tensors of the encoder, none of which is read yet.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no encoder of Whisper, or is a pickle of anything but weights.
    """
    path = find_file(place)
    if path is None:
        raise FileNotFoundError(
            f"WhisperEncoder: {str(place)!r} has no model.safetensors (transformers), model.bin "
            "(CTranslate2) or *.pt (OpenAI)."
        )
    try:
        return _open(path)
    except ValueError as error:
        if str(error).startswith("WhisperEncoder:"):
            raise
        raise ValueError(f"WhisperEncoder: {str(path)!r} can't be read: {error}.") from error


def _open(path: Path) -> LocalTensors:
    if path.suffix != ".safetensors":
        # pytorch_model.bin of transformers is an archive too, but not with OpenAI's names
        other = OpenAIFile(path) if is_zipfile(path) else CTranslate2File(path)
        return LocalTensors(path, other, {name: name for name in other.names}, other.n_heads)
    file = SafetensorsFile(path)
    names = {}
    for name in file.places:
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                names[name.removeprefix(prefix)] = name
                break
    return LocalTensors(path, file, names, _read_config(path).get("encoder_attention_heads"))


def _read_config(path: Path) -> dict[str, Any]:
    config = path.with_name("config.json")
    if not config.is_file():
        return {}
    try:
        return json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"config.json beside it is no JSON ({error})") from error

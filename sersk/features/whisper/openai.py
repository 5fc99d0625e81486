"""Read OpenAI's own files, ``*.pt``: a zip archive of tensors and a pickle that lists them.

A pickle can call any function of any module. This reader lets it make dictionaries and describe
tensors, and refuses all else, so that reading runs no code of the file.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_STORAGES = {"HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8"}

# transformers' names of a block's parts -> OpenAI's
_PARTS = {
    "self_attn_layer_norm": "attn_ln",
    "self_attn.q_proj": "attn.query",
    "self_attn.k_proj": "attn.key",
    "self_attn.v_proj": "attn.value",
    "self_attn.out_proj": "attn.out",
    "final_layer_norm": "mlp_ln",
    "fc1": "mlp.0",
    "fc2": "mlp.2",
}
_OTHERS = {"ln_post": "layer_norm"}


class _Tensor(NamedTuple):
    """A tensor in the archive: the entry, its type, the first number, the shape."""

    entry: str
    dtype: str
    offset: int
    shape: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Makes dictionaries and `_Tensor`, nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _describe
        if module == "torch" and name in _STORAGES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which weights do not need")

    def persistent_load(self, pid: Any) -> Any:
        _, storage, key, *_ = pid
        return str(key), _STORAGES[storage]


def _describe(storage: tuple[str, str], offset: int, shape: tuple, stride: tuple, *_: Any) -> Any:
    steps = np.cumprod((1, *shape[:0:-1]))[::-1] if shape else ()
    if tuple(stride) != tuple(steps):
        raise pickle.UnpicklingError(f"a tensor of shape {shape} has strides {stride}")
    return _Tensor(*storage, int(offset), tuple(shape))


class OpenAIFile:
    """The tensors of a local file under transformers' names.

    Parameters
    ----------
    path : pathlib.Path
        A file as OpenAI's package downloads it.

    Attributes
    ----------
    names : set of str
        Names of the tensors of the encoder, as in transformers.
    n_heads : int
        Number of heads of attention.

    Raises
    ------
    ValueError
        If the file is no such file, or its pickle asks for anything but tensors.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                index = next(n for n in archive.namelist() if n.endswith("/data.pkl"))
                self._root = index.removesuffix("data.pkl")
                with archive.open(index) as file:
                    content = _Unpickler(file).load()
            tensors = content["model_state_dict"]
            self.n_heads = int(content["dims"]["n_audio_head"])
        except pickle.UnpicklingError as error:
            raise ValueError(f"its pickle is refused: {error}") from error
        except (
            zipfile.BadZipFile,
            StopIteration,
            EOFError,
            LookupError,
            TypeError,
            AttributeError,
        ) as error:
            raise ValueError(f"no weights of OpenAI's ({error!r})") from error
        self._tensors = {
            _translate(name.removeprefix("encoder.")): tensor
            for name, tensor in tensors.items()
            if name.startswith("encoder.") and isinstance(tensor, _Tensor)
        }
        self.names = {*self._tensors}

    def read(self, name: str) -> NDArray[np.floating]:
        """Read a tensor.

        Parameters
        ----------
        name : str
            Its name in transformers, without the prefix "model.encoder.".

        Returns
        -------
        tensor : ndarray
            The tensor.
        """
        entry, dtype, offset, shape = self._tensors[name]
        with zipfile.ZipFile(self._path) as archive:
            content = archive.read(f"{self._root}data/{entry}")
        count = int(np.prod(shape))
        begin = offset * np.dtype(dtype).itemsize
        return np.frombuffer(content, dtype, count, begin).reshape(shape)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor.

        Parameters
        ----------
        name : str
            Its name in transformers, without the prefix "model.encoder.".

        Returns
        -------
        shape : tuple of int
            The shape.
        """
        return self._tensors[name].shape


def _translate(name: str) -> str:
    """Return transformers' name of a tensor."""
    if name == "positional_embedding":
        return "embed_positions.weight"
    part, _, kind = name.rpartition(".")
    if not part.startswith("blocks."):
        return f"{_OTHERS.get(part, part)}.{kind}"
    _, block, part = part.split(".", 2)
    ours = {theirs: ours for ours, theirs in _PARTS.items()}
    return f"layers.{block}.{ours.get(part, part)}.{kind}"

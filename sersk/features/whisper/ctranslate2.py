"""Read model.bin of CTranslate2: one variable after the other, each with name, shape and type."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}  # of CTranslate2's DataType
_FLOATS = ("<f4", "<f2")

# transformers' names of a block's tensors -> CTranslate2's, of which it is a third if there is one
_PARTS = {
    "self_attn_layer_norm": ("self_attention/layer_norm", None),
    "self_attn.q_proj": ("self_attention/linear_0", 0),
    "self_attn.k_proj": ("self_attention/linear_0", 1),
    "self_attn.v_proj": ("self_attention/linear_0", 2),
    "self_attn.out_proj": ("self_attention/linear_1", None),
    "final_layer_norm": ("ffn/layer_norm", None),
    "fc1": ("ffn/linear_0", None),
    "fc2": ("ffn/linear_1", None),
}


class CTranslate2File:
    """The tensors of a local file under transformers' names.

    Parameters
    ----------
    path : pathlib.Path
        The file ``model.bin``.

    Attributes
    ----------
    names : set of str
        Names of the tensors of the encoder, as in transformers.

    Raises
    ------
    ValueError
        If the file is no Whisper model of CTranslate2, or is quantised to integers.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            try:
                self._variables = _read_index(file)
            except (struct.error, UnicodeDecodeError, IndexError) as error:
                raise ValueError(f"no model file of CTranslate2 ({error})") from error
        if any(name.endswith("/weight_scale") for name in self._variables):
            raise ValueError("quantised to integers; convert the model to float16 or float32")
        n_blocks = 0
        while f"encoder/layer_{n_blocks}/ffn/linear_0/weight" in self._variables:
            n_blocks += 1
        self.names = {
            "embed_positions.weight",
            *(f"conv{i}.{kind}" for i in (1, 2) for kind in ("weight", "bias")),
            *(f"layer_norm.{kind}" for kind in ("weight", "bias")),
            *(
                f"layers.{i}.{part}.{kind}"
                for i in range(n_blocks)
                for part in _PARTS
                for kind in ("weight", "bias")
            ),
        }

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
        other, third = _translate(name)
        dtype, shape, begin = self._variables[other]
        if dtype not in _FLOATS:
            raise ValueError(f"{other} is of type {dtype}; float16 or float32 is expected")
        tensor = np.fromfile(self._path, dtype, int(np.prod(shape)), offset=begin).reshape(shape)
        return tensor if third is None else np.split(tensor, 3)[third]

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
        other, third = _translate(name)
        shape = self._variables[other][1]
        return shape if third is None else (shape[0] // 3, *shape[1:])

    @property
    def n_heads(self) -> int:
        """The number of heads of attention.

        Returns
        -------
        n_heads : int
            The number.
        """
        dtype, _, begin = self._variables["encoder/num_heads"]
        return int(np.fromfile(self._path, dtype, 1, offset=begin)[0])


def _translate(name: str) -> tuple[str, int | None]:
    if name == "embed_positions.weight":
        return "encoder/position_encodings/encodings", None
    first, _, kind = name.rpartition(".")
    is_norm = first.endswith("layer_norm")
    suffix = {"weight": "gamma", "bias": "beta"}[kind] if is_norm else kind
    if not first.startswith("layers."):
        return f"encoder/{first}/{suffix}", None
    _, block, part = first.split(".", 2)
    other, third = _PARTS[part]
    return f"encoder/layer_{block}/{other}/{suffix}", third


def _read_index(file: BinaryIO) -> dict[str, tuple[str, tuple[int, ...], int]]:
    """Return type, shape and first byte of each variable."""

    def number(code: str) -> int:
        return struct.unpack(f"<{code}", file.read(struct.calcsize(f"<{code}")))[0]

    def text() -> str:
        return file.read(number("H"))[:-1].decode()  # ends with a zero

    version, kind = number("I"), ""
    if version <= 100:
        kind = text()
    if not 4 <= version <= 100 or kind != "WhisperSpec":
        raise ValueError(f"no Whisper model of CTranslate2 (version {version}, {kind[:40]!r})")
    number("I")  # revision of the kind
    variables = {}
    for _ in range(number("I")):
        name = text()
        shape = tuple(number("I") for _ in range(number("B")))
        dtype, n_bytes = _TYPES.get(number("B"), "other"), number("I")
        variables[name] = (dtype, shape, file.tell())
        file.seek(n_bytes, 1)
    return variables

"""Read safetensors: a header in JSON that says where each tensor is, then the tensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MOST_HEADER = 100_000_000  # bytes, as the format's own reader allows
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


class Place(NamedTuple):
    """Where a tensor is in a file.

    Attributes
    ----------
    dtype : str
        Type, such as "F32".
    shape : tuple of int
        Shape.
    begin, end : int
        First byte in the file, and the one after the last.
    """

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def header_size(start: bytes) -> int:
    """Return where the tensors of a file begin.

    Parameters
    ----------
    start : bytes
        The first 8 bytes of the file.

    Returns
    -------
    size : int
        Size of the header with these 8 bytes.

    Raises
    ------
    ValueError
        If this is no safetensors file.
    """
    size = int.from_bytes(start[:8], "little")
    if len(start) < 8 or not 2 <= size <= _MOST_HEADER:
        raise ValueError("no header of safetensors")
    return 8 + size


def parse_header(header: bytes) -> dict[str, Place]:
    """Return where the tensors of a file are.

    Parameters
    ----------
    header : bytes
        The first `header_size` bytes of the file.

    Returns
    -------
    places : dict of str to Place
        Name and place of each tensor.

    Raises
    ------
    ValueError
        If this is no safetensors file.
    """
    try:
        entries: dict[str, Any] = json.loads(header[8:])
        places = {
            name: Place(
                entry["dtype"],
                tuple(entry["shape"]),
                *(len(header) + offset for offset in entry["data_offsets"]),
            )
            for name, entry in entries.items()
            if name != "__metadata__"
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no header of safetensors ({error!r})") from error
    for name, place in places.items():
        n_bytes = _BYTES.get(place.dtype, 0) * int(np.prod(place.shape))
        if place.dtype in _BYTES and (
            place.begin < len(header) or place.end - place.begin != n_bytes
        ):
            raise ValueError(f"tensor {name!r} of shape {place.shape} can't be {place}")
    return places


def decode(data: bytes, place: Place) -> NDArray[np.floating]:
    """Return a tensor from its bytes.

    Parameters
    ----------
    data : bytes
        The bytes of the tensor.
    place : Place
        Its type and shape.

    Returns
    -------
    tensor : ndarray of shape `place.shape`
        In its own type; bfloat16 as float32.

    Raises
    ------
    ValueError
        If the tensor does not hold floating-point numbers.
    """
    if place.dtype == "BF16":  # the upper half of a float32
        wide = np.frombuffer(data, "<u2").astype("<u4") << 16
        return wide.view("<f4").reshape(place.shape)
    if place.dtype not in _BYTES:
        raise ValueError(f"type {place.dtype}; expected one of {', '.join(_BYTES)}")
    return np.frombuffer(data, f"<f{_BYTES[place.dtype]}").reshape(place.shape)


class SafetensorsFile:
    """The tensors of a local file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Attributes
    ----------
    places : dict of str to Place
        Name and place of each tensor.

    Raises
    ------
    ValueError
        If this is no safetensors file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            start = file.read(8)
            size = header_size(start)
            self.places = parse_header(start + file.read(size - 8))

    def read(self, name: str) -> NDArray[np.floating]:
        """Read a tensor.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        tensor : ndarray
            The tensor.
        """
        place = self.places[name]
        with self._path.open("rb") as file:
            file.seek(place.begin)
            return decode(file.read(place.end - place.begin), place)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        shape : tuple of int
            The shape.
        """
        return self.places[name].shape

"""The arrays in a model file, judged by their headers before NumPy takes memory for them."""

from __future__ import annotations

import io
from math import prod
from typing import Any

import numpy as np

_KINDS = "biufcSUmMV"  # no objects, whose reading would unpickle
_MOST_HEADER = 10_000


def check_array(name: str, data: Any) -> None:
    """Refuse an array whose values are not numbers or text, or not as many as its shape says.

    Parameters
    ----------
    name : str
        Name of the member, for messages.
    data : memoryview
        The member, in NumPy's format.

    Raises
    ------
    ValueError
        If it is no such array.
    """
    file = io.BytesIO(data[: _MOST_HEADER + 20])
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, _, dtype = read(file, max_header_size=_MOST_HEADER)
    except Exception as error:  # the header is parsed as a Python literal, which fails in many ways
        raise ValueError(f"{name!r} is no array of NumPy ({type(error).__name__})") from error
    if dtype.kind not in _KINDS or dtype.hasobject:
        raise ValueError(f"{name!r} is an array of {dtype}, which no model needs")
    if any(n < 0 for n in shape) or prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError(f"{name!r} does not have the size that its shape {shape} needs")

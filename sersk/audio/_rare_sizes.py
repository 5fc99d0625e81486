"""Where sound ends by the headers of formats that are rare: AVR, MAT, VOC and WVE (Psion).

libsndfile reads their files to the end, wherever that is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO

# A file of a few chunks; the bound is for files that are something else.
_MOST_CHUNKS = 1000


def find_end(file: BinaryIO, n_bytes: int) -> int | None:
    """Return where the sound ends by the header of a file.

    Parameters
    ----------
    file : binary file
        The file.
    n_bytes : int
        Its size (bytes).

    Returns
    -------
    end : int or None
        A number of bytes; None if the file is of another format.
    """
    file.seek(0)
    first = file.read(32)
    for mark, find in _BY_MARK.items():
        if first.startswith(mark):
            try:
                return find(file, n_bytes)
            except struct.error:  # it ends within its header
                return None
    return None


def _read(file: BinaryIO, at: int, form: str) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _end_avr(file: BinaryIO, n_bytes: int) -> int:
    is_stereo, n_bits = _read(file, 12, ">HH")
    (n_frames,) = _read(file, 26, ">I")
    return 128 + n_frames * (2 if is_stereo else 1) * (n_bits // 8)


def _end_wve(file: BinaryIO, n_bytes: int) -> int:
    return 32 + _read(file, 18, ">I")[0]


def _end_voc(file: BinaryIO, n_bytes: int) -> int:
    (at,) = _read(file, 20, "<H")
    for _ in range(_MOST_CHUNKS):
        if at + 4 > n_bytes:  # the end need not be marked
            break
        (head,) = _read(file, at, "<I")
        if head & 0xFF == 0:
            break
        at += 4 + (head >> 8)
    return at


def _end_mat4(file: BinaryIO, n_bytes: int) -> int:
    order = "<" if _read(file, 0, "<I")[0] == 0 else ">"
    at = 0
    for _ in range(2):  # the rate and the sound
        kind, n_rows, n_columns, _, n_name = _read(file, at, f"{order}5I")
        n_bytes_each = (8, 4, 4, 2, 2, 1)[min(kind // 10 % 10, 5)]
        at += 20 + n_name + n_rows * n_columns * n_bytes_each
    return at


def _end_mat5(file: BinaryIO, n_bytes: int) -> int:
    file.seek(126)
    order = "<" if file.read(2) == b"IM" else ">"
    after, at = 128, 128
    for _ in range(_MOST_CHUNKS):
        if after + 8 > n_bytes:
            break
        at = after
        after += 8 + _read(file, at + 4, f"{order}I")[0]
    at += 8
    for _ in range(3):  # flags, size and name of the last matrix; its values follow
        kind, size = _read(file, at, f"{order}II")
        at += 8 if kind > 0xFFFF else 8 + -(-size // 8) * 8
    # libsndfile states eight bytes more for the whole matrix than it writes.
    return at + 8 + _read(file, at + 4, f"{order}I")[0]


_BY_MARK: dict[bytes, Callable[[BinaryIO, int], int]] = {
    b"2BIT": _end_avr,
    b"ALawSoundFile**": _end_wve,
    b"Creative Voice File": _end_voc,
    # a matrix of one number that is called samplerate
    struct.pack("<5I", 0, 1, 1, 0, 11) + b"samplerate": _end_mat4,
    struct.pack(">5I", 1000, 1, 1, 0, 11) + b"samplerate": _end_mat4,
    b"MATLAB 5.0 MAT-file": _end_mat5,
}

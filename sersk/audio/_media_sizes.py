"""What the headers of media files promise: their size, and how many packets of sound.

FFmpeg reads a file that was cut off as a shorter one, and reserves memory for as many packets as a
header promises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from sersk.audio.clips import UnusableClipError

_NESTED = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex", b"edts")
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")  # of an ASF file
# Boxes of an MP4 file that are tables, and the place of the number of their entries.
_PLACE_OF_COUNT = {b"stsz": 8, b"stz2": 8, b"sbgp": 8} | dict.fromkeys(
    (b"trun", b"stts", b"ctts", b"stsc", b"stco", b"co64", b"stss", b"stps", b"elst"), 4
)
_MOST_BOXES = 1_000_000  # of 8 bytes at least; a day in fragments of a second has half of that


def is_media_cut_short(file: BinaryIO, first: bytes, n_bytes: int) -> bool:
    """Tell whether an MP4, WebM, Matroska or ASF file is smaller than its header says.

    `first` are the first 8 bytes.
    """
    if first[:4] == b"\x1a\x45\xdf\xa3":
        return _find_end_of_segment(file) > n_bytes
    if first == b"\x30\x26\xb2\x75\x8e\x66\xcf\x11":
        return _find_size_of_asf(file) > n_bytes
    return any(
        kind in (b"moov", b"mdat", b"moof") and end > n_bytes
        for kind, _, end in _walk_boxes(file, 0, n_bytes)
    )


def check_boxes(path: str, n_bytes: int) -> None:
    """Raise `UnusableClipError` if an MP4 file promises more packets than it can hold.

    Parameters
    ----------
    path : str
        The file.
    n_bytes : int
        Its size (bytes).
    """
    with open(path, "rb") as file:
        for kind, begin, end in _walk_all(file, 0, n_bytes):
            if kind == b"cmov":
                raise UnusableClipError("has a compressed header, which is not read")
            # number of entries: after version and flags; of stsz and stz2, after the size of each
            place = _PLACE_OF_COUNT.get(kind)
            if place is None or end - begin < place + 4:
                continue
            file.seek(begin)
            content = file.read(place + 4)
            size = int.from_bytes(content[4:8]) if kind == b"stsz" else 1
            count = int.from_bytes(content[place:])
            if count * max(size, 1) > n_bytes:
                raise UnusableClipError(
                    f"is truncated or damaged: its header promises {count} entries, which a file "
                    f"of {n_bytes} bytes cannot hold"
                )


def _walk_boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, first byte of the content, and end of each box; the last may go beyond `end`."""
    for _ in range(_MOST_BOXES):
        file.seek(begin)
        head = file.read(16)
        if begin + 8 > end or len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head[:8])
        n_head = 8
        if size == 1 and len(head) == 16:
            (size,), n_head = struct.unpack(">Q", head[8:]), 16
        elif size == 0:  # up to the end of the file
            size = end - begin
        if size < n_head:
            return
        yield kind, begin + n_head, begin + size
        begin += size


def _walk_all(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[tuple]:
    for kind, first, last in _walk_boxes(file, begin, end):
        yield kind, first, min(last, end)
        if kind in _NESTED and depth < 10:
            yield from _walk_all(file, first, min(last, end), depth + 1)


def _find_end_of_segment(file: BinaryIO) -> int:
    """Return where the segment of a Matroska file ends; 0 if the file does not say."""
    file.seek(4)
    size = _read_vint(file)
    if size is None:
        return 0
    file.seek(size, 1)
    if file.read(4) != b"\x18\x53\x80\x67":
        return 0
    size = _read_vint(file)
    return 0 if size is None else file.tell() + size


def _read_vint(file: BinaryIO) -> int | None:
    """Return a number of one to eight bytes; None if all its bits are set: unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    n_more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> n_more)]) + file.read(n_more))
    return None if value == 2 ** (7 * (n_more + 1)) - 1 else value


def _find_size_of_asf(file: BinaryIO) -> int:
    """Return the size of an ASF file by its header; 0 if it does not say."""
    file.seek(16)
    size, n_objects = struct.unpack("<QI", file.read(12).ljust(12, b"\0"))
    position = 30
    for _ in range(min(n_objects, 1000)):
        file.seek(position)
        head = file.read(92)
        if len(head) < 24 or position > size:
            return 0
        if head[:16] == _FILE_PROPERTIES and len(head) == 92:
            n_bytes, flags = struct.unpack("<40xQ40xI", head)
            return 0 if flags & 1 else n_bytes  # a stream that was broadcast
        position += max(24, int.from_bytes(head[16:24], "little"))
    return 0

"""The pages of an Ogg file: whether one is missing or damaged.

libogg leaves a damaged page out, and libsndfile then reads the rest in its place.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sersk.audio.clips import UnusableClipError

_HEAD = struct.Struct("<4sBBqII4sB")
_FARTHEST = 2**17  # bytes after which the search for the next page ends: two of the largest pages
_BEGINS = 2  # flag of the first page of a stream

# zlib's checksum is that of Ogg with the order of bits turned round.
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """A page whose checksum is right. `time` counts samples, of all up to this page's end."""

    flags: int
    time: int
    stream: int
    number: int


def check_pages(path: str, rate: int, n_wanted: float) -> None:
    """Raise `UnusableClipError` if a page of an Ogg file is missing or damaged.

    Parameters
    ----------
    path : str
        The file.
    rate : int
        Samples a second of `n_wanted` (Hz).
    n_wanted : float
        Number of samples from the beginning on; the rest does not matter.
    """
    last: dict[int, Page] = {}  # of each stream
    time, has_sound, is_damaged, unit = 0.0, False, False, rate
    with open(path, "rb") as file:
        for page, content in _iterate(file, os.fstat(file.fileno()).st_size):
            is_damaged = page is None
            if page is None:  # its number is missing then, unless it is the last
                continue
            before = last.get(page.stream)
            if page.flags & _BEGINS:
                if has_sound:
                    raise UnusableClipError(
                        "holds several recordings one after another, of which only the first would "
                        "be read; join them: ffmpeg -i IN.ogg OUT.wav"
                    )
                unit = 48_000 if content.startswith(b"OpusHead") else unit
            # The pages after the headers may begin anywhere: one can join a broadcast late.
            elif has_sound and before is not None and page.number != before.number + 1:
                raise UnusableClipError(
                    "is truncated or damaged: pages are missing, damaged or out of order about "
                    f"{time:.3g} s from its beginning"
                )
            last[page.stream] = page
            if page.time > 0:
                has_sound, time = True, page.time / unit
                if time > n_wanted / rate + 1:
                    return
    if is_damaged:
        raise UnusableClipError("is truncated or damaged: its last page is damaged")


def _iterate(file: BinaryIO, n_bytes: int) -> Iterator[tuple[Page | None, bytes]]:
    """Yield each page with the beginning of its content; None for one with a wrong checksum."""
    at = 0
    while at + _HEAD.size <= n_bytes:
        file.seek(at)
        head = file.read(_HEAD.size)
        mark, _, flags, time, stream, number, checksum, n_parts = _HEAD.unpack(head)
        if mark == b"OggS":
            sizes = file.read(n_parts)
            content = file.read(sum(sizes))
            whole = head[:22] + bytes(4) + head[26:] + sizes + content
            if _sum(whole) == checksum:
                yield Page(flags, time, stream, number), content[:8]
                at += len(whole)
                continue
            yield None, b""
        file.seek(at + 1)
        following = file.read(_FARTHEST).find(b"OggS")
        if following < 0:
            return
        at += 1 + following


def _sum(page: bytes) -> bytes:
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return turned.to_bytes(4).translate(_TURNED)

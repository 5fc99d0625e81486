"""The containers that are made of chunks: where the samples begin, and how many bytes they are."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

# A program that streams cannot come back to fill in a size, and writes one of these or more:
# 0x7F000000 (SoX, AIFF), 0x7FFFF000 (SoX, WAV), 0x80000000 (arecord), 0xFFFFFFFF (FFmpeg).
PLACEHOLDER = 0x7F000000
_PLACEHOLDER_OF_64_BITS = 2**62


@dataclass(frozen=True)
class Layout:
    """How a container stores its chunks.

    `head` holds a chunk's name and size. `names` are those of the chunk with the samples. The first
    chunk begins at the byte `start`; each begins at a multiple of `multiple` bytes after it. The
    size may count the head too. Sizes from `placeholder` on mean "unknown". The samples begin
    `n_before` bytes after the head.
    """

    head: struct.Struct
    names: tuple[bytes, ...]
    start: int = 12
    multiple: int = 2
    counts_head: bool = False
    placeholder: int = PLACEHOLDER
    n_before: int = 0


WAV = Layout(struct.Struct("<4sI"), (b"data",))
# And IFF 8SVX: its BODY has nothing before the samples, but the size of its frames divides 8.
_AIFF = Layout(struct.Struct(">4sI"), (b"SSND", b"BODY"), n_before=8)
_CAF = Layout(
    struct.Struct(">4sQ"), (b"data",), 8, 1, placeholder=_PLACEHOLDER_OF_64_BITS, n_before=4
)
_W64 = Layout(
    struct.Struct("<4s12xQ"), (b"data",), 40, 8, True, placeholder=_PLACEHOLDER_OF_64_BITS
)

#: The first four bytes of a file, and its layout.
LAYOUTS = {
    b"RIFF": WAV,
    b"RIFX": Layout(struct.Struct(">4sI"), (b"data",)),
    b"RF64": WAV,
    b"FORM": _AIFF,
    b"caff": _CAF,
    b"riff": _W64,
}


def find_sound(file: BinaryIO, magic: bytes, n_bytes: int) -> tuple[int, int]:
    """Return where the samples of a file begin and their size in bytes, 0 if it is unknown."""
    layout = LAYOUTS[magic]
    begin, size = find_chunk(file, layout, layout.names, n_bytes)
    if magic == b"RF64" and size == 0xFFFFFFFF:  # the size in 64 bits is in a chunk of its own
        at, _ = find_chunk(file, layout, (b"ds64",), n_bytes)
        file.seek(at + 8)
        (size,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0") if at else bytes(8))
        return begin, size if size < _PLACEHOLDER_OF_64_BITS else 0
    size = size if size < layout.placeholder else 0
    n_before = min(layout.n_before, size)
    return begin + n_before, size - n_before


def find_chunk(
    file: BinaryIO, layout: Layout, names: tuple[bytes, ...], n_bytes: int
) -> tuple[int, int]:
    """Return where the content of the first chunk of these names begins and its size, or (0, 0)."""
    head = layout.head
    position = layout.start  # past the container's name and size, and the name of what it contains
    # A sound file has a dozen chunks; the bound is for files that are something else.
    for _ in range(1000):
        if position + head.size > n_bytes:
            break
        file.seek(position)
        found, size = head.unpack(file.read(head.size))
        size -= head.size if layout.counts_head else 0
        position += head.size
        if found in names:
            return position, max(size, 0)
        position += max(size, 0)
        position += -(position - layout.start) % layout.multiple
    return 0, 0

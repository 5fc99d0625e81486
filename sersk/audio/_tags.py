"""Tags (ID3, APE, Lyrics3) before and after the frames of MPEG audio: where they end."""

from __future__ import annotations

import struct
from typing import BinaryIO

_MARKS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEG")


def is_tag(head: bytes) -> bool:
    """Tell whether bytes begin as a tag does."""
    return head.startswith(_MARKS)


def skip_tags(file: BinaryIO, at: int, n_bytes: int) -> int:
    """Return where the tags end that begin at a place of a file of so many bytes."""
    while True:
        file.seek(at)
        head = file.read(32)
        begin = at
        if head.startswith(b"ID3"):
            at += _size_id3(head)
        elif head.startswith(b"APETAGEX") and len(head) == 32:
            size, _, flags = struct.unpack("<III", head[12:24])
            # The size counts the footer, and not the header.
            at += size + 32 if flags & 0x2000_0000 else 32
        elif head.startswith(b"TAG"):
            at += 227 if head.startswith(b"TAG+") else 128
        elif head.startswith(b"LYRICSBEGIN"):
            file.seek(at)
            text = file.read(2**16)
            at += max(text.find(b"LYRICS200"), text.find(b"LYRICSEND")) + 9
        if at == begin or at > n_bytes:  # a tag that goes beyond the end is none
            return begin


def find_tag_at_end(file: BinaryIO, begin: int, n_bytes: int) -> int:
    """Return where the tags at the end begin: ID3v1, and APE that has only a footer, no header."""
    end = n_bytes - 128
    file.seek(max(begin, end))
    if end < begin or file.read(3) != b"TAG":
        end = n_bytes
    file.seek(max(begin, end - 32))
    foot = file.read(32)
    if not foot.startswith(b"APETAGEX") or len(foot) < 32:
        return end
    at = end - int.from_bytes(foot[12:16], "little")
    return at if at >= begin else end


def _size_id3(head: bytes) -> int:
    """Return the bytes of an ID3v2 tag with its header and footer; 0 if its length is none."""
    # Four bytes of seven bits each. libmpg123 and FFmpeg take no tag whose bytes have the eighth.
    if len(head) < 10 or max(head[6:10]) > 0x7F:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte
    return size + (20 if head[5] & 0x10 else 10)

"""Which files are media files, by their first bytes, and the demuxer of FFmpeg for each.

FFmpeg is never asked to guess: some of its three hundred formats are lists of other files and
addresses to open.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from sersk.audio._tags import skip_tags

_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_N_FIRST = 64

# The first bytes of a file, and the demuxer.
_MARKS = {
    b"\x1a\x45\xdf\xa3": "matroska",  # and WebM
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",  # WMA
    b"#!AMR": "amr",
    b"wvpk": "wv",
    b"MAC ": "ape",
}


def find_demuxer(path: str) -> str | None:
    """Return the name of FFmpeg's demuxer for a media file that libsndfile does not read.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    demuxer : str or None
        None if the file does not begin as a media file.
    """
    with open(path, "rb") as file:
        first = file.read(_N_FIRST)
        if first[:3] == b"ID3":
            file.seek(skip_tags(file, 0, os.fstat(file.fileno()).st_size))
            first = file.read(_N_FIRST)
            return "aac" if _is_adts(first, file) else None
        for mark, demuxer in _MARKS.items():
            if first.startswith(mark):
                return demuxer
        if first[4:8] == b"ftyp" or (first[4:8] in _BOXES and first[:2] in (b"\0\0", b"\0\x01")):
            return "mov"
        if first[:4] == b"RIFF" and first[8:12] == b"QLCM":
            return "qcp"
        if first[:4] == b"OggS" and first[28:36] == b"Speex   ":
            return "ogg"
        if first[:2] == b"\x0b\x77" and len(first) > 5:
            return "ac3" if first[5] >> 3 <= 10 else "eac3" if first[5] >> 3 <= 16 else None
        return "aac" if _is_adts(first, file) else None


def _is_adts(first: bytes, file: BinaryIO) -> bool:
    """Tell whether bytes begin with two frames of AAC; `file` stands `_N_FIRST` bytes after them.

    MPEG audio such as MP3 has the same mark of twelve bits; its bits for the layer are not zero.
    """
    if len(first) < 7 or not _has_sync(first):
        return False
    size = (first[3] & 3) << 11 | first[4] << 3 | first[5] >> 5
    if size < 7:
        return False
    start = file.tell() - len(first)
    file.seek(start + size)
    following = file.read(2)
    return not following or _has_sync(following)


def _has_sync(frame: bytes) -> bool:
    return len(frame) >= 2 and frame[0] == 0xFF and frame[1] & 0xF6 == 0xF0

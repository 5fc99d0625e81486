"""What the header of a sound file promises, compared with what the file holds.

libsndfile silently reads most files that were cut off as shorter clips; here they are found.
Decoding is in `sersk.audio._decoder`.
"""

from __future__ import annotations

import io
import os
import stat
import struct
from typing import Any, BinaryIO

from sersk.audio._chunks import LAYOUTS, PLACEHOLDER, WAV, find_chunk, find_sound
from sersk.audio._media_marks import find_demuxer
from sersk.audio._media_sizes import is_media_cut_short
from sersk.audio._rare_sizes import find_end
from sersk.audio.clips import UnusableClipError

_AU_HEADER = 24  # bytes, at least


def is_cut_short(path: str, n_a_frame: int = 1) -> bool:
    """Tell whether a file ends before the sound that its header promises.

    Parameters
    ----------
    path : str
        The file.
    n_a_frame : int, default=1
        Size of a frame (bytes), if all are of one size. What is promised beyond the last whole
        frame is no sound.

    Returns
    -------
    cut_short : bool
        True for a WAV, RF64, W64, AIFF, SVX, CAF, AU, NIST, AVR, MAT, VOC or WVE file with fewer
        bytes than its header says, for an Ogg file that ends within a page, and for an MP4,
        Matroska or ASF file that ends within a box. False also if the file promises nothing: a
        stream written to a pipe, another format.
    """
    with open(path, "rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        magic = file.read(4)
        if find_demuxer(path) in ("mov", "matroska", "asf"):
            file.seek(0)
            return is_media_cut_short(file, file.read(8), n_bytes)
        if magic in LAYOUTS:
            begin, size = find_sound(file, magic, n_bytes)
            return begin + size - size % n_a_frame > n_bytes
        if magic == b".snd":
            begin, size = struct.unpack(">II", file.read(8).ljust(8, b"\0"))
        elif magic == b"NIST":
            begin, size = _read_nist_sizes(file) or (0, 0)
        elif magic == b"OggS":
            return _ends_within_ogg_page(file, n_bytes)
        else:
            return (find_end(file, n_bytes) or 0) > n_bytes
    return size < PLACEHOLDER and begin + size - size % n_a_frame > n_bytes


def open_unsized_wav(path: str) -> io.RawIOBase | None:
    """Open a WAV file whose header says 0 bytes although sound follows.

    A program that writes to a pipe, or that was stopped, leaves such a header, and
    libsndfile believes it.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    file : io.RawIOBase or None
        The file, with a size in its header that means "unknown"; None if the file is not
        of this kind.
    """
    with open(path, "rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        magic, riff_size = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
        if magic != b"RIFF":
            return None
        begin, size = find_chunk(file, WAV, WAV.names, n_bytes)
        # A data chunk that is truly empty may be followed by others: then the size of the
        # whole is right.
        whole_is_right = 8 + riff_size >= n_bytes and riff_size < PLACEHOLDER
        has_format = bool(find_chunk(file, WAV, (b"fmt ",), n_bytes)[0])
        if not (has_format and begin) or size != 0 or begin == n_bytes or whole_is_right:
            return None
        file.seek(0)
        return WithHeader(path, file.read(begin - 4) + b"\xff\xff\xff\xff", begin)


def check_is_file(path: str) -> int:
    """Return the size of a file (bytes).

    Raise `UnusableClipError` unless the path is a regular file that is not empty.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise UnusableClipError(f"does not exist{_explain_missing(path)}") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or error
        raise UnusableClipError(f"cannot be read: {reason}") from None
    if stat.S_ISDIR(status.st_mode):
        raise UnusableClipError("is a directory, not a file")
    if not stat.S_ISREG(status.st_mode):  # reading from a pipe might wait for ever
        raise UnusableClipError("is not a regular file")
    if status.st_size == 0:
        raise UnusableClipError("is empty (0 bytes)")
    return status.st_size


def check_mark(path: str) -> bytes:
    """Return the first bytes; raise `UnusableClipError` if libsndfile must not even try to open."""
    with open(path, "rb") as file:
        first, begin = file.read(4), file.read(4)
        if first == b"NIST" and _read_nist_sizes(file) is None:
            raise UnusableClipError("is truncated or damaged: its header has no end")
    if first == b".snd" and int.from_bytes(begin) < _AU_HEADER:
        # libsndfile reads such a file, but from another place after a seek.
        raise UnusableClipError("is damaged: by its header, the sound begins within the header")
    # Of a damaged sample dump libsndfile prints to stdout, among the results of a command.
    if first[:2] == b"\xf0\x7e" and first[3:] == b"\x01":
        raise UnusableClipError("is a sample dump of a synthesizer (MIDI), which is not read")
    return first


def _explain_missing(path: str) -> str:
    if "://" in path:
        return "; files are read from disk only, so download it first"
    if os.sep != "\\" and "\\" in path:
        return "; here folders are separated by /, and a backslash is part of a name"
    return ""


class WithHeader(io.RawIOBase):
    """A file with other bytes in place of its first `n_replaced`."""

    def __init__(self, path: str, header: bytes, n_replaced: int) -> None:
        self._file = open(path, "rb")  # noqa: SIM115
        self._header = header
        self._shift = n_replaced - len(header)
        self._position = 0
        self._n_bytes = os.fstat(self._file.fileno()).st_size - self._shift

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence, self._n_bytes)
        self._position = offset + start
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        begin, n_bytes = self._position, len(buffer)
        data = self._header[begin : begin + n_bytes]
        if not data:
            self._file.seek(begin + self._shift)
            data = self._file.read(n_bytes)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _read_nist_sizes(file: BinaryIO) -> tuple[int, int] | None:
    """Return the size of a NIST SPHERE header and of the sound it promises; None if it is cut."""
    file.seek(0)
    fields = {}
    lines = file.read(1024).decode("latin-1").splitlines()
    if "end_head" not in lines:
        return None
    for line in lines[2:]:
        name, kind, value = [*line.split(maxsplit=2), "", "", ""][:3]
        if kind and _is_number(value):  # "-i" for most programs, "-s1" for libsndfile
            fields[name] = int(value)
    frame_size = fields.get("sample_n_bytes", 0) * fields.get("channel_count", 1)
    header = lines[1].strip() if len(lines) > 1 else ""
    return int(header) if _is_number(header) else 0, fields.get("sample_count", 0) * frame_size


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()  # a superscript two is a digit too, but no number


def _ends_within_ogg_page(file: BinaryIO, n_bytes: int) -> bool:
    """Tell whether the last page of an Ogg file is incomplete."""
    file.seek(max(0, n_bytes - 65_307))  # the largest page
    tail = file.read()
    page = tail.rfind(b"OggS")
    n_segments = tail[page + 26] if page >= 0 and page + 26 < len(tail) else 0
    table = tail[page + 27 : page + 27 + n_segments]
    return page < 0 or len(table) < n_segments or page + 27 + n_segments + sum(table) > len(tail)

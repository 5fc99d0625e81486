"""What the header of a sound file promises, compared with what the file holds.

libsndfile reads most files that were cut off without a word, as shorter clips; here is how
they are told. Decoding lives in `sersk.audio.reading`.
"""

import io
import os
import struct
from typing import BinaryIO

# Sizes from here on are what a writer puts that streams and cannot come back to fill them in:
# 0x7F000000 (SoX, AIFF), 0x7FFFF000 (SoX, WAV), 0x80000000 (arecord), 0xFFFFFFFF (FFmpeg).
_PLACEHOLDER = 0x7F000000


# The containers made of chunks: a chunk's name and size, and the name of that with the samples.
_LITTLE, _BIG = struct.Struct("<4sI"), struct.Struct(">4sI")
_LAYOUTS = {b"RIFF": (_LITTLE, b"data"), b"RIFX": (_BIG, b"data"), b"FORM": (_BIG, b"SSND")}


def is_cut_short(path: str) -> bool:
    """Tell whether a file ends before the sound that its header promises.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    cut_short : bool
        True for a WAV, AIFF, AU or NIST file with fewer bytes than its header says,
        and for an Ogg file that ends within a page. False also where the file makes no
        promise: a stream written to a pipe, another format.
    """
    with open(path, "rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        magic = file.read(4)
        if magic in _LAYOUTS:
            begin, size = _find_chunk(file, *_LAYOUTS[magic], n_bytes)
        elif magic == b".snd":
            begin, size = struct.unpack(">II", file.read(8))
        elif magic == b"NIST":
            begin, size = _read_nist_sizes(file)
        elif magic == b"OggS":
            return _ends_within_ogg_page(file, n_bytes)
        else:
            return False
    return size < _PLACEHOLDER and begin + size > n_bytes


def has_reliable_length(path: str) -> bool:
    """Tell whether the number of frames that libsndfile gives is more than an estimate.

    Parameters
    ----------
    path : str
        An MP3 file.

    Returns
    -------
    reliable : bool
        False if its first frame carries no Xing, Info or VBRI header; libsndfile then
        estimates the length from the file's size, up to a frame or two off.
    """
    with open(path, "rb") as file:
        tag = file.read(10)
        start = 0
        if tag[:3] == b"ID3":  # four bytes of seven bits each: the length of the ID3 tag
            start = 10 + sum(
                byte << shift for byte, shift in zip(tag[6:], (21, 14, 7, 0), strict=True)
            )
        file.seek(start)
        first_frame = file.read(256)
    return any(name in first_frame for name in (b"Xing", b"Info", b"VBRI"))


def open_unsized_wav(path: str, n_frames: int) -> io.BytesIO | None:
    """Open the beginning of a WAV file whose header says 0 bytes though sound follows.

    A program that writes to a pipe, or that was stopped, leaves such a header, and
    libsndfile takes it at its word.

    Parameters
    ----------
    path : str
        The file.
    n_frames : int
        How many frames are needed, counted from the first.

    Returns
    -------
    file : io.BytesIO or None
        The header, its size field marked as unknown, and the frames; None if the file is
        not of this kind.
    """
    with open(path, "rb") as file:
        n_bytes = os.fstat(file.fileno()).st_size
        magic, riff_size = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
        if magic != b"RIFF":
            return None
        begin, size = _find_chunk(file, _LITTLE, b"data", n_bytes)
        # A data chunk that is truly empty may be followed by others: then the size of the
        # whole is right.
        whole_is_right = 8 + riff_size >= n_bytes and riff_size < _PLACEHOLDER
        fmt, _ = _find_chunk(file, _LITTLE, b"fmt ", n_bytes)
        if not (fmt and begin) or size != 0 or begin == n_bytes or whole_is_right:
            return None
        file.seek(fmt + 12)
        (frame_size,) = struct.unpack("<H", file.read(2))
        file.seek(0)
        header = file.read(begin - 4) + b"\xff\xff\xff\xff"
        file.seek(begin)
        return io.BytesIO(header + file.read(n_frames * frame_size))


def _find_chunk(file: BinaryIO, head: struct.Struct, name: bytes, n_bytes: int) -> tuple[int, int]:
    """Return where the content of a chunk begins and its size; (0, 0) if there is none."""
    position = 12  # past the container's name and size, and the name of what it contains
    # A sound file has a dozen chunks; the bound is for files that are something else.
    for _ in range(1000):
        if position + head.size > n_bytes:
            break
        file.seek(position)
        found, size = head.unpack(file.read(head.size))
        position += head.size
        if found == name:
            return position, size
        position += size + size % 2
    return 0, 0


def _read_nist_sizes(file: BinaryIO) -> tuple[int, int]:
    """Return the size of a NIST SPHERE header and of the sound it promises."""
    file.seek(0)
    fields = {}
    lines = file.read(1024).decode("latin-1").splitlines()
    for line in lines[2:]:
        name, kind, value = [*line.split(maxsplit=2), "", "", ""][:3]
        if kind == "-i" and value.isdigit():
            fields[name] = int(value)
    frame_size = fields.get("sample_n_bytes", 0) * fields.get("channel_count", 1)
    header = lines[1].strip() if len(lines) > 1 else ""
    return int(header) if header.isdigit() else 0, fields.get("sample_count", 0) * frame_size


def _ends_within_ogg_page(file: BinaryIO, n_bytes: int) -> bool:
    """Tell whether the last page of an Ogg file is incomplete."""
    file.seek(max(0, n_bytes - 65_307))  # the largest page
    tail = file.read()
    page = tail.rfind(b"OggS")
    n_segments = tail[page + 26] if page >= 0 and page + 26 < len(tail) else 0
    table = tail[page + 27 : page + 27 + n_segments]
    return page < 0 or len(table) < n_segments or page + 27 + n_segments + sum(table) > len(tail)

"""The frames of an MP3 file: how many there are, and whether one is missing or damaged.

libmpg123 guesses the length of a file that does not state it by the size of its first frame, and
libsndfile reads no further. It puts silence where a frame is damaged. Here the frames are counted
and checked, not decoded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from sersk.audio._mpeg_header import Header, Kind, read_header
from sersk.audio._tags import find_tag_at_end, is_tag, skip_tags

_HEAD = 4 + 2 + 32  # bytes: the header, its checksum, and where a frame's sound lies
_MOST_BEFORE = 511  # bytes of earlier frames that hold sound of a frame
_MOST_BIG_VALUES = 288
_LONGEST = 1_441  # bytes of a frame of layer III, at most
_LONGEST_FREE = 3_456  # bytes of a frame of a free bit rate, at most, for libmpg123
_FARTHEST = 2**16  # bytes after which the search for the next frame ends
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n")  # covers (JPEG, PNG) that some programs append


@dataclass
class Frames:
    """What is found in a file.

    `begin` is the place of the first frame with sound, of which `first` is the header; `promised`
    the number of frames that the file states, None if it states none, and `is_known` whether
    libmpg123 knows that statement. `n_frames` have been found, the `longest` of so many bytes.
    `fault` is what is wrong after them, or "". `n_free` is the size of a frame of a free bit rate,
    and `last` the place of the last frame that has been found.
    """

    first: Header
    begin: int
    promised: int | None = None
    is_known: bool = False
    n_frames: int = 0
    longest: int = 0
    fault: str = ""
    n_free: int = 0
    last: int = 0

    @property
    def n_samples(self) -> int:
        """Samples of each channel in the frames that have been found."""
        return self.n_frames * self.first.n_samples


def find_frames(file: BinaryIO, n_bytes: int, n_wanted: float) -> Frames | None:
    """Count and check the frames of an MP3 file.

    Parameters
    ----------
    file : binary file
        The file.
    n_bytes : int
        Its size (bytes).
    n_wanted : float
        Number of samples after which the rest does not matter.

    Returns
    -------
    frames : Frames or None
        What is found; None if no frame is.
    """
    begin = skip_tags(file, 0, n_bytes)
    at, header, n_free = _find_first(file, begin, n_bytes)
    if header is None:
        return None
    frames = Frames(header, at, n_free=n_free)
    file.seek(at)
    _read_statement(frames, file.read(header.n_bytes))
    if frames.begin != at:
        after = skip_tags(file, frames.begin, n_bytes)
        kind = (*header.kind[:3], bool(n_free))
        frames.begin, found = _find_next(file, after, n_bytes, kind, n_free)
        if found is None:
            frames.begin = after
        else:
            frames.first = found
    # A piece of a broadcast begins within a frame, and some tags are followed by zeros.
    elif at - begin > max(_LONGEST, header.n_bytes) and not (begin and _is_empty(file, begin, at)):
        frames.fault = f"its first {at - begin} bytes are no MP3 frame"
    _walk(frames, file, n_bytes, n_wanted)
    return frames


def _walk(frames: Frames, file: BinaryIO, n_bytes: int, n_wanted: float) -> None:
    at, n_before, n_main = frames.begin, 0, 0
    while not frames.fault and frames.n_samples < n_wanted:
        file.seek(at)
        head = file.read(_HEAD)
        header = read_header(head, frames.n_free)
        if header is None or header.kind != frames.first.kind:
            after = skip_tags(file, at, n_bytes)
            following, found = _find_next(file, after, n_bytes, frames.first.kind, frames.n_free)
            if found is None:
                _end(frames, file, after, find_tag_at_end(file, after, n_bytes))
                return
            if following > after:
                frames.fault = f"{following - after} bytes from byte {after} on are no MP3 frame"
            at = following
            continue
        if at + header.n_bytes > n_bytes:
            frames.fault = "it ends within an MP3 frame"
            return
        if header.kind[1] == 3:
            n_before = min(n_before + n_main, _MOST_BEFORE)
            n_main = _check_table(header, head, n_before)
            if not n_main:
                frames.fault = (
                    f"the MP3 frame at byte {at} is damaged, or the one before is missing"
                )
                return
        frames.n_frames += 1
        frames.last = at
        frames.longest = max(frames.longest, header.n_bytes)
        at += header.n_bytes


def _end(frames: Frames, file: BinaryIO, begin: int, end: int) -> None:
    """Say whether the last frame that was found can be the last of the file."""
    if frames.promised is None:
        if end - begin > frames.longest and not _can_follow(frames, file, begin, end):
            frames.fault = f"its last {end - begin} bytes are no MP3 frame"
    elif frames.n_frames < frames.promised - 1:
        frames.fault = f"it promises {frames.promised} MP3 frames and holds {frames.n_frames}"
    elif frames.n_frames > frames.promised + 2:
        frames.fault = (
            f"it promises {frames.promised} MP3 frames and holds {frames.n_frames}, as if files "
            "were joined"
        )


def _can_follow(frames: Frames, file: BinaryIO, begin: int, end: int) -> bool:
    """Tell whether bytes after the last frame are no lost sound: a picture, or zeros.

    A program that downloads may fill a file with zeros first. Where such a download broke off, the
    last frame ends in zeros.
    """
    file.seek(begin)
    if not file.read(8).startswith(_IMAGES) and not (
        _read_end(frames, file).strip(b"\0") and _is_empty(file, begin, end)
    ):
        return False
    while begin < end:
        if _find_next(file, begin, end, frames.first.kind, frames.n_free)[1]:
            return False
        begin += _FARTHEST - 4
    return True


def _read_end(frames: Frames, file: BinaryIO) -> bytes:
    """Return the last two bytes of the last frame: sound, also of later frames, or filling."""
    file.seek(frames.last)
    frame = file.read(frames.longest)
    header = read_header(frame, frames.n_free)
    return b"" if header is None else frame[header.n_bytes - 2 : header.n_bytes]


def _check_table(header: Header, head: bytes, n_before: int) -> int:
    """Return the bytes of sound in a frame of layer III; 0 if its table contradicts its size."""
    of_mpeg_1, is_mono = header.kind[0] == 3, header.data[3] >> 6 == 3
    begin, n_side = header.n_head_bytes, header.n_side_bytes
    bits, n_bits = int.from_bytes(head[begin : begin + n_side]), 8 * n_side
    begins_before = bits >> n_bits - (9 if of_mpeg_1 else 8)
    if of_mpeg_1:
        position, n_parts, size = (18 if is_mono else 20), (2 if is_mono else 4), 59
    else:
        position, n_parts, size = (9 if is_mono else 10), (1 if is_mono else 2), 63
    n_used = 0
    for _ in range(n_parts):
        part = bits >> n_bits - position - 21
        n_used += part >> 9 & 0xFFF
        if part & 0x1FF > _MOST_BIG_VALUES:
            return 0
        position += size
    n_main = header.n_bytes - begin - n_side
    # Until that many bytes have been read, the first frames of a piece that was cut out of another
    # file may lack their sound.
    is_missing = begins_before > n_before and n_before == _MOST_BEFORE
    return 0 if is_missing or n_used > 8 * (begins_before + n_main) else max(n_main, 1)


def _read_statement(frames: Frames, frame: bytes) -> None:
    """Note how many frames a file states, if its first frame is there to say so."""
    side = 4 + frames.first.n_side_bytes
    for at in (side, side + 2):
        if frame[at : at + 4] in (b"Xing", b"Info"):
            flags, n_frames = struct.unpack(">II", frame[at + 4 : at + 12].ljust(8, b"\0"))
            frames.begin += len(frame)
            if flags & 1 and n_frames:
                frames.promised, frames.is_known = n_frames, True
            return
    if frame[36:40] == b"VBRI":
        frames.begin += len(frame)
        frames.promised = int.from_bytes(frame[50:54]) or None


def _find_first(file: BinaryIO, begin: int, n_bytes: int) -> tuple[int, Header | None, int]:
    """Return place and header of the first frame that another follows, and the size if free."""
    at, header = _find_next(file, begin, n_bytes, None, 0)
    file.seek(begin)
    data = file.read(_FARTHEST)
    free = data.find(b"\xff", 0, at - begin)
    while free >= 0:
        n_free = _measure_free(data, free, begin + len(data) == n_bytes)
        if n_free:
            at = _find_statement(data, free)
            return begin + at, read_header(data[at : at + 4], n_free), n_free
        free = data.find(b"\xff", free + 1, at - begin)
    return at, header, 0


def _find_statement(data: bytes, end: int) -> int:
    """Return where the frame with a statement begins that ends there; the end if there is none."""
    at = data.rfind(b"\xff", max(0, end - _LONGEST), end)
    while at >= 0:
        header = read_header(data[at : at + 4])
        if header is not None and at + header.n_bytes == end and _has_statement(data[at:end]):
            return at
        at = data.rfind(b"\xff", max(0, end - _LONGEST), at)
    return end


def _has_statement(frame: bytes) -> bool:
    return any(mark in frame[:42] for mark in (b"Xing", b"Info", b"VBRI"))


def _measure_free(data: bytes, at: int, is_whole: bool) -> int:
    """Return the size of frames of a free bit rate, by the places of three; 0 if it is none."""
    first = read_header(data[at : at + 4], 1)
    if first is None or not first.kind[3]:
        return 0
    following = data.find(b"\xff", at + _HEAD)
    while 0 <= following <= at + _LONGEST_FREE:
        n_free = following - at - (first.n_bytes - 1)
        second = read_header(data[following : following + 4], n_free)
        if second is not None and second.kind == first.kind:
            end = following + second.n_bytes
            third = read_header(data[end : end + 4], n_free)
            is_last = (is_whole and end == len(data)) or is_tag(data[end : end + 10])
            if is_last or (third is not None and third.kind == first.kind):
                return n_free
        following = data.find(b"\xff", following + 1)
    return 0


def _find_next(
    file: BinaryIO, begin: int, n_bytes: int, kind: Kind | None, n_free: int
) -> tuple[int, Header | None]:
    """Return the place and header of the next frame that another follows, or the file's end."""
    file.seek(begin)
    data = file.read(_FARTHEST)
    at = data.find(b"\xff")
    while at >= 0:
        header = read_header(data[at : at + 4], n_free)
        if header is not None and kind in (None, header.kind):
            following = data[at + header.n_bytes : at + header.n_bytes + 10]
            if len(following) < 10:
                file.seek(begin + at + header.n_bytes)
                following = file.read(10)
            second = read_header(following, n_free)
            is_last = begin + at + header.n_bytes == n_bytes or is_tag(following)
            if is_last or (second is not None and second.kind == header.kind):
                return begin + at, header
        at = data.find(b"\xff", at + 1)
    return n_bytes, None


def _is_empty(file: BinaryIO, begin: int, end: int) -> bool:
    file.seek(begin)
    while begin < end:
        block = file.read(min(_FARTHEST, end - begin))
        if not block or block.strip(b"\0"):
            return False
        begin += len(block)
    return True

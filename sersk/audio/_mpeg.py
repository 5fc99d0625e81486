"""The frames of an MP3 file: how many there are, and whether one is missing or damaged.

libmpg123 guesses the length of a file that does not state it by the size of its first frame, and
libsndfile reads no further. It puts silence where a frame is damaged. Here the frames are counted
and checked, not decoded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

# kbit/s by the header's index: of MPEG 1, layers I, II and III; of MPEG 2 and 2.5.
_BIT_RATES = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_HEAD = 4 + 2 + 32  # bytes: the header, its checksum, and where a frame's sound lies
_MOST_BEFORE = 511  # bytes of earlier frames that hold sound of a frame
_MOST_BIG_VALUES = 288
_LONGEST = 1_441  # bytes of a frame of layer III, at most
_FARTHEST = 2**16  # bytes after which the search for the next frame ends


@dataclass(frozen=True)
class Header:
    """What the four bytes before a frame say; `kind` is the same in all frames of a file."""

    data: bytes
    kind: tuple[int, int, int]
    n_bytes: int
    n_samples: int

    @property
    def n_side_bytes(self) -> int:
        """Size of the table of where the sound lies (layer III)."""
        is_mono = self.data[3] >> 6 == 3
        return (17 if is_mono else 32) if self.kind[0] == 3 else (9 if is_mono else 17)


def read_header(data: bytes) -> Header | None:
    """Return what a frame's header says; None if these bytes are none, or its size is open."""
    if len(data) < 4 or data[0] != 0xFF or data[1] < 0xE0:
        return None
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    rate_index, bit_rate_index = data[2] >> 2 & 3, data[2] >> 4
    if version == 1 or layer == 4 or rate_index == 3 or bit_rate_index in (0, 15):
        return None
    bit_rate = _BIT_RATES[1 if version == 3 else 2, layer][bit_rate_index]
    rate = _RATES[version][rate_index]
    n_samples = {1: 384, 2: 1152, 3: 1152 if version == 3 else 576}[layer]
    unit = 4 if layer == 1 else 1
    n_bytes = (n_samples // 8 * 1000 * bit_rate // rate // unit + (data[2] >> 1 & 1)) * unit
    return Header(data[:4], (version, layer, rate), n_bytes, n_samples)


@dataclass
class Frames:
    """What is found in a file.

    `begin` is the place of the first frame with sound, of which `first` is the header; `promised`
    the number of frames that the file states, None if it states none, and `is_known` whether
    libmpg123 knows that statement. `n_frames` have been found, the `longest` of so many bytes.
    `fault` is what is wrong, or "".
    """

    first: Header
    begin: int
    promised: int | None = None
    is_known: bool = False
    n_frames: int = 0
    longest: int = 0
    fault: str = ""

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
    begin = _skip_tags(file, 0, n_bytes)
    at, header = _find_next(file, begin, n_bytes, None)
    if header is None:
        return None
    frames = Frames(header, at)
    file.seek(at)
    _read_statement(frames, file.read(header.n_bytes))
    if frames.begin != at:
        after = _skip_tags(file, frames.begin, n_bytes)
        frames.begin, found = _find_next(file, after, n_bytes, header.kind)
        if found is None:
            frames.begin = after
        else:
            frames.first = found
    _walk(frames, file, n_bytes, n_wanted)
    # A piece of a broadcast begins within a frame, and some tags are followed by zeros.
    is_cut = frames.begin == at and at - begin > _LONGEST
    if is_cut and not frames.fault and not (begin and _is_empty(file, begin, at)):
        frames.fault = f"its first {at - begin} bytes are no MP3 frame"
    return frames


def _walk(frames: Frames, file: BinaryIO, n_bytes: int, n_wanted: float) -> None:
    at, n_before, n_main = frames.begin, 0, 0
    while not frames.fault and frames.n_samples < n_wanted:
        file.seek(at)
        head = file.read(_HEAD)
        header = read_header(head)
        if header is None or header.kind != frames.first.kind:
            after = _skip_tags(file, at, n_bytes)
            following, found = _find_next(file, after, n_bytes, frames.first.kind)
            if found is None:
                _end(frames, _find_tag_at_end(file, after, n_bytes) - after)
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
        frames.longest = max(frames.longest, header.n_bytes)
        at += header.n_bytes


def _end(frames: Frames, n_left: int) -> None:
    """Say whether the last frame that was found can be the last of the file."""
    if frames.promised is None:
        if n_left > frames.longest:
            frames.fault = f"its last {n_left} bytes are no MP3 frame"
    elif frames.n_frames < frames.promised - 1:
        frames.fault = f"it promises {frames.promised} MP3 frames and holds {frames.n_frames}"
    elif frames.n_frames > frames.promised + 2:
        frames.fault = (
            f"it promises {frames.promised} MP3 frames and holds {frames.n_frames}, as if files "
            "were joined"
        )


def _check_table(header: Header, head: bytes, n_before: int) -> int:
    """Return the bytes of sound in a frame of layer III; 0 if its table contradicts its size."""
    of_mpeg_1, is_mono = header.kind[0] == 3, header.data[3] >> 6 == 3
    begin = 4 if header.data[1] & 1 else 6
    n_side = header.n_side_bytes
    n_main = header.n_bytes - begin - n_side
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


def _find_next(
    file: BinaryIO, begin: int, n_bytes: int, kind: tuple[int, int, int] | None
) -> tuple[int, Header | None]:
    """Return the place and header of the next frame that another follows, or the file's end."""
    file.seek(begin)
    data = file.read(_FARTHEST)
    at = data.find(b"\xff")
    while at >= 0:
        header = read_header(data[at : at + 4])
        if header is not None and kind in (None, header.kind):
            file.seek(begin + at + header.n_bytes)
            following = file.read(10)
            second = read_header(following)
            is_last = begin + at + header.n_bytes == n_bytes or _is_tag(following)
            if is_last or (second is not None and second.kind == header.kind):
                return begin + at, header
        at = data.find(b"\xff", at + 1)
    return n_bytes, None


def _is_tag(head: bytes) -> bool:
    return head.startswith((b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEG"))


def _is_empty(file: BinaryIO, begin: int, end: int) -> bool:
    file.seek(begin)
    return not file.read(end - begin).strip(b"\0")


def _find_tag_at_end(file: BinaryIO, begin: int, n_bytes: int) -> int:
    """Return where an APE tag begins that has no header, only a footer; else the file's end."""
    file.seek(max(begin, n_bytes - 128))
    end = n_bytes - 128 if file.read(3) == b"TAG" else n_bytes
    file.seek(max(begin, end - 32))
    foot = file.read(32)
    if not foot.startswith(b"APETAGEX") or len(foot) < 32:
        return n_bytes
    at = end - int.from_bytes(foot[12:16], "little")
    return at if at >= begin else n_bytes


def _skip_tags(file: BinaryIO, at: int, n_bytes: int) -> int:
    """Return where the tags (ID3, APE, Lyrics3) end that begin at a place."""
    while True:
        file.seek(at)
        head = file.read(32)
        begin = at
        if head.startswith(b"ID3") and len(head) >= 10:
            # The last four bytes, of seven bits each, are the length; a flag tells of a footer.
            size = 0
            for byte in head[6:10]:
                size = size << 7 | byte & 0x7F
            at += size + (20 if head[5] & 0x10 else 10)
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

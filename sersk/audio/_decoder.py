"""The one decoder: frames of a sound file, mixed down to mono float32.

What the header of a file promises is read in `sersk.audio._containers`. The public calls are in
`sersk.audio.reading`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from sersk.audio import _containers
from sersk.audio._channels import Mixer
from sersk.audio._faults import as_unusable
from sersk.audio._libmpg123 import without_chatter
from sersk.audio._media import MediaSound, open_media
from sersk.audio._mp3 import WholeMp3, check_frames, open_whole
from sersk.audio._ogg import check_pages
from sersk.audio._parts import find_part
from sersk.audio._wav import read_plain_wav
from sersk.audio.clips import NO_SAMPLES, UnusableClipError, to_float
from sersk.audio.formats import advise, is_unread
from sersk.audio.plausibility import (
    FORMATS_WITHOUT_MARK,
    check_format,
    check_length,
    check_magnitude,
)

# libsndfile's number of frames if the header does not give one (a FLAC file from a pipe).
_UNKNOWN_LENGTH = 2**63 - 1

# Frames that are decoded at a time, in blocks: a second and a half, at 48 kHz.
_FRAMES_A_BLOCK = 2**16

# Samples that are decoded in one piece at most (16 MiB). Longer parts are put together from blocks:
# that takes no more memory, and a damaged header may promise any length.
_MOST_AT_ONCE = 2**22

# Of the encodings whose frames have one size.
_BYTES_A_SAMPLE = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4}
_BYTES_A_SAMPLE |= {"FLOAT": 4, "DOUBLE": 8, "ULAW": 1, "ALAW": 1}

_CUT_SHORT = "is truncated: its header promises more than the file holds"
_NO_HEADER = "is not audio that can be decoded: it has no header"

Empty = Callable[..., NDArray]


class Decoder:
    """An open sound file.

    Parameters
    ----------
    path : str
        The file.

    Attributes
    ----------
    rate : int
        Frames a second (Hz).
    n_frames : int or None
        Number of frames of the file by its header; None if the header does not say.
    duration : float or None
        Length by its header (s), of a media file up to a frame of its codec; None if the header
        does not say.
    position : int
        Number of the next frame.

    Raises
    ------
    UnusableClipError
        If the file cannot be read, is not audio, or holds no frame.
    """

    def __init__(self, path: str) -> None:
        n_bytes = _containers.check_is_file(path)
        self.path = path
        self.position = 0
        self._source: Any = path
        self._mixer = Mixer()
        self.rate: int
        self.n_frames: int | None
        self.duration: float | None = None
        with as_unusable():
            first = _containers.check_mark(path)
            self._file: soundfile.SoundFile | MediaSound
            if media := _open_media(path, n_bytes):
                self._file = media
                self.rate, self.n_frames, self.duration = media.samplerate, None, media.duration
                return
            # libsndfile tries what is named so as MP3, however it begins.
            with without_chatter(None if path.lower().endswith(".mp3") else first):
                self._file = _open(path)
            if self._file.frames <= 0:
                self._file.close()
                self._source = _open_unsized_wav(path)
                self._file = _open(path, self._source)
            if self._file.format == "MP3":
                self._open_whole_mp3()
            self.rate = self._file.samplerate
            whole = isinstance(self._source, WholeMp3)
            frames = self._source.n_samples if whole else self._file.frames
            self.n_frames = None if frames == _UNKNOWN_LENGTH else frames
            if self.n_frames is not None:
                check_length(self.n_frames, n_bytes)
                self.duration = self.n_frames / self.rate

    def _open_whole_mp3(self) -> None:
        if source := open_whole(self.path):
            guessed = self._file
            guessed.close()
            self._source = source
            with without_chatter():
                self._file = _open(self.path, source)
            # Bytes by chance look like a frame, too.
            for name in ("samplerate", "channels", "subtype"):
                if getattr(self._file, name) != getattr(guessed, name):
                    self.close()
                    raise UnusableClipError("is truncated or damaged: its first MP3 frame is")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._source is not self.path:
            self._source.close()

    def seek(self, position: int) -> None:
        """Go to a frame."""
        if position == self.position:
            return
        if self._file.seekable() and not isinstance(self._file, MediaSound):
            with self._telling_of_damage(position):
                self._file.seek(position)
            self.position = position
        else:  # some codecs cannot be entered in the middle, such as GSM 6.10 and G.721
            for _ in self.iterate(position - self.position):
                pass

    def read(self, n_frames: int, empty: Empty = np.empty) -> NDArray[np.float32]:
        """Return the next frames as mono samples, fewer at the end of the file."""
        shape = n_frames, self._file.channels
        if math.prod(shape) > _MOST_AT_ONCE and n_frames > _FRAMES_A_BLOCK:
            return np.concatenate([np.empty(0, np.float32), *self.iterate(n_frames)])
        with self._telling_of_damage(self.position + n_frames):
            if self._file.subtype == "PCM_16":
                integers = self._file.read(out=empty(shape, np.int16))
                samples = to_float(integers, out=empty(integers.shape, np.float32))
            else:
                samples = self._file.read(out=empty(shape, np.float32))
                if not self._file.subtype.startswith("PCM"):
                    check_magnitude(samples)
        self.position += len(samples)
        return self._mixer.mix(samples)

    def iterate(self, n_frames: int) -> Iterator[NDArray[np.float32]]:
        """Yield the next frames as mono samples, block by block, up to the end of the file."""
        end = self.position + n_frames
        if self.n_frames is not None:  # what follows the last frame may be no sound
            end = min(end, self.n_frames)
        while self.position < end:
            n_wanted = min(_FRAMES_A_BLOCK, end - self.position)
            block = self.read(n_wanted)
            if len(block):
                yield block
            if len(block) < n_wanted:  # of a damaged file, a further call may yield more
                return

    def check_channels(self) -> None:
        """Raise if the two channels of what has been read cancel each other."""
        self._mixer.check()

    def check_not_cut_short(self) -> None:
        """Raise if the file holds fewer bytes than its header promises."""
        with as_unusable():
            n_a_frame = _BYTES_A_SAMPLE.get(self._file.subtype, 0) * self._file.channels
            if _containers.is_cut_short(self.path, n_a_frame or 1):
                raise UnusableClipError(_CUT_SHORT)

    def check_frames(self, end: float = math.inf) -> None:
        """Raise if something is missing before a frame, where libsndfile reads on without it."""
        with as_unusable():
            if isinstance(self._source, WholeMp3):
                self._source.check_frames(end)
            elif self._file.format == "MP3":
                check_frames(self.path, end)
            elif self._file.format == "OGG":
                check_pages(self.path, self.rate, end)

    def check_reached(self, position: int) -> None:
        """Raise if the file ended before a frame that its header promises."""
        # A damaged MP3 or Ogg file yields fewer frames and no error.
        if self.position < position:
            raise UnusableClipError(
                f"is truncated or damaged: its header promises {self.n_frames} frames, "
                f"{self.position} can be decoded"
            )

    @contextmanager
    def _telling_of_damage(self, end: int) -> Iterator[None]:
        try:
            with without_chatter() if self._file.format == "MP3" else nullcontext():
                yield
        except soundfile.SoundFileError as error:
            if self.n_frames is None:
                raise UnusableClipError(
                    "does not say how long it is, and its end cannot be found; encode it again, "
                    "to a file and not to a pipe"
                ) from error
            raise UnusableClipError(
                f"is truncated or damaged: {_explain(error)} within the first "
                f"{min(end, self.n_frames)} of the {self.n_frames} frames that its header promises"
            ) from error


def read_part(
    path: str, offset: float = 0.0, duration: float | None = None, empty: Empty = np.empty
) -> tuple[NDArray[np.float32], int]:
    """Read a part of a file, mono, at the file's own rate.

    Parameters
    ----------
    path : str
        The file.
    offset : float, default=0.0
        Where the part begins (s).
    duration : float or None, default=None
        How long it is (s); None is up to the end of the file.
    empty : callable, default=numpy.empty
        Returns memory of a shape and a dtype, for the samples.

    Returns
    -------
    samples : ndarray of float32 of shape (n_samples,)
        At least one sample; the part ends with the file. Not checked for NaN and infinity.
    rate : int
        The rate of the file (Hz).

    Raises
    ------
    UnusableClipError
        If there is no such file, it is not audio, or is truncated or damaged within the part.
    """
    _containers.check_is_file(path)
    plain = read_plain_wav(path, offset, duration, empty)
    if plain is not None:
        mixer = Mixer()
        samples = mixer.mix(plain[0])
        mixer.check()
        return samples, plain[1]
    with as_unusable(), Decoder(path) as sound:
        start, n_wanted = find_part(sound.n_frames, sound.rate, offset, duration)
        n_promised = n_wanted
        if sound.n_frames is not None:
            n_promised = min(n_wanted, sound.n_frames - start)
        sound.check_frames(start + n_wanted)
        sound.seek(start)
        if sound.position < start:  # the end of a file that did not say where it is
            find_part(sound.position, sound.rate, offset, duration)
        samples = sound.read(n_promised, empty)
        if sound.n_frames is not None:
            sound.check_reached(start + n_promised)
        if not len(samples):
            raise UnusableClipError(NO_SAMPLES)
        # libsndfile itself shortens what the header of such a file promises. Frames that are
        # missing after the part do not matter.
        if len(samples) < n_wanted:
            sound.check_not_cut_short()
        sound.check_channels()
        return samples, sound.rate


def _open(path: str, source: Any = None) -> soundfile.SoundFile:
    """Open a path, or a file object in its place; raise `UnusableClipError` if that fails."""
    if source is None:
        # A name need not be text, but soundfile takes a str for text.
        source = os.fsencode(path) if os.name == "posix" else path
    try:
        file = soundfile.SoundFile(source)
    except soundfile.SoundFileError as error:
        if _containers.is_cut_short(path):  # libsndfile calls a cut-off CAF file malformed
            raise UnusableClipError(_CUT_SHORT) from error
        reason = f"is not audio that can be decoded: {_explain(error)}"
        raise UnusableClipError(_add_conversion(reason, path)) from error
    except TypeError as error:  # soundfile asks for the rate and channels of a file named *.raw
        raise UnusableClipError(_add_conversion(_NO_HEADER, path)) from error
    try:
        if file.format in FORMATS_WITHOUT_MARK:
            raise UnusableClipError(_add_conversion(_NO_HEADER, path))
        if (file.format, file.subtype) == ("PAF", "PCM_24"):  # its blocks end within frames
            raise UnusableClipError(
                "is a PAF file of 24 bits, of which libsndfile reads parts wrongly; write it to a "
                "WAV file"
            )
        check_format(file.samplerate, file.channels)
    except UnusableClipError:
        file.close()
        raise
    return file


def _open_media(path: str, n_bytes: int) -> MediaSound | None:
    try:
        return open_media(path, n_bytes)
    except UnusableClipError as error:
        if _containers.is_cut_short(path):  # which tells more than what an engine says
            raise UnusableClipError(_CUT_SHORT) from error
        raise


def _add_conversion(reason: str, path: str) -> str:
    """Say how to convert a file, if its name says that it holds sound of another format."""
    return f"{reason}{advise(path)}" if is_unread(path) else reason


def _open_unsized_wav(path: str) -> Any:
    """Open a WAV file written to a pipe: its header says 0 bytes, but sound follows."""
    source = _containers.open_unsized_wav(path)
    if source is None:
        if _containers.is_cut_short(path):
            raise UnusableClipError("is truncated: it ends before its first frame")
        raise UnusableClipError(NO_SAMPLES)
    return source


def _explain(error: Exception) -> str:
    """Return libsndfile's reason, without the name of the file."""
    text = str(getattr(error, "error_string", error)).removeprefix("Error : ").strip()
    if "SF_INFO struct incomplete" in text:
        return "its header states a rate, or a number of channels, that no sound has"
    return text.rstrip(".") or "no reason given"

"""The engine ffmpeg: a program in a process of its own, which writes the sound to a pipe."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import threading
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sersk.audio.clips import UnusableClipError
from sersk.audio.plausibility import STATES_LENGTH, check_format

_LONGEST_WAIT = 30.0  # s for the next block
_MOST_MEMORY = 2**28  # bytes of one piece of memory of the program
_MOST_MESSAGES = 2**16  # bytes
_FRAMES_A_BLOCK = 2**14
# An AU header: magic, where the samples begin, their size (unknown), encoding, rate, channels.
_HEADER = struct.Struct(">4s5I")


class FFmpegSource:
    """The sound of a media file (see `sersk.audio._media.Source`).

    Parameters
    ----------
    program : str
        Path of the program.
    path : str
        The file, an absolute path.
    demuxer : str
        FFmpeg's name of its format.
    """

    def __init__(self, program: str, path: str, demuxer: str) -> None:
        self._process = subprocess.Popen(
            _make_command(program, path, demuxer),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._messages = _Messages(self._process.stderr)
        self._end = weakref.finalize(self, _end, self._process, self._messages)
        try:
            header = self._read(_HEADER.size)
            if len(header) < _HEADER.size:
                self._check_end()
                raise UnusableClipError("holds no sound")
            _, begin, _, _, self.rate, self.n_channels = _HEADER.unpack(header)
            check_format(self.rate, self.n_channels)
            self._read(begin - _HEADER.size)
            self.duration = self._find_duration() if demuxer in STATES_LENGTH else None
        except BaseException:
            self.close()
            raise

    def decode(self) -> Generator[NDArray[np.float32], None, None]:
        """Yield blocks of shape (n_frames, n_channels)."""
        frame = 4 * self.n_channels
        while data := self._read(_FRAMES_A_BLOCK * frame):
            n_whole = len(data) // frame * frame
            samples = np.frombuffer(data[:n_whole], ">f4").astype(np.float32)
            yield samples.reshape(-1, self.n_channels)
        self._check_end()

    def close(self) -> None:
        """End the program, whose sound may not have been read to its end."""
        self._end()

    def _read(self, n_bytes: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        assert self._process.stdout is not None
        with self._in_time() as late:
            data = self._process.stdout.read(n_bytes)
        if late.is_set():
            raise UnusableClipError(f"cannot be read: ffmpeg gave no sound for {_LONGEST_WAIT:g} s")
        return data

    @contextmanager
    def _in_time(self) -> Iterator[threading.Event]:
        """Kill the program if it takes too long: then a read from it ends."""
        late = threading.Event()

        def kill() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(_LONGEST_WAIT, kill)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()

    def _check_end(self) -> None:
        """Raise if the program found damage."""
        with self._in_time():
            code = self._process.wait()
        # Messages alone say nothing: FFmpeg has some for sound files of telephones.
        if code:
            # "[mov,mp4 @ 0x55d0] [error] moov atom not found"
            found = re.search(r"\[(?:error|fatal)\] (.*)", self._messages.read())
            reason = found[1].strip() if found else f"exit code {code}"
            raise UnusableClipError(
                f"is not audio that can be decoded, or is truncated or damaged: {reason}"
            )

    def _find_duration(self) -> float | None:
        """Return the length that the program writes before the sound (s), in steps of 10 ms."""
        # written before the sound, of which the first bytes have come
        said = self._messages.read(until=b"Stream mapping:").partition("Stream mapping:")[0]
        found = re.search(r"Duration: (\d+):(\d\d):(\d\d\.\d+)", said)
        # The length is that of all streams together, of which another may be longer.
        if found is None or said.count("Stream #0:") != 1:
            return None
        return 3600 * int(found[1]) + 60 * int(found[2]) + float(found[3])


class _Messages:
    """The first messages of the program. A pipe that nobody empties would stop it."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        self._kept, self._ended = b"", False
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._empty, args=(pipe,), daemon=True)
        self._thread.start()

    def _empty(self, pipe: IO[bytes]) -> None:
        with pipe:
            while data := os.read(pipe.fileno(), _MOST_MESSAGES):
                with self._more:
                    self._kept += data[: _MOST_MESSAGES - len(self._kept)]
                    self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def read(self, until: bytes | None = None) -> str:
        """Return what came until some bytes did, by default until the program ended."""
        if until is None:
            self.join()
        else:
            with self._more:
                self._more.wait_for(lambda: until in self._kept or self._ended, _LONGEST_WAIT)
        return self._kept.decode(errors="replace")

    def join(self) -> None:
        """Wait for the end of the messages, that of the program."""
        self._thread.join(_LONGEST_WAIT)


def _end(process: subprocess.Popen, messages: _Messages) -> None:
    process.kill()
    if process.stdout is not None:
        process.stdout.close()
    process.wait()
    messages.join()


def _make_command(program: str, path: str, demuxer: str) -> list[str]:
    """Return the command, which runs without a shell; of the file, the first sound."""
    return [
        *(program, "-nostdin", "-hide_banner", "-nostats", "-v", "level+info", "-xerror"),
        *("-max_alloc", str(_MOST_MEMORY), "-threads", "1"),
        *("-protocol_whitelist", "file", "-f", demuxer, "-i", f"file:{path}"),
        *("-map", "0:a:0", "-vn", "-sn", "-dn", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"),
    ]

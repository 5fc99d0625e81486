"""Read sound: a whole file or a part of it (`read_sound`), or blocks of it (`SoundBlocks`).

Nothing else in sersk opens sound files. Rows of one length are made in `sersk.audio.loading`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk.audio._decoder import Decoder, read_part
from sersk.audio._faults import as_unusable
from sersk.audio._foreign import describe_foreign
from sersk.audio.clips import NO_SAMPLES, UnusableClipError, check_finite, check_waveform, to_float
from sersk.signal.resampling import Resampler, resample

# Samples of a waveform in memory that become one block.
_SAMPLES_A_BLOCK = 2**16


def read_sound(
    path: str | os.PathLike[str],
    *,
    offset: float = 0.0,
    duration: float | None = None,
    sample_rate: int | None = None,
) -> tuple[NDArray[np.float32], int]:
    """Read a sound file, or a part of it, as a mono waveform.

    Parameters
    ----------
    path : str or path-like
        The file, of any format that libsndfile reads; or a media file such as M4A or WebM, if there
        is an engine (see Notes). Its channels are averaged.
    offset : float, default=0.0
        Where the part begins (s).
    duration : float or None, default=None
        How long the part is (s); None is up to the end of the file.
    sample_rate : int or None, default=None
        Rate of the result (Hz); None keeps the rate of the file.

    Returns
    -------
    samples : ndarray of float32 of shape (n_samples,)
        The samples, at least one, all finite; nothing is padded.
    sample_rate : int
        Their rate (Hz).

    Raises
    ------
    UnusableClipError
        If there is no such file; if it is not audio, has no samples, ends before `offset`, states a
        rate or a number of channels that no recording has, or is truncated or damaged within the
        part; if a sample is NaN, infinite or far above full scale; if its two channels cancel each
        other. `__cause__` is the exception of the decoder, if there was one.
    ValueError
        If `offset`, `duration` or `sample_rate` is out of its range.

    See Also
    --------
    SoundBlocks : The same in blocks, for recordings of any length.
    sersk.AudioLoader : Many clips as rows of one length.

    Notes
    -----
    libsndfile reads most files that were cut off as shorter clips, without an error. They are found
    here by what their header promises (WAV, RF64, W64, AIFF, CAF, AU, NIST, FLAC, MP3, AVR, MAT,
    VOC, WVE), by their last frame or page (MP3, Ogg), or by their boxes and packets (media files).
    So are frames of MP3 and pages of Ogg that are missing or damaged within the part. An MP3 file
    that does not say how long it is, is read to its last frame. What cannot be found: an MP3 file
    of that kind or an Ogg file that was cut between frames or pages, as pieces of a broadcast are,
    and a cut-off file of IRCAM, PAF, PVF or XI.

    Media files, in which telephones, messengers and browsers record, are read if PyAV is installed
    (``pip install 'sersk[media]'``), or else the program ``ffmpeg``. What an encoder put before and
    after the sound is left out, as the file says.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> import soundfile
    >>> from sersk.audio.reading import read_sound
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = os.path.join(folder.name, "tone.wav")
    >>> soundfile.write(path, np.sin(np.arange(16_000) / 5), 16_000)
    >>> samples, rate = read_sound(path)
    >>> samples.shape, rate
    ((16000,), 16000)
    >>> read_sound(path, offset=0.25, duration=0.5, sample_rate=8_000)[0].shape
    (4000,)
    >>> folder.cleanup()
    >>> read_sound(path)
    Traceback (most recent call last):
    sersk.audio.clips.UnusableClipError: does not exist
    """
    if not 0 <= offset < math.inf:
        raise ValueError(f"read_sound: offset={offset!r}; it is a time in s, from 0 on.")
    if duration is not None and not 0 < duration < math.inf:
        raise ValueError(
            f"read_sound: duration={duration!r}; it is a time in s above 0, or None for all."
        )
    _check_rate(sample_rate, "sample_rate", "read_sound")
    samples, rate = read_part(os.fsdecode(path), offset, duration)
    check_finite(samples, rate, int(offset * rate))
    if sample_rate is None or sample_rate == rate:
        return samples, rate
    with as_unusable():
        return resample(samples, rate, sample_rate), sample_rate


class SoundBlocks:
    """Read a sound of any length in blocks, as mono float32 at one rate.

    Iterating over it, once, yields the blocks, which are of any lengths.

    Parameters
    ----------
    audio : path, array-like of shape (n_samples,) or iterable of such arrays
        A file, a waveform, or a waveform that comes in blocks.
    sample_rate : int or None, default=None
        Rate of the blocks (Hz); None keeps that of the sound.
    input_sample_rate : int or None, default=None
        Rate of a waveform (Hz); None says that it is `sample_rate`. Files say it themselves.
    who : str, default="SoundBlocks"
        Name in error messages.

    Attributes
    ----------
    name : str
        The path, or "the waveform".
    duration : float or None
        Length of the sound (s); None if it is unknown before the sound is read.
    sample_rate : int
        Rate of the blocks (Hz).
    input_sample_rate : int
        Rate of the sound (Hz).

    Raises
    ------
    TypeError
        If `audio` is of another kind.
    ValueError
        If a rate is not positive, or that of a waveform is not given.
    UnusableClipError
        At once or while it is read, if the sound cannot be used: for the reasons that `read_sound`
        gives.

    See Also
    --------
    read_sound : A whole file at once.
    sersk.predict_timeline : Predict the emotion in a recording of any length.

    Notes
    -----
    The rate is changed by one filter over all blocks: the samples do not depend on how the sound is
    cut into blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.reading import SoundBlocks
    >>> sound = SoundBlocks(np.zeros(160_000, np.int16), 8_000, input_sample_rate=16_000)
    >>> sound.duration
    10.0
    >>> sum(len(block) for block in sound)
    80000
    """

    def __init__(
        self,
        audio: str | os.PathLike[str] | ArrayLike | Iterable[ArrayLike],
        sample_rate: int | None = None,
        *,
        input_sample_rate: int | None = None,
        who: str = "SoundBlocks",
    ) -> None:
        _check_rate(sample_rate, "sample_rate", who)
        _check_rate(input_sample_rate, "input_sample_rate", who)
        self._who = who
        self._is_read = False
        self.duration: float | None = None
        if isinstance(audio, (str, os.PathLike)):
            self.name = os.fsdecode(audio)
            self._open_file()
        else:
            self.name = "the waveform"
            rate = input_sample_rate or sample_rate
            if rate is None:
                raise ValueError(f"{who}: the rate of a waveform is unknown; pass sample_rate.")
            self.input_sample_rate = rate
            self._open_waveform(audio)
        self.sample_rate = sample_rate or self.input_sample_rate

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        if self._is_read:
            raise RuntimeError(f"{self._who}: {self.name} has been read; open it again.")
        self._is_read = True
        resampler = Resampler(self.input_sample_rate, self.sample_rate)
        n_read = 0
        for block in self._blocks:
            samples = to_float(block)
            check_finite(samples, self.input_sample_rate, n_read)
            n_read += len(samples)
            with as_unusable():
                resampled = resampler.push(samples)
            yield resampled
        if not n_read:
            raise UnusableClipError(NO_SAMPLES)
        yield resampler.flush()

    def _open_file(self) -> None:
        file = Decoder(self.name)
        try:
            file.check_not_cut_short()  # now, not after an hour of sound
            file.check_frames()
        except UnusableClipError:
            file.close()
            raise
        self.input_sample_rate = file.rate
        self.duration = file.duration
        self._blocks: Iterator[NDArray] = _iterate_file(file)

    def _open_waveform(self, audio: Any) -> None:
        who = self._who
        if foreign := describe_foreign(audio, "sample_rate"):
            raise TypeError(f"{who}: audio is {foreign}.")
        if _is_waveform(audio):
            samples = check_waveform(audio, 0, who)
            if not len(samples):
                raise UnusableClipError(NO_SAMPLES)
            self.duration = len(samples) / self.input_sample_rate
            starts = range(0, len(samples), _SAMPLES_A_BLOCK)
            self._blocks = (samples[start : start + _SAMPLES_A_BLOCK] for start in starts)
        elif isinstance(audio, (bytes, bytearray)) or hasattr(audio, "read"):
            raise TypeError(
                f"{who}: audio is of type {type(audio).__name__}; write bytes and open files to a "
                "path, or read them with soundfile.blocks(...)."
            )
        elif isinstance(audio, Iterable):
            self._blocks = (check_waveform(block, i, who) for i, block in enumerate(audio))
        else:
            raise TypeError(
                f"{who}: audio is of type {type(audio).__name__}; it is a path, a waveform of "
                "shape (n_samples,), or an iterator of such waveforms, block by block."
            )


def _iterate_file(file: Decoder) -> Iterator[NDArray[np.float32]]:
    with as_unusable(), file:
        yield from file.iterate(sys.maxsize)
        if file.n_frames is not None:
            file.check_reached(file.n_frames)
        file.check_channels()


def _is_waveform(audio: Any) -> bool:
    if isinstance(audio, (list, tuple)):
        return all(np.ndim(value) == 0 for value in audio[:1])
    return hasattr(audio, "__array__")


def _check_rate(rate: int | None, name: str, who: str) -> None:
    if rate is not None and not 1 <= rate < math.inf:
        raise ValueError(f"{who}: {name}={rate!r}; it is a number of Hz, from 1 on, or None.")

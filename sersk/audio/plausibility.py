"""What a plausible sound file is: one rule for every reader of files.

A damaged header may state any rate, any number of channels and any length. Each reader asks here
before it reserves memory or decodes a sample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.audio.clips import LOUDEST, UnusableClipError
from sersk.base.arrays import describe_loudness

#: Lowest and highest sample rate of a file (Hz). Below 1 kHz no formant of speech is left (a
#: telephone has 8 kHz). Recorders reach 384 kHz; the fastest sound converters have 768 kHz.
RATES = 1_000, 768_000
#: Most channels of a file: microphone arrays and fourth-order ambisonics (25) have fewer.
MOST_CHANNELS = 64
#: Most frames that a byte of a file can hold. A FLAC file of zeros has 65,535 frames in 11 bytes,
#: or 6,000 a byte; codecs for speech hold less.
FRAMES_A_BYTE = 10_000
#: Formats of libsndfile that any file may be taken for. RAW has no header (a file named .au, .snd,
#: .vox or .gsm that begins like none of the others), SD2 has it in another file, and that of an MPC
#: sampler is two small bytes.
FORMATS_WITHOUT_MARK = ("RAW", "SD2", "MPC2K")
#: Demuxers of FFmpeg whose files state the length of their sound.
STATES_LENGTH = ("mov", "matroska", "asf")


def check_format(rate: int, n_channels: int) -> None:
    """Raise `UnusableClipError` if no sound file has that rate or that many channels.

    Parameters
    ----------
    rate : int
        Sample rate by the header (Hz).
    n_channels : int
        Number of channels by the header.

    Examples
    --------
    >>> from sersk.audio.plausibility import check_format
    >>> check_format(48_000, 2)
    >>> check_format(100_000_000, 2)
    Traceback (most recent call last):
    sersk.audio.clips.UnusableClipError: is damaged or is no sound: its header says that its \
sample rate is 100000000 Hz; from 1000 to 768000 Hz are read
    """
    if not RATES[0] <= rate <= RATES[1]:
        raise UnusableClipError(
            f"is damaged or is no sound: its header says that its sample rate is {rate} Hz; from "
            f"{RATES[0]} to {RATES[1]} Hz are read"
        )
    if not 1 <= n_channels <= MOST_CHANNELS:
        raise UnusableClipError(
            f"is damaged or is no sound: its header says that it has {n_channels} channels; at "
            f"most {MOST_CHANNELS} are read"
        )


def check_length(n_frames: int, n_bytes: int) -> None:
    """Raise `UnusableClipError` if a file is too small for the length that its header promises.

    Parameters
    ----------
    n_frames : int
        Number of frames by the header.
    n_bytes : int
        Size of the file (bytes).
    """
    if n_frames > FRAMES_A_BYTE * n_bytes:
        raise UnusableClipError(
            f"is truncated or damaged: its header promises {n_frames} frames, which a file of "
            f"{n_bytes} bytes cannot hold"
        )


def check_magnitude(samples: NDArray[np.floating]) -> None:
    """Raise `UnusableClipError` if samples are far above full scale, but finite.

    Parameters
    ----------
    samples : ndarray of floats of any shape
        Samples of a file as they were decoded, before channels are mixed.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.plausibility import check_magnitude
    >>> check_magnitude(np.array([0.5, -1.2]))
    >>> check_magnitude(np.array([3_000.0, -20_000.0]))
    Traceback (most recent call last):
    sersk.audio.clips.UnusableClipError: peaks at 20,000: samples are floats in [-1, 1]; divide by \
32768
    """
    if not samples.size:
        return
    # NaN and infinity are reported by `check_finite`, with their place.
    peak = max(float(samples.max()), -float(samples.min()))
    if LOUDEST < peak < np.inf:
        raise UnusableClipError(describe_loudness(peak))

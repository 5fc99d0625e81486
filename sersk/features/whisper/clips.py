"""From a clip to the states of the encoder: its end, its sample rate, windows of 30 s."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sersk.features.whisper.log_mel import HOP_LENGTH, N_FFT, SAMPLE_RATE, log_mel
from sersk.features.whisper.network import Encoder
from sersk.signal import resample

Array = NDArray[np.float32]
WINDOW = 3000  # mel frames, 30 s
PADDING = 1e-5  # 100 dB below the peak; Whisper itself limits values 80 dB below the loudest


def find_end(waveform: Array) -> int:
    """Return where the padding at the end of a clip begins.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A clip.

    Returns
    -------
    end : int
        Number of samples up to the last one that is less than 100 dB below the peak; all of them
        in digital silence.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.features.whisper.clips import find_end
    >>> find_end(np.array([0.0, 0.5, -0.1, 0.0, 0.0], np.float32))
    3
    """
    size = np.abs(waveform)
    heard = size[::-1] > PADDING * size.max()
    return len(waveform) - int(heard.argmax()) if heard.any() else len(waveform)


def count_frames(n_samples: int, sample_rate: float) -> int:
    """Return the number of frames of the encoder for a clip without padding.

    Parameters
    ----------
    n_samples : int
        Samples of the clip.
    sample_rate : float
        Its sample rate (Hz).

    Returns
    -------
    n_frames : int
        One every 20 ms.

    Examples
    --------
    >>> from sersk.features.whisper.clips import count_frames
    >>> count_frames(88_200, 22_050)
    200
    """
    n_mel_frames = max(N_FFT, round(n_samples * SAMPLE_RATE / sample_rate)) // HOP_LENGTH
    return -(-n_mel_frames // 2)


def encode(
    waveform: Array, sample_rate: float, encoder: Encoder, layers: Sequence[int | str]
) -> list[Array] | None:
    """Return the states of a clip after some layers of an encoder.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A finite clip.
    sample_rate : float
        Its sample rate (Hz).
    encoder : Encoder
        The encoder.
    layers : sequence of int or "last"
        The layers.

    Returns
    -------
    states : list of ndarray of float32 of shape (n_frames, width) or None
        The states for each layer, a frame every 20 ms; None if the power of the clip is too large
        for a float32.
    """
    sound = waveform[: find_end(waveform)]
    if sample_rate != SAMPLE_RATE:
        sound = resample(sound, sample_rate, SAMPLE_RATE)
    if len(sound) < N_FFT:
        sound = np.pad(sound, (0, N_FFT - len(sound)))
    mel = log_mel(sound, encoder.size.n_mels)
    if not np.isfinite(mel).all():
        return None
    # Windows of one length, so that the last is not a fragment. An even number of mel frames,
    # because two of them are one frame of the encoder.
    n_windows = -(-len(mel) // WINDOW)
    step = 2 * -(-len(mel) // (2 * n_windows))
    windows = [encoder.run(mel[i : i + step], layers) for i in range(0, len(mel), step)]
    return [np.concatenate(parts) for parts in zip(*windows, strict=True)]

"""What a recording passes on its way: a narrow band, a telephone, a codec. In memory, no files."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from sersk.signal.effects import fit_length
from sersk.signal.resampling import resample

_TELEPHONE = (300.0, 3400.0)  # Hz
# Codecs work on frames of up to 60 ms: a shorter waveform is coded with zeros after it.
_LEAST = 0.2  # s


class _Codec(NamedTuple):
    rate: int  # Hz
    settings: dict[str, Any]  # of soundfile.write


_CODECS = {
    "mu-law": _Codec(8000, {"format": "WAV", "subtype": "ULAW"}),
    "a-law": _Codec(8000, {"format": "WAV", "subtype": "ALAW"}),
    "gsm": _Codec(8000, {"format": "WAV", "subtype": "GSM610"}),
    # about 17 kbit/s and 30 kbit/s of speech
    "opus": _Codec(16_000, {"format": "OGG", "subtype": "OPUS", "compression_level": 0.95}),
    "mp3": _Codec(16_000, {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": 0.5}),
}
CHANNELS = ("telephone", "narrowband", *_CODECS)


def limit_band(waveform: NDArray, sample_rate: float, low: float, high: float) -> NDArray:
    """Remove what is below and above a band of frequencies.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64.
    sample_rate : float
        Its sample rate (Hz).
    low : float
        Lower end of the band (Hz), where the gain is -6 dB.
    high : float
        Upper end of the band (Hz), where the gain is -6 dB. At half the sample rate or above,
        nothing is removed at that end.

    Returns
    -------
    limited : ndarray of shape (n_samples,)
        The waveform in that band, not delayed.

    Raises
    ------
    ValueError
        Unless ``0 < low < high`` and `low` is below half of the sample rate.

    Notes
    -----
    Butterworth filters of fourth order, forwards and backwards: 48 dB an octave beyond the band.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.channels import limit_band
    >>> time = np.arange(22_050) / 22_050
    >>> tones = [np.sin(2 * np.pi * frequency * time) for frequency in (100, 1000, 8000)]
    >>> [float(np.std(limit_band(tone, 22_050, 300, 3400)).round(1)) for tone in tones]
    [0.0, 0.7, 0.0]
    """
    if not 0 < low < min(high, sample_rate / 2):
        raise ValueError(
            f"limit_band: low={low}, high={high} Hz; expected 0 < low < high, and low below half "
            f"of the sample rate, {sample_rate / 2:g} Hz."
        )
    open_above = high >= sample_rate / 2
    kind, edges = ("highpass", low) if open_above else ("bandpass", (low, high))
    sos = scipy.signal.butter(4, edges, kind, fs=sample_rate, output="sos")
    padded = min(len(waveform) - 1, round(3 * sample_rate / low))
    limited = scipy.signal.sosfiltfilt(
        sos, waveform.astype(np.float64), padtype="constant", padlen=padded
    )
    return limited.astype(waveform.dtype)


def pass_channel(waveform: NDArray, sample_rate: float, channel: str) -> NDArray:
    """Send a waveform through a telephone or a codec.

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        One waveform, float32 or float64. Samples beyond full scale, 1, are cut off.
    sample_rate : float
        Its sample rate (Hz).
    channel : str
        - "telephone": 300 to 3,400 Hz, then mu-law;
        - "narrowband": 8,000 Hz and back, without a codec;
        - "mu-law", "a-law": G.711 at 8,000 Hz, 64 kbit/s [1]_;
        - "gsm": GSM 6.10 full rate at 8,000 Hz, 13 kbit/s [2]_, the first digital mobile phones;
        - "opus": Opus at 16,000 Hz and about 17 kbit/s [3]_, as in calls over the internet;
        - "mp3": MP3 at 16,000 Hz and about 30 kbit/s.

    Returns
    -------
    received : ndarray of shape (n_samples,)
        The waveform as it arrives, at the same rate, of the same length and not delayed.

    Raises
    ------
    ValueError
        If there is no such channel.

    Notes
    -----
    The codecs are those of libsndfile, run in memory.

    References
    ----------
    .. [1] ITU-T Recommendation G.711, "Pulse code modulation (PCM) of voice frequencies", 1988.
    .. [2] ETSI EN 300 961 (GSM 06.10), "Full rate speech; transcoding", 2000.
    .. [3] J.-M. Valin, K. Vos and T. Terriberry, "Definition of the Opus audio codec", RFC 6716,
       2012.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.channels import pass_channel
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    >>> received = pass_channel(tone, 22_050, "telephone")
    >>> received.shape, bool(np.corrcoef(tone, received)[0, 1] > 0.99)
    ((22050,), True)
    """
    if channel not in CHANNELS:
        raise ValueError(
            f"pass_channel: channel={channel!r} is none of {', '.join(map(repr, CHANNELS))}."
        )
    sent = waveform
    if channel == "telephone":
        sent, channel = limit_band(waveform, sample_rate, *_TELEPHONE), "mu-law"
    codec = _CODECS.get(channel)
    rate = codec.rate if codec else 8000
    padded = fit_length(sent, max(len(sent), round(_LEAST * sample_rate)))
    received = resample(padded, sample_rate, rate)
    if codec:
        received = _encode_and_decode(received, codec)
    return fit_length(resample(received, rate, sample_rate), len(waveform))


def _encode_and_decode(waveform: NDArray, codec: _Codec) -> NDArray:
    import soundfile  # loads a library

    file = io.BytesIO()
    soundfile.write(file, np.clip(waveform, -1, 1), codec.rate, **codec.settings)
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype=waveform.dtype.name)
    return decoded

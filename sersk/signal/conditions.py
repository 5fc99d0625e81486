"""What happens to a recording on its way, as fixed conditions to test a model under."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sersk.signal.babble import mix_voices
from sersk.signal.channels import pass_channel
from sersk.signal.effects import change_gain
from sersk.signal.microphone_curves import pass_phone_microphone
from sersk.signal.microphones import tilt_spectrum
from sersk.signal.noise import add_noise, mix_at_snr
from sersk.signal.rooms import reverberate, room_response

_N_VOICES = 6
_CUT = 0.2  # s, from either end
_BABBLE = "babble 10 dB"

Sound = NDArray[np.float32]
_Draw = Callable[[], Sequence[Sound]]
# Of a sound, its rate (Hz), a generator, and a function that draws clips of other speakers.
_Condition = Callable[[Sound, float, np.random.Generator, _Draw], Sound]


def _noise(snr_db: float) -> _Condition:
    return lambda x, rate, rng, draw: add_noise(x, snr_db, rng, exponent=1.0)


def _babble(snr_db: float) -> _Condition:
    return lambda x, rate, rng, draw: mix_at_snr(x, mix_voices(draw(), len(x), rng), snr_db)


def _room(rt60: float) -> _Condition:
    return lambda x, rate, rng, draw: reverberate(x, room_response(rt60, rate, rng, drr_db=0.0))


def _channel(name: str) -> _Condition:
    return lambda x, rate, rng, draw: pass_channel(x, rate, name)


def _gain(gain_db: float) -> _Condition:
    return lambda x, rate, rng, draw: change_gain(x, gain_db)


def _cut(x: Sound, rate: float, rng: np.random.Generator, draw: _Draw) -> Sound:
    """Cut speech, not the silence around it: from the first to the last loud sample."""
    loud = np.flatnonzero(np.abs(x) > 0.05 * np.abs(x).max(initial=0))
    if not len(loud):
        return x
    n_cut = min(round(_CUT * rate), (loud[-1] - loud[0]) // 4)
    return x[loud[0] + n_cut : loud[-1] - n_cut + 1]


_CONDITIONS: dict[str, _Condition] = {
    "clean": lambda x, rate, rng, draw: x,
    "gain -20 dB": _gain(-20.0),
    "gain -40 dB": _gain(-40.0),
    "pink noise 20 dB": _noise(20.0),
    "pink noise 10 dB": _noise(10.0),
    _BABBLE: _babble(10.0),
    "telephone, mu-law": _channel("telephone"),
    "GSM": _channel("gsm"),
    "8 kHz": _channel("narrowband"),
    "Opus": _channel("opus"),
    "room 0.4 s": _room(0.4),
    "tilt -6 dB/octave": lambda x, rate, rng, draw: tilt_spectrum(x, rate, -6.0),
    "microphone of a phone": lambda x, rate, rng, draw: pass_phone_microphone(x, rate),
    "cut at either end": _cut,
}
#: Names of the conditions; the first is that of a clip as it is.
CONDITIONS = tuple(_CONDITIONS)


def needs_other_speakers(condition: str) -> bool:
    """Return whether a condition mixes clips with those of other speakers.

    Parameters
    ----------
    condition : str
        One of `CONDITIONS`.

    Returns
    -------
    needs : bool
        Whether it does.
    """
    return condition == _BABBLE


def hear(
    clips: Sequence[Sound],
    groups: ArrayLike,
    condition: str,
    sample_rate: float,
    *,
    seed: int = 0,
) -> list[Sound]:
    """Return clips as they sound under a condition.

    Parameters
    ----------
    clips : sequence of ndarray of float32 of shape (n_samples_of_the_clip,)
        Waveforms, without padding.
    groups : array-like of shape (n_clips,)
        Speaker of each. The voices of babble are clips of other speakers among these.
    condition : str
        One of `CONDITIONS`:

        - "clean", "gain -20 dB", "gain -40 dB";
        - "pink noise 20 dB", "pink noise 10 dB": relative to the power of the whole clip;
        - "babble 10 dB": six clips of other speakers at a time, each from another place;
        - "telephone, mu-law": 300 to 3,400 Hz, then mu-law; "GSM": full rate, 13 kbit/s; "8 kHz":
          resampled there and back; "Opus": at 16 kHz, about 17 kbit/s;
        - "room 0.4 s": exponentially decaying noise, as strong as the direct sound;
        - "tilt -6 dB/octave"; "microphone of a phone": without what is below 200 Hz, with a
          resonance at 4 kHz, falling above 8 kHz; "cut at either end": 0.2 s of speech are missing
          there.
    sample_rate : float
        Rate of the clips (Hz).
    seed : int, default=0
        Seed of noise, rooms and voices. They depend on it and on the position of a clip alone.

    Returns
    -------
    heard : list of ndarray of float32
        The clips under the condition.

    Raises
    ------
    ValueError
        If there is no such condition, or it needs other speakers and there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.conditions import hear
    >>> clips = np.random.default_rng(0).normal(size=(2, 8_000)).astype(np.float32)
    >>> softer = hear(clips, ["A", "B"], "gain -20 dB", 8_000)
    >>> bool(np.allclose(softer, 0.1 * clips))
    True
    """
    if condition not in _CONDITIONS:
        raise ValueError(
            f"hear: condition={condition!r} is none of {', '.join(map(repr, CONDITIONS))}."
        )
    speakers = np.asarray(groups)
    if needs_other_speakers(condition) and len(np.unique(speakers)) < 2:
        raise ValueError(f"hear: {condition!r} needs clips of at least 2 speakers.")
    heard = []
    for row, (clip, speaker) in enumerate(zip(clips, speakers, strict=True)):
        rng = np.random.default_rng([seed, row])
        others = np.flatnonzero(speakers != speaker)

        def draw(rng: np.random.Generator = rng, others: NDArray = others) -> list[Sound]:
            return [clips[i] for i in rng.choice(others, _N_VOICES)]

        heard.append(_CONDITIONS[condition](clip, sample_rate, rng, draw))
    return heard

"""The conditions of ``benchmarks/conditions.py``: what happens to a recording on its way.

Each is a function of the sound, its sample rate, a generator, and a function that draws clips of
other people.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sersk.signal import (
    add_noise,
    change_gain,
    mix_at_snr,
    mix_voices,
    pass_channel,
    reverberate,
    room_response,
    tilt_spectrum,
)

SAMPLE_RATE = 22_050
_N_VOICES = 6
_CUT = 0.2  # s, from either end

Sound = NDArray[np.float32]
Draw = Callable[[], Sequence[Sound]]
Condition = Callable[[Sound, np.random.Generator, Draw], Sound]


def _noise(snr_db: float, exponent: float = 1.0) -> Condition:
    return lambda x, rng, draw: add_noise(x, snr_db, rng, exponent=exponent)


def _babble(snr_db: float) -> Condition:
    return lambda x, rng, draw: mix_at_snr(x, mix_voices(draw(), len(x), rng), snr_db)


def _room(rt60: float) -> Condition:
    return lambda x, rng, draw: reverberate(x, room_response(rt60, SAMPLE_RATE, rng, drr_db=0.0))


def _channel(name: str) -> Condition:
    return lambda x, rng, draw: pass_channel(x, SAMPLE_RATE, name)


def _cut(x: Sound, rng: np.random.Generator, draw: Draw) -> Sound:
    """Cut speech, not the silence around it: from the first to the last loud sample."""
    loud = np.flatnonzero(np.abs(x) > 0.05 * np.abs(x).max())
    n_cut = min(round(_CUT * SAMPLE_RATE), (loud[-1] - loud[0]) // 4)
    return x[loud[0] + n_cut : loud[-1] - n_cut + 1]


CONDITIONS: dict[str, Condition] = {
    "clean": lambda x, rng, draw: x,
    "gain -20 dB": lambda x, rng, draw: change_gain(x, -20.0),
    "gain -40 dB": lambda x, rng, draw: change_gain(x, -40.0),
    "pink noise 20 dB": _noise(20.0),
    "pink noise 10 dB": _noise(10.0),
    "babble 10 dB": _babble(10.0),
    "telephone, mu-law": _channel("telephone"),
    "GSM": _channel("gsm"),
    "8 kHz": _channel("narrowband"),
    "Opus": _channel("opus"),
    "room 0.4 s": _room(0.4),
    "tilt -6 dB/octave": lambda x, rng, draw: tilt_spectrum(x, SAMPLE_RATE, -6.0),
    "cut at either end": _cut,
}


def hear(clips: Sequence[Sound], groups: Sequence[str], condition: str, seed: int = 0) -> list:
    """Return the clips under a condition. The voices of babble are clips of other speakers."""
    groups = np.asarray(groups)
    heard = []
    for row, (clip, group) in enumerate(zip(clips, groups, strict=True)):
        rng = np.random.default_rng([seed, row])
        others = np.flatnonzero(groups != group)

        def draw(rng: np.random.Generator = rng, others: NDArray = others) -> list[Sound]:
            return [clips[i] for i in rng.choice(others, _N_VOICES)]

        heard.append(CONDITIONS[condition](clip, rng, draw))
    return heard

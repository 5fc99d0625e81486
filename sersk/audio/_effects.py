"""The effects of `AudioAugmenter`: one row each. An effect itself is in `sersk.signal`.

A new effect is a function there, a row here, and a parameter of the augmenter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sersk.signal import (
    CHANNELS,
    Motion,
    add_babble,
    add_noise,
    analyze_motion,
    change_gain,
    change_speed,
    clip_peaks,
    delay,
    fit_length,
    pass_channel,
    pass_microphone,
    pitch_shift,
    reverberate,
    room_response,
    tilt_spectrum,
    time_stretch,
)

# Below the peak; softer samples at the ends of a clip are padding, as for `WhisperEncoder`.
_PADDING = 1e-5  # -100 dB


class Tools:
    """What effects on a clip share: its generator, sample rate, one analysis of its motion."""

    def __init__(self, sample_rate: float) -> None:
        self.sample_rate = sample_rate
        self.rng = np.random.default_rng()  # replaced for each clip
        self.settings: dict[str, Any] = {}  # drawn with an effect
        self._motion: Motion | None = None
        self._analyzed: NDArray | None = None

    def analyze(self, waveform: NDArray) -> Motion:
        # The analysis is half of the vocoder's time. It is done once for all views that start from
        # the clean clip, in one buffer for all clips: allocating a new one takes as long again.
        if self._analyzed is not waveform:
            self._motion = analyze_motion(waveform, out=self._motion)
            self._analyzed = waveform
        assert self._motion is not None
        return self._motion


class Effect(NamedTuple):
    """One effect of the augmenter.

    Attributes
    ----------
    apply : callable
        ``apply(waveform, value, tools)`` gives the changed waveform, of any length.
    sound_only : bool
        Whether it works on the clip's sound alone, and leaves the padding around it.
    positive : bool
        Whether its values are above 0.
    always_random : bool
        Whether it differs from view to view also where its value is a number.
    names : tuple of str
        Its values, where they are names and not numbers.
    settings : tuple of str
        Further parameters of the augmenter that are drawn with it.
    """

    apply: Callable[[NDArray, Any, Tools], NDArray]
    sound_only: bool = False
    positive: bool = False
    always_random: bool = False
    names: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


# In the order of the views and of application: the speaker, the room, the microphone, the line.
EFFECTS: dict[str, Effect] = {
    "time_stretch": Effect(
        lambda x, value, tools: time_stretch(x, value, motion=tools.analyze(x)), positive=True
    ),
    "pitch_shift": Effect(
        lambda x, value, tools: pitch_shift(x, value, motion=tools.analyze(x)),
    ),
    "speed": Effect(lambda x, value, _: change_speed(x, value), positive=True),
    "babble_snr_db": Effect(
        lambda x, value, tools: add_babble(x, value, tools.rng),
        sound_only=True,
        always_random=True,
    ),
    "room_rt60": Effect(
        lambda x, value, tools: reverberate(
            x,
            room_response(
                value, tools.sample_rate, tools.rng, drr_db=tools.settings["room_drr_db"]
            ),
        ),
        positive=True,
        always_random=True,
        settings=("room_drr_db",),
    ),
    "noise_snr_db": Effect(
        lambda x, value, tools: add_noise(
            x, value, tools.rng, exponent=tools.settings["noise_exponent"]
        ),
        sound_only=True,
        always_random=True,
        settings=("noise_exponent",),
    ),
    "tilt_db": Effect(
        lambda x, value, tools: tilt_spectrum(x, tools.sample_rate, value), sound_only=True
    ),
    "microphone_db": Effect(
        lambda x, value, tools: pass_microphone(x, tools.sample_rate, value, tools.rng),
        sound_only=True,
        always_random=True,
    ),
    "gain_db": Effect(lambda x, value, _: change_gain(x, value)),
    "clipping_db": Effect(lambda x, value, _: clip_peaks(x, value)),
    "channel": Effect(
        lambda x, value, tools: pass_channel(x, tools.sample_rate, value),
        sound_only=True,
        names=CHANNELS,
    ),
    "time_shift": Effect(lambda x, value, tools: delay(x, round(value * tools.sample_rate))),
}


def apply_effect(effect: Effect, waveform: NDArray, value: Any, tools: Tools) -> NDArray:
    """Apply an effect; the result is as long as the waveform."""
    if not effect.sound_only:
        return fit_length(effect.apply(waveform, value, tools), len(waveform))
    size = np.abs(waveform)
    heard = np.flatnonzero(size > _PADDING * size.max(initial=0))
    if not len(heard):
        return waveform
    changed = np.zeros_like(waveform)
    sound = slice(heard[0], heard[-1] + 1)
    changed[sound] = effect.apply(waveform[sound], value, tools)
    return changed

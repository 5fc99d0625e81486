"""Which effects each view of a clip has, and from which values they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from sersk.audio._effects import EFFECTS, Effect

# Beyond these values, sound is no speech any more, and some effects take all memory.
LIMITS = {
    "time_stretch": (0.1, 10),
    "speed": (0.1, 10),
    "pitch_shift": (-48, 48),  # semitones
    "room_rt60": (0, 20),  # s
    "tilt_db": (-48, 48),
    "microphone_db": (0, 48),
}


class Values(NamedTuple):
    """The values of an effect: a range of numbers, or names; and how often a view has it."""

    choices: tuple[Any, ...]
    is_range: bool
    probability: float = 1.0

    def draw(self, rng: np.random.Generator) -> Any:
        if self.is_range:
            return float(rng.uniform(*self.choices))
        return self.choices[int(rng.integers(len(self.choices)))]

    @property
    def is_fixed(self) -> bool:
        return len({*self.choices}) == 1 and self.probability == 1


class Plan(NamedTuple):
    """The effects of each extra view, in sequence, and the values of effects and settings."""

    views: list[tuple[str, ...]]
    values: dict[str, Values]


def make_plan(parameters: Mapping[str, Any]) -> Plan:
    """Return the plan that parameters of `AudioAugmenter` ask for, or raise."""
    values = {
        name: _read(name, parameters[name], effect)
        for name, effect in EFFECTS.items()
        if parameters[name] is not None
    }
    names = tuple(values)
    values = _with_probabilities(values, parameters["probability"])
    views = _assign(names, values, parameters)
    for name in names:
        for setting in EFFECTS[name].settings:
            values[setting] = _read(setting, parameters[setting])
    return Plan(views, values)


def _read(name: str, value: Any, effect: Effect | None = None) -> Values:
    if effect and effect.names:
        chosen = (value,) if isinstance(value, str) else tuple(value)
        if not chosen or any(one not in effect.names for one in chosen):
            raise ValueError(
                f"AudioAugmenter: {name}={value!r}; expected one or several of "
                f"{', '.join(map(repr, effect.names))}."
            )
        return Values(chosen, is_range=False)
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    positive = effect is not None and effect.positive
    if (
        len(pair) != 2
        or not all(isinstance(end, Real) and np.isfinite(float(end)) for end in pair)
        or pair[0] > pair[1]
        or (positive and pair[0] <= 0)
    ):
        raise ValueError(
            f"AudioAugmenter: {name}={value!r}; a range is (low, high), two finite numbers "
            f"with low <= high{' and low > 0' if positive else ''}."
        )
    lowest, highest = LIMITS.get(name, (-np.inf, np.inf))
    if not lowest <= pair[0] <= pair[1] <= highest:
        raise ValueError(
            f"AudioAugmenter: {name}={value!r}; values are from {lowest} to {highest}."
        )
    return Values((float(pair[0]), float(pair[1])), is_range=True)


def _with_probabilities(values: dict[str, Values], given: Any) -> dict[str, Values]:
    asked = given if isinstance(given, Mapping) else dict.fromkeys(values, given)
    for name, probability in asked.items():
        if name not in EFFECTS:
            raise ValueError(
                f"AudioAugmenter: probability={given!r} names {name!r}, which is no effect; "
                f"effects are {', '.join(EFFECTS)}."
            )
        if not isinstance(probability, Real) or not 0 <= float(probability) <= 1:
            raise ValueError(
                f"AudioAugmenter: probability={given!r}; expected a number from 0 to 1, or such a "
                "number for each of some effects, by name."
            )
    return {
        name: one._replace(probability=float(asked.get(name, 1))) for name, one in values.items()
    }


def _assign(
    names: tuple[str, ...], values: Mapping[str, Values], parameters: Mapping[str, Any]
) -> list[tuple[str, ...]]:
    n_views = parameters["n_views"]
    turns: list[tuple[str, ...]]
    turns = [names] if parameters["combine"] and names else [(name,) for name in names]
    n_extra = len(turns) if n_views is None else n_views - 1
    if n_extra and not turns:
        raise ValueError(
            f"AudioAugmenter: n_views={n_views}, but all effects are off, so each view would equal "
            f"the clip. Switch an effect on ({', '.join(EFFECTS)}), or set n_views to 1 or None."
        )
    fixed = {name for name in names if values[name].is_fixed and not EFFECTS[name].always_random}
    for turn in turns[: max(n_extra - len(turns), 0)]:
        if fixed.issuperset(turn):
            n_possible = 1 + len(turns) + turns.index(turn)
            settings = ", ".join(f"{name}={parameters[name]}" for name in turn)
            several = "a tuple of names" if EFFECTS[turn[0]].names else f"{turn[0]}=(low, high)"
            raise ValueError(
                f"AudioAugmenter: n_views={n_views} would make several views with {settings}, all "
                f"the same. Give a range to draw from, as {several}, or lower n_views to "
                f"{n_possible}."
            )
    return [turns[view % len(turns)] for view in range(n_extra)]

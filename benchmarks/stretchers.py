"""Compare libraries for time stretch and pitch shift: time, pitch error, length, click smearing.

    pip install python-stretch bungee-python
    python benchmarks/stretchers.py [--clips 24] [--repetitions 5]

The two libraries are written in C++: Signalsmith Stretch (MIT licence) and Bungee (MPL 2.0). Both
are meant for real-time processing of music; here they get whole clips, one after the other. Rubber
Band and SoundTouch are left out for their licences (GPL, LGPL).
"""

import argparse
from collections.abc import Callable
from statistics import median

import librosa
import numpy as np
from _common import make_clips, print_table, spread, time_interleaved
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from sersk.signal import pitch_shift, time_stretch

SAMPLE_RATE = 22050
RATE = 1.2
N_STEPS = 2.0

Effect = Callable[[NDArray], NDArray]


def make_effects() -> dict[str, tuple[Effect, Effect]]:
    """Return for each library its time stretch by RATE and its pitch shift by N_STEPS."""
    from bungee_python.bungee import Bungee
    from python_stretch.Signalsmith import Stretch

    def signalsmith(*, stretch: bool) -> Effect:
        engine = Stretch()
        engine.preset(1, SAMPLE_RATE)
        if stretch:
            engine.setTimeFactor(RATE)
        else:
            engine.setTransposeSemitones(N_STEPS)

        def process(y: NDArray) -> NDArray:
            engine.reset()
            return engine.process(y[None])[0]

        return process

    def bungee(*, stretch: bool) -> Effect:
        def process(y: NDArray) -> NDArray:
            engine = Bungee(sample_rate=SAMPLE_RATE, channels=1)
            if stretch:
                engine.set_speed(RATE)
            else:
                engine.set_pitch(2 ** (N_STEPS / 12))
            return engine.process(y[:, None])[:, 0]

        return process

    return {
        "sersk": (lambda y: time_stretch(y, RATE), lambda y: pitch_shift(y, N_STEPS)),
        "librosa": (
            lambda y: librosa.effects.time_stretch(y, rate=RATE),
            lambda y: librosa.effects.pitch_shift(
                y, sr=SAMPLE_RATE, n_steps=N_STEPS, res_type="soxr_hq"
            ),
        ),
        "Signalsmith": (signalsmith(stretch=True), signalsmith(stretch=False)),
        "Bungee": (bungee(stretch=True), bungee(stretch=False)),
    }


def make_tone(fundamental: float) -> NDArray[np.float32]:
    """Return 4 s of eight harmonics, each with its own phase."""
    times = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = sum(np.cos(2 * np.pi * fundamental * k * times + k) / k for k in range(1, 9))
    return (0.5 * tone / np.abs(tone).max()).astype(np.float32)


def measure_fundamental(tone: NDArray) -> float:
    """Return the frequency of the strongest partial (Hz) in the middle half of a tone."""
    middle = tone[len(tone) // 4 : 3 * len(tone) // 4].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 16 * len(middle)))
    return float(spectrum.argmax() * SAMPLE_RATE / (16 * len(middle)))


def measure_pitch_error(effect: Effect, n_steps: float) -> float:
    """Return the largest error over three voices (cents)."""
    errors = []
    for fundamental in (110.0, 180.0, 260.0):
        tone = make_tone(fundamental)
        ratio = measure_fundamental(effect(tone)) / measure_fundamental(tone)
        errors.append(abs(1200 * np.log2(ratio) - 100 * n_steps))
    return max(errors)


def measure_smear(stretch: Effect) -> tuple[float, float]:
    """Return the width of stretched clicks and their distance from the right time (ms, medians)."""
    rng = np.random.default_rng(0)
    spacing = SAMPLE_RATE // 2
    clicks = np.arange(1, 7) * spacing + rng.integers(0, 2048, 6)
    y = np.zeros(4 * SAMPLE_RATE, dtype=np.float32)
    y[clicks] = 0.9
    stretched = stretch(y).astype(np.float64)
    widths, offsets = [], []
    for click in clicks / RATE:
        start = int(click) - SAMPLE_RATE // 6
        energy = np.square(stretched[start : start + SAMPLE_RATE // 3])
        positions = np.arange(start, start + len(energy)) - click
        centre = (positions * energy).sum() / energy.sum()
        widths.append(np.sqrt((np.square(positions - centre) * energy).sum() / energy.sum()))
        offsets.append(abs(centre))
    return 1000 * median(widths) / SAMPLE_RATE, 1000 * median(offsets) / SAMPLE_RATE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    X, kind = make_clips(arguments.clips)
    effects = make_effects()

    def run(effect: Effect) -> Callable[[], object]:
        return lambda: [effect(y) for y in X]

    with threadpool_limits(1):
        stretching = time_interleaved(
            {name: run(stretch) for name, (stretch, _) in effects.items()}, arguments.repetitions
        )
        shifting = time_interleaved(
            {name: run(shift) for name, (_, shift) in effects.items()}, arguments.repetitions
        )
    rows = []
    for name, (stretch, shift) in effects.items():
        width, offset = measure_smear(stretch)
        rows.append(
            [
                name,
                spread(stretching[name], len(X) / 1000),
                spread(shifting[name], len(X) / 1000),
                f"{measure_pitch_error(stretch, 0):.1f}",
                f"{measure_pitch_error(shift, N_STEPS):.1f}",
                f"{len(stretch(X[0])) - round(X.shape[1] / RATE):d}, "
                f"{len(shift(X[0])) - X.shape[1]:d}",
                f"{width:.1f}",
                f"{offset:.1f}",
            ]
        )
    print(
        f"{len(X)} clips of {X.shape[1] / SAMPLE_RATE:g} s ({kind}), one thread, median and range "
        f"of {arguments.repetitions}, interleaved. Stretch by {RATE}, shift by {N_STEPS:g} "
        "semitones.\n"
    )
    print_table(
        [
            "library",
            "stretch, ms a clip",
            "shift, ms a clip",
            "pitch error of stretch, cents",
            "pitch error of shift, cents",
            "excess samples: stretch, shift",
            "width of a click, ms",
            "offset of a click, ms",
        ],
        rows,
    )
    print(
        "\nPitch error: the largest of three harmonic voices. Width: standard deviation of the "
        "energy of\nclicks in silence, stretched; median of six."
    )


if __name__ == "__main__":
    main()

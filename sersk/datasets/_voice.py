"""A source-filter voice: synthesises an utterance of babble from its prosody and voice quality.

The values for each speaker and emotion are in `synthetic`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# First three formants in Hz of /i E a o u/ as men speak them (Peterson & Barney, 1952).
_VOWELS = np.array(
    [
        [270.0, 2290.0, 3010.0],
        [530.0, 1840.0, 2480.0],
        [730.0, 1090.0, 2440.0],
        [570.0, 840.0, 2410.0],
        [300.0, 870.0, 2240.0],
    ]
)
# Prosody changes slowly: its curves are drawn at this rate (Hz), then interpolated.
_CONTROL_RATE = 200.0
_LOWEST_HZ = 80.0  # below it the tilt is constant, as there are no harmonics


@dataclass(frozen=True)
class Delivery:
    """The prosody and voice quality of one utterance."""

    f0: float  # Hz, median over the voiced part
    f0_range: float  # semitones, from the 5th to the 95th percentile over the voiced part
    final_rise: float  # weight of a rise at the end against the usual fall
    level: float  # dB re full scale, RMS of the clip
    rate: float  # syllables a second
    tilt: float  # dB an octave, slope of the voice's harmonics before the vocal tract
    hnr: float  # dB, harmonics to breath noise
    jitter: float  # relative standard deviation of the length of a glottal cycle
    shimmer: float  # dB, standard deviation of the height of a glottal cycle
    pauses: float  # share of the syllables that are left silent
    tract: float  # factor on a man's formants: a shorter vocal tract raises them all


def speak(
    delivery: Delivery, n_samples: int, sample_rate: int, rng: np.random.Generator
) -> FloatArray:
    """Return an utterance of shape (n_samples,); samples may exceed full scale."""
    seconds = np.arange(int(np.ceil(n_samples / sample_rate * _CONTROL_RATE)) + 1) / _CONTROL_RATE
    onsets, lengths, vowels, loudness = _syllables(delivery, seconds[-1], rng)
    envelope = _envelope(seconds, onsets, lengths, loudness)
    contour = _contour(delivery, seconds, onsets, lengths, loudness, envelope, rng)

    samples = np.arange(n_samples) / sample_rate
    envelope_at_samples = np.interp(samples, seconds, envelope)
    pulses = _pulses(np.interp(samples, seconds, contour), delivery, sample_rate, rng)
    breath = rng.standard_normal(n_samples)
    consonants = rng.standard_normal(n_samples) * np.interp(
        samples, seconds, _consonants(seconds, onsets, loudness, rng)
    )
    waveform = _through_vocal_tract(
        pulses * envelope_at_samples,
        breath * envelope_at_samples,
        consonants,
        _vowel_weights(samples, onsets, lengths, vowels),
        delivery,
        sample_rate,
    )
    rms = np.sqrt(np.mean(waveform**2))
    return waveform * (10 ** (delivery.level / 20) / rms)


def _syllables(
    delivery: Delivery, seconds: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, NDArray[np.intp], FloatArray]:
    """Draw onsets and lengths (s), vowels and loudness (0 where there is a pause)."""
    n_drawn = int(np.ceil(2 * seconds * delivery.rate)) + 2
    lengths = np.clip(rng.normal(1, 0.15, n_drawn), 0.6, 1.5) / delivery.rate
    # Every vowel once, in random order, before one is repeated: emotions should not be
    # recognised by the vowels.
    rounds = np.tile(np.arange(len(_VOWELS)), (n_drawn // len(_VOWELS) + 1, 1))
    vowels = rng.permuted(rounds, axis=1).ravel()[:n_drawn]
    loudness = 10 ** (rng.normal(0, 2, n_drawn) / 20)
    loudness[rng.random(n_drawn) < delivery.pauses] = 0.0
    loudness[0] = max(loudness[0], 1.0)  # so that every clip has speech
    onsets = rng.uniform(0.08, 0.15) + np.r_[0, np.cumsum(lengths[:-1])]
    n = max(1, int(np.sum(onsets + lengths < seconds - 0.03)))
    return onsets[:n], lengths[:n], vowels[:n], loudness[:n]


def _envelope(
    seconds: FloatArray, onsets: FloatArray, lengths: FloatArray, loudness: FloatArray
) -> FloatArray:
    inside = (seconds - onsets[:, None]) / lengths[:, None]
    bumps = np.where((inside > 0) & (inside < 1), np.sin(np.pi * np.clip(inside, 0, 1)), 0.0)
    return np.max(np.sqrt(bumps) * loudness[:, None], axis=0)


def _consonants(
    seconds: FloatArray, onsets: FloatArray, loudness: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Noise bursts of about 50 ms at the beginning of about every other syllable."""
    height = loudness * (rng.random(len(onsets)) < 0.5) * rng.uniform(0.3, 1.0, len(onsets))
    return np.max(height[:, None] * np.exp(-(((seconds - onsets[:, None]) / 0.025) ** 2)), axis=0)


def _contour(
    delivery: Delivery,
    seconds: FloatArray,
    onsets: FloatArray,
    lengths: FloatArray,
    loudness: FloatArray,
    envelope: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """F0 in Hz: declination, accents on some syllables, a fall or rise at the end."""
    progress = np.clip((seconds - onsets[0]) / (onsets[-1] + lengths[-1] - onsets[0]), 0, 1)
    accents = rng.gamma(2.0, 0.5, len(onsets)) * (loudness > 0)
    width = 0.5 * lengths[:, None]
    peaks = (onsets + 0.5 * lengths)[:, None]
    semitones = (
        -1.5 * progress
        + np.sum(accents[:, None] * np.exp(-(((seconds - peaks) / width) ** 2)), axis=0)
        + (4.0 * delivery.final_rise - 1.0) * np.clip((progress - 0.75) / 0.25, 0, 1)
    )
    # Scale so that the voiced part has the requested median and range.
    voiced = semitones[envelope > 0.2 * envelope.max()]
    low, middle, high = np.percentile(voiced, [5, 50, 95])
    semitones = (semitones - middle) * (delivery.f0_range / max(high - low, 1e-3))
    return delivery.f0 * 2 ** (np.clip(semitones, -18, 18) / 12)


def _pulses(
    f0: FloatArray, delivery: Delivery, sample_rate: int, rng: np.random.Generator
) -> FloatArray:
    """Glottal pulses with all harmonics up to near the Nyquist frequency, and none above it."""
    cycles = np.cumsum(f0) / sample_rate
    n_cycles = int(cycles[-1]) + 2
    lengths, heights = np.clip(rng.standard_normal((2, n_cycles)), -3, 3)
    f0 = f0 * (1 + delivery.jitter * lengths)[cycles.astype(np.intp)]
    half = np.pi * np.cumsum(f0) / sample_rate
    # The sum of cos(2 k half) for k from 1 to n, in closed form. The highest harmonic fades in and
    # out as F0 changes, because a sudden one would be heard as a click.
    n_harmonics, part = np.divmod(0.47 * sample_rate / f0, 1)
    sine = np.sin(half)
    peak = np.abs(sine) < 1e-6
    series = np.sin((2 * n_harmonics + 1) * half) / (2 * np.where(peak, 1, sine)) - 0.5
    series = np.where(peak, n_harmonics, series)
    series += part * np.cos(2 * (n_harmonics + 1) * half)
    # Change height between the pulses, where the waveform is near zero.
    between = np.minimum((half / np.pi + 0.5).astype(np.intp), n_cycles - 1)
    return series * 10 ** (delivery.shimmer * heights / 20)[between]


def _vowel_weights(
    samples: FloatArray, onsets: FloatArray, lengths: FloatArray, vowels: NDArray[np.intp]
) -> FloatArray:
    """Share of each vowel at each sample, interpolated from syllable to syllable."""
    knots = np.c_[onsets + 0.2 * lengths, onsets + 0.8 * lengths].ravel()
    one_hot = np.eye(len(_VOWELS))[:, np.repeat(vowels, 2)]
    return np.array([np.interp(samples, knots, row) for row in one_hot])


def _through_vocal_tract(
    pulses: FloatArray,
    breath: FloatArray,
    consonants: FloatArray,
    weights: FloatArray,
    delivery: Delivery,
    sample_rate: int,
) -> FloatArray:
    """Filter the source by the formants of each vowel, and interpolate between the results."""
    from scipy.fft import irfft, next_fast_len, rfft

    n_samples = len(pulses)
    n_fft = next_fast_len(n_samples + int(0.1 * sample_rate), real=True)
    frequencies = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    octaves = np.log2(np.maximum(frequencies, _LOWEST_HZ) / 1000)

    tracts = _formants(frequencies, delivery.tract)
    voice = rfft(pulses, n_fft) * 10 ** (delivery.tilt * octaves / 20)
    # Breath is white noise from the glottis: audible at frequencies where harmonics are weak.
    noise = rfft(breath, n_fft)
    shares = weights.mean(axis=1) @ np.abs(tracts) ** 2
    ratio = np.sum(shares * np.abs(voice) ** 2) / np.sum(shares * np.abs(noise) ** 2)
    source = voice + noise * np.sqrt(ratio * 10 ** (-delivery.hnr / 10))
    spoken = np.sum(irfft(source * tracts, n_fft)[:, :n_samples] * weights, axis=0)

    # The noise of a fricative arises at the teeth: one broad resonance near 5 kHz.
    teeth = _resonance(frequencies, 4500 * delivery.tract, 2500.0) * (frequencies / 4500)
    hiss = irfft(rfft(consonants, n_fft) * teeth, n_fft)[:n_samples]
    loudness = 10 ** (-12 / 20) * np.sqrt(
        np.mean(spoken**2) / np.mean(hiss**2) if hiss.any() else 0
    )
    return spoken + loudness * hiss


def _formants(frequencies: FloatArray, tract: float) -> NDArray[np.complex128]:
    """Response of the cascade of formants, a row for each vowel."""
    # Above the third formant: the resonances of a tube, continued beyond the Nyquist frequency, so
    # that the slope of the spectrum does not depend on the sample rate.
    n_formants = int(frequencies[-1] / (1000 * tract)) + 2
    higher = 500.0 * (2 * np.arange(4, n_formants + 1) - 1)
    responses = np.ones((len(_VOWELS), len(frequencies)), dtype=np.complex128)
    for response, vowel in zip(responses, _VOWELS, strict=True):
        for formant in tract * vowel:
            response *= _resonance(frequencies, formant, _bandwidth(formant))
    for formant in tract * higher:
        responses *= _resonance(frequencies, formant, _bandwidth(formant))
    return responses


def _resonance(frequencies: FloatArray, centre: float, bandwidth: float) -> NDArray[Any]:
    """Response of one damped resonance, 1 at 0 Hz."""
    return centre**2 / (centre**2 - frequencies**2 + 1j * bandwidth * frequencies)


def _bandwidth(formant: float) -> float:
    """Bandwidth in Hz, which grows with frequency from 50 Hz."""
    return 50.0 * (1 + formant**2 / 6e6)

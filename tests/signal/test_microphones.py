"""Tilt, clipping and levels, against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk.signal import bring_to_level, clip_peaks, measure_level, tilt_spectrum

SAMPLE_RATE = 22_050


@pytest.mark.parametrize("tilt_db", [-12.0, -6.0, 3.0, 6.0])
def test_tilt_is_a_slope_in_octaves(tilt_db):
    impulse = np.eye(1, 2**15, 2**14)[0]
    response = tilt_spectrum(impulse, SAMPLE_RATE, tilt_db)
    gain_db = 20 * np.log10(np.abs(np.fft.rfft(response)))
    frequencies = np.fft.rfftfreq(2**15, 1 / SAMPLE_RATE)
    inner = (frequencies > 100) & (frequencies < 8000)
    slope, at_0 = np.polyfit(np.log2(frequencies[inner] / 1000), gain_db[inner], 1)
    assert slope == pytest.approx(tilt_db, abs=0.02)
    assert at_0 == pytest.approx(0, abs=0.05)
    low = (frequencies > 5) & (frequencies < 40)
    np.testing.assert_allclose(gain_db[low], gain_db[low][0], atol=0.3)


@settings(deadline=None, max_examples=30)
@given(n_samples=st.integers(1, 2000), tilt_db=st.floats(-12, 12))
def test_a_tilt_can_be_taken_back(n_samples, tilt_db):
    n_zeros = SAMPLE_RATE // 10
    sound = np.random.default_rng(n_samples).uniform(-1, 1, n_samples)
    waveform = np.pad(sound, n_zeros)
    there = tilt_spectrum(waveform, SAMPLE_RATE, tilt_db)
    back = tilt_spectrum(there, SAMPLE_RATE, -tilt_db)
    assert there.shape == waveform.shape
    np.testing.assert_allclose(back, waveform, atol=0.02 * 2 ** abs(tilt_db))


@settings(deadline=None, max_examples=50)
@given(clipping_db=st.floats(-5, 40), seed=st.integers(0, 99))
def test_clipping(clipping_db, seed):
    waveform = np.random.default_rng(seed).standard_normal(500).astype(np.float32)
    clipped = clip_peaks(waveform, clipping_db)
    bound = np.abs(waveform).max() * 10 ** (-max(clipping_db, 0) / 20)
    np.testing.assert_allclose(clipped, np.clip(waveform, -bound, bound), rtol=1e-5)
    assert clipped.dtype == np.float32


def test_a_tilt_must_be_finite():
    with pytest.raises(ValueError, match="tilt_db=inf must be a finite number"):
        tilt_spectrum(np.zeros(5), SAMPLE_RATE, np.inf)


@settings(deadline=None, max_examples=50)
@given(
    n_samples=st.integers(1, 5000),
    gain_db=st.floats(-200, 200),
    level_db=st.floats(-60, 0),
    n_padding=st.integers(0, 20_000),
)
def test_level_does_not_depend_on_gain_and_padding(n_samples, gain_db, level_db, n_padding):
    sound = np.random.default_rng(n_samples).standard_normal(n_samples)
    plain = bring_to_level(sound, SAMPLE_RATE, level_db)
    assert measure_level(plain, SAMPLE_RATE) == pytest.approx(level_db, abs=1e-6)
    louder = bring_to_level(sound * 10 ** (gain_db / 20), SAMPLE_RATE, level_db)
    np.testing.assert_allclose(louder, plain, rtol=1e-9)
    n_whole = n_samples // 551 * 551  # whole frames of 25 ms, so that padding adds no sound
    if n_whole:
        padded = np.pad(sound[:n_whole], (0, n_padding))
        expected = measure_level(sound[:n_whole], SAMPLE_RATE)
        assert measure_level(padded, SAMPLE_RATE) == pytest.approx(expected, abs=1e-9)


def test_soft_noise_in_pauses_does_not_count():
    tone = np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    noise = 0.02 * np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE)
    noisy = np.r_[tone, np.zeros(2 * SAMPLE_RATE)] + noise
    assert measure_level(noisy, SAMPLE_RATE) == pytest.approx(-3.01, abs=0.2)


def test_silence_has_no_level():
    assert measure_level(np.zeros(1000), SAMPLE_RATE) == -np.inf
    np.testing.assert_array_equal(bring_to_level(np.zeros(1000), SAMPLE_RATE, -25), np.zeros(1000))

"""Curves of microphones, against their definitions and filters of scipy."""

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk.signal import hear, pass_microphone, pass_phone_microphone
from sersk.signal.microphone_curves import draw_microphone

SAMPLE_RATE = 22_050
SEEDS = st.integers(0, 2**32 - 1)
INNER = np.geomspace(200, 5000, 200)


@settings(deadline=None, max_examples=100)
@given(ripple_db=st.just(0.0) | st.floats(1e-6, 24), seed=SEEDS)
def test_a_microphone_is_even_up_to_its_ripple(ripple_db, seed):
    gain_db = draw_microphone(ripple_db, np.random.default_rng(seed))
    frequencies = np.r_[0.0, np.geomspace(1, 100_000, 1000)]
    gains = gain_db(frequencies)
    assert np.isfinite(gains).all()
    assert gains.max() <= ripple_db * (1 + 1e-9)
    assert np.abs(gain_db(INNER)).max() <= ripple_db * (1 + 1e-9)
    # the ripple, and the steepest fall from 200 Hz to 20 Hz, or from 5 kHz
    above_20 = np.maximum(frequencies, 20)
    octaves = np.maximum(np.log2(200 / above_20), np.log2(above_20 / 5000)).clip(0)
    assert (gains >= -ripple_db * (1 + 2 * octaves) * (1 + 1e-9)).all()
    # smooth: a pair of knots is an octave apart, and a monotone cubic 3 times as steep at most
    steps = np.diff(gain_db(INNER)) / np.diff(np.log2(INNER))
    assert np.abs(steps).max() <= 6 * ripple_db * (1 + 1e-6)


@settings(deadline=None, max_examples=30)
@given(ripple_db=st.floats(0, 12), factor=st.floats(0, 2), seed=SEEDS)
def test_a_curve_is_scaled_by_its_ripple(ripple_db, factor, seed):
    one = draw_microphone(ripple_db, np.random.default_rng(seed))(INNER)
    other = draw_microphone(factor * ripple_db, np.random.default_rng(seed))(INNER)
    np.testing.assert_allclose(other, factor * one, atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(ripple_db=st.floats(0.1, 12), seed=SEEDS, double=st.booleans())
def test_a_waveform_passes_the_curve_that_is_drawn(ripple_db, seed, double):
    dtype = np.float64 if double else np.float32
    sound = np.pad(np.random.default_rng(seed).standard_normal(3000), 8000).astype(dtype)
    recorded = pass_microphone(sound, SAMPLE_RATE, ripple_db, np.random.default_rng(seed))
    again = pass_microphone(sound, SAMPLE_RATE, ripple_db, np.random.default_rng(seed))
    np.testing.assert_array_equal(recorded, again)
    assert recorded.dtype == dtype
    assert recorded.shape == sound.shape
    # Welch's method, in third octaves
    gain_db = draw_microphone(ripple_db, np.random.default_rng(seed))
    frequencies, before = scipy.signal.welch(sound, SAMPLE_RATE, nperseg=4096)
    _, after = scipy.signal.welch(recorded, SAMPLE_RATE, nperseg=4096)
    for middle in (250, 500, 1000, 2000, 4000):
        band = (frequencies > middle / 2 ** (1 / 6)) & (frequencies < middle * 2 ** (1 / 6))
        expected = 10 ** (gain_db(frequencies[band]) / 10) @ before[band] / before[band].sum()
        measured = after[band].sum() / before[band].sum()
        assert 10 * np.log10(measured / expected) == pytest.approx(0, abs=0.5)


@settings(deadline=None, max_examples=20)
@given(n_samples=st.integers(1, 500), seed=SEEDS)
def test_no_ripple_changes_no_sample(n_samples, seed):
    rng = np.random.default_rng(seed)
    sound = rng.standard_normal(n_samples).astype(np.float32)
    recorded = pass_microphone(sound, SAMPLE_RATE, 0.0, rng)
    np.testing.assert_array_equal(recorded, sound)
    assert not np.shares_memory(recorded, sound)


@pytest.mark.parametrize("ripple_db", [-1.0, np.nan, np.inf])
def test_a_ripple_is_a_number_of_0_or_more(ripple_db):
    with pytest.raises(ValueError, match=r"ripple_db=.*0 or more"):
        draw_microphone(ripple_db, np.random.default_rng(0))


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 22_050, 44_100])
def test_the_phone_is_its_analogue_filters(sample_rate):
    impulse = np.eye(1, 2**15)[0]
    response = np.fft.rfft(pass_phone_microphone(impulse, sample_rate))
    frequencies = np.fft.rfftfreq(2**15, 1 / sample_rate)
    low = (frequencies > 20) & (frequencies < min(3000, sample_rate / 4))
    # far below half of the sample rate a digital filter is as the analogue one
    _, expected = scipy.signal.freqs(
        *scipy.signal.butter(4, 2 * np.pi * 200, "highpass", analog=True),
        worN=2 * np.pi * frequencies[low],
    )
    gains = 20 * np.log10(np.abs(response[low]) / np.abs(expected))
    assert np.abs(gains[frequencies[low] < 1000]).max() < 0.5
    at = {
        f: 20 * np.log10(np.abs(response[np.argmin(np.abs(frequencies - f))])) for f in (200, 4000)
    }
    assert at[200] == pytest.approx(-3.0, abs=0.1)
    if sample_rate > 8000:
        assert 2.5 < at[4000] < 4.5
    if sample_rate > 16_000:
        assert np.abs(response[-1]) < 1e-3
    inner = (frequencies > 300) & (frequencies < min(5000, 0.45 * sample_rate))
    assert np.abs(20 * np.log10(np.abs(response[inner]))).max() < 5  # the limits of the telephone


def test_the_phone_is_a_condition():
    clip = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    heard = hear([clip], ["A"], "microphone of a phone", SAMPLE_RATE)[0]
    np.testing.assert_array_equal(heard, pass_phone_microphone(clip, SAMPLE_RATE))

"""Rooms: reverberation time by Schroeder's backward integration, convolution by its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk.signal import reverberate, room_response


def schroeder_rt60(response, sample_rate):
    """Return the reverberation time from the decay between -5 and -25 dB (ISO 3382's T20)."""
    left = np.cumsum(np.square(response[1:])[::-1])[::-1]
    level = 10 * np.log10(left / left[0])
    inner = np.flatnonzero((level < -5) & (level > -25))
    slope = np.polyfit(inner / sample_rate, level[inner], 1)[0]
    return -60 / slope


@pytest.mark.parametrize("rt60", [0.2, 0.4, 1.0])
@pytest.mark.parametrize("sample_rate", [16_000, 22_050])
def test_reverberation_time(rt60, sample_rate):
    found = [
        schroeder_rt60(room_response(rt60, sample_rate, np.random.default_rng(seed)), sample_rate)
        for seed in range(5)
    ]
    assert np.mean(found) == pytest.approx(rt60, rel=0.05)


@settings(deadline=None, max_examples=30)
@given(rt60=st.floats(0.01, 2), drr_db=st.floats(-20, 30), seed=st.integers(0, 99))
def test_direct_sound_and_its_ratio(rt60, drr_db, seed):
    response = room_response(rt60, 8000, np.random.default_rng(seed), drr_db=drr_db)
    assert len(response) == max(1, round(rt60 * 8000))
    assert response[0] == 1
    assert not response[1:24].any()  # the first reflection is 3 ms later
    assert -10 * np.log10(np.square(response[1:]).sum()) == pytest.approx(drr_db)


@settings(deadline=None, max_examples=30)
@given(n_samples=st.integers(1, 300), n_response=st.integers(1, 400), seed=st.integers(0, 99))
def test_a_room_is_a_convolution(n_samples, n_response, seed):
    rng = np.random.default_rng(seed)
    waveform, response = rng.standard_normal(n_samples), rng.standard_normal(n_response)
    expected = np.convolve(waveform, response)[:n_samples]
    np.testing.assert_allclose(reverberate(waveform, response), expected, atol=1e-10)
    single = reverberate(waveform.astype(np.float32), response)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, atol=1e-4)


def test_a_room_shorter_than_a_sample_changes_nothing():
    response = room_response(1e-6, 8000, np.random.default_rng(0))
    np.testing.assert_array_equal(response, [1.0])


@pytest.mark.parametrize("rt60", [0.0, -1.0, np.nan, np.inf])
def test_no_such_room(rt60):
    with pytest.raises(ValueError, match="must be a positive finite number"):
        room_response(rt60, 8000, np.random.default_rng(0))

"""Resampling against soxr, and general properties of a resampler."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel, delayed

from sersk.signal import resample, resample_into
from sersk.signal.resampling import Resampler

USUAL = [
    (16_000, 22_050),
    (24_000, 22_050),
    (32_000, 22_050),
    (44_100, 22_050),
    (48_000, 22_050),
]


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(
    rates=st.sampled_from([*USUAL, (48_000, 24_000), (22_050, 16_000), (24_414, 22_050)]),
    n_samples=st.one_of(st.integers(1, 2_000), st.integers(1, 60_000)),
    level=st.sampled_from([1e-4, 1.0, 1e4]),
    seed=st.integers(0, 99),
)
def test_numbers_are_those_of_soxr(rates, n_samples, level, seed):
    y = noise(n_samples, seed) * np.float32(level)
    expected = soxr.resample(y, *rates, quality="HQ")
    resampled = resample(y, *rates)
    assert resampled.shape == expected.shape
    assert resampled.dtype == np.float32
    np.testing.assert_allclose(resampled, expected, rtol=0, atol=1e-6 * level)


@pytest.mark.parametrize("rates", USUAL)
def test_a_whole_clip_equals_soxr(rates):
    y = noise(4 * rates[0])
    np.testing.assert_allclose(resample(y, *rates), soxr.resample(y, *rates), rtol=0, atol=1e-6)


@pytest.mark.parametrize("rates", USUAL)
@pytest.mark.parametrize("frequency", [50.0, 1000.0, 7200.0])
def test_a_tone_is_preserved(rates, frequency):
    rate, new_rate = rates
    y = np.sin(2 * np.pi * frequency * np.arange(2 * rate) / rate).astype(np.float32)
    expected = np.sin(2 * np.pi * frequency * np.arange(2 * new_rate) / new_rate)
    middle = slice(new_rate // 2, 3 * new_rate // 2)
    rolled_off = 10 ** (0.01 / 20) - 1  # 0.01 dB, soxr's specification up to 0.91 of half the rate
    np.testing.assert_allclose(resample(y, *rates)[middle], expected[middle], atol=rolled_off)


@pytest.mark.parametrize("rate", [24_000, 32_000, 44_100, 48_000])
def test_frequencies_above_the_lower_nyquist_frequency_are_removed(rate):
    frequency = (22_050 + rate) / 4
    y = np.sin(2 * np.pi * frequency * np.arange(rate) / rate).astype(np.float32)
    middle = resample(y, rate, 22_050)[5_000:-5_000]
    assert 20 * np.log10(np.abs(middle).max()) < -110  # dB


@pytest.mark.parametrize("rates", [*USUAL, (48_000, 16_000)])
@pytest.mark.parametrize("n_room", [0, 1, 7, 2_205, 5_000, 30_000])
def test_into_given_memory(rates, n_room):
    y = noise(12_000)
    whole = resample(y, *rates)
    out = np.full(n_room, np.nan, np.float32)
    n_written = resample_into(y, *rates, out)
    assert n_written == min(len(whole), n_room)
    np.testing.assert_array_equal(out[:n_written], whole[:n_written])
    assert np.isnan(out[n_written:]).all()


def test_any_memory_layout_is_accepted(tmp_path):
    y = noise(9_000)
    expected = resample(y, 48_000, 22_050)
    path = tmp_path / "waveform"
    path.write_bytes(b"x" + y.tobytes())
    frozen = y.copy()
    frozen.flags.writeable = False
    for same in (
        np.repeat(y, 3)[::3],
        y[::-1].copy()[::-1],
        y.astype(">f4"),
        np.memmap(path, np.float32, "r", 1, y.shape),
        frozen,
    ):
        np.testing.assert_array_equal(resample(same, 48_000, 22_050), expected)


def test_silence_stays_silence():
    for rates in USUAL:
        assert not resample(np.zeros(30_000, np.float32), *rates).any()


def test_threads_do_not_interfere():
    clips = [noise(5_000 + 997 * i, i) for i in range(8)]
    expected = [resample(clip, 48_000, 22_050) for clip in clips]
    tasks = (delayed(resample)(clips[i % 8], 48_000, 22_050) for i in range(64))
    for i, resampled in enumerate(Parallel(4, prefer="threads")(tasks)):
        np.testing.assert_array_equal(resampled, expected[i % 8])


def test_irrational_ratios_are_accepted_and_double_precision_stays():
    y = noise(9_000).astype(np.float64)
    resampled = resample(y, 2 ** (2 / 12), 1)
    assert resampled.dtype == np.float64
    np.testing.assert_array_equal(resampled, soxr.resample(y, 2 ** (2 / 12), 1, quality="HQ"))


@settings(deadline=None, max_examples=30)
@given(
    rates=st.sampled_from([(48_000, 16_000), (16_000, 22_050), (8_000, 44_100), (8_000, 8_000)]),
    cuts=st.lists(st.integers(0, 5_000), max_size=6),
    seed=st.integers(0, 99),
)
def test_the_length_of_blocks_does_not_change_a_bit(rates, cuts, seed):
    y = noise(5_000, seed)

    def resample_blocks(blocks):
        resampler = Resampler(*rates)
        return np.concatenate([*(resampler.push(block) for block in blocks), resampler.flush()])

    whole = resample_blocks([y])
    np.testing.assert_array_equal(resample_blocks(np.split(y, sorted(cuts))), whole)
    expected = soxr.resample(y, *rates, quality="HQ")
    assert abs(len(whole) - len(expected)) <= 1
    n_common = min(len(whole), len(expected))
    np.testing.assert_allclose(whole[:n_common], expected[:n_common], rtol=0, atol=1e-5)

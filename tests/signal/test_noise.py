"""Noise and babble: colour, level and independence, against scipy's estimate of the spectrum."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk.signal import add_babble, add_noise, colored_noise, mix_at_snr, mix_voices

SAMPLE_RATE = 22_050


def ratio_db(signal, noise):
    """Return the power of a signal over that of a noise (dB)."""
    return 10 * np.log10(
        np.mean(np.square(signal, dtype=float)) / np.mean(np.square(noise, dtype=float))
    )


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 1.0, 2.0])
def test_power_falls_by_the_exponent(exponent):
    noise = colored_noise(2**18, exponent, np.random.default_rng(0), np.float64)
    frequencies, power = scipy.signal.welch(noise, SAMPLE_RATE, nperseg=4096)
    inner = (frequencies > 100) & (frequencies < 9000)
    slope = np.polyfit(np.log(frequencies[inner]), np.log(power[inner]), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.03)


def test_white_noise_is_that_of_the_generator():
    expected = np.random.default_rng(3).standard_normal(500, dtype=np.float32)
    np.testing.assert_array_equal(colored_noise(500, 0, np.random.default_rng(3)), expected)


@settings(deadline=None, max_examples=50)
@given(
    n_samples=st.integers(2, 3000),
    exponent=st.floats(-3, 3),
    snr_db=st.floats(-30, 60),
    gain=st.sampled_from([1e-18, 1e-3, 1.0, 1e9]),
    seed=st.integers(0, 99),
)
def test_noise_has_the_ratio_that_is_asked_for(n_samples, exponent, snr_db, gain, seed):
    waveform = gain * np.random.default_rng(seed).uniform(-1, 1, n_samples)
    for noisy in (
        add_noise(waveform, snr_db, np.random.default_rng(1), exponent=exponent),
        add_babble(waveform, snr_db, np.random.default_rng(1)),
    ):
        assert noisy.shape == waveform.shape
        assert ratio_db(waveform, noisy - waveform) == pytest.approx(snr_db, abs=0.01)


def test_the_end_of_noise_is_not_its_beginning():
    """Noise that is shaped over its own length only would be periodic."""
    noise = colored_noise(20_000, 2.0, np.random.default_rng(0), np.float64)
    steps = np.abs(np.diff(noise))
    ends = [
        noise[0] - noise[-1]
        for noise in (
            colored_noise(2000, 2.0, np.random.default_rng(seed), np.float64) for seed in range(20)
        )
    ]
    assert np.median(np.abs(ends)) > 5 * np.median(steps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_and_silence(dtype):
    rng = np.random.default_rng(0)
    waveform = rng.standard_normal(1000).astype(dtype)
    silence = np.zeros(1000, dtype)
    for exponent in (0.0, 1.0):
        noisy = add_noise(waveform, 10, rng, exponent=exponent)
        assert noisy.dtype == dtype
        np.testing.assert_array_equal(add_noise(silence, 10, rng, exponent=exponent), silence)
    assert add_babble(waveform, 10, rng).dtype == dtype
    np.testing.assert_array_equal(add_babble(silence, 10, rng), silence)
    np.testing.assert_array_equal(mix_at_snr(waveform, silence, 10), waveform)


def test_babble_has_the_spectrum_of_its_voice():
    """A voice in a band gives babble in that band, at the speeds of the voices."""
    rng = np.random.default_rng(0)
    sos = scipy.signal.butter(8, (900, 1100), "bandpass", fs=SAMPLE_RATE, output="sos")
    waveform = scipy.signal.sosfilt(sos, rng.standard_normal(2 * SAMPLE_RATE))
    babble = add_babble(waveform, 0, rng) - waveform
    frequencies, power = scipy.signal.welch(babble, SAMPLE_RATE, nperseg=2048)
    inside = (frequencies > 0.7 * 850) & (frequencies < 1.4 * 1150)
    assert power[inside].sum() > 0.98 * power.sum()
    assert np.abs(np.corrcoef(waveform, babble)[0, 1]) < 0.3


def test_voices_have_one_level():
    rng = np.random.default_rng(0)
    quiet, loud = 0.01 * rng.standard_normal(4000), rng.standard_normal(9000)
    babble = mix_voices([quiet, loud, np.zeros(10)], 36_000, rng)
    for voice, n_repetitions in ((quiet, 9), (loud, 4)):
        # the correlation at the best place: each voice has half of the power of the babble
        repeated = np.tile(voice, n_repetitions)
        spectra = np.fft.rfft(repeated), np.fft.rfft(babble)
        correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1])
        share = correlation.max() / np.linalg.norm(repeated) / np.linalg.norm(babble)
        assert share**2 == pytest.approx(0.5, abs=0.05)


def test_invalid_values_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="exponent=nan must be a finite number"):
        colored_noise(10, np.nan, rng)
    with pytest.raises(ValueError, match=r"0 clips of \[\] samples; at least one clip"):
        mix_voices([], 10, rng)
    with pytest.raises(ValueError, match=r"2 clips of \[3, 0\] samples"):
        mix_voices([np.ones(3), np.ones(0)], 10, rng)

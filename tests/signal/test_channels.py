"""Telephones and codecs: G.711 by its definition, bands by their spectra, lengths and delays."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk.signal import CHANNELS, limit_band, pass_channel

SAMPLE_RATE = 22_050
# Opus codes a clip in a third of a second.
QUICK = tuple(name for name in CHANNELS if name != "opus")


def speech_like(n_samples, seed=0):
    """Return bursts of a buzz."""
    time = np.arange(n_samples) / SAMPLE_RATE
    buzz = sum(np.sin(2 * np.pi * 150 * k * time + k * k) for k in range(1, 20)) / 4
    return 0.1 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time + seed))


def mu_law_levels():
    """Return the 256 levels of G.711's mu-law, 14 bits, as fractions of 2**13.

    Segment s, 0 to 7, has 16 levels 2**(s + 1) apart: ((2 m + 33) 2**s - 33) for m = 0 to 15.
    """
    positive = [(2 * m + 33) * 2**s - 33 for s in range(8) for m in range(16)]
    return np.array(sorted({*positive, *(-level for level in positive)})) / 2**13


def a_law_levels():
    """Return the 256 levels of G.711's A-law, 13 bits, as fractions of 2**12."""
    first = [2 * m + 1 for m in range(16)]
    others = [(2 * m + 33) * 2 ** (s - 1) for s in range(1, 8) for m in range(16)]
    positive = [*first, *others]
    return np.array(sorted({*positive, *(-level for level in positive)})) / 2**12


@pytest.mark.parametrize(
    ("channel", "levels"), [("mu-law", mu_law_levels()), ("a-law", a_law_levels())]
)
def test_g711_takes_a_level_next_to_the_sample(channel, levels):
    waveform = np.random.default_rng(0).uniform(-0.95, 0.95, 4000) * np.geomspace(1e-3, 1, 4000)
    received = pass_channel(waveform, 8000, channel)
    # each sample is one of the levels of the recommendation
    nearest = levels[np.abs(received[:, np.newaxis] - levels).argmin(axis=1)]
    np.testing.assert_allclose(received, nearest, atol=1e-6)
    # one of the two around the sample, and the nearer one nearly always
    place = np.clip(np.searchsorted(levels, waveform), 1, len(levels) - 1)
    step = levels[place] - levels[place - 1]
    error = np.abs(received - waveform)
    assert np.all(error <= step + 2**-12)
    assert np.mean(error <= 0.5 * step + 2**-12) > 0.97


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_is_delayed(channel):
    waveform = speech_like(2 * SAMPLE_RATE).astype(np.float32)
    received = pass_channel(waveform, SAMPLE_RATE, channel)
    assert received.dtype == waveform.dtype
    spectra = np.fft.rfft(waveform, 2**17), np.fft.rfft(received, 2**17)
    correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1])
    lag = int(correlation.argmax())
    assert min(lag, 2**17 - lag) <= 4  # 0.2 ms
    assert correlation.max() > 0.7 * np.linalg.norm(waveform) * np.linalg.norm(received)


@pytest.mark.parametrize(
    ("channel", "highest"),
    [("telephone", 4000), ("narrowband", 4000), ("gsm", 4000), ("opus", 8000), ("mp3", 8000)],
)
def test_bands(channel, highest):
    noise = 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    received = pass_channel(noise, SAMPLE_RATE, channel)
    frequencies, power = scipy.signal.welch(received, SAMPLE_RATE, nperseg=1024)
    above = frequencies > highest + 200
    assert power[above].sum() < 0.01 * power.sum()
    inside = (frequencies > 400) & (frequencies < 3000)
    assert power[inside].mean() > 100 * power[above].max()


@settings(deadline=None, max_examples=25)
@given(
    n_samples=st.integers(1, 5000),
    channel=st.sampled_from(QUICK),
    sample_rate=st.sampled_from([8000, 16_000, 22_050, 48_000]),
    gain=st.sampled_from([0.0, 1e-30, 1e-3, 1.0, 1e9]),
)
def test_any_waveform_passes(n_samples, channel, sample_rate, gain):
    waveform = gain * np.random.default_rng(n_samples).uniform(-1, 1, n_samples)
    received = pass_channel(waveform.astype(np.float32), sample_rate, channel)
    assert received.shape == (n_samples,)
    assert np.isfinite(received).all()
    again = pass_channel(waveform.astype(np.float32), sample_rate, channel)
    np.testing.assert_array_equal(again, received)


def test_the_shortest_waveform_passes_opus():
    assert np.isfinite(pass_channel(np.ones(1, np.float32), SAMPLE_RATE, "opus")).all()


@pytest.mark.parametrize("edges", [(300, 3400), (50, 8000), (500, 20_000)])
def test_a_band_is_6_db_down_at_its_ends(edges):
    impulse = np.eye(1, 2**15, 2**14)[0]
    response = limit_band(impulse, SAMPLE_RATE, *edges)
    gain = np.abs(np.fft.rfft(response))
    frequencies = np.fft.rfftfreq(2**15, 1 / SAMPLE_RATE)
    for edge in edges:
        if edge < SAMPLE_RATE / 2:
            at_edge = gain[np.abs(frequencies - edge).argmin()]
            assert 20 * np.log10(at_edge) == pytest.approx(-6.02, abs=0.2)
    middle = np.sqrt(edges[0] * min(edges[1], 10_000))
    assert gain[np.abs(frequencies - middle).argmin()] == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(
        response[2**14 + 1 : 2**14 + 500], response[2**14 - 1 : 2**14 - 500 : -1], atol=1e-6
    )


def test_invalid_values_are_refused():
    with pytest.raises(ValueError, match="channel='letter' is none of 'telephone', 'narrowband'"):
        pass_channel(np.zeros(10), 8000, "letter")
    for low, high in ((0, 100), (200, 100), (5000, 6000)):
        with pytest.raises(ValueError, match="expected 0 < low < high, and low below half"):
            limit_band(np.zeros(10), 8000, low, high)

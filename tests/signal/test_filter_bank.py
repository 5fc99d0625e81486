"""Filter banks against librosa's."""

import warnings

import librosa
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sersk.signal import apply_filter_bank, chroma_filter_bank, mel_filter_bank
from sersk.signal.mel_scale import mel_frequencies, mel_triangles

rates = st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000])
sizes = st.sampled_from([256, 400, 1024, 2048])


def as_matrix(bank, n_bands):
    """Return the weights as one array: what the bank makes of each bin by itself."""
    n_bins = bank.n_fft // 2 + 1
    out = np.empty((n_bands, n_bins), np.float32)
    power = np.eye(n_bins, dtype=np.float32)[:, : bank.n_used_bins]
    return apply_filter_bank(power, bank, out)


@settings(deadline=None, max_examples=40)
@given(rate=rates, n_fft=sizes, n_chroma=st.integers(3, 48), tuning=st.floats(-0.5, 0.5))
def test_chroma(rate, n_fft, n_chroma, tuning):
    bank = chroma_filter_bank(rate, n_fft, n_chroma, tuning=tuning)
    expected = librosa.filters.chroma(sr=rate, n_fft=n_fft, n_chroma=n_chroma, tuning=tuning)
    np.testing.assert_allclose(as_matrix(bank, n_chroma), expected, rtol=1e-5, atol=1e-7)


@settings(deadline=None, max_examples=40)
@given(rate=rates, n_fft=sizes, n_mels=st.integers(1, 60), fmin=st.floats(0, 500))
def test_mel(rate, n_fft, n_mels, fmin):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters detected")
        expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=4_000)
    assume(expected.any(axis=1).all())
    bank = mel_filter_bank(rate, n_fft, n_mels, fmin, 4_000.0)
    np.testing.assert_allclose(as_matrix(bank, n_mels), expected, rtol=1e-6, atol=1e-12)


def test_mel_triangles_equal_librosas_to_the_bit():
    for rate, n_fft, n_mels, fmin, fmax in [
        (22_050, 2048, 128, 0.0, 8_000.0),
        (16_000, 400, 26, 20.0, 8_000.0),
        (48_000, 4096, 40, 300.0, 1_000.0),
        (44_100, 512, 10, 1_500.0, 22_050.0),
    ]:
        expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
        np.testing.assert_array_equal(mel_triangles(rate, n_fft, n_mels, fmin, fmax), expected)
        points = librosa.mel_frequencies(n_mels, fmin=fmin, fmax=fmax)
        np.testing.assert_array_equal(mel_frequencies(n_mels, fmin, fmax), points)

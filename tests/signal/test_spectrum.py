"""The STFT against librosa's; bitwise reproducibility and shapes."""

import re
from pathlib import Path

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sersk
from sersk.signal import count_frames, istft, power_in_blocks, power_spectrogram, stft

lengths = st.integers(1, 6000)
frames_and_hops = st.tuples(st.integers(1, 512).map(lambda n: 2 * n), st.integers(1, 512)).filter(
    lambda pair: pair[1] <= pair[0]
)


def noise(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(dtype)


@pytest.mark.filterwarnings("ignore:n_fft=:UserWarning")  # librosa, of clips shorter than a frame
@settings(deadline=None, max_examples=60)
@given(n_samples=lengths, n_fft_and_hop=frames_and_hops, seed=st.integers(0, 99))
def test_spectra_are_those_of_librosa(n_samples, n_fft_and_hop, seed):
    n_fft, hop_length = n_fft_and_hop
    y = noise(n_samples, seed=seed, dtype=np.float64)
    expected = librosa.stft(y, n_fft=n_fft, hop_length=hop_length, pad_mode="constant").T
    spectra = stft(y, n_fft=n_fft, hop_length=hop_length)
    assert spectra.dtype == np.complex128
    np.testing.assert_allclose(spectra, expected, rtol=0, atol=1e-11)

    single = stft(y.astype(np.float32), n_fft=n_fft, hop_length=hop_length)
    assert single.dtype == np.complex64
    np.testing.assert_allclose(single, expected, rtol=0, atol=2e-6 * np.sqrt(n_fft))

    power = power_spectrogram(y, n_fft=n_fft, hop_length=hop_length)
    np.testing.assert_allclose(power, np.abs(expected) ** 2, rtol=1e-9, atol=1e-11)


@settings(deadline=None, max_examples=60)
@given(
    n_frames=st.integers(1, 30),
    n_fft_and_hop=frames_and_hops,
    extra=st.integers(-2000, 2000),
    seed=st.integers(0, 99),
)
def test_inverse_is_that_of_librosa(n_frames, n_fft_and_hop, extra, seed):
    """Also of inconsistent spectra, as effects produce them, and of any length."""
    n_fft, hop_length = n_fft_and_hop
    length = max(1, n_frames * hop_length + extra)
    parts = noise(2, n_frames, n_fft // 2 + 1, seed=seed, dtype=np.float64)
    spectra = parts[0] + 1j * parts[1]
    expected = librosa.istft(spectra.T, hop_length=hop_length, n_fft=n_fft, length=length)
    waveform = istft(spectra, hop_length=hop_length, length=length)
    assert waveform.dtype == np.float64
    # At the edges the window is nearly zero, and both divide by it.
    np.testing.assert_allclose(waveform, expected, rtol=1e-6, atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(
    n_samples=lengths,
    n_fft=st.integers(2, 256).map(lambda n: 4 * n),
    seed=st.integers(0, 99),
)
def test_inverse_of_the_transform_is_the_waveform(n_samples, n_fft, seed):
    y = noise(n_samples, seed=seed)
    # Only frames beyond the end would cover the last samples.
    spectra = stft(np.pad(y, (0, n_fft)), n_fft=n_fft, hop_length=n_fft // 4)
    back = istft(spectra, hop_length=n_fft // 4, length=n_samples)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, y, rtol=0, atol=2e-6)


@settings(deadline=None, max_examples=30)
@given(n_samples=st.integers(1, 60_000), n_used_bins=st.integers(1, 1025))
def test_a_clip_gives_the_same_bits_in_any_batch(n_samples, n_used_bins):
    y = noise(2, 3, n_samples)
    y[0, 1] = np.nan
    spectra, power = stft(y), power_spectrogram(y, n_used_bins=n_used_bins)
    assert spectra.shape == (2, 3, count_frames(n_samples), 1025)
    assert power.shape == (2, 3, count_frames(n_samples), n_used_bins)
    assert power.flags.c_contiguous
    back = istft(spectra, length=n_samples)
    for index in np.ndindex(2, 3):
        alone = stft(y[index])
        np.testing.assert_array_equal(spectra[index], alone)
        np.testing.assert_array_equal(
            power[index], power_spectrogram(y[index], n_used_bins=n_used_bins)
        )
        np.testing.assert_array_equal(back[index], istft(alone, length=n_samples))
        assert np.isnan(power[index]).any() == (index == (0, 1))


def test_strides_and_types_do_not_matter():
    y = noise(4, 5000)
    expected = stft(y)
    np.testing.assert_array_equal(stft(np.repeat(y, 2, axis=1)[:, ::2]), expected)
    np.testing.assert_array_equal(stft(np.asfortranarray(y)), expected)
    np.testing.assert_array_equal(stft(y.tolist()), stft(y.astype(np.float64)))
    assert stft(np.ones(5000, dtype=np.int16)).dtype == np.complex64


def test_a_tone_has_its_power_in_its_bin():
    # Bin 40 of 2,048 at amplitude 0.5: a Hann window's gain is n_fft / 2, half of it on each side.
    y = 0.5 * np.cos(2 * np.pi * 40 / 2048 * np.arange(20_480))
    power = power_spectrogram(y)[10]
    assert power.argmax() == 40
    assert power[40] == pytest.approx((0.5 * 1024 / 2) ** 2)


def test_working_memory_does_not_grow_with_the_length():
    import tracemalloc

    y = np.zeros(3_000_000, dtype=np.float32)
    power_spectrogram(y[:1000], n_used_bins=10)
    tracemalloc.start()
    try:
        power = power_spectrogram(y, n_used_bins=10)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - power.nbytes < 4e6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stft(np.zeros((3, 0))), "0 samples"),
        (lambda: stft(np.float32(1)), r"shape \(\)"),
        (lambda: stft(np.zeros(9), n_fft=7), "n_fft=7 must be an even number"),
        (lambda: stft(np.zeros(9), n_fft=0), "n_fft=0 must be an even number"),
        (lambda: stft(np.zeros(9), hop_length=0), "hop_length=0"),
        (lambda: power_spectrogram(np.zeros(9), n_used_bins=1026), "n_used_bins=1026.*1025 bins"),
        (lambda: power_spectrogram(np.zeros(9), n_used_bins=-1), "n_used_bins=-1"),
        (lambda: power_in_blocks(np.zeros(9), n_used_bins=0), "n_used_bins=0"),
        (lambda: istft(np.zeros((3, 1), complex), length=9), r"shape \(3, 1\)"),
        (lambda: istft(np.zeros((0, 9), complex), length=9), r"shape \(0, 9\)"),
        (lambda: istft(np.zeros((3, 9), complex), length=-1), "length=-1"),
        (lambda: istft(np.zeros((3, 9), complex), hop_length=0, length=9), "hop_length=0"),
    ],
)
def test_invalid_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_there_is_only_one_stft():
    """Other modules transform whole clips, to correlate or to synthesise; and Whisper's frames."""
    root = Path(sersk.__file__).parent
    whole_clips = {"evaluation/near_duplicates.py", "datasets/_voice.py"}
    transforms = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        if re.search(
            r"\b(rfft|stft|spectrogram)\b.*scipy|scipy.*\b(rfft|stft)\b|\.rfft\b", file.read_text()
        )
    }
    # Its clips are reflected at both ends and it has frames of 400 samples, as OpenAI's.
    others = whole_clips | {"features/whisper/log_mel.py"}
    assert {name for name in transforms if not name.startswith("signal/")} == others

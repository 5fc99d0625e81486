"""Denoisers against scipy, on known noise, and on digital silence."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk import AudioLoader, HighPassFilter, SpectralSubtraction, make_emotional_speech

SAMPLE_RATE = 22050


@pytest.fixture(scope="module")
def speech():
    return make_emotional_speech(n_speakers=2, n_repetitions=1, random_state=0).data


def snr(clean, heard):
    clean = np.asarray(clean, dtype=np.float64)
    return 10 * np.log10(np.sum(clean**2, axis=-1) / np.sum((heard - clean) ** 2, axis=-1))


def with_white_noise(clips, snr_db, seed=0):
    noise = np.random.default_rng(seed).standard_normal(np.shape(clips))
    powers = [np.mean(np.square(x, dtype=float), axis=-1, keepdims=True) for x in (clips, noise)]
    return clips + noise * np.sqrt(powers[0] / powers[1]) * 10 ** (-snr_db / 20)


def tone(frequency, n_samples=2 * SAMPLE_RATE):
    return np.sin(2 * np.pi * frequency * np.arange(n_samples) / SAMPLE_RATE)


# HighPassFilter


@settings(max_examples=25, deadline=None)
@given(
    frequency=st.floats(30, 5000),
    cutoff=st.sampled_from([60.0, 80.0, 150.0]),
    order=st.sampled_from([2, 4, 6]),
)
def test_high_pass_equals_scipys_forward_backward_filter(frequency, cutoff, order):
    X = tone(frequency)[np.newaxis]
    out = HighPassFilter(cutoff=cutoff, order=order).fit_transform(X)[0]
    sections = scipy.signal.butter(order, cutoff, "highpass", fs=SAMPLE_RATE, output="sos")
    _, response = scipy.signal.freqz_sos(sections, worN=[frequency], fs=SAMPLE_RATE)
    middle = slice(SAMPLE_RATE // 2, -SAMPLE_RATE // 2)
    np.testing.assert_allclose(out[middle], X[0, middle] * np.abs(response) ** 2, atol=2e-3)


def test_high_pass_gain_at_known_frequencies():
    frequencies = np.array([20.0, 40.0, 80.0, 160.0, 500.0, 5000.0])
    X = np.array([tone(frequency) for frequency in frequencies])
    out = HighPassFilter().fit_transform(X)
    middle = slice(SAMPLE_RATE // 2, -SAMPLE_RATE // 2)
    levels = 20 * np.log10(out[:, middle].std(axis=1) / X[:, middle].std(axis=1))
    assert levels[0] < -90
    np.testing.assert_allclose(levels[1], -48.2, atol=0.3)  # 20 * log10(1 + 2**8)
    np.testing.assert_allclose(levels[2], -6.02, atol=0.1)
    np.testing.assert_allclose(levels[3:], 0, atol=0.05)


def test_high_pass_removes_an_offset_up_to_the_edges():
    sound = np.random.default_rng(0).normal(scale=0.1, size=(1, 10_000))
    out = HighPassFilter().transform(sound + 0.5)
    np.testing.assert_allclose(out, HighPassFilter().transform(sound), atol=1e-6)


def test_high_pass_refuses_a_cutoff_above_the_nyquist_frequency():
    for call in (HighPassFilter(100, cutoff=50).fit, HighPassFilter(100, cutoff=50).transform):
        with pytest.raises(ValueError, match="HighPassFilter: cutoff=50 Hz removes all sound"):
            call(np.ones((1, 10)))


# SpectralSubtraction


def reference_subtraction(clip, over_subtraction, floor, quantile):
    """Apply Berouti's rule frame by frame, in double precision, to scipy's short-time spectra."""
    _, _, spectra = scipy.signal.stft(
        clip, window="hann", nperseg=1024, noverlap=768, boundary="zeros", padded=False
    )
    power = np.abs(spectra.T) ** 2
    whole = power[2 : 1 + (len(clip) - 512) // 256]  # frames that lie within the clip
    quiet = np.argsort(whole.sum(axis=1))[: round(quantile * len(whole))]
    noise = whole[quiet].mean(axis=0)
    out = np.empty_like(power)
    for frame, row in zip(power, out, strict=True):
        ratio = 10 * np.log10(frame.sum() / noise.sum())
        alpha = over_subtraction - (over_subtraction - 1) / 20 * min(max(ratio, -5), 20)
        left = frame - alpha * noise
        row[:] = np.minimum(np.where(left > floor * noise, left, floor * noise), frame)
    changed = np.sqrt(out.T) * np.exp(1j * np.angle(spectra))
    _, result = scipy.signal.istft(
        changed, window="hann", nperseg=1024, noverlap=768, boundary=True
    )
    return result[: len(clip)]


def test_spectral_subtraction_is_the_published_rule(speech):
    noisy = with_white_noise(speech[:3, : 256 * 150], 5)
    out = SpectralSubtraction(over_subtraction=3.0, floor=0.02, quantile=0.2).fit_transform(noisy)
    for clip, result in zip(noisy, out, strict=True):
        expected = reference_subtraction(clip, 3.0, 0.02, 0.2)
        # except at the ends, where scipy's frames end with the clip
        inner = slice(1024, -1024)
        np.testing.assert_allclose(result[inner], expected[inner], atol=2e-5 * np.abs(clip).max())


@pytest.mark.parametrize(("snr_db", "least"), [(0, 7), (5, 5), (10, 3)])
def test_white_noise_in_synthetic_speech_becomes_less(speech, snr_db, least):
    noisy = with_white_noise(speech, snr_db)
    gain = snr(speech, SpectralSubtraction().fit_transform(noisy)) - snr(speech, noisy)
    assert gain.min() > least


@pytest.mark.recordings
@pytest.mark.parametrize(("snr_db", "least"), [(0, 7), (5, 5), (10, 3)])
def test_white_noise_in_recordings_becomes_less(ravdess_clips, snr_db, least):
    denoiser = SpectralSubtraction()
    for clean in ravdess_clips:
        noisy = with_white_noise(clean, snr_db)
        assert snr(clean, denoiser.transform(noisy[np.newaxis])[0]) - snr(clean, noisy) > least


@pytest.fixture(scope="module")
def ravdess_clips(ravdess_path):
    paths = sorted(ravdess_path.rglob("*.*"))[::80]
    X = AudioLoader(duration=4.0).fit_transform([str(path) for path in paths])
    return [np.trim_zeros(clip) for clip in X]


@pytest.mark.recordings
def test_clean_recordings_are_barely_changed(ravdess_clips):
    for clean in ravdess_clips:
        assert snr(clean, SpectralSubtraction().transform(clean[np.newaxis])[0]) > 40


def test_clean_synthetic_speech_is_barely_changed(speech):
    """Synthetic speech has background noise at -60 dB and hardly any pauses."""
    assert snr(speech, SpectralSubtraction().fit_transform(speech)).min() > 15


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), gain_db=st.floats(-200, 100), exponent=st.integers(-60, 60))
def test_scaling_a_clip_scales_the_result(seed, gain_db, exponent):
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(1, 8000)) * np.linspace(0.01, 1, 8000) ** 2).astype(np.float32)
    denoiser = SpectralSubtraction()
    out = denoiser.transform(X)
    gain = 10 ** (gain_db / 20)
    scaled = denoiser.transform(X * np.float32(gain))
    np.testing.assert_allclose(scaled / gain, out, atol=1e-5)
    # scaling by a power of two is exact
    power = np.float32(2.0**exponent)
    np.testing.assert_array_equal(denoiser.transform(X * power), out * power)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    over_subtraction=st.floats(1, 10),
    floor=st.floats(0, 1),
    quantile=st.floats(0.01, 1),
)
def test_power_is_removed_and_never_added(seed, over_subtraction, floor, quantile):
    X = np.random.default_rng(seed).normal(size=(1, 8000)).astype(np.float32)
    out = SpectralSubtraction(
        over_subtraction=over_subtraction, floor=floor, quantile=quantile
    ).fit_transform(X)
    assert np.isfinite(out).all()
    assert np.sum(np.square(out)) <= np.sum(np.square(X)) * 1.001


def test_more_over_subtraction_and_a_lower_floor_leave_less(speech):
    X = with_white_noise(speech[:1], 0)

    def left(**parameters):
        return np.square(SpectralSubtraction(**parameters).fit_transform(X)).sum()

    assert left(over_subtraction=6.0) < left(over_subtraction=4.0) < left(over_subtraction=1.0)
    assert left(floor=0.0) < left(floor=0.01) < left(floor=0.5)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_digital_silence_within_a_clip_is_not_used_as_the_noise(speech, share):
    """Otherwise nothing would be subtracted, because the quietest frames have no power."""
    noisy = with_white_noise(speech[:1], 0).astype(np.float32)
    n_samples = noisy.shape[1]
    half = n_samples // 2
    gap = np.zeros((1, round(share * n_samples)), np.float32)
    out = SpectralSubtraction().transform(np.hstack([noisy[:, :half], gap, noisy[:, half:]]))
    without_gap = np.hstack([out[:, :half], out[:, -(n_samples - half) :]])
    assert snr(speech[:1], without_gap) > 7


def test_a_clip_shorter_than_a_frame_is_unchanged():
    X = np.random.default_rng(0).normal(size=(2, 900)).astype(np.float32)
    np.testing.assert_array_equal(SpectralSubtraction().fit_transform(X), X)


@pytest.mark.parametrize("parameters", [{"n_fft": 1023}, {"n_fft": 512, "hop_length": 257}])
def test_frames_that_leave_samples_out_are_refused(parameters):
    with pytest.raises(ValueError, match=r"SpectralSubtraction: n_fft=.* must be even"):
        SpectralSubtraction(**parameters).fit(np.ones((1, 4000)))

"""Effects against librosa in double precision, and against known signals."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk.signal import (
    add_noise,
    analyze_motion,
    change_gain,
    change_speed,
    delay,
    fit_length,
    pitch_shift,
    time_stretch,
)

SAMPLE_RATE = 22050

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, n_samples)


@pytest.fixture(scope="module")
def recordings(ravdess_path, urdu_path):
    """Return real speech: three speakers, two languages, two sample rates."""
    paths = [
        *sorted((ravdess_path / "Actor_01").iterdir())[7:60:40],
        sorted((ravdess_path / "Actor_12").iterdir())[30],
        sorted((urdu_path / "Angry").iterdir())[5],
    ]
    return [librosa.load(path, sr=SAMPLE_RATE)[0][:66_150] for path in paths]


def assert_as_librosa(effect, librosa_effect, y, atol64):
    """Compare an effect with librosa's in double precision, relative to the recording's peak.

    librosa in single precision is no reference: it accumulates angles, which grow until float32
    has two decimals left; its result differs by 2e-4 to 1e-2 of the peak from its float64 result.
    Unit phasors differ by 1e-6 to 4e-5: the float32 spectrum does not determine the phase of a
    faint bin exactly, and the error shows when that bin becomes louder.
    """
    double = y.astype(np.float64)
    peak = np.abs(y).max()
    expected = librosa_effect(double)
    single = effect(y)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=0, atol=1e-4 * peak)
    error = np.abs(single - expected).max()
    assert error < np.abs(librosa_effect(y) - expected).max() / 5
    np.testing.assert_allclose(effect(double), expected, rtol=0, atol=atol64 * peak)


@pytest.mark.recordings
@pytest.mark.parametrize("rate", [0.5, 0.81, 1.2, 2.0])
def test_stretched_speech_is_that_of_librosa(recordings, rate):
    for y in recordings:
        assert_as_librosa(
            lambda y: time_stretch(y, rate),
            lambda y: librosa.effects.time_stretch(y, rate=rate),
            y,
            atol64=1e-9,
        )


@pytest.mark.recordings
@pytest.mark.parametrize("n_steps", [-5.0, 0.3, 2.0, 12.0])
def test_shifted_speech_is_that_of_librosa(recordings, n_steps):
    for y in recordings:
        assert_as_librosa(
            lambda y: pitch_shift(y, n_steps),
            lambda y: librosa.effects.pitch_shift(y, sr=SAMPLE_RATE, n_steps=n_steps),
            y,
            atol64=1e-6,  # soxr rounds the ratio of two rates in Hz differently
        )


@pytest.mark.filterwarnings("ignore:n_fft=:UserWarning")  # librosa, of clips shorter than a frame
@settings(deadline=None, max_examples=40)
@given(
    n_samples=st.integers(1, 30_000),
    rate=st.floats(0.4, 2.5),
    silence=st.tuples(st.integers(0, 30_000), st.integers(0, 8000)),
    seed=st.integers(0, 99),
)
def test_any_stretch_is_that_of_librosa(n_samples, rate, silence, seed):
    """With digital silence inside the clip, whose phase is arbitrary."""
    y = noise(n_samples, seed)
    y[silence[0] : sum(silence)] = 0
    length = round(n_samples / rate)
    stretched = time_stretch(y, rate)
    assert stretched.shape == (length,)
    if length:
        expected = librosa.effects.time_stretch(y, rate=rate)
        np.testing.assert_allclose(stretched, expected, rtol=0, atol=1e-8)
        single = time_stretch(y.astype(np.float32), rate)
        # At the edges, where the window is nearly zero, the division amplifies rounding errors.
        covered = slice(0, int((np.ceil((1 + n_samples // 512) / rate) - 1) * 512))
        np.testing.assert_allclose(single[covered], expected[covered], rtol=0, atol=1e-3)


@pytest.mark.parametrize("level", [1e-12, 1e-15, 1e-18, 1e-24])
def test_the_faintest_sound_in_a_pause_has_its_phase(level):
    """Resamplers leave such sound in digital silence; later frames continue from its phase."""
    y = noise(40_000)
    y[10_000:20_000] *= level
    expected = librosa.effects.time_stretch(y, rate=0.9)
    np.testing.assert_allclose(time_stretch(y, 0.9), expected, rtol=0, atol=1e-8)
    single = y.astype(np.float32)
    expected = librosa.effects.time_stretch(single.astype(np.float64), rate=0.9)
    np.testing.assert_allclose(time_stretch(single, 0.9), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("exponent", [-60, -7, 9, 60])
def test_level_changes_no_digit(dtype, exponent):
    """Scaling by a power of two is exact."""
    y = noise(20_000).astype(dtype)
    y[6_000:12_000] *= 1e-6
    gain = dtype(2.0**exponent)
    np.testing.assert_array_equal(time_stretch(y * gain, 1.2), time_stretch(y, 1.2) * gain)


@settings(deadline=None, max_examples=40)
@given(n_samples=st.integers(1, 30_000), n_steps=st.floats(-24, 24))
def test_any_shift_keeps_the_length(n_samples, n_steps):
    shifted = pitch_shift(noise(n_samples).astype(np.float32), n_steps)
    assert shifted.shape == (n_samples,)
    assert np.isfinite(shifted).all()


def a_voice():
    """Return two seconds of a harmonic tone of 220 Hz."""
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    voice = sum(np.cos(2 * np.pi * 220 * k * times + k) / k for k in range(1, 9))
    return (voice / np.abs(voice).max()).astype(np.float32)


def fundamental(y):
    """Return the frequency of the strongest partial (Hz)."""
    middle = y[len(y) // 4 : 3 * len(y) // 4].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 8 * len(middle)))
    return spectrum.argmax() * SAMPLE_RATE / (8 * len(middle))


@pytest.mark.parametrize("n_steps", [-12.0, -3.5, -0.2, 2.0, 7.0])
def test_a_tone_is_shifted_by_the_given_semitones(n_steps):
    """The fundamental, the strongest partial of the tone, is within 5 cents."""
    voice = a_voice()
    assert fundamental(voice) == pytest.approx(220, rel=1e-3)
    cents = 1200 * np.log2(fundamental(pitch_shift(voice, n_steps)) / fundamental(voice))
    assert cents == pytest.approx(100 * n_steps, abs=5)


@pytest.mark.parametrize("rate", [0.7, 1.2, 1.8])
def test_clicks_move_in_proportion_to_the_rate(rate):
    y = np.zeros(3 * SAMPLE_RATE, dtype=np.float32)
    clicks = np.array([0.4, 1.1, 1.9, 2.6])
    y[(clicks * SAMPLE_RATE).astype(int)] = 1
    stretched = np.abs(time_stretch(y, rate))
    for time in clicks / rate:
        near = stretched[int((time - 0.15) * SAMPLE_RATE) : int((time + 0.15) * SAMPLE_RATE)]
        energy = near**2
        centre = (np.arange(len(near)) * energy).sum() / energy.sum() / SAMPLE_RATE - 0.15
        # A vocoder locates a click only by the frames of 0.093 s that contain it.
        assert centre == pytest.approx(0, abs=1024 / SAMPLE_RATE)


@pytest.mark.parametrize("rate", [0.8, 1.2])
def test_clicks_are_smeared_no_more_than_by_librosa(rate):
    clicks = np.array([8_000, 30_123, 52_777])
    y = np.zeros(3 * SAMPLE_RATE, dtype=np.float32)
    y[clicks] = 0.9

    def width(stretched):
        spans = []
        for click in clicks / rate:
            start = int(click) - 4096
            energy = np.square(stretched[start : start + 8192], dtype=np.float64)
            positions = np.arange(8192)
            centre = (positions * energy).sum() / energy.sum()
            spans.append(np.sqrt((np.square(positions - centre) * energy).sum() / energy.sum()))
        return np.mean(spans)

    theirs = librosa.effects.time_stretch(y.astype(np.float64), rate=rate)
    assert width(time_stretch(y, rate)) <= 1.01 * width(theirs)


@pytest.mark.parametrize("rate", [0.8, 1.2])
def test_stretching_keeps_the_pitch(rate):
    y = np.sin(2 * np.pi * 441 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    middle = time_stretch(y, rate)[8192:16384]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(8192), 8 * 8192))
    assert spectrum.argmax() * SAMPLE_RATE / (8 * 8192) == pytest.approx(441, abs=0.5)


def test_the_phase_of_a_long_recording_does_not_drift():
    y = noise(120 * SAMPLE_RATE)
    single, double = time_stretch(y.astype(np.float32), 1.1), time_stretch(y, 1.1)
    assert np.abs(single - double)[-SAMPLE_RATE:].max() < 2e-4


def test_a_precomputed_motion_gives_the_same_bits():
    y = noise(20_000).astype(np.float32)
    motion = analyze_motion(y)
    np.testing.assert_array_equal(time_stretch(y, 1.3, motion=motion), time_stretch(y, 1.3))
    np.testing.assert_array_equal(pitch_shift(y, -3, motion=motion), pitch_shift(y, -3))


@settings(deadline=None, max_examples=40)
@given(
    n_samples=st.integers(1, 5000),
    snr_db=st.floats(-30, 60),
    seed=st.integers(0, 99),
)
def test_noise_has_the_requested_ratio(n_samples, snr_db, seed):
    y = 0.1 * noise(n_samples, seed)
    added = add_noise(y, snr_db, np.random.default_rng(seed)) - y
    ratio = 10 * np.log10(np.mean(y**2) / np.mean(added**2))
    assert ratio == pytest.approx(snr_db, abs=1e-6)
    single = add_noise(y.astype(np.float32), snr_db, np.random.default_rng(seed))
    assert single.dtype == np.float32


def test_noise_is_white_gaussian_and_depends_on_the_generator():
    y = noise(100_000)
    added = add_noise(y, 0, np.random.default_rng(1)) - y
    added /= added.std()
    assert abs(added.mean()) < 0.02
    assert np.mean(np.abs(added) < 1) == pytest.approx(0.6827, abs=0.01)
    assert abs(np.mean(added[1:] * added[:-1])) < 0.02
    np.testing.assert_array_equal(
        add_noise(y, 0, np.random.default_rng(1)), add_noise(y, 0, np.random.default_rng(1))
    )
    assert not add_noise(np.zeros(9), 0, np.random.default_rng(1)).any()


@given(gain_db=st.floats(-60, 60))
def test_gain_is_exact(gain_db):
    y = noise(100)
    np.testing.assert_allclose(change_gain(y, gain_db), y * 10 ** (gain_db / 20), rtol=1e-12)
    assert change_gain(y.astype(np.float32), gain_db).dtype == np.float32


@given(n_samples=st.integers(1, 50), by=st.integers(-80, 80))
def test_a_delay_moves_zeros_in(n_samples, by):
    y = noise(n_samples)
    padded = np.concatenate([np.zeros(100), y, np.zeros(100)])
    np.testing.assert_array_equal(delay(y, by), padded[100 - by : 100 - by + n_samples])


def test_fit_length_makes_a_copy():
    y = noise(10)
    for length in (0, 5, 10, 15):
        fitted = fit_length(y, length)
        assert not np.shares_memory(fitted, y)
        np.testing.assert_array_equal(fitted, np.pad(y, (0, 20))[:length])


@pytest.mark.parametrize("speed", [0.7, 0.93, 1.1, 1.5])
def test_speed_changes_pitch_and_length_alike(speed):
    voice = a_voice()
    changed = change_speed(voice, speed)
    assert changed.dtype == np.float32
    assert len(changed) == round(len(voice) / speed)
    cents = 1200 * np.log2(fundamental(changed) / fundamental(voice) / speed)
    assert cents == pytest.approx(0, abs=2)
    # a sample at time t moves to t / speed: no delay, no change of level
    times = np.arange(1000, len(changed) - 1000)
    at = np.interp(times * speed, np.arange(len(voice)), voice)
    assert np.corrcoef(changed[times], at)[0, 1] > 0.98
    assert np.std(changed[times]) == pytest.approx(np.std(voice), rel=0.05)


@settings(deadline=None, max_examples=40)
@given(n_samples=st.integers(1, 30_000), speed=st.floats(0.25, 4))
def test_any_speed_gives_the_expected_length(n_samples, speed):
    changed = change_speed(noise(n_samples).astype(np.float32), speed)
    assert len(changed) == max(1, round(n_samples / speed))
    assert np.isfinite(changed).all()


@pytest.mark.parametrize("speed", [0, -1, np.nan, np.inf])
def test_invalid_speeds_are_refused(speed):
    with pytest.raises(ValueError, match=f"speed={speed} must be a positive finite number"):
        change_speed(noise(100), speed)


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_invalid_rates_are_refused(rate):
    with pytest.raises(ValueError, match=f"rate={rate} must be a positive finite number"):
        time_stretch(noise(100), rate)


@pytest.mark.parametrize("n_steps", [np.nan, np.inf])
def test_invalid_steps_are_refused(n_steps):
    with pytest.raises(ValueError, match=f"n_steps={n_steps} must be a finite number"):
        pitch_shift(noise(100), n_steps)

"""PitchTransformer on tones of known pitch and vowels in noise, and against librosa's pYIN."""

import librosa
import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sersk import FeatureStack, MelSpectrogramTransformer, PitchTransformer

SAMPLE_RATE = 22050
CONTOURS = ("pitch", "voiced", "harmonicity", "level", "tilt", "centroid", "flatness")

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def contours_of(X, names=CONTOURS, **parameters):
    """Return the contours by name, in their units."""
    pitch = PitchTransformer(contours=names, normalization=None, **parameters)
    return dict(zip(names, np.moveaxis(pitch.fit_transform(X), -2, 0), strict=True))


def tone(frequency, n_harmonics=10, duration=1.0, sample_rate=SAMPLE_RATE, seed=0):
    """Return a tone whose k-th harmonic has 1 / k of the first one's amplitude, random phases."""
    frequency = np.broadcast_to(frequency, round(duration * sample_rate))
    phase = 2 * np.pi * np.cumsum(frequency) / sample_rate
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, n_harmonics)
    harmonics = (
        np.sin(k * phase + phases[k - 1]) / k
        for k in range(1, n_harmonics + 1)
        if k * frequency.max() < sample_rate / 2
    )
    return (0.1 * sum(harmonics)).astype(np.float32)


def vowel(frequency, duration=1.0, formants=(700.0, 1200.0, 2600.0)):
    """Return a pulse train filtered by three resonances: the vowel "ah"."""
    phase = np.cumsum(np.broadcast_to(frequency, round(duration * SAMPLE_RATE))) / SAMPLE_RATE
    waveform = np.diff(np.floor(phase), prepend=0)
    for formant in formants:
        radius, angle = np.exp(-np.pi * 80 / SAMPLE_RATE), 2 * np.pi * formant / SAMPLE_RATE
        waveform = scipy.signal.lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], waveform)
    return 0.1 * waveform / np.abs(waveform).max()


def cents(semitones, frequency):
    return np.abs(100 * (semitones - 12 * np.log2(frequency / 55)))


@settings(deadline=None, max_examples=60)
@given(
    frequency=st.floats(60, 600),
    n_harmonics=st.sampled_from([1, 2, 5, 20, 100]),
    sample_rate=st.sampled_from([8000, 16_000, 22_050, 44_100]),
    hop_length=st.sampled_from([160, 512]),
    gain_db=st.floats(-60, 20),
    seed=st.integers(0, 99),
)
def test_pitch_of_a_tone_is_exact_to_a_few_cents(
    frequency, n_harmonics, sample_rate, hop_length, gain_db, seed
):
    X = tone(frequency, n_harmonics, 0.6, sample_rate, seed)[np.newaxis]
    X *= np.float32(10 ** (gain_db / 20))
    contours = contours_of(X, sample_rate=sample_rate, hop_length=hop_length)
    times = np.arange(contours["pitch"].shape[1]) * hop_length / sample_rate
    whole = (times > 0.03) & (times < 0.57)  # frames within the tone
    assert contours["voiced"][0, whole].all()
    assert cents(contours["pitch"][0, whole], frequency).max() < 10
    assert contours["harmonicity"][0, whole].min() > 0.9


def test_pitch_follows_a_glide():
    frequency = 100 * 3 ** np.linspace(0, 1, 2 * SAMPLE_RATE)
    contours = contours_of(tone(frequency, duration=2.0)[np.newaxis])
    frames = slice(3, -3)
    expected = frequency[np.arange(contours["pitch"].shape[1]) * 512 % len(frequency)]
    assert contours["voiced"][0, frames].all()
    assert cents(contours["pitch"][0], expected)[frames].max() < 20


@pytest.mark.parametrize("snr_db", [30, 20, 10, 5])
@pytest.mark.parametrize("frequency", [85.0, 130.0, 220.0, 400.0])
def test_pitch_of_a_vowel_in_noise(frequency, snr_db):
    clean = vowel(frequency, 2.0)
    rng = np.random.default_rng(round(frequency))
    noise = rng.normal(size=clean.shape)
    noise *= np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    contours = contours_of((clean + noise)[np.newaxis])
    voiced = contours["voiced"][0, 3:-3] > 0
    assert voiced.mean() > 0.9
    assert np.mean(cents(contours["pitch"][0, 3:-3][voiced], frequency) < 50) > 0.97


def test_harmonicity_is_the_periodic_share_of_the_power():
    """Boersma (1993): r for a tone of r of the power in noise of 1 - r of the power."""
    signal = np.sin(2 * np.pi * 200 * np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE)
    noise = np.random.default_rng(0).normal(size=signal.shape)
    # no power in the frequency range of the contours
    sos = scipy.signal.butter(8, 4000, fs=SAMPLE_RATE, output="sos")
    noise = scipy.signal.sosfilt(sos, noise)
    noise *= np.sqrt(np.mean(signal**2) / np.mean(noise**2))
    for share in (0.6, 0.8, 0.95):
        X = np.sqrt(share) * signal + np.sqrt(1 - share) * noise
        harmonicity = contours_of(X[np.newaxis])["harmonicity"][0, 3:-3]
        assert abs(np.median(harmonicity) - share) < 0.05


def test_noise_is_unvoiced():
    X = np.random.default_rng(0).normal(size=(4, 2 * SAMPLE_RATE)) * 0.1
    contours = contours_of(X)
    assert contours["voiced"].mean() < 0.01
    np.testing.assert_allclose(contours["level"][:, 3:-3], -20, atol=3)
    assert np.abs(contours["tilt"][:, 3:-3] - 10 * np.log10(950 / 4000)).mean() < 1
    assert np.abs(contours["centroid"][:, 3:-3] - np.log2(2.525)).mean() < 0.2


def test_silence_is_unvoiced_and_finite():
    X = np.zeros((2, 5000))
    X[1] = 1e-30
    contours = contours_of(X)
    assert not contours["voiced"].any()
    np.testing.assert_allclose(contours["pitch"], 6 * np.log2(60 * 650 / 55**2), rtol=1e-6)
    np.testing.assert_allclose(contours["level"], -100)
    for normalization in ("fixed", "band", None):
        pitch = PitchTransformer(contours=CONTOURS, normalization=normalization)
        assert np.isfinite(pitch.fit_transform(X)).all()
    assert not PitchTransformer(normalization="band").fit_transform(X).any()


def test_pitch_is_a_straight_line_between_voiced_parts():
    """A low tone, noise, a high tone."""
    hiss = 0.003 * np.random.default_rng(0).normal(size=SAMPLE_RATE // 2)
    X = np.concatenate([vowel(100, 0.5), hiss, vowel(200, 0.5)])[np.newaxis]
    contours = contours_of(X)
    voiced, pitch = contours["voiced"][0] > 0, contours["pitch"][0]
    gap = np.flatnonzero(~voiced & (np.arange(len(voiced)) > 10) & (np.arange(len(voiced)) < 50))
    assert 15 < len(gap) < 25
    line = np.interp(gap, [gap[0] - 1, gap[-1] + 1], pitch[[gap[0] - 1, gap[-1] + 1]])
    np.testing.assert_allclose(pitch[gap], line, rtol=1e-5)
    assert abs(pitch[-1] - pitch[-4]) < 0.1  # the last value is held to the end


@pytest.mark.recordings
def test_pitch_of_speech_is_that_of_pyin(ravdess_path, urdu_path):
    paths = [
        *(sorted(folder.iterdir())[17] for folder in sorted(ravdess_path.iterdir())[::2]),
        *(sorted(folder.iterdir())[11] for folder in sorted(urdu_path.iterdir())),
    ]
    agreement, errors = [], []
    for path in paths:
        waveform = librosa.load(path, sr=SAMPLE_RATE, duration=3.0)[0]
        contours = contours_of(waveform[np.newaxis])
        expected, voiced, _ = librosa.pyin(
            waveform, fmin=60, fmax=650, sr=SAMPLE_RATE, hop_length=512, pad_mode="constant"
        )
        ours = contours["voiced"][0] > 0
        agreement.append(np.mean(ours == voiced))
        both = ours & voiced
        errors.append(cents(contours["pitch"][0][both], expected[both]))
    errors = np.concatenate(errors)
    assert np.mean(agreement) > 0.8
    assert np.mean(errors > 1200 * np.log2(1.2)) < 0.07  # gross errors: more than 20 %
    assert np.median(errors) < 35  # pYIN's frames are twice as long and smooth a changing pitch


@settings(deadline=None, max_examples=25)
@given(
    order=st.permutations(range(5)),
    n_kept=st.integers(1, 5),
    n_samples=st.sampled_from([1, 700, 5000, 22_050]),
    normalization=st.sampled_from(["fixed", "band", None]),
)
def test_a_clip_gives_the_same_bits_in_any_batch(order, n_kept, n_samples, normalization):
    X = np.stack([tone(f, duration=1.0) for f in (80, 110, 150, 333, 500)])[:, :n_samples].copy()
    X[1], X[2, : n_samples // 2], X[3, -1] = 0, 0, np.nan
    pitch = PitchTransformer(contours=CONTOURS, normalization=normalization)
    features = pitch.fit_transform(X)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    assert features.shape == (5, len(CONTOURS), pitch.n_frames_)
    kept = list(order[:n_kept])
    np.testing.assert_array_equal(pitch.transform(X[kept]), features[kept])
    views = np.stack([X[kept], X[kept][::-1]], axis=1)
    np.testing.assert_array_equal(pitch.transform(views)[:, 0], features[kept])
    np.testing.assert_array_equal(np.isnan(features).mean(axis=(1, 2)), [0, 0, 0, 1, 0])


@settings(deadline=None, max_examples=25)
@given(n_samples=st.integers(1, 30_000), hop_length=st.integers(100, 1000))
def test_frames_are_those_of_the_mel_spectrogram(n_samples, hop_length):
    X = np.random.default_rng(0).uniform(-1, 1, (1, n_samples))
    mel = MelSpectrogramTransformer(hop_length=hop_length)
    pitch = PitchTransformer(hop_length=hop_length)
    features = FeatureStack([("mel", mel), ("voice", pitch)]).fit_transform(X)
    assert features.shape == (1, 132, mel.fit(X).n_frames_)
    np.testing.assert_array_equal(mel.frame_times_, pitch.fit(X).frame_times_)


@settings(deadline=None, max_examples=25)
@given(gain_db=st.floats(-30, 20))
def test_level_affects_only_its_contour(gain_db):
    X = vowel(140, 0.5)[np.newaxis] + 1e-3 * np.random.default_rng(0).normal(size=(1, 11_025))
    quiet, loud = contours_of(X), contours_of(X * 10 ** (gain_db / 20))
    np.testing.assert_allclose(loud["level"] - quiet["level"], gain_db, atol=1e-2)
    np.testing.assert_array_equal(loud["voiced"], quiet["voiced"])
    for name in ("pitch", "harmonicity"):
        np.testing.assert_allclose(loud[name], quiet[name], atol=1e-3)


def test_fixed_normalisation_keeps_register_and_level():
    low, high = (vowel(f, 0.5)[np.newaxis] for f in (100, 200))
    pitch = PitchTransformer()
    difference = pitch.fit_transform(high)[0, 0] - pitch.transform(low)[0, 0]
    np.testing.assert_allclose(difference[3:-3], 2, atol=0.05)  # 12 semitones, 6 a unit
    assert np.abs(PitchTransformer(contours=CONTOURS).fit_transform(low)).max() < 4
    rows = PitchTransformer(normalization="band").fit_transform(low + high)
    np.testing.assert_allclose(rows.mean(axis=-1), 0, atol=1e-5)


def test_names_and_times_describe_the_axes():
    pitch = PitchTransformer(contours=["level", "pitch"]).fit(np.zeros((1, 88_200)))
    assert pitch.n_features_in_ == 88_200
    assert pitch.n_frames_ == 173
    assert pitch.get_feature_names_out().tolist() == ["level", "pitch"]
    np.testing.assert_allclose(
        pitch.frame_times_, librosa.frames_to_time(np.arange(173), sr=SAMPLE_RATE, hop_length=512)
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fmin": 700.0}, "fmin=700.0 Hz must be below fmax=650.0 Hz"),
        ({"fmax": 6000.0}, "fmax=6000.0 Hz is above 5512.5 Hz, a quarter of sample_rate"),
        ({"contours": ("pitch", "jitter")}, "at least one is expected, of 'pitch', 'voiced'"),
        ({"contours": ()}, "at least one is expected"),
        ({"voicing_threshold": 1.5}, "'voicing_threshold' parameter"),
        ({"normalization": "clip"}, "'normalization' parameter"),
        ({"hop_length": 0}, "'hop_length' parameter"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_invalid_parameters_are_refused(parameters, message, method):
    pitch = clone(PitchTransformer(**parameters))
    with pytest.raises(ValueError, match=message) as error:
        getattr(pitch, method)(np.zeros((2, 5000)))
    assert "PitchTransformer" in str(error.value)

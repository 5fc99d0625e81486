"""FunctionalsTransformer against numpy and scipy, on tones of known pitch and real speech."""

import re

import librosa
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sersk import AudioLoader, FrontEnd, FunctionalsTransformer, load_ravdess
from sersk.features.functionals.statistics import (
    COURSE,
    MOTION,
    SPREAD,
    describe_course,
    describe_motion,
    describe_spread,
    differentiate,
    run_lengths,
)

SAMPLE_RATE = 22050
GROUPS = ("pitch", "level", "spectrum", "mfcc", "tempo")

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def describe(X, **parameters):
    """Return the vectors as a dict: name -> one number a clip."""
    functionals = FunctionalsTransformer(**parameters)
    vectors = functionals.fit_transform(X)
    return dict(zip(functionals.get_feature_names_out(), np.moveaxis(vectors, -1, 0), strict=True))


def voice(frequency, duration=1.0, n_harmonics=20):
    """Return a tone with harmonics; `frequency` (Hz) may be an array."""
    frequency = np.broadcast_to(frequency, round(duration * SAMPLE_RATE))
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    return 0.1 * sum(np.sin(k * phase + k**2) / k for k in range(1, n_harmonics + 1))


def silence(duration):
    return np.zeros(round(duration * SAMPLE_RATE))


contours = st.integers(3, 200).flatmap(
    lambda n_frames: st.integers(0, 999).map(
        lambda seed: np.random.default_rng(seed).normal(3, 2, (n_frames, 4)).round(2)
    )
)


@settings(deadline=None)
@given(X=contours)
def test_spread_is_that_of_numpy_and_scipy(X):
    described = dict(zip(SPREAD, describe_spread(X), strict=True))
    np.testing.assert_allclose(described["mean"], X.mean(axis=0))
    np.testing.assert_allclose(described["std"], X.std(axis=0))
    np.testing.assert_allclose(described["skewness"], scipy.stats.skew(X), atol=1e-9)
    np.testing.assert_allclose(described["kurtosis"], scipy.stats.kurtosis(X, fisher=False))
    for percent in (1, 10, 25, 50, 75, 90, 99):
        np.testing.assert_allclose(described[f"p{percent:02d}"], np.percentile(X, percent, axis=0))
    np.testing.assert_allclose(described["iqr"], scipy.stats.iqr(X, axis=0))
    np.testing.assert_allclose(
        described["p10_to_p90"], described["p90"] - described["p10"], atol=1e-12
    )


@settings(deadline=None)
@given(X=contours)
def test_slope_and_curvature_are_those_of_polyfit(X):
    described = dict(zip(COURSE, describe_course(X), strict=True))
    time = np.linspace(-1, 1, len(X))
    line = np.polyfit(time, X, 1)
    np.testing.assert_allclose(described["slope"], line[0], atol=1e-9)
    parabola = np.polyfit(time, X, 2)
    np.testing.assert_allclose(described["curvature"], parabola[0], atol=1e-8)
    residual = X - np.stack([np.polyval(c, time) for c in parabola.T], axis=1)
    np.testing.assert_allclose(
        described["residual"], np.sqrt(np.mean(residual**2, axis=0)), atol=1e-8
    )
    np.testing.assert_array_equal(described["place_of_max"], X.argmax(axis=0) / len(X))


def test_deltas_of_a_sine():
    step = 0.01
    time = np.arange(0, 10, step)
    X = np.stack([np.sin(2 * np.pi * 2 * time + 0.1), 3 * np.sin(2 * np.pi * 5 * time + 0.1)], 1)
    described = dict(zip(MOTION, describe_motion(X, step), strict=True))
    np.testing.assert_allclose(described["rate_of_peaks"], [2, 5], rtol=0.05)
    np.testing.assert_allclose(described["rate_of_crossings"], [4, 10], rtol=0.05)
    np.testing.assert_allclose(described["mean_change"], [8, 60], rtol=0.05)
    np.testing.assert_allclose(described["mean_rise"], [8, 60], rtol=0.05)
    np.testing.assert_allclose(described["mean_fall"], [8, 60], rtol=0.05)
    np.testing.assert_allclose(described["share_of_rises"], 0.5, atol=0.02)
    np.testing.assert_allclose(described["height_of_peaks"], [1, 3], rtol=0.05)


def test_slope_of_a_line_is_its_slope():
    X = np.arange(20.0)[:, np.newaxis] * [2, -3]
    np.testing.assert_allclose(differentiate(X, 0.5)[2:-2], np.tile([4.0, -6.0], (16, 1)))


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_run_lengths(mask):
    words = "".join("x" if value else " " for value in mask).split()
    assert run_lengths(np.array(mask)).tolist() == [len(word) for word in words]


@settings(deadline=None, max_examples=15)
@given(frequency=st.floats(80, 400), semitones=st.floats(-6, 6))
def test_pitch_of_a_glide(frequency, semitones):
    glide = frequency * 2 ** (np.linspace(-0.5, 0.5, SAMPLE_RATE) * semitones / 12)
    numbers = describe(voice(glide)[np.newaxis], groups=["pitch", "tempo"])
    expected = 12 * np.log2(frequency / 55)
    assert abs(numbers["pitch_voiced_p50"][0] - expected) < 0.2
    assert abs(numbers["pitch_voiced_p10_to_p90"][0] - 0.8 * abs(semitones)) < 0.3
    assert abs(numbers["pitch_voiced_slope"][0] - semitones / 2) < 0.2
    assert abs(numbers["pitch_voiced_delta_p50"][0] - semitones) < 0.2  # semitones a second
    assert numbers["tempo_voiced_share"][0] > 0.95
    assert numbers["tempo_pause_share"][0] == 0


def test_tempo_of_syllables():
    """Four syllables a second, each 0.15 s long; every second one is a fifth higher."""
    clip = np.concatenate(
        [
            part
            for i in range(12)
            for part in (
                voice(120 * 1.5 ** (i % 2), 0.15) * np.hanning(round(0.15 * SAMPLE_RATE)),
                silence(0.1),
            )
        ]
    )
    numbers = {name: value[0] for name, value in describe(clip[np.newaxis]).items()}
    assert abs(numbers["tempo_syllable_rate"] - 4) < 0.4
    assert numbers["tempo_syllable_interval_std"] < 0.02
    assert abs(numbers["tempo_voiced_rate"] - 4) < 0.4
    assert abs(numbers["tempo_voiced_mean_length"] - 0.15) < 0.05
    assert abs(numbers["tempo_length"] - 2.9) < 0.1
    assert abs(numbers["pitch_voiced_iqr"] - 12 * np.log2(1.5)) < 0.3


@settings(deadline=None, max_examples=15)
@given(before=st.integers(0, 80), after=st.integers(0, 80))
def test_silence_around_a_clip_has_no_effect(before, after):
    rng = np.random.default_rng(0)
    clip = voice(150 + 50 * np.sin(np.arange(SAMPLE_RATE) / 3000)) + 1e-2 * rng.normal(
        size=SAMPLE_RATE
    )
    clip = np.concatenate([np.zeros(2048), clip, np.zeros(2048)])
    padded = np.concatenate([np.zeros(256 * before), clip, np.zeros(256 * after)])
    expected = FunctionalsTransformer().fit_transform(clip[np.newaxis])
    np.testing.assert_array_equal(
        FunctionalsTransformer().fit_transform(padded[np.newaxis]), expected
    )


@settings(deadline=None, max_examples=15)
@given(gain_db=st.floats(-20, 20))
def test_gain_changes_the_level_only(gain_db):
    rng = np.random.default_rng(0)
    clip = voice(150)[np.newaxis] * np.linspace(0.3, 1, SAMPLE_RATE)
    clip += 1e-2 * rng.normal(size=clip.shape)
    groups = ["pitch", "level", "spectrum", "tempo"]
    quiet, loud = (
        describe(clip, groups=groups),
        describe(clip * 10 ** (gain_db / 20), groups=groups),
    )
    for name, value in quiet.items():
        is_level = re.fullmatch(r"level_(active|voiced)_(mean|p\d\d)", name) is not None
        expected = value + gain_db * is_level
        np.testing.assert_allclose(loud[name], expected, rtol=1e-2, atol=2e-2, err_msg=name)


@pytest.mark.parametrize("n_samples", [1, 300, 2048, 22_050])
def test_silence_and_single_clicks_are_finite(n_samples):
    X = np.zeros((3, n_samples))
    X[1, 0], X[2] = 1, 1e-30
    assert np.isfinite(FunctionalsTransformer().fit_transform(X)).all()


@settings(deadline=None, max_examples=15)
@given(
    order=st.permutations(range(5)),
    n_kept=st.integers(1, 5),
    groups=st.lists(st.sampled_from(GROUPS), min_size=1, unique=True),
)
def test_a_clip_gives_the_same_bits_in_any_batch(order, n_kept, groups):
    X = np.stack([voice(f, 0.5) for f in (80, 110, 150, 333, 500)])
    X[1], X[2, :3000], X[3, -1] = 0, 0, np.nan
    functionals = FunctionalsTransformer(groups=groups)
    vectors = functionals.fit_transform(X)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert vectors.shape == (5, len(functionals.get_feature_names_out()))
    kept = list(order[:n_kept])
    np.testing.assert_array_equal(functionals.transform(X[kept]), vectors[kept])
    views = np.stack([X[kept], X[kept][::-1]], axis=1)
    np.testing.assert_array_equal(functionals.transform(views)[:, 1], vectors[kept][::-1])
    np.testing.assert_array_equal(np.isnan(vectors).mean(axis=1), [0, 0, 0, 1, 0])


def test_groups_are_concatenated():
    X = voice(150)[np.newaxis]
    whole = describe(X)
    assert len(whole) == len(FunctionalsTransformer().get_feature_names_out())  # names are unique
    for group in GROUPS:
        for name, value in describe(X, groups=[group]).items():
            np.testing.assert_array_equal(value, whole[name])


@pytest.mark.parametrize("sample_rate", [8000, 16_000, 44_100])
def test_other_sample_rates(sample_rate):
    """The same voice gives similar values, for functionals that use nothing above 4 kHz."""
    rate = {"orig_sr": SAMPLE_RATE, "target_sr": sample_rate}
    clip = voice(150 + 30 * np.sin(np.arange(SAMPLE_RATE) / 3000))
    other = librosa.resample(clip, **rate)
    ours = describe(clip[np.newaxis], groups=["pitch", "tempo"])
    hop_length = round(256 * sample_rate / SAMPLE_RATE)
    theirs = describe(
        other[np.newaxis],
        sample_rate=sample_rate,
        hop_length=hop_length,
        groups=["pitch", "tempo"],
    )
    for name in ("pitch_voiced_mean", "pitch_voiced_p90", "tempo_length", "tempo_voiced_share"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=0.05)


@pytest.mark.recordings
def test_anger_is_distinguished_from_calm_on_unseen_speakers(ravdess_path):
    corpus = load_ravdess(ravdess_path, emotions=["anger", "calm"])
    speakers = np.unique(corpus.groups)
    train, test = (np.isin(corpus.groups, part) for part in (speakers[:3], speakers[3:5]))
    frontend = FrontEnd(
        [
            ("loader", AudioLoader(duration=4.0)),
            ("features", FunctionalsTransformer()),
        ]
    )
    pipeline = make_pipeline(frontend, StandardScaler(), SVC(kernel="linear", C=1e-3))
    pipeline.fit(corpus.data[train], corpus.target[train])
    assert pipeline.score(corpus.data[test], corpus.target[test]) > 0.85


def test_vectors_as_a_data_frame():
    functionals = FunctionalsTransformer().set_output(transform="pandas")
    frame = functionals.fit_transform(voice(200)[np.newaxis])
    assert abs(frame["pitch_voiced_mean"].item() - 12 * np.log2(200 / 55)) < 0.05


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fmin": 700.0}, "fmin=700.0 Hz must be below fmax=650.0 Hz"),
        (
            {"fmin": 600.0, "sample_rate": 8000},
            "fmin=600.0 Hz makes frames too short for the spectrum",
        ),
        ({"groups": ("pitch", "timbre")}, "at least one is expected, of 'pitch', 'level'"),
        ({"groups": ()}, "at least one is expected"),
        ({"sample_rate": 4000}, "'sample_rate' parameter"),
        ({"n_mfcc": 41}, "'n_mfcc' parameter"),
        ({"activity_range": 0.0}, "'activity_range' parameter"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_invalid_parameters_are_refused(parameters, message, method):
    functionals = clone(FunctionalsTransformer(**parameters))
    with pytest.raises(ValueError, match=message) as error:
        getattr(functionals, method)(np.zeros((2, 5000)))
    assert "FunctionalsTransformer" in str(error.value)

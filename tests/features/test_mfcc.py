"""MFCCTransformer against librosa's public functions, and its documented properties."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from sersk import MFCCTransformer

SAMPLE_RATE = 22050

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def clips(n_clips=3, n_samples=22_050, seed=0):
    X = np.random.default_rng(seed).uniform(-1, 1, (n_clips, n_samples)).astype(np.float32)
    return X * np.linspace(0.01, 1, n_samples, dtype=np.float32)


def librosa_mfcc(y, *, n_mfcc=40, top_db=80.0, delta=0, **parameters):
    """Compute coefficients and derivatives with librosa's public functions only."""
    parameters = {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "fmax": 8000} | parameters
    if top_db == 80.0:
        coefficients = librosa.feature.mfcc(y=y, sr=SAMPLE_RATE, n_mfcc=n_mfcc, **parameters)
    else:
        power = librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE, **parameters)
        decibels = librosa.power_to_db(power, top_db=top_db)
        coefficients = librosa.feature.mfcc(S=decibels, n_mfcc=n_mfcc)
    parts = [librosa.feature.delta(coefficients, order=order) for order in range(1, 1 + delta)]
    return np.concatenate([coefficients, *parts])


def assert_close(features, expected, n_mfcc, rtol):
    """Compare coefficients and derivatives, each relative to its scale."""
    for start in range(0, len(expected), n_mfcc):
        part = expected[start : start + n_mfcc]
        np.testing.assert_allclose(
            features[start : start + n_mfcc], part, rtol=0, atol=rtol * np.abs(part).max()
        )


@pytest.mark.recordings
@pytest.mark.parametrize("fmax", [8000.0, None])
def test_mfcc_of_speech_are_those_of_librosa(ravdess_path, urdu_path, fmax):
    paths = [
        *(sorted(folder.iterdir())[17] for folder in sorted(ravdess_path.iterdir())[::4]),
        *(sorted(folder.iterdir())[11] for folder in sorted(urdu_path.iterdir())),
    ]
    waveforms = [librosa.load(path, sr=SAMPLE_RATE, duration=4.0)[0] for path in paths]
    X = np.stack([librosa.util.fix_length(y, size=88_200) for y in waveforms])
    features = MFCCTransformer(delta=2, fmax=fmax, normalization=None).fit_transform(X)
    assert features.shape == (len(paths), 120, 173)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    for clip, y in zip(features, X, strict=True):
        assert_close(clip, librosa_mfcc(y, delta=2, fmax=fmax), 40, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:n_fft=:UserWarning")  # librosa, of clips shorter than a frame
@settings(deadline=None, max_examples=40)
@given(
    n_samples=st.integers(9000, 30_000),
    n_fft=st.sampled_from([512, 1000, 1024, 2048]),
    hop_length=st.integers(100, 1000),
    n_mels=st.integers(2, 40),
    n_mfcc=st.integers(1, 2),
    fmax=st.one_of(st.none(), st.floats(6000, 11_025)),
    top_db=st.sampled_from([None, 30.0, 80.0]),
    delta=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_any_mfcc_are_those_of_librosa(n_samples, n_mfcc, top_db, delta, seed, **parameters):
    X = clips(1, n_samples, seed)
    n_mfcc = min(20 * n_mfcc, parameters["n_mels"])
    mfcc = MFCCTransformer(
        n_mfcc=n_mfcc, top_db=top_db, delta=delta, normalization=None, **parameters
    )
    features = mfcc.fit_transform(X)
    assert features.shape[1:] == (len(mfcc.get_feature_names_out()), mfcc.n_frames_)
    expected = librosa_mfcc(
        X[0].astype(float), n_mfcc=n_mfcc, top_db=top_db, delta=delta, **parameters
    )
    assert_close(features[0], expected, n_mfcc, rtol=1e-3)


def test_each_row_of_a_clip_is_normalised_separately():
    X = clips()
    plain = MFCCTransformer(delta=2, normalization=None).fit_transform(X).astype(float)
    features = MFCCTransformer(delta=2).fit_transform(X)
    mean, std = plain.mean(axis=-1, keepdims=True), plain.std(axis=-1, keepdims=True)
    np.testing.assert_allclose(features, (plain - mean) / std, rtol=0, atol=5e-4)


@settings(deadline=None, max_examples=25)
@given(gain_db=st.floats(-20, 20))
def test_level_is_in_the_first_coefficient_only(gain_db):
    X = clips(1)
    louder = X * np.float32(10 ** (gain_db / 20))
    plain = MFCCTransformer(delta=1, normalization=None)
    expected = np.zeros((1, 80, 44))
    expected[:, 0] = gain_db * np.sqrt(128)
    difference = plain.fit_transform(louder) - plain.transform(X)
    np.testing.assert_allclose(difference, expected, rtol=0, atol=1e-3)
    normalised = MFCCTransformer()
    np.testing.assert_allclose(
        normalised.fit_transform(louder), normalised.transform(X), rtol=0, atol=1e-3
    )


@settings(deadline=None, max_examples=25)
@given(
    order=st.permutations(range(5)),
    n_kept=st.integers(1, 5),
    n_samples=st.sampled_from([1, 700, 5000, 22_050]),
    normalization=st.sampled_from(["band", None]),
    top_db=st.sampled_from([None, 80.0]),
)
def test_a_clip_gives_the_same_bits_in_any_batch(order, n_kept, n_samples, **parameters):
    X = clips(5, n_samples)
    X[1], X[2, : n_samples // 2], X[3, -1] = 0, 0, np.nan
    mfcc = MFCCTransformer(delta=2 if n_samples >= 5000 else 0, **parameters)
    features = mfcc.fit_transform(X)
    kept = list(order[:n_kept])
    np.testing.assert_array_equal(mfcc.transform(X[kept]), features[kept])
    views = np.stack([X[kept], X[kept][::-1]], axis=1)
    of_views = mfcc.transform(views)
    np.testing.assert_array_equal(of_views[:, 0], features[kept])
    np.testing.assert_array_equal(of_views[:, 1], features[kept][::-1])
    # Only a clip that could not be read is NaN.
    np.testing.assert_array_equal(np.isnan(features).mean(axis=(1, 2)), [0, 0, 0, 1, 0])


def test_threads_of_blas_do_not_change_a_bit():
    X = clips(2, 88_200)
    mfcc = MFCCTransformer(delta=2)
    with threadpool_limits(1):
        expected = mfcc.fit_transform(X)
    with threadpool_limits(2):
        np.testing.assert_array_equal(mfcc.transform(X), expected)


def test_silence_is_zeros():
    X = np.zeros((2, 5000))
    assert not MFCCTransformer(delta=2).fit_transform(X).any()
    decibels = MFCCTransformer(delta=2, normalization=None).fit_transform(X)
    np.testing.assert_allclose(decibels[:, 0], -100 * np.sqrt(128), rtol=1e-6)
    assert not decibels[:, 1:].any()


def test_names_and_times_describe_the_axes():
    mfcc = MFCCTransformer(n_mfcc=3, delta=1).fit(np.zeros((1, 88_200)))
    assert mfcc.n_features_in_ == 88_200
    assert mfcc.n_frames_ == 173
    np.testing.assert_allclose(
        mfcc.frame_times_, librosa.frames_to_time(np.arange(173), sr=SAMPLE_RATE, hop_length=512)
    )
    expected = ["mfcc00", "mfcc01", "mfcc02", "mfcc00_delta", "mfcc01_delta", "mfcc02_delta"]
    assert mfcc.get_feature_names_out().tolist() == expected


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_mfcc": 41, "n_mels": 40}, "n_mfcc=41 coefficients of n_mels=40 bands"),
        ({"delta": 1, "hop_length": 4000}, "delta=1 needs clips of at least 9 frames; these have"),
        ({"fmax": 12_000.0}, r"fmax=12000.0 Hz is above 11025.0 Hz"),
        ({"n_fft": 511}, "n_fft=511 must be an even number"),
        ({"delta": 3}, "'delta' parameter"),
        ({"n_mfcc": 0}, "'n_mfcc' parameter"),
        ({"normalization": "clip"}, "'normalization' parameter"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_invalid_parameters_are_refused(parameters, message, method):
    mfcc = clone(MFCCTransformer(**parameters))
    with pytest.raises(ValueError, match=message) as error:
        getattr(mfcc, method)(clips())
    assert "MFCCTransformer" in str(error.value)

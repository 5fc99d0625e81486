"""ChromaTransformer against librosa's public functions, and its documented properties."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from sersk import ChromaTransformer
from sersk.signal import chroma_filter_bank

SAMPLE_RATE = 22050

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def clips(n_clips=3, n_samples=22_050, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n_clips, n_samples)).astype(np.float32)


@pytest.mark.recordings
def test_chroma_of_speech_is_that_of_librosa(ravdess_path, urdu_path):
    paths = [
        *(sorted(folder.iterdir())[17] for folder in sorted(ravdess_path.iterdir())[::4]),
        *(sorted(folder.iterdir())[11] for folder in sorted(urdu_path.iterdir())),
    ]
    waveforms = [librosa.load(path, sr=SAMPLE_RATE, duration=4.0)[0] for path in paths]
    X = np.stack([librosa.util.fix_length(y, size=88_200) for y in waveforms])
    features = ChromaTransformer().fit_transform(X)
    assert features.shape == (len(paths), 12, 173)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    expected = librosa.feature.chroma_stft(y=X, sr=SAMPLE_RATE, tuning=0.0)
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-4)


@pytest.mark.filterwarnings("ignore:n_fft=:UserWarning")  # librosa, of clips shorter than a frame
@settings(deadline=None, max_examples=30)
@given(
    n_samples=st.integers(1, 30_000),
    n_fft=st.sampled_from([1000, 1024, 2048]),
    hop_length=st.integers(100, 1000),
    n_chroma=st.sampled_from([6, 12, 24]),
    tuning=st.floats(-0.5, 0.5),
    normalization=st.sampled_from(["frame", None]),
    seed=st.integers(0, 99),
)
def test_any_chroma_is_that_of_librosa(n_samples, normalization, seed, **parameters):
    X = clips(1, n_samples, seed)
    features = ChromaTransformer(normalization=normalization, **parameters).fit_transform(X)
    expected = librosa.feature.chroma_stft(
        y=X[0].astype(float),
        sr=SAMPLE_RATE,
        norm=np.inf if normalization else None,
        **parameters,
    )
    np.testing.assert_allclose(features[0], expected, rtol=1e-4, atol=1e-5 * expected.max())


@settings(deadline=None, max_examples=25)
@given(
    order=st.permutations(range(5)),
    n_kept=st.integers(1, 5),
    n_samples=st.sampled_from([1, 700, 5000, 22_050]),
    normalization=st.sampled_from(["frame", None]),
)
def test_a_clip_gives_the_same_bits_in_any_batch(order, n_kept, n_samples, normalization):
    X = clips(5, n_samples)
    X[1], X[2, : n_samples // 2], X[3, -1] = 0, 0, np.nan
    chroma = ChromaTransformer(normalization=normalization)
    features = chroma.fit_transform(X)
    kept = list(order[:n_kept])
    np.testing.assert_array_equal(chroma.transform(X[kept]), features[kept])
    views = np.stack([X[kept], X[kept][::-1]], axis=1)
    of_views = chroma.transform(views)
    np.testing.assert_array_equal(of_views[:, 0], features[kept])
    np.testing.assert_array_equal(of_views[:, 1], features[kept][::-1])
    # Silence gives zeros; only a clip that could not be read gives NaN.
    assert not features[1].any()
    np.testing.assert_array_equal(np.isnan(features).mean(axis=(1, 2)), [0, 0, 0, 1, 0])


def test_threads_of_blas_do_not_change_a_bit():
    X = clips(2, 88_200)
    chroma = ChromaTransformer()
    with threadpool_limits(1):
        expected = chroma.fit_transform(X)
    with threadpool_limits(2):
        np.testing.assert_array_equal(chroma.transform(X), expected)


@pytest.mark.parametrize("octave", [3, 4, 5])
@pytest.mark.parametrize(("pitch_class", "name"), [(0, "C"), (4, "E"), (9, "A"), (11, "B")])
def test_a_tone_is_in_its_pitch_class_in_any_octave(octave, pitch_class, name):
    frequency = 440 * 2 ** (octave - 4 + (pitch_class - 9) / 12)
    tone = np.sin(2 * np.pi * frequency * np.arange(22_050) / SAMPLE_RATE)[np.newaxis]
    chroma = ChromaTransformer(n_fft=4096)
    loudest = chroma.fit_transform(tone)[0, :, 20].argmax()
    assert loudest == pitch_class
    assert chroma.get_feature_names_out()[loudest] == f"chroma_{name}"


def test_names_and_times_describe_the_axes():
    chroma = ChromaTransformer(n_chroma=24).fit(np.zeros((1, 88_200)))
    assert chroma.n_features_in_ == 88_200
    assert chroma.n_frames_ == 173
    assert chroma.frame_times_[-1] == 172 * 512 / SAMPLE_RATE
    assert chroma.get_feature_names_out()[[0, 23]].tolist() == ["chroma00", "chroma23"]


def test_the_filter_bank_is_shared_and_read_only():
    bank = chroma_filter_bank(SAMPLE_RATE, 2048, 12)
    assert chroma_filter_bank(SAMPLE_RATE, 2048, 12) is bank
    with pytest.raises(ValueError, match="read-only"):
        bank.blocks[0][2][0] = 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_fft": 511}, "n_fft=511 must be an even number"),
        ({"n_chroma": 0}, "'n_chroma' parameter"),
        ({"tuning": None}, "'tuning' parameter"),
        ({"normalization": "clip"}, "'normalization' parameter"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_invalid_parameters_are_refused(parameters, message, method):
    chroma = clone(ChromaTransformer(**parameters))
    with pytest.raises(ValueError, match=message) as error:
        getattr(chroma, method)(clips())
    assert "ChromaTransformer" in str(error.value)

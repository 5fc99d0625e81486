"""MelSpectrogramTransformer against librosa's public functions, and its properties."""

import librosa
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from sersk import AudioAugmenter, MelSpectrogramTransformer
from sersk.signal import mel_filter_bank, power_spectrogram

SAMPLE_RATE = 22050

# audioread, which librosa.load imports, imports modules that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)':DeprecationWarning")


def clips(n_clips=3, n_samples=22_050, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n_clips, n_samples)).astype(np.float32)


def published_features(y, *, top_db=80.0, **parameters):
    """Compute the published features with librosa's public functions only."""
    parameters = {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "fmax": 8000} | parameters
    power = librosa.feature.melspectrogram(
        y=y, sr=SAMPLE_RATE, center=True, pad_mode="constant", power=2.0, **parameters
    )
    decibels = librosa.power_to_db(power + 1e-10, ref=np.max, top_db=top_db)
    return np.clip((decibels - decibels.mean()) / decibels.std(), -5, 5)


@pytest.mark.recordings
def test_features_of_speech_are_those_of_librosa(ravdess_path, urdu_path):
    """Two languages, acted and spontaneous speech, two sample rates, mono and stereo."""
    paths = [
        *(sorted(folder.iterdir())[17] for folder in sorted(ravdess_path.iterdir())[::3]),
        *(sorted(folder.iterdir())[11] for folder in sorted(urdu_path.iterdir())),
    ]
    waveforms = [librosa.load(path, sr=SAMPLE_RATE, duration=4.0)[0] for path in paths]
    X = np.stack([librosa.util.fix_length(y, size=88_200) for y in waveforms])
    features = MelSpectrogramTransformer().fit_transform(X)
    assert features.shape == (len(paths), 128, 173)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    # librosa's FFT is in double precision, ours in single: 5e-6 to 4e-5 of a standard deviation.
    expected = [published_features(y) for y in X]
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-4)


@pytest.mark.filterwarnings("ignore:n_fft=:UserWarning")  # librosa, of clips shorter than a frame
@settings(deadline=None, max_examples=40)
@given(
    n_samples=st.integers(1, 30_000),
    n_fft=st.sampled_from([512, 1000, 1024, 2048]),
    hop_length=st.integers(100, 1000),
    n_mels=st.integers(1, 40),
    fmin=st.floats(0, 300),
    fmax=st.floats(6000, 11_025),
    top_db=st.sampled_from([None, 30.0, 80.0]),
    seed=st.integers(0, 99),
)
def test_any_features_are_those_of_librosa(n_samples, n_mels, top_db, seed, **parameters):
    y = clips(1, n_samples, seed)
    y *= np.linspace(0.01, 1, n_samples)
    parameters["n_mels"] = n_mels
    decibels = MelSpectrogramTransformer(top_db=top_db, normalization=None, **parameters)
    levels = decibels.fit_transform(y)
    assert levels.shape == (1, n_mels, 1 + n_samples // parameters["hop_length"])
    assert levels.max() == 0
    double = y[0].astype(np.float64)
    power = librosa.feature.melspectrogram(
        y=double, sr=SAMPLE_RATE, pad_mode="constant", **parameters
    )
    expected = librosa.power_to_db(power + 1e-10, ref=np.max, top_db=top_db)
    np.testing.assert_allclose(levels[0], expected, rtol=0, atol=0.02)
    assume(expected.std() > 1)  # normalising nearly constant features amplifies rounding errors
    features = MelSpectrogramTransformer(top_db=top_db, **parameters).fit_transform(y)
    assert features.shape == levels.shape
    expected = published_features(double, top_db=top_db, **parameters)
    np.testing.assert_allclose(features[0], expected, rtol=0, atol=5e-3)


@settings(deadline=None, max_examples=25)
@given(
    order=st.permutations(range(5)),
    n_kept=st.integers(1, 5),
    n_samples=st.sampled_from([1, 700, 5000, 22_050]),
    normalization=st.sampled_from(["clip", None]),
)
def test_a_clip_gives_the_same_bits_in_any_batch(order, n_kept, n_samples, normalization):
    X = clips(5, n_samples)
    X[1], X[2, : n_samples // 2] = 0, 0
    X[3] = np.nan
    mel = MelSpectrogramTransformer(normalization=normalization, ref="max")
    features = mel.fit_transform(X)
    kept = list(order[:n_kept])
    np.testing.assert_array_equal(mel.transform(X[kept]), features[kept])
    views = np.stack([X[kept], X[kept][::-1]], axis=1)
    of_views = mel.transform(views)
    np.testing.assert_array_equal(of_views[:, 0], features[kept])
    np.testing.assert_array_equal(of_views[:, 1], features[kept][::-1])


def test_threads_of_blas_do_not_change_a_bit():
    X = clips(4, 88_200)
    mel = MelSpectrogramTransformer()
    with threadpool_limits(1):
        expected = mel.fit_transform(X)
    with threadpool_limits(2):
        np.testing.assert_array_equal(mel.transform(X), expected)
        np.testing.assert_array_equal(mel.transform(X[2:3]), expected[2:3])


@settings(deadline=None, max_examples=25)
@given(gain_db=st.floats(-20, 40))
def test_level_does_not_matter(gain_db):
    """The published floor of 1e-10 is far below noise of this level."""
    X = clips(1)
    changed = X * np.float32(10 ** (gain_db / 20))
    mel = MelSpectrogramTransformer()
    np.testing.assert_allclose(mel.fit_transform(changed), mel.fit_transform(X), rtol=0, atol=2e-4)


def test_an_absolute_reference_keeps_the_level():
    X = clips()
    level = {"normalization": None, "top_db": None}
    absolute = MelSpectrogramTransformer(ref=1.0, **level).fit_transform(X)
    softer = MelSpectrogramTransformer(ref=1.0, **level).fit_transform(X / 10)
    np.testing.assert_allclose(absolute - softer, 20, atol=1e-3)
    power = librosa.feature.melspectrogram(
        y=X[0].astype(float), sr=SAMPLE_RATE, fmax=8000, pad_mode="constant"
    )
    expected = librosa.power_to_db(power + 1e-10, ref=1.0, top_db=None)
    np.testing.assert_allclose(absolute[0], expected, rtol=0, atol=1e-3)
    other = MelSpectrogramTransformer(ref=0.01, **level).fit_transform(X)
    np.testing.assert_allclose(other - absolute, 20, atol=1e-4)
    # The floor depends on the maximum of the clip, wherever that is.
    floored = MelSpectrogramTransformer(ref=1.0, normalization=None, top_db=10.0).fit_transform(X)
    assert np.ptp(floored[0]) == pytest.approx(10, abs=1e-4)
    # The normalisation removes the level, hence the reference changes nothing.
    np.testing.assert_array_equal(
        MelSpectrogramTransformer(ref=0.01).fit_transform(X),
        MelSpectrogramTransformer().fit_transform(X),
    )


def test_each_clip_is_normalised_separately():
    X = clips()
    X[:, :11_025] *= 1e-3
    features = MelSpectrogramTransformer(clip_value=None).fit_transform(X)
    np.testing.assert_allclose(features.mean(axis=(1, 2), dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=(1, 2), dtype=float), 1, atol=1e-5)
    clipped = MelSpectrogramTransformer(clip_value=0.5).fit_transform(X)
    np.testing.assert_array_equal(clipped, features.clip(-0.5, 0.5))


@pytest.mark.parametrize("ref", ["max", 1.0])
def test_silence_is_zeros_and_not_nan(ref):
    X = np.zeros((2, 5000))
    assert not MelSpectrogramTransformer(ref=ref).fit_transform(X).any()
    decibels = MelSpectrogramTransformer(ref=ref, normalization=None).fit_transform(X)
    np.testing.assert_allclose(decibels, 0 if ref == "max" else -100, rtol=1e-6)


def test_only_a_clip_that_could_not_be_read_is_nan():
    X = clips()
    expected = MelSpectrogramTransformer().fit_transform(X)
    X[1, 7] = np.nan
    features = MelSpectrogramTransformer().fit_transform(X)
    assert np.isnan(features[1]).all()
    np.testing.assert_array_equal(features[[0, 2]], expected[[0, 2]])


def test_input_may_be_strided_read_only_a_memmap_or_double(tmp_path):
    X = clips()
    mel = MelSpectrogramTransformer()
    expected = mel.fit_transform(X)
    np.save(tmp_path / "clips.npy", X)
    mapped = np.load(tmp_path / "clips.npy", mmap_mode="r")
    for same in (mapped, X.astype(float), np.asfortranarray(X), X.repeat(2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(mel.transform(same), expected)


def test_input_is_not_modified():
    X = clips()
    before = X.copy()
    MelSpectrogramTransformer().fit_transform(X)
    np.testing.assert_array_equal(X, before)


def test_views_of_the_augmenter_become_features():
    X = clips()
    pipeline = make_pipeline(AudioAugmenter(), MelSpectrogramTransformer())
    features = pipeline.fit_transform(X)
    assert features.shape == (3, 3, 128, 44)
    np.testing.assert_array_equal(features[:, 0], pipeline.transform(X))


def test_attributes_describe_the_axes():
    mel = MelSpectrogramTransformer().fit(np.zeros((1, 88_200)))
    assert mel.n_features_in_ == 88_200
    assert mel.n_frames_ == 173
    np.testing.assert_allclose(
        mel.frame_times_, librosa.frames_to_time(np.arange(173), sr=SAMPLE_RATE, hop_length=512)
    )
    np.testing.assert_allclose(
        mel.band_frequencies_, librosa.mel_frequencies(130, fmin=0, fmax=8000)[1:-1]
    )
    names = mel.get_feature_names_out()
    assert len({*names}) == 128
    assert names[0] == "mel000_23Hz"
    assert names[-1] == "mel127_7809Hz"


def test_a_tone_is_in_its_band():
    tone = np.sin(2 * np.pi * 1000 * np.arange(88_200) / SAMPLE_RATE)[np.newaxis]
    mel = MelSpectrogramTransformer()
    loudest = mel.fit_transform(tone)[0, :, 80].argmax()
    assert mel.band_frequencies_[loudest] == pytest.approx(1000, abs=20)


def test_other_sample_rates():
    X = clips(1, 16_000)
    mel = MelSpectrogramTransformer(16_000, n_fft=1024, hop_length=160, n_mels=40)
    features = mel.fit_transform(X)
    assert features.shape == (1, 40, 101)
    assert mel.frame_times_[-1] == 1.0


def test_working_memory_does_not_grow_with_the_clips():
    import tracemalloc

    mel = MelSpectrogramTransformer()

    def working_bytes(n_clips):
        X = clips(n_clips, 22_050)
        tracemalloc.start()
        try:
            features = mel.transform(X)
            return tracemalloc.get_traced_memory()[1] - features.nbytes
        finally:
            tracemalloc.stop()

    working_bytes(1)
    assert working_bytes(40) < 1.2 * working_bytes(2)


def test_output_cannot_be_a_data_frame():
    """Features have three dimensions, hence there is no `set_output`."""
    assert not hasattr(MelSpectrogramTransformer(), "set_output")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fmax": 12_000.0}, r"fmax=12000.0 Hz is above 11025.0 Hz, half of sample_rate=22050"),
        ({"sample_rate": 8000}, "fmax=8000.0 Hz is above 4000.0 Hz"),
        ({"fmin": 8000.0}, "fmin=8000.0 Hz must be below fmax=8000.0 Hz"),
        ({"n_fft": 511}, "n_fft=511 must be an even number"),
        ({"n_fft": 256}, r"n_mels=128 bands .* too narrow for n_fft=256.*86.1 Hz apart: \d+ of"),
        ({"n_mels": 0}, "'n_mels' parameter"),
        ({"hop_length": 0}, "'hop_length' parameter"),
        ({"ref": 0.0}, "'ref' parameter"),
        ({"ref": "median"}, "'ref' parameter"),
        ({"top_db": -1.0}, "'top_db' parameter"),
        ({"normalization": "batch"}, "'normalization' parameter"),
        ({"clip_value": 0.0}, "'clip_value' parameter"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_invalid_parameters_are_refused(parameters, message, method):
    with pytest.raises(ValueError, match=message) as error:
        getattr(MelSpectrogramTransformer(**parameters), method)(clips())
    assert "MelSpectrogramTransformer" in str(error.value)


def test_other_lengths_than_fitted_are_refused():
    mel = MelSpectrogramTransformer().fit(clips())
    with pytest.raises(ValueError, match="9 features, but MelSpectrogramTransformer is expecting"):
        mel.transform(np.zeros((2, 9)))


def test_the_filter_bank_is_that_of_librosa():
    bank = mel_filter_bank(SAMPLE_RATE, 2048, 128, 0.0, 8000.0)
    dense = np.zeros((128, 1025), np.float32)
    for bands, bins, weights in bank.blocks:
        dense[bands, bins] = weights
    expected = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=2048, n_mels=128, fmax=8000)
    np.testing.assert_array_equal(dense, expected)
    assert not expected[:, bank.n_used_bins :].any()


def test_frames_are_the_mel_power_of_librosa():
    y = clips(1)[0]
    mel = MelSpectrogramTransformer()
    power = mel.frames(power_spectrogram(y, n_used_bins=mel.n_used_bins))
    expected = librosa.feature.melspectrogram(
        y=y.astype(float), sr=SAMPLE_RATE, fmax=8000, pad_mode="constant"
    )
    np.testing.assert_allclose(power, expected, rtol=1e-4)

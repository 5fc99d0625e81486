"""A stream equals the pipeline's predictions of its windows, for any blocks of sound."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from sersk import (
    ChromaTransformer,
    EmotionStream,
    FeatureStack,
    HighPassFilter,
    MelSpectrogramTransformer,
    MFCCTransformer,
    SpectralTransformer,
    SpeechDetector,
    StatelessTransformer,
    make_emotional_speech,
    make_ser_pipeline,
    predict_timeline,
)
from sersk.features import RunningFeatures, is_incremental

# Windows are shorter than the clips of the model's training, and have gaps of digital silence.
pytestmark = pytest.mark.filterwarnings("ignore::sersk.UnlikeTrainingWarning")

RATE = 16_000


@pytest.fixture(scope="module")
def speech():
    """Return synthetic speech of 7.3 s at 16 kHz, with a pause of digital silence."""
    clips = make_emotional_speech(2, 1, duration=2.0, sample_rate=RATE, random_state=1).data
    sound = np.concatenate([clips[0], clips[1], np.zeros(RATE, np.float32), clips[2], clips[3]])
    return sound[: round(7.3 * RATE)]


@pytest.fixture(scope="module")
def stream(small_model):
    return EmotionStream(small_model, hop=0.3, speech_detector=False, smoothing=0.0)


def hear(stream, pieces):
    stream.reset()
    results = [result for piece in pieces for result in stream.push(piece)]
    return results + stream.flush()


def raw(results):
    return np.array([result.raw_probabilities for result in results])


def expected_of(model, sound, results):
    windows = [sound[round(r.start * RATE) : round(r.end * RATE)] for r in results]
    return model.predict_proba(windows)


@given(st.lists(st.one_of(st.integers(0, 3), st.integers(0, 50_000)), max_size=15))
@settings(max_examples=20, deadline=None)
def test_any_pushes_equal_the_pipelines_predictions(small_model, speech, stream, sizes):
    cuts = np.cumsum(sizes, dtype=int)
    results = hear(stream, np.split(speech, cuts[cuts < len(speech)]))
    assert len(results) == 1 + np.ceil((len(speech) - 2 * RATE) / (stream.hop_ * RATE))
    np.testing.assert_allclose(raw(results), expected_of(small_model, speech, results), atol=1e-5)


def test_samples_one_by_one(small_model, speech, stream):
    sound = speech[: 2 * RATE + 6_000]
    expected = raw(hear(stream, [sound]))
    np.testing.assert_array_equal(
        raw(hear(stream, (sound[i : i + 1] for i in range(len(sound))))), expected
    )


def test_the_end_of_the_stream_is_one_shorter_window(small_model, speech, stream):
    results = hear(stream, [speech])
    assert results[-1].end == pytest.approx(7.3)
    assert results[-1].end - results[-1].start < 2.0
    short = hear(stream, [speech[:10_000]])
    assert [(r.start, r.end) for r in short] == [(0.0, 10_000 / RATE)]
    expected = small_model.predict_proba([speech[:10_000]])
    np.testing.assert_allclose(raw(short), expected, atol=1e-5)


@given(st.lists(st.integers(0, 60_000), max_size=10), st.sampled_from([8_000, 22_050, 48_000]))
@settings(max_examples=10, deadline=None)
def test_another_rate_is_resampled_as_a_whole(small_model, speech, sizes, rate):
    sound = soxr.resample(speech, RATE, rate)
    stream = EmotionStream(
        small_model, hop=0.8, sample_rate=rate, speech_detector=False, smoothing=0
    )
    cuts = np.cumsum(sizes, dtype=int)
    results = hear(stream, np.split(sound, cuts[cuts < len(sound)]))
    heard = soxr.resample(sound, rate, RATE)
    assert results[-1].end == pytest.approx(len(heard) / RATE, abs=2 / RATE)
    np.testing.assert_allclose(raw(results), expected_of(small_model, heard, results), atol=1e-5)


def test_integers_are_scaled(speech, stream):
    pcm = np.round(speech * 32_767).astype(np.int16)
    expected = raw(hear(stream, [pcm / 32_768]))
    np.testing.assert_allclose(raw(hear(stream, np.array_split(pcm, 50))), expected, atol=1e-6)


def test_a_stream_and_a_timeline_agree(small_model, speech):
    stream = EmotionStream(small_model, hop=0.5, smoothing=0)
    assert stream.hop_ == pytest.approx(31 * 256 / RATE)
    results = hear(stream, np.array_split(speech, 17))
    timeline = predict_timeline(small_model, speech, hop=stream.hop_)
    assert [r.speech for r in results] == timeline.speech.tolist()
    assert [r.label for r in results] == timeline.labels.tolist()
    np.testing.assert_allclose(raw(results), timeline.probabilities, atol=1e-5)
    np.testing.assert_allclose([r.start for r in results], timeline.start)
    np.testing.assert_allclose([r.end for r in results], timeline.end)


def test_silence_is_not_predicted(small_model, speech):
    stream = EmotionStream(small_model, window=0.5, hop=0.25)
    results = hear(stream, [speech])
    silent = [r for r in results if r.start >= 4 and r.end <= 5]
    assert silent
    assert not any(r.speech or r.label for r in silent)
    assert np.isnan([r.probabilities for r in silent]).all()
    assert np.isnan(raw(silent)).all()
    assert any(r.speech for r in results if r.start > 5)
    strict = EmotionStream(small_model, speech_detector=SpeechDetector(min_speech=1.99))
    assert not any(r.speech for r in hear(strict, [speech]))


def test_smoothing_decays_with_its_time_constant(small_model, speech):
    stream = EmotionStream(small_model, hop=0.3, smoothing=1.5, window=1.0)
    results = [r for r in hear(stream, [speech]) if r.speech]
    smoothed, time = results[0].raw_probabilities, results[0].end
    for result in results[1:]:
        weight = 1 - np.exp(-(result.end - time) / 1.5)
        smoothed = (1 - weight) * smoothed + weight * result.raw_probabilities
        time = result.end
        np.testing.assert_allclose(result.probabilities, smoothed, atol=1e-6)
        assert result.label == stream.classes_[smoothed.argmax()]
        assert result.probabilities.sum() == pytest.approx(1)


class Excess(SpectralTransformer):
    """A user's feature: power above and below 1 kHz, in decibels below the maximum."""

    def __init__(self, hop_length=256):
        self.n_fft = 1024
        self.hop_length = hop_length

    def frames(self, power):
        return np.stack([power[:, :64].sum(axis=1), power[:, 64:].sum(axis=1)])

    def finish(self, frames):
        frames += 1e-9
        decibels = 10 * np.log10(frames)
        return decibels - decibels.max()


FEATURES = {
    "mel": MelSpectrogramTransformer(n_mels=40, n_fft=1024, hop_length=256),
    "hop of 201": MelSpectrogramTransformer(
        n_mels=20, n_fft=512, hop_length=201, ref=1.0, top_db=None
    ),
    "hop over frame": MelSpectrogramTransformer(n_mels=20, n_fft=512, hop_length=700),
    "mfcc": MFCCTransformer(n_mels=40, n_fft=1024, hop_length=256, delta=2),
    "chroma": ChromaTransformer(n_fft=2048, hop_length=256),
    "own": Excess(256),
    "stack": FeatureStack(
        [
            ("own", Excess(256)),
            ("mel", MelSpectrogramTransformer(n_mels=40, n_fft=1024, hop_length=256)),
            ("inner", FeatureStack([("chroma", ChromaTransformer(n_fft=1024, hop_length=256))])),
            ("mfcc", MFCCTransformer(n_mels=40, n_fft=2048, hop_length=256)),
            ("nothing", "drop"),
        ]
    ),
}


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("n_window", [16_000, 9_999, 700])
@given(hops=st.lists(st.integers(0, 40), max_size=8), seed=st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_running_features_are_those_of_the_padded_window(name, n_window, hops, seed):
    features = FEATURES[name].set_params(
        **{key: RATE for key in FEATURES[name].get_params() if key.endswith("sample_rate")}
    )
    assert is_incremental(features)
    hop_length = getattr(features, "hop_length", 256)
    rng = np.random.default_rng(seed)
    begins = np.concatenate([[0], np.cumsum(hops, dtype=int)]) * hop_length
    sound = rng.normal(size=begins[-1] + n_window).astype(np.float32)
    sound *= np.linspace(0.001, 1, len(sound), dtype=np.float32)  # depends on the level
    running = RunningFeatures(features, n_window, 16_000)
    for begin in begins:
        clip = np.zeros(16_000, np.float32)
        clip[:n_window] = sound[begin : begin + n_window]
        expected = features.transform_waveforms(clip[np.newaxis])[0]
        found = running(begin, sound[begin : begin + n_window])
        np.testing.assert_allclose(found, expected, atol=2e-5, rtol=1e-5)


def test_only_new_frames_are_computed(monkeypatch):
    mel = MelSpectrogramTransformer(RATE, n_mels=40, n_fft=1024, hop_length=256)
    running = RunningFeatures(mel, 2 * RATE, 2 * RATE)
    computed = []
    frames = MelSpectrogramTransformer.frames
    monkeypatch.setattr(
        MelSpectrogramTransformer,
        "frames",
        lambda self, power: computed.append(len(power)) or frames(self, power),
    )
    sound = np.random.default_rng(0).normal(size=3 * RATE).astype(np.float32)
    for begin in (0, 31 * 256):
        computed.clear()
        running(begin, sound[begin : begin + 2 * RATE])
    assert sum(computed) < 31 + 12  # of the 126 frames of a window


class Level(StatelessTransformer):
    """A feature that cannot be computed incrementally."""

    def transform_waveforms(self, X):
        n_frames = X.shape[-1] // 400
        frames = X[..., : n_frames * 400].reshape(*X.shape[:-1], n_frames, 400)
        level = np.log10(np.square(frames).mean(axis=-1) + 1e-6)
        return np.stack([level, -level], axis=-2).astype(np.float32)


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(1, 2, duration=1.0, sample_rate=RATE, random_state=0)


def fit(corpus, **parts):
    sizes = {"model__lstm_units": (4,), "model__dense_units": ()}
    pipeline = make_ser_pipeline(
        "lstm", sample_rate=RATE, duration=1.0, augmentation=False, epochs=1, random_state=0,
        **sizes, **parts,
    )  # fmt: skip
    return pipeline.fit(corpus.data, corpus.target)


@pytest.mark.parametrize(
    ("parts", "incremental"),
    [
        ({"features": Level()}, False),
        ({"denoiser": HighPassFilter(), "features": FEATURES["mel"]}, False),
        ({"features": FEATURES["stack"], "normalization": "corpus"}, True),
    ],
    ids=["own feature", "denoiser", "stack and normalizer"],
)
def test_other_pipelines_give_the_same_too(corpus, speech, parts, incremental):
    model = fit(corpus, **parts)
    stream = EmotionStream(model, hop=0.4, window=0.9, speech_detector=False, smoothing=0)
    assert stream.incremental_ is incremental
    results = hear(stream, np.array_split(speech, 9))
    known = [r for r in results if r.speech]
    np.testing.assert_allclose(raw(known), expected_of(model, speech, known), atol=1e-5)


def test_incremental_and_recomputed_features_are_the_same(small_model, speech):
    streams = [EmotionStream(small_model, incremental=choice) for choice in (True, False)]
    assert [stream.incremental_ for stream in streams] == [True, False]
    kept, recomputed = (hear(stream, [speech]) for stream in streams)
    np.testing.assert_allclose(raw(kept), raw(recomputed), atol=1e-5)


def test_the_hop_is_a_whole_number_of_frames(small_model):
    assert EmotionStream(small_model, hop=0.001).hop_ == 256 / RATE
    assert EmotionStream(small_model, hop=0.1).hop_ == 6 * 256 / RATE
    adjacent = EmotionStream(small_model, window=0.5, hop=0.5, speech_detector=False)
    sound = np.random.default_rng(0).normal(scale=0.1, size=2 * RATE)
    ends = [r.end for r in hear(adjacent, np.array_split(sound, 7))]
    np.testing.assert_allclose(ends[:3], 0.5 + adjacent.hop_ * np.arange(3))


def test_the_caller_may_reuse_the_array(small_model, speech):
    stream = EmotionStream(small_model)
    expected = hear(stream, [speech])
    stream.reset()
    buffer = np.empty(1_000, np.float32)
    results = []
    for start in range(0, len(speech), 1_000):
        part = speech[start : start + 1_000]
        buffer[: len(part)] = part
        results += stream.push(buffer[: len(part)])
        buffer[:] = 7.0
    results += stream.flush()
    np.testing.assert_array_equal(raw(results), raw(expected))
    assert [r.speech for r in results] == [r.speech for r in expected]


def test_flush_ends_a_stream_and_reset_starts_another(small_model, speech):
    stream = EmotionStream(small_model)
    assert stream.flush() == []
    first = hear(stream, [speech])
    assert stream.flush() == []
    with pytest.raises(ValueError, match=r"ended with flush\(\); reset\(\) begins another"):
        stream.push(speech)
    np.testing.assert_array_equal(raw(hear(stream, [speech])), raw(first))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([0.0, np.nan], r"the stream contains NaN or infinity \(the first 0.001 s after its start"),
        (np.zeros((2, 10)), "Average its channels first"),
        (np.zeros(3, np.int64), "has dtype int64"),
    ],
)
def test_bad_samples_are_refused_and_ignored(small_model, speech, samples, message):
    stream = EmotionStream(small_model)
    stream.push(speech[:10])
    with pytest.raises(ValueError, match=message):
        stream.push(samples)
    results = stream.push(speech[10 : 2 * RATE])
    np.testing.assert_allclose(
        raw(results), small_model.predict_proba([speech[: 2 * RATE]]), atol=1e-5
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 4.0}, "window=4 s is longer than the clips"),
        ({"window": "a"}, "window='a'; it is a time in s, above 0"),
        ({"hop": 0.0}, "hop=0.0; it is a time in s"),
        ({"hop": "a"}, "hop='a'; it is a time in s"),
        ({"hop": True}, "hop=True; it is a time in s"),
        ({"hop": 10}, "hop=10 s is longer than the window of 2 s"),
        ({"window": 0.5, "hop": 0.6}, r"hop=0\.6 s is longer than the window of 0\.5 s"),
        ({"smoothing": -1.0}, "smoothing=-1.0; it is a time in s, 0 for none"),
        ({"smoothing": None}, "smoothing=None; it is a time in s"),
        ({"sample_rate": 0}, "sample_rate=0; it is a whole number of Hz"),
        ({"sample_rate": 44_100.5}, "sample_rate=44100.5; it is a whole number of Hz"),
    ],
)
def test_invalid_parameters_are_refused_with_valid_values(small_model, options, message):
    with pytest.raises(ValueError, match=message):
        EmotionStream(small_model, **options)


def test_memory_does_not_grow(small_model):
    stream = EmotionStream(small_model, hop=2.0)
    second = np.random.default_rng(0).normal(scale=0.01, size=RATE).astype(np.float32)

    def size():
        cutter = stream._cutter
        return len(cutter._buffer._data) + cutter._tracker._values.size

    for _ in range(30):
        stream.push(second)
    before = size()
    for _ in range(300):
        stream.push(second)
    assert size() <= 1.2 * before

"""Data frames as output: where there are vectors; elsewhere refused, however they are asked for."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sersk import (
    AudioAugmenter,
    AudioLoader,
    ChromaTransformer,
    DiscriminantClassifier,
    FeatureNormalizer,
    FeatureStack,
    FrontEnd,
    FunctionalsTransformer,
    HighPassFilter,
    MelSpectrogramTransformer,
    MFCCTransformer,
    PeakNormalizer,
    PitchTransformer,
    RMSNormalizer,
    SpeakerNormalizer,
    SpectralSubtraction,
    VectorClassifier,
    as_views,
    has_views,
    make_emotional_speech,
    make_ser_pipeline,
)

WITHOUT = [
    AudioLoader(8000, 0.5),
    AudioAugmenter(8000, random_state=0),
    HighPassFilter(sample_rate=8000),
    PeakNormalizer(),
    RMSNormalizer(),
    SpectralSubtraction(n_fft=64, hop_length=16),
    MelSpectrogramTransformer(8000, fmax=4000.0),
    MFCCTransformer(8000, fmax=None),
    ChromaTransformer(8000),
    PitchTransformer(8000),
    FrontEnd([("loader", AudioLoader(8000, 0.5)), ("features", PitchTransformer(8000))]),
]
REFUSED = "its output can't be a data frame, .* FunctionalsTransformer.*set_output"


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(2, 2, duration=0.5, sample_rate=8000, random_state=0)


@pytest.fixture(scope="module")
def clips(corpus):
    return np.array([clip[:4000] for clip in corpus.data], dtype=np.float32)


@pytest.mark.parametrize("step", WITHOUT, ids=lambda step: type(step).__name__)
def test_what_is_no_vector_is_refused_alike_by_both_ways(step, clips):
    message = f"{type(step).__name__}: {REFUSED}"
    with pytest.raises((AttributeError, ValueError), match=message):
        clone(step).set_output(transform="pandas")
    with config_context(transform_output="pandas"):
        fresh = clone(step)
        with pytest.raises(ValueError, match=message):
            fresh.fit_transform(clips[:2])
        with pytest.raises(ValueError, match=message):
            fresh.transform(clips[:2])
    assert isinstance(clone(step).fit_transform(clips[:2]), np.ndarray)


def test_a_stack_is_refused_by_both_ways(clips):
    stack = FeatureStack([("pitch", PitchTransformer(8000))])
    with pytest.raises(AttributeError, match=f"FeatureStack: {REFUSED}"):
        stack.set_output(transform="pandas")
    with config_context(transform_output="pandas"), pytest.raises(ValueError, match=REFUSED):
        stack.fit_transform(clips[:2])


def test_a_pipeline_around_is_refused_too(clips):
    pipeline = make_ser_pipeline(sample_rate=8000, duration=0.5, features=PitchTransformer(8000))
    with pytest.raises(ValueError, match=f"FrontEnd: {REFUSED}"):
        pipeline.set_output(transform="pandas")


def make_frontend():
    return FrontEnd(
        [("loader", AudioLoader(8000, 0.5)), ("features", FunctionalsTransformer(8000))]
    )


@pytest.mark.parametrize("n_clips", [3, 12])
def test_vectors_are_a_data_frame_by_both_ways(corpus, n_clips):
    clips = corpus.data[:n_clips]
    expected = make_frontend().fit_transform(clips)
    asked = make_frontend().set_params(chunk_size=5).set_output(transform="pandas")
    frame = asked.fit_transform(clips)
    with config_context(transform_output="pandas"):
        other = make_frontend().set_params(chunk_size=5).fit_transform(clips)
    assert isinstance(frame, pd.DataFrame)
    pd.testing.assert_frame_equal(frame, other)
    pd.testing.assert_frame_equal(frame, clone(asked).transform(clips))
    np.testing.assert_array_equal(frame.to_numpy(), expected)
    assert list(frame.columns) == list(FunctionalsTransformer(8000).get_feature_names_out())
    assert isinstance(asked.set_output(transform="default").transform(clips), np.ndarray)


@pytest.mark.parametrize("normalization", ["clip", "corpus"])
def test_a_functionals_pipeline_predicts_the_same_from_data_frames(corpus, normalization):
    def make():
        return make_ser_pipeline(
            preset="functionals",
            normalization=normalization,
            sample_rate=8000,
            duration=0.5,
            augmentation=AudioAugmenter(time_stretch=None, pitch_shift=None, gain_db=(-6, 6)),
            random_state=0,
        )

    def predict(pipeline):
        return pipeline.fit(corpus.data, corpus.target).predict_proba(corpus.data)

    expected = predict(make())
    asked = make()
    asked.set_output(transform="pandas")
    np.testing.assert_array_equal(predict(asked), expected)
    frame = asked[:-1].transform(corpus.data)
    assert isinstance(frame, pd.DataFrame)
    assert "pitch_voiced_mean" in frame.columns
    with config_context(transform_output="pandas"):
        np.testing.assert_array_equal(predict(make()), expected)


@pytest.mark.parametrize(
    "normalizer", [FeatureNormalizer(), SpeakerNormalizer(without_groups="one_speaker")]
)
def test_normalisers_keep_names_of_vectors_and_refuse_an_axis_of_time(normalizer):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(6, 2)), columns=["a", "b"], index=list("uvwxyz"))
    normalizer.set_output(transform="pandas")
    frame = normalizer.fit_transform(X)
    assert list(frame.columns) == ["a", "b"]
    assert list(frame.index) == list("uvwxyz")
    views = as_views(rng.normal(size=(6, 3, 2)))
    assert has_views(normalizer.fit_transform(views))
    with pytest.raises(ValueError, match=REFUSED):
        normalizer.fit_transform(rng.normal(size=(6, 3, 2)))
    other = clone(normalizer).set_output(transform="default")
    with config_context(transform_output="pandas"):
        assert isinstance(clone(normalizer).fit_transform(X), pd.DataFrame)
        assert isinstance(other.fit_transform(X), np.ndarray)


@pytest.mark.parametrize(
    "classifier", [DiscriminantClassifier(), VectorClassifier(LogisticRegression())]
)
def test_log_probabilities_of_classifiers_of_vectors(classifier):
    rng = np.random.default_rng(0)
    y = np.repeat(["anger", "calm", "sad"], 12)
    X = rng.normal(size=(36, 4)) + (y == "sad")[:, np.newaxis]
    fitted = make_pipeline(classifier).fit(X, y)
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X))
    extreme = fitted.predict_log_proba(X * 1e6)
    assert not np.isnan(extreme).any()
    assert (extreme <= 0).all()


def test_a_classifier_without_probabilities_has_no_logarithms_of_them():
    from sklearn.svm import LinearSVC

    assert not hasattr(VectorClassifier(LinearSVC()), "predict_log_proba")

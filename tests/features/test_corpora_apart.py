"""`FeatureNormalizer` with several corpora, against scikit-learn's StandardScaler for each."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sersk import (
    DiscriminantClassifier,
    FeatureNormalizer,
    as_views,
    evaluate_speaker_independent,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk.datasets import combine


def make_corpora():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(5, 2, (30, 4)), rng.normal(-50, 9, (50, 4))]).astype(np.float32)
    speakers = np.repeat(["one-a", "one-b", "two-a", "two-b"], [10, 20, 25, 25])
    return X, speakers


def test_each_corpus_is_normalised_by_its_own_statistics():
    X, speakers = make_corpora()
    normalizer = FeatureNormalizer()
    normalised = normalizer.fit_transform(X, groups=speakers)
    scalers = [StandardScaler().fit(part) for part in (X[:30], X[30:])]
    expected = [
        scaler.transform(part) for scaler, part in zip(scalers, (X[:30], X[30:]), strict=True)
    ]
    np.testing.assert_allclose(normalised, np.concatenate(expected), atol=1e-4)
    assert normalizer.corpora_ == ["one", "two"]
    mean = np.mean([scaler.mean_ for scaler in scalers], axis=0)
    scale = np.sqrt(np.mean([scaler.var_ for scaler in scalers], axis=0))
    np.testing.assert_allclose(normalizer.transform(X), (X - mean) / scale, rtol=1e-4, atol=1e-4)
    fitted = FeatureNormalizer().fit(X, groups=speakers)
    np.testing.assert_array_equal(fitted.mean_, normalizer.mean_)
    views = as_views(np.stack([X, X + 1], axis=1))
    both = FeatureNormalizer().fit_transform(views, groups=speakers)
    np.testing.assert_array_equal(both[:, 0], normalised)  # statistics are those of the clean view


@pytest.mark.parametrize(
    "speakers",
    [
        None,
        np.arange(80) // 20,
        np.repeat(["anna", "berta"], 40),
        np.repeat(["one-a", "one-b"], 40),
        np.repeat(["03-a", "08-b", "11-c", "14-d"], 20),  # one speaker each: no corpora
    ],
)
def test_without_several_corpora_all_clips_have_the_same_statistics(speakers):
    X, _ = make_corpora()
    normalizer = FeatureNormalizer()
    plain = FeatureNormalizer().fit(X)
    np.testing.assert_array_equal(normalizer.fit_transform(X, groups=speakers), plain.transform(X))
    assert normalizer.corpora_ == []


def test_speakers_of_another_length_are_refused():
    X, speakers = make_corpora()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FeatureNormalizer().fit_transform(X, groups=speakers[1:])


def test_an_evaluation_tells_the_normalizer_the_speakers():
    """The corpus of a clip is no cue to its emotion, which a microphone would make it otherwise."""
    rng = np.random.default_rng(0)
    speakers = np.repeat([f"{c}-{s}" for c in ("one", "two") for s in range(4)], 12)
    y = np.array(["anger", "sad"])[rng.integers(0, 2, 96)]
    X = rng.normal(size=(96, 5)) + (y == "anger")[:, None] + 30 * (np.arange(96) >= 48)[:, None]
    pipeline = make_ser_pipeline(preset="functionals", normalization="corpus")
    assert isinstance(pipeline.named_steps["normalizer"], FeatureNormalizer)
    pipeline.steps = [("normalizer", FeatureNormalizer()), ("classifier", DiscriminantClassifier())]
    report = evaluate_speaker_independent(pipeline, X, y, speakers, cv=4, check_data=False)
    assert report.about["corpora"]
    pipeline.fit(X, y, normalizer__groups=speakers, classifier__groups=speakers)
    assert pipeline[0].corpora_ == ["one", "two"]


def test_loaders_name_speakers_so_that_corpora_are_found():
    one = make_emotional_speech(2, 1, emotions=["anger", "sad"], duration=0.5)
    other = make_emotional_speech(2, 1, emotions=["anger", "sad"], duration=0.5, random_state=1)
    other.groups = np.array([f"other-{speaker}" for speaker in other.groups])
    both = combine(one, other)
    X = np.random.default_rng(0).normal(size=(len(both.data), 3))
    normalizer = FeatureNormalizer().fit(X, groups=both.groups)
    assert normalizer.corpora_ == ["other", "synthetic"]

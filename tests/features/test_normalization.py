"""Normalisers against StandardScaler, and in a pipeline."""

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sersk import (
    FeatureNormalizer,
    FrontEnd,
    MelSpectrogramTransformer,
    SpeakerNormalizer,
    as_views,
    cross_corpus,
    evaluate_speaker_independent,
    make_ser_pipeline,
)


def features(*shape, seed=0):
    rng = np.random.default_rng(seed)
    level = rng.uniform(-500, 100, shape[-2])[:, np.newaxis]
    spread = rng.uniform(0.1, 30, shape[-2])[:, np.newaxis]
    return (level + spread * rng.normal(size=shape)).astype(np.float32)


def as_table(X):
    """Return the frames of all clips as rows of bands."""
    return np.moveaxis(X, -2, -1).reshape(-1, X.shape[-2]).astype(np.float64)


@settings(deadline=None, max_examples=30)
@given(
    n_clips=st.integers(1, 70),
    n_bands=st.integers(1, 9),
    n_frames=st.integers(2, 30),
    unread=st.booleans(),
    seed=st.integers(0, 99),
)
def test_bands_are_normalised_as_columns_by_standard_scaler(
    n_clips, n_bands, n_frames, unread, seed
):
    X = features(n_clips, n_bands, n_frames, seed=seed)
    if unread and n_clips > 1:
        X[n_clips // 2] = np.nan
    normalizer = FeatureNormalizer()
    normalised = normalizer.fit_transform(X)
    scaler = StandardScaler().fit(as_table(X))
    np.testing.assert_allclose(normalizer.mean_, scaler.mean_, rtol=1e-9)
    np.testing.assert_allclose(normalizer.scale_, scaler.scale_, rtol=1e-9)
    expected = scaler.transform(as_table(X))
    # float32 has seven digits; a level of 500 with a spread of 0.1 leaves three of them.
    np.testing.assert_allclose(as_table(normalised), expected, rtol=0, atol=5e-3)
    assert normalised.shape == X.shape
    assert normalised.dtype == np.float32
    np.testing.assert_array_equal(normalizer.transform(X[:1]), normalised[:1])


def test_views_are_normalised_as_their_clean_clip():
    views = as_views(features(5, 3, 4, 20))
    views[:, 1:] += 100
    normalizer = FeatureNormalizer().fit(views)
    clean = FeatureNormalizer().fit(views[:, 0])
    np.testing.assert_array_equal(normalizer.mean_, clean.mean_)
    np.testing.assert_array_equal(normalizer.scale_, clean.scale_)
    normalised = normalizer.transform(views)
    np.testing.assert_array_equal(normalised[:, 2], normalizer.transform(views[:, 2].copy()))


def test_a_band_of_one_value_is_zeros():
    X = features(6, 3, 7)
    X[:, 1] = 0.1
    normalised = FeatureNormalizer().fit_transform(X)
    assert not normalised[:, 1].any()
    np.testing.assert_allclose(normalised[:, [0, 2]].std(axis=(0, 2)), 1, rtol=1e-3)


def test_level_of_clips_is_kept_and_predicting_learns_nothing():
    X = np.random.default_rng(0).uniform(-1, 1, (4, 5000)).astype(np.float32)
    X *= np.array([[1], [0.5], [0.2], [0.1]], np.float32)
    mel = MelSpectrogramTransformer(ref=1.0, top_db=None, normalization=None)
    pipeline = make_pipeline(FrontEnd([("features", mel)]), FeatureNormalizer())
    normalised = pipeline.fit_transform(X)
    assert (np.diff(normalised.mean(axis=(1, 2))) < 0).all()
    np.testing.assert_array_equal(pipeline.transform(X[3:]), normalised[3:])


def test_it_cannot_be_a_step_of_a_front_end():
    with pytest.raises(ValueError, match=r"\(FeatureNormalizer\) learns from data"):
        FrontEnd([("normalizer", FeatureNormalizer())]).fit(np.zeros((2, 9)))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((2, 3, 4), np.nan), "3 of 3 bands are NaN in all clips"),
        (np.zeros((1, 1, 1, 1, 1)), r"FeatureNormalizer: X has shape \(1, 1, 1, 1, 1\)"),
        (np.zeros((2, 3, 0)), r"FeatureNormalizer: X has shape \(2, 3, 0\)"),
        (np.full((2, 3, 4), np.inf), "infinity"),
    ],
)
def test_invalid_features_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        FeatureNormalizer().fit(X)


def test_other_bands_than_fitted_are_refused():
    normalizer = FeatureNormalizer().fit(features(2, 3, 4))
    with pytest.raises(ValueError, match="X has 5 features, but FeatureNormalizer is expecting 3"):
        normalizer.transform(features(2, 5, 4))


@settings(deadline=None, max_examples=30)
@given(
    speakers=st.lists(st.sampled_from("abc"), min_size=1, max_size=20),
    n_bands=st.integers(1, 5),
    n_frames=st.integers(2, 20),
    seed=st.integers(0, 99),
)
def test_each_speaker_is_normalised_as_by_a_separate_standard_scaler(
    speakers, n_bands, n_frames, seed
):
    X = features(len(speakers), n_bands, n_frames, seed=seed)
    speakers = np.array(speakers)
    normalised = SpeakerNormalizer().fit_transform(X, groups=speakers)
    for speaker in set(speakers):
        own = speakers == speaker
        expected = StandardScaler().fit_transform(as_table(X[own]))
        np.testing.assert_allclose(as_table(normalised[own]), expected, rtol=0, atol=5e-3)
    assert normalised.dtype == np.float32


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(range(8)), seed=st.integers(0, 99))
def test_a_speaker_depends_neither_on_order_nor_on_other_speakers(order, seed):
    X = features(8, 3, 10, seed=seed)
    speakers = np.array(list("aaabbccc"))
    normalizer = SpeakerNormalizer()
    normalised = normalizer.fit_transform(X, groups=speakers)
    shuffled = normalizer.transform(X[order], groups=speakers[order])
    np.testing.assert_allclose(shuffled, normalised[order], atol=1e-4)
    alone = normalizer.transform(X[3:5], groups=["b", "b"])
    np.testing.assert_array_equal(alone, normalised[3:5])


def test_views_of_a_speaker_are_normalised_as_the_clean_clips():
    X = as_views(features(4, 3, 5, 20))
    X[:, 1:] += 100
    groups = ["a", "b", "a", "b"]
    normalised = SpeakerNormalizer().fit_transform(X, groups=groups)
    np.testing.assert_array_equal(
        normalised[:, 0], SpeakerNormalizer().fit_transform(X[:, 0], groups=groups)
    )
    assert (normalised[:, 1].mean(axis=-1) > 1).all()  # still louder than the clean clip


def test_a_clip_that_could_not_be_read_has_no_effect():
    X = features(4, 5, 20)
    X[1] = np.nan
    groups = np.array(["a", "a", "a", "b"])
    normalised = SpeakerNormalizer().fit_transform(X, groups=groups)
    assert np.isnan(normalised[1]).all()
    np.testing.assert_array_equal(
        normalised[[0, 2, 3]],
        SpeakerNormalizer().fit_transform(X[[0, 2, 3]], groups=groups[[0, 2, 3]]),
    )


def test_without_speakers_the_error_says_what_to_do():
    X = features(4, 3, 10)
    with pytest.raises(ValueError, match=r"enable_metadata_routing=True.*groups=speakers"):
        SpeakerNormalizer().fit_transform(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SpeakerNormalizer().fit(X, groups=["a", "b"])
    one = SpeakerNormalizer(without_groups="one_speaker").fit_transform(X)
    np.testing.assert_array_equal(one, SpeakerNormalizer().fit_transform(X, groups=["a"] * 4))


def make_speakers(n_speakers=6, seed=0):
    """Return clips whose level depends on the emotion, and more strongly on the speaker."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(n_speakers), 12)
    y = np.tile(["anger", "sad"], 6 * n_speakers)
    level = 10.0 * rng.permutation(n_speakers)[speakers] + 2.0 * (y == "anger")
    X = level[:, None, None] + rng.normal(size=(len(y), 3, 5))
    return X.astype(np.float32), y, speakers


def flat(X):
    return X.reshape(len(X), -1)


def test_speakers_are_routed_in_a_pipeline_and_in_cross_validation():
    X, y, speakers = make_speakers()
    pipeline = make_pipeline(
        SpeakerNormalizer(), FunctionTransformer(flat), LogisticRegression(max_iter=1000)
    )
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline.fit(X, y, groups=speakers)
        assert (pipeline.predict(X, groups=speakers) == y).mean() > 0.9
        scores = cross_validate(
            pipeline, X, y, cv=GroupKFold(3), params={"groups": speakers}, error_score="raise"
        )
    assert scores["test_score"].mean() > 0.9


def test_an_evaluation_routes_speakers_and_reports_it():
    X, y, speakers = make_speakers()
    steps = FunctionTransformer(flat), LogisticRegression(max_iter=1000)
    report = evaluate_speaker_independent(
        make_pipeline(SpeakerNormalizer(), *steps), X, y, speakers, cv=3
    )
    corpus = evaluate_speaker_independent(
        make_pipeline(FeatureNormalizer(), *steps), X, y, speakers, cv=3
    )
    assert report.uar > 0.9 > 0.7 > corpus.uar
    assert any("normalised together" in note for note in report.notes)
    assert not any("normalised together" in note for note in corpus.notes)
    half = speakers < 3
    crossed = cross_corpus(
        make_pipeline(SpeakerNormalizer(), *steps),
        train=(X[half], y[half], speakers[half]),
        test=(X[~half], y[~half], speakers[~half]),
    )
    assert crossed.uar > 0.9
    search = GridSearchCV(make_pipeline(SpeakerNormalizer(), *steps), {})
    with pytest.raises(ValueError, match="scorers can't pass them"):
        evaluate_speaker_independent(search, X, y, speakers, cv=3)


def test_labels_of_other_speakers_do_not_affect_a_test_speaker():
    X, _, speakers = make_speakers()
    normalizer = SpeakerNormalizer()
    before = normalizer.fit_transform(X, groups=speakers)[speakers == 0]
    X[speakers != 0] *= -3
    after = normalizer.fit_transform(X, groups=speakers)[speakers == 0]
    np.testing.assert_array_equal(before, after)


def test_the_pipelines_normalization():
    published = make_ser_pipeline()
    assert list(published.named_steps) == ["frontend", "classifier"]
    assert published["frontend"]["features"].normalization == "clip"
    rng = np.random.default_rng(0)
    quiet = rng.normal(scale=0.01, size=(1, 22050))
    for choice, steps in {
        None: ["frontend", "classifier"],
        "corpus": ["frontend", "normalizer", "classifier"],
        "speaker": ["frontend", "normalizer", "classifier"],
    }.items():
        for kind in ("mel", "mfcc", MelSpectrogramTransformer()):
            pipeline = make_ser_pipeline(features=kind, normalization=choice, duration=1.0)
            assert list(pipeline.named_steps) == steps
            one, ten = (pipeline["frontend"].transform(quiet * gain) for gain in (1, 10))
            if kind != "mfcc":  # the level in dB stays: ten times the amplitude is 20 dB
                np.testing.assert_allclose(ten - one, 20, atol=1e-2)
            else:
                assert abs(ten - one).max() > 1
    with pytest.raises(ValueError, match="'clips' is none of 'clip', 'corpus', 'speaker' and None"):
        make_ser_pipeline(normalization="clips")

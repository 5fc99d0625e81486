"""FeatureNormalizer against StandardScaler, and where in a pipeline it learns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sersk import FeatureNormalizer, FrontEnd, MelSpectrogramTransformer


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
    # float32 has seven digits; of a level of 500 with a spread of 0.1, three are left.
    np.testing.assert_allclose(as_table(normalised), expected, rtol=0, atol=5e-3)
    assert normalised.shape == X.shape
    assert normalised.dtype == np.float32
    np.testing.assert_array_equal(normalizer.transform(X[:1]), normalised[:1])


def test_views_are_normalised_as_their_clean_clip():
    views = features(5, 3, 4, 20)
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


def test_level_of_clips_is_kept_and_nothing_is_learned_while_predicting():
    X = np.random.default_rng(0).uniform(-1, 1, (4, 5000)).astype(np.float32)
    X *= np.array([[1], [0.5], [0.2], [0.1]], np.float32)
    mel = MelSpectrogramTransformer(ref=1.0, top_db=None, normalization=None)
    pipeline = make_pipeline(FrontEnd([("features", mel)]), FeatureNormalizer())
    normalised = pipeline.fit_transform(X)
    assert (np.diff(normalised.mean(axis=(1, 2))) < 0).all()
    np.testing.assert_array_equal(pipeline.transform(X[3:]), normalised[3:])


def test_it_is_no_step_of_a_front_end():
    with pytest.raises(ValueError, match=r"\(FeatureNormalizer\) learns from data"):
        FrontEnd([("normalizer", FeatureNormalizer())]).fit(np.zeros((2, 9)))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((2, 3, 4), np.nan), "3 of 3 bands hold nothing but NaN"),
        (np.zeros((1, 1, 1, 1, 1)), r"FeatureNormalizer: X has shape \(1, 1, 1, 1, 1\)"),
        (np.zeros((2, 3, 0)), r"FeatureNormalizer: X has shape \(2, 3, 0\)"),
        (np.full((2, 3, 4), np.inf), "infinity"),
    ],
)
def test_what_is_no_feature_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        FeatureNormalizer().fit(X)


def test_other_bands_than_fitted_are_refused():
    normalizer = FeatureNormalizer().fit(features(2, 3, 4))
    with pytest.raises(ValueError, match="X has 5 features, but FeatureNormalizer is expecting 3"):
        normalizer.transform(features(2, 5, 4))

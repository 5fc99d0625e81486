"""Clips, labels, weights and speakers are checked by one set of functions, without a network."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from sersk import as_views
from sersk.base import has_views
from sersk.classifiers import checks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4, 5))
Y = np.array(["anger", "sad", "calm"] * 2)


class Own(BaseEstimator):
    """The estimator that messages name."""


@pytest.fixture
def estimator():
    return Own()


def test_clips_get_an_axis_of_views_and_half_the_memory(estimator):
    views, y = checks.check_clips(X, Y.tolist(), estimator)
    assert (views.shape, views.dtype, views.flags.c_contiguous) == ((6, 1, 4, 5), np.float32, True)
    np.testing.assert_array_equal(views[:, 0], X.astype(np.float32))
    np.testing.assert_array_equal(y, Y)
    assert checks.check_clips(X, None, estimator)[1] is None


def test_half_precision_is_kept_and_a_copy_is_not_made(estimator):
    half = X.astype(np.float16)
    views, _ = checks.check_clips(half, Y, estimator)
    assert views.dtype == np.float16
    assert np.shares_memory(views, half)


def test_views_are_not_given_another_axis(estimator):
    marked = as_views(RNG.normal(size=(6, 3, 4, 5)))
    assert has_views(marked)
    views, _ = checks.check_clips(marked, Y, estimator)
    assert views.shape == (6, 3, 4, 5)
    with pytest.raises(ValueError, match=r"Own: X has shape \(6, 3\) and is marked as views"):
        checks.check_clips(as_views(RNG.normal(size=(6, 3))), None, estimator)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("labels", [Y, None])
def test_what_is_not_finite_is_refused_in_memory_and_on_disk(estimator, tmp_path, wrong, labels):
    bad = X.astype(np.float32)
    bad[4, 2, 1] = wrong
    np.save(tmp_path / "x.npy", bad)
    for given in (bad, np.load(tmp_path / "x.npy", mmap_mode="r")):
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            checks.check_clips(given, labels, estimator)


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (X, Y[:-1], "inconsistent numbers of samples"),
        (X, np.linspace(0, 1, 6), "continuous"),
        (X[:0], Y[:0], "minimum of 1 is required by Own"),
        (X[0, 0], Y[:5], "Expected 2D array"),
    ],
)
def test_clips_and_labels_that_cannot_be_learnt_from(estimator, features, labels, message):
    with pytest.raises(ValueError, match=message):
        checks.check_clips(features, labels, estimator)


def test_training_says_shape_and_sorted_classes(estimator):
    training = checks.check_training(X, Y, estimator)
    assert training.views.shape == (6, 1, 4, 5)
    assert training.input_shape == (4, 5)
    assert training.classes.tolist() == ["anger", "calm", "sad"]
    assert training.y.tolist() == Y.tolist()
    vectors = pd.DataFrame(X[:, :, 0], columns=list("abcd"))
    assert checks.check_training(vectors, Y, estimator).input_shape == (4,)
    assert estimator.n_features_in_ == 4
    assert estimator.feature_names_in_.tolist() == list("abcd")


def test_training_needs_labels_that_agree_with_the_classes(estimator):
    with pytest.raises(ValueError, match="Own requires y to be passed, but the target y is None"):
        checks.check_training(X, None, estimator)
    with pytest.raises(ValueError, match=r"Own: y holds only one class, .*'sad'.*; at least 2"):
        checks.check_training(X, ["sad"] * 6, estimator)
    with pytest.raises(ValueError, match=r"Own: y is missing for 1 clip \(the first is clip 2\)"):
        checks.check_training(X, ["sad", "calm", None, "sad", "calm", "sad"], estimator)
    more = checks.check_training(X, Y, estimator, classes=["sad", "calm", "anger", "fear"])
    assert more.classes.tolist() == ["anger", "calm", "fear", "sad"]
    unknown = r"Own: y holds the labels \['anger'\], .* the classes \['calm', 'sad'\]"
    with pytest.raises(ValueError, match=unknown):
        checks.check_training(X, Y, estimator, classes=["sad", "calm"])


def test_training_goes_on_with_what_an_earlier_fit_knew(estimator):
    classes = np.array(["anger", "calm", "fear", "sad"])
    training = checks.check_training(X, Y, estimator, known=((4, 5), classes))
    assert training.classes is classes
    assert training.input_shape == (4, 5)
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(4, 9\)"):
        checks.check_training(X, Y, estimator, known=((4, 9), classes))
    with pytest.raises(ValueError, match=r"labels \['calm'\]"):
        checks.check_training(X, Y, estimator, known=((4, 5), np.array(["anger", "sad"])))
    # names of columns are compared, not set again
    named = pd.DataFrame(X[:, :, 0], columns=list("abcd"))
    checks.check_training(named, Y, estimator)
    with pytest.raises(ValueError, match="feature names should match"):
        checks.check_training(named.rename(columns={"a": "z"}), Y, estimator, known=((4,), classes))


@pytest.mark.parametrize(
    ("features", "known", "words"),
    [
        (
            X[:, :, :3],
            (4, 5),
            r"X has shape \(6, 4, 3\), thus clips of shape \(4, 3\), but it was ",
        ),
        (X[:, :, :3], (4, 5), r"fitted on clips of shape \(4, 5\)\.$"),
        (X[0], (4, 5), r"\(4, 5\)\. For a single clip pass X\[None\]\.$"),
        (X[:, None], (4, 5), r"If axis 1 holds views .*: sersk\.as_views\(X\)\.$"),
        (as_views(X[:, :, None]), (5, 1), r"X has shape \(6, 4, 1, 5\), .* \(5, 1\)\.$"),
    ],
)
def test_clips_of_another_shape_are_told_what_is_meant(estimator, features, known, words):
    views, _ = checks.check_clips(features, None, estimator)
    with pytest.raises(ValueError, match=f"(?s)Own: .*{words}"):
        checks.check_clip_shape(features, views, known, estimator)


def test_clips_of_the_same_shape_pass(estimator):
    views, _ = checks.check_clips(X, None, estimator)
    checks.check_clip_shape(X, views, (4, 5), estimator)
    marked = as_views(X[:, None])
    checks.check_clip_shape(marked, np.asarray(marked), (4, 5), estimator)


def test_vectors_need_the_number_of_columns_that_was_fitted(estimator):
    checks.check_training(X[:, :, 0], Y, estimator)
    fewer, _ = checks.check_clips(X[:, :3, 0], None, estimator)
    with pytest.raises(ValueError, match="X has 3 features, but Own is expecting 4"):
        checks.check_clip_shape(X[:, :3, 0], fewer, (4,), estimator)


def test_weights_are_one_number_a_clip(estimator):
    views, _ = checks.check_clips(X, None, estimator)
    weights = checks.check_weights(None, views, estimator)
    assert (weights.tolist(), weights.dtype) == ([1.0] * 6, np.float32)
    given = checks.check_weights([0, 1, 2, 3, 4, 0.5], views, estimator, dtype=np.float64)
    assert (given.tolist(), given.dtype) == ([0, 1, 2, 3, 4, 0.5], np.float64)
    for wrong, message in (
        ([1.0] * 5, "sample_weight.shape"),
        ([0.0] * 6, "at least one non-zero|every sample_weight is zero"),
        ([1.0, -1.0] * 3, "Own: sample_weight of clip 1 is -1.0"),
    ):
        with pytest.raises(ValueError, match=message):
            checks.check_weights(wrong, views, estimator)


def test_speakers_are_one_name_a_clip(estimator):
    views, _ = checks.check_clips(X, None, estimator)
    assert checks.check_groups(None, views, estimator) is None
    names = checks.check_groups(list("abcabc"), views, estimator)
    assert names.tolist() == list("abcabc")
    assert checks.check_groups(pd.Series(list("abcabc")), views, estimator).shape == (6,)
    for wrong, message in (
        (list("abc"), "inconsistent numbers of samples"),
        (["a", None, "b", "a", "b", "c"], "Own: groups is missing for 1 clip"),
        ([["a", "b"]] * 6, "1d array|shape"),
    ):
        with pytest.raises(ValueError, match=message):
            checks.check_groups(wrong, views, estimator)

"""Labels, speakers and weights are checked before the first clip is read, alike everywhere."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sersk import (
    AudioLoader,
    DiscriminantClassifier,
    FrontEnd,
    FunctionalsTransformer,
    SpeakerNormalizer,
    VectorClassifier,
    evaluate_speaker_independent,
    make_ser_pipeline,
)

N = 8
PATHS = [f"nowhere/{i}.wav" for i in range(N)]  # a step that reads them raises an AudioFileError
LABELS = ["anger", "sad"] * 4
SPEAKERS = ["a", "a", "b", "b", "c", "c", "d", "d"]


def with_one(values, value, kind=list):
    return kind([*values[:3], value, *values[4:]])


def as_objects(values):
    return np.array(values, dtype=object)


MISSING = {
    "None": with_one(LABELS, None),
    "NaN": with_one(LABELS, np.nan),
    "an array of objects": with_one(LABELS, None, as_objects),
    "NA of pandas": with_one(LABELS, pd.NA, pd.Series),
    "a nullable type": pd.Series(with_one(LABELS, None), dtype="string"),
    "nullable numbers": pd.array([0, 1, 0, None, 0, 1, 0, 1], dtype="Int64"),
    "a category": pd.Series(with_one(LABELS, None), dtype="category"),
    "NaN among numbers": with_one([0.0, 1.0] * 4, np.nan),
    "a mask": np.ma.array(LABELS, mask=[0, 0, 0, 1, 0, 0, 0, 0]),
    "NaT": with_one(LABELS, pd.NaT),
}


def fit_discriminant(y, groups=None, sample_weight=None):
    X = np.random.default_rng(0).normal(size=(N, 3))
    DiscriminantClassifier().fit(X, y, sample_weight, groups)


def fit_vectors(y, groups=None, sample_weight=None):
    X = np.random.default_rng(0).normal(size=(N, 3))
    VectorClassifier(SVC()).fit(X, y, sample_weight, groups)


def fit_network(y, groups=None, sample_weight=None):
    from sersk import SpeechEmotionClassifier

    X = np.random.default_rng(0).normal(size=(N, 3, 4)).astype(np.float32)
    SpeechEmotionClassifier(epochs=1).fit(X, y, sample_weight, groups)


def fit_pipeline(y, groups=None, sample_weight=None):
    make_ser_pipeline(preset="functionals").fit(
        PATHS, y, classifier__groups=groups, classifier__sample_weight=sample_weight
    )


def evaluate(y, groups=SPEAKERS):
    evaluate_speaker_independent(make_ser_pipeline(preset="functionals"), PATHS, y, groups)


def fit_plain_pipeline(y):
    make_pipeline(
        FrontEnd([("loader", AudioLoader()), ("f", FunctionalsTransformer())]), SVC()
    ).fit(PATHS, y)


DOORS = [fit_discriminant, fit_vectors, fit_network, fit_pipeline]


@pytest.mark.parametrize("kind", MISSING)
def test_a_missing_label_is_named_before_any_work(kind):
    for door in (*DOORS, evaluate, fit_plain_pipeline):
        with pytest.raises(ValueError, match=r"y is missing for 1 clip \(the first is clip 3\)"):
            door(MISSING[kind])


def test_a_missing_speaker_is_named_before_any_work():
    for door in (*DOORS, evaluate):
        for value in (None, np.nan, pd.NA):
            groups = with_one(SPEAKERS, value)
            with pytest.raises(ValueError, match=r"groups is missing for 1 clip .*is clip 3"):
                door(LABELS, groups)
    with pytest.raises(ValueError, match="groups is missing for 1 clip"):
        SpeakerNormalizer().fit(np.ones((N, 2)), groups=with_one(SPEAKERS, None))


@pytest.mark.parametrize("weight", [np.nan, None, -1.0, np.inf, "a lot"])
def test_an_impossible_weight_is_named_before_any_work(weight):
    for door in DOORS:
        weights = with_one([1.0] * N, weight)
        with pytest.raises(ValueError, match=f"sample_weight of clip 3 is {weight}"):
            door(LABELS, None, weights)


def test_labels_of_several_types_are_refused_before_numpy_makes_strings_of_them():
    for door in (*DOORS, evaluate, fit_plain_pipeline):
        with pytest.raises(ValueError, match="y mixes strings with values of other types"):
            door(with_one(LABELS, 1))


def test_lengths_are_compared_before_any_work():
    for door in (fit_pipeline, evaluate, fit_plain_pipeline):
        with pytest.raises(ValueError, match="lengths differ: X 8, y 7"):
            door(LABELS[:-1])
    with pytest.raises(ValueError, match="lengths differ: X 8, groups 7"):
        fit_pipeline(LABELS, SPEAKERS[:-1])
    with pytest.raises(ValueError, match="lengths differ: X 8, sample_weight 7"):
        fit_pipeline(LABELS, SPEAKERS, np.ones(N - 1))


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (None, "requires y to be passed"),
        (np.linspace(0, 1, N), "Unknown label type: continuous"),
        (np.column_stack([LABELS, LABELS]), r"1d array, got an array of shape \(8, 2\)"),
    ],
    ids=["none", "continuous", "2-D"],
)
def test_labels_that_are_no_classes_are_refused_before_any_work(y, words):
    with pytest.raises(ValueError, match=f"^Pipeline.*{words}"):
        fit_pipeline(y)
    if y is not None:
        with pytest.raises(ValueError, match=words):
            evaluate(y)

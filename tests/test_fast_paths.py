"""Optimisations of classifier and pipeline change no number: comparison with plain Keras.

Tested for memory layouts, batch sizes, chunks and jobs.
"""

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sersk import (
    FeatureNormalizer,
    SpeakerNormalizer,
    SpeechEmotionClassifier,
    as_views,
    make_ser_pipeline,
)
from sersk._utils.storage import is_on_disk
from sersk.datasets import make_emotional_speech

SHAPE = (16, 20)
EMOTIONS = ["anger", "calm", "sad"]
SMALL = {
    "cnn": {"model__filters": (4, 6), "model__dense_units": (8,)},
    "cnn_lstm": {"model__filters": (4, 6), "model__lstm_units": (8, 4)},
    "lstm": {"model__lstm_units": (8, 4)},
    "transformer": {"model__width": 8, "model__n_blocks": 1, "model__n_heads": 2},
}


def make_features(n_clips, n_views=None, seed=0):
    views = () if n_views is None else (n_views,)
    X = np.random.default_rng(seed).normal(size=(n_clips, *views, *SHAPE))
    return X.astype(np.float16).astype(np.float32)  # values that half precision represents exactly


@pytest.fixture(scope="module", params=["cnn", "cnn_lstm", "lstm", "transformer"])
def fitted(request):
    y = np.resize(EMOTIONS, 12)
    classifier = SpeechEmotionClassifier(
        request.param, epochs=1, validation_split=0, random_state=0, **SMALL[request.param]
    )
    return classifier.fit(make_features(12, seed=1), y)


def lay_out(X, kind, folder):
    match kind:
        case "Fortran order":
            return np.asfortranarray(X)
        case "every second clip":
            return np.repeat(X, 2, axis=0)[::2]
        case "every second frame":
            return np.repeat(X, 2, axis=-1)[..., ::2]
        case "backwards":
            return np.ascontiguousarray(X[::-1, ..., ::-1])[::-1, ..., ::-1]
        case "frames first":
            return np.ascontiguousarray(X.swapaxes(-1, -2)).swapaxes(-1, -2)
        case "read-only":
            X = X.copy()
            X.flags.writeable = False
            return X
        case "file":
            np.save(folder / "X.npy", X)
            return np.load(folder / "X.npy", mmap_mode="r")
        case "part of a file":
            np.save(folder / "X.npy", np.repeat(X, 3, axis=0))
            return np.load(folder / "X.npy", mmap_mode="r")[1::3]
    raise ValueError(kind)


layouts = st.sampled_from(
    [
        "Fortran order",
        "every second clip",
        "every second frame",
        "backwards",
        "frames first",
        "read-only",
        "file",
        "part of a file",
    ]
)
types = st.sampled_from(["float16", "float32", "float64", ">f4"])
quickly = settings(
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@quickly
@given(
    n_clips=st.integers(1, 40),
    n_views=st.sampled_from([None, 1, 3]),
    batch_size=st.integers(1, 50),
    dtype=types,
    layout=layouts,
    level=st.sampled_from([1e-3, 1.0, 30.0]),
    seed=st.integers(0, 99),
)
def test_probabilities_equal_those_of_the_bare_network(
    fitted, tmp_path_factory, n_clips, n_views, batch_size, dtype, layout, level, seed
):
    X = make_features(n_clips, n_views, seed) * np.float32(level)
    X = X.astype(np.float16).astype(np.float32)
    flat = X.reshape(-1, *SHAPE)
    bare = keras.ops.convert_to_numpy(fitted.model_(flat, training=False))
    expected = bare.reshape(n_clips, n_views or 1, -1).mean(axis=1)
    given_X = lay_out(X.astype(dtype), layout, tmp_path_factory.mktemp("features"))
    given_X = given_X if n_views is None else as_views(given_X)
    before = fitted.batch_size
    try:
        proba = fitted.set_params(batch_size=batch_size).predict_proba(given_X)
    finally:
        fitted.set_params(batch_size=before)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, expected, rtol=0, atol=1e-5)


def test_probabilities_equal_those_of_keras_predict(fitted):
    X = make_features(70)
    expected = fitted.model_.predict(X, verbose=0)
    np.testing.assert_allclose(fitted.predict_proba(X), expected, rtol=0, atol=1e-5)


@quickly
@given(
    factor=st.sampled_from([0.0, 1e-30, 1e4, 1e30]), n_beside=st.integers(1, 40), at=st.floats(0, 1)
)
def test_a_prediction_does_not_depend_on_other_clips(fitted, factor, n_beside, at):
    clip = make_features(1)
    beside = make_features(n_beside, seed=2) * np.float32(factor)
    position = int(at * n_beside)
    X = np.concatenate([beside[:position], clip, beside[position:]])
    proba = fitted.predict_proba(X)[position]
    np.testing.assert_allclose(proba, fitted.predict_proba(clip)[0], rtol=0, atol=1e-5)


EXPECTED: dict = {}  # what each number of views gives


@pytest.mark.slow
@settings(deadline=None, max_examples=4)
@given(dtype=types, layout=layouts, n_views=st.sampled_from([None, 2]))
def test_training_depends_on_the_values_only(tmp_path_factory, dtype, layout, n_views):
    X, y = make_features(12, n_views), np.resize(EMOTIONS, 12)

    def fit(X):
        classifier = SpeechEmotionClassifier(
            "cnn", epochs=2, batch_size=5, validation_split=0.25, random_state=0, **SMALL["cnn"]
        )
        return classifier.fit(X, y).predict_proba(make_features(5, seed=3))

    same = lay_out(X.astype(dtype), layout, tmp_path_factory.mktemp("features"))
    mark = np.asarray if n_views is None else as_views
    if n_views not in EXPECTED:
        EXPECTED[n_views] = fit(mark(X))
    np.testing.assert_array_equal(fit(mark(same)), EXPECTED[n_views])


@pytest.mark.parametrize("normalizer", [FeatureNormalizer(), SpeakerNormalizer()], ids=type)
@quickly
@given(
    dtype=types,
    layout=layouts,
    n_views=st.sampled_from([None, 2]),
    n_clips=st.integers(2, 70),
    on_disk=st.booleans(),
)
def test_normalization_depends_on_the_values_only(
    tmp_path_factory, normalizer, dtype, layout, n_views, n_clips, on_disk
):
    X = make_features(n_clips, n_views)
    groups = {} if isinstance(normalizer, FeatureNormalizer) else {"groups": np.arange(n_clips) % 2}
    same = lay_out(X.astype(dtype), layout, tmp_path_factory.mktemp("features"))
    if n_views is not None:
        X, same = as_views(X), as_views(same)
    expected = clone(normalizer).fit_transform(X, **groups)
    storage = tmp_path_factory.mktemp("storage") if on_disk else None
    normalized = clone(normalizer).set_params(storage=storage).fit_transform(same, **groups)
    assert is_on_disk(normalized) == on_disk
    np.testing.assert_array_equal(normalized, expected)


@pytest.fixture(scope="module")
def corpus():
    return make_emotional_speech(3, 1, duration=0.5, random_state=0)


@pytest.fixture(scope="module")
def make_predictor(corpus):
    """Return a function that trains a pipeline on waveforms and gives probabilities."""

    def predict_all(batch_size=None, **params):
        pipeline = make_ser_pipeline(
            duration=0.5, epochs=2, random_state=0, validation_split=0, model__filters=(2, 4)
        )
        pipeline.set_params(**params).fit(corpus.data, corpus.target)
        if batch_size:
            pipeline.set_params(classifier__batch_size=batch_size)
        return pipeline.predict_proba(corpus.data)

    return predict_all


@pytest.fixture(scope="module")
def expected_proba(make_predictor):
    return make_predictor()


@pytest.mark.slow
@settings(deadline=None, max_examples=4)
@given(
    n_jobs=st.sampled_from([None, 1, 2]),
    chunk_size=st.integers(1, 20),
    batch_size=st.integers(1, 20),
    on_disk=st.booleans(),
)
def test_chunks_jobs_and_batches_of_a_whole_pipeline(
    make_predictor, expected_proba, tmp_path_factory, n_jobs, chunk_size, batch_size, on_disk
):
    proba = make_predictor(
        batch_size,
        frontend__n_jobs=n_jobs,
        frontend__chunk_size=chunk_size,
        frontend__storage=tmp_path_factory.mktemp("storage") if on_disk else None,
    )
    np.testing.assert_allclose(proba, expected_proba, rtol=0, atol=1e-5)

"""The mark of views: arrays keep it while axis 1 holds views, and lose it otherwise."""

import copy
import operator
import pickle

import joblib
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from sersk import (
    AudioAugmenter,
    DiscriminantClassifier,
    FeatureNormalizer,
    FeatureStack,
    FrontEnd,
    FunctionalsTransformer,
    HighPassFilter,
    MelSpectrogramTransformer,
    MFCCTransformer,
    SpeakerNormalizer,
    SpeechEmotionClassifier,
    StatelessTransformer,
    as_views,
    has_views,
    make_emotional_speech,
    make_ser_pipeline,
)
from sersk._utils.storage import is_on_disk

shapes = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)


def numbered(shape):
    """Return views whose values encode the clip and, below 1000, the position in the clip."""
    inside = np.arange(np.prod(shape[1:])).reshape(shape[1:])
    return inside + 1000.0 * np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1))


def views_of(X, shape):
    """Return whether axis 1 still holds all views in their order."""
    return X.shape[1:] == shape[1:] and np.all((X - numbered(shape)[:1]) % 1000 == 0)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), shape=shapes)
def test_indexing_keeps_the_mark_only_if_views_stay(data, shape):
    X = as_views(numbered(shape))
    key = data.draw(
        st.one_of(
            hnp.basic_indices(shape, allow_newaxis=True, max_dims=6),
            hnp.integer_array_indices(shape),
            st.lists(st.booleans(), min_size=shape[0], max_size=shape[0]).map(np.array),
            st.lists(st.integers(0, shape[0] - 1), max_size=5).map(lambda i: np.array(i, int)),
        )
    )
    part = X[key]
    np.testing.assert_array_equal(part, numbered(shape)[key])
    if has_views(part):
        assert views_of(np.asarray(part), shape)
    elif isinstance(part, np.ndarray):
        assert type(part) is np.ndarray


@settings(max_examples=50, deadline=None)
@given(data=st.data(), shape=shapes)
def test_a_selection_of_clips_keeps_the_mark(data, shape):
    X = as_views(numbered(shape))
    n = shape[0]
    key = data.draw(
        st.one_of(
            st.slices(n),
            st.lists(st.integers(-n, n - 1), max_size=5).map(lambda i: np.array(i, int)),
            st.lists(st.booleans(), min_size=n, max_size=n).map(np.array),
        )
    )
    for part in (X[key], X[key, ...], X[key, :]):
        assert has_views(part)
        np.testing.assert_array_equal(part, np.asarray(X)[key])


def test_transposing_axes_loses_the_mark():
    X = as_views(numbered((3, 3, 3)))
    i, j = np.arange(3)[np.newaxis], np.arange(3)[:, np.newaxis]
    assert X[i, j].shape == X.shape
    for other in (X[i, j], X[:, ::-1], X[..., [2, 1, 0]], X.T, X.swapaxes(0, 1), X[:, [1, 2, 0]]):
        assert not has_views(other)
    X.shape = (9, 3)
    assert not has_views(X)


@pytest.mark.parametrize(
    "keep",
    [
        lambda X: X.astype(np.float16),
        lambda X: X.astype(np.float64, copy=False),
        lambda X: X.copy(),
        copy.copy,
        copy.deepcopy,
        lambda X: as_views(X),
        *(lambda X, p=p: pickle.loads(pickle.dumps(X, p)) for p in range(6)),
        lambda X: train_test_split(X, test_size=1)[0],
    ],
)
def test_the_mark_is_kept(keep):
    X = as_views(numbered((4, 2, 3)))
    assert has_views(keep(X))
    assert not has_views(keep(X) + 0)


@pytest.mark.parametrize(
    "lose",
    [
        np.asarray,
        np.array,
        np.copy,
        np.square,
        lambda X: X + 1,
        lambda X: X + X,
        lambda X: X > 0,
        lambda X: X.mean(axis=0),
        lambda X: X.sum(axis=1, keepdims=True),
        lambda X: X.max(axis=-1),
        lambda X: X.reshape(X.shape),
        lambda X: X.view(),
        lambda X: X.transpose(0, 1, 2),
        lambda X: np.concatenate([X, X]),
        lambda X: np.stack([X, X]),
        lambda X: np.where(X > 0, X, 0),
        lambda X: X[:, 0],
        lambda X: X[0],
        lambda X: X.astype(np.float32, subok=False),
        lambda X: pickle.loads(pickle.dumps(X.reshape(X.shape))),
        np.ndarray.tolist,
    ],
)
def test_the_mark_is_lost(lose):
    assert not has_views(lose(as_views(numbered((4, 2, 3)))))


def test_scalars_stay_scalars_and_in_place_operations_keep_the_object():
    X = as_views(numbered((4, 2, 3)))
    assert type(X.mean()) is np.float64
    assert type(X.sum(axis=0)) is np.ndarray
    before = X
    X += 1
    assert X is before
    assert has_views(X)
    with pytest.raises(ValueError, match=r"as_views: X has shape \(3,\)"):
        as_views([1, 2, 3])


def test_memory_is_shared_also_of_a_file(tmp_path):
    plain = numbered((4, 2, 3))
    assert np.shares_memory(as_views(plain), plain)
    np.save(tmp_path / "X.npy", plain)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert is_on_disk(mapped)
    assert is_on_disk(as_views(mapped))
    assert is_on_disk(as_views(mapped)[1:])
    assert not is_on_disk(mapped[[0, 1]])
    assert not is_on_disk(as_views(mapped)[[0, 1]])
    assert not is_on_disk(as_views(mapped) + 1)
    assert not is_on_disk(plain)
    assert not is_on_disk([[1.0]])


def test_joblib_keeps_the_mark_and_memory_maps_the_data(tmp_path):
    X = as_views(numbered((4, 2, 3)))
    joblib.dump(X, tmp_path / "X.joblib")
    for mode in (None, "r"):
        again = joblib.load(tmp_path / "X.joblib", mmap_mode=mode)
        assert has_views(again)
        assert is_on_disk(again) == (mode == "r")
        np.testing.assert_array_equal(again, X)
    assert joblib.hash(X) != joblib.hash(np.asarray(X))


# --------------------------------------------------------------------------- steps pass the mark on


@pytest.fixture(scope="module")
def waveforms():
    return np.random.default_rng(0).normal(scale=0.1, size=(5, 22_050)).astype(np.float32)


def augmenter():
    return AudioAugmenter(time_stretch=None, pitch_shift=None, gain_db=(-6, 6), random_state=0)


FEATURES = {
    "mel": MelSpectrogramTransformer(),
    "stack": FeatureStack([("mel", MelSpectrogramTransformer()), ("mfcc", MFCCTransformer())]),
    "functionals": FunctionalsTransformer(groups=("level",)),
    "filter": HighPassFilter(),
}


@pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES)
def test_features_of_views_are_marked_and_of_others_not(waveforms, features):
    views = augmenter().fit_transform(waveforms)
    assert has_views(views)
    assert has_views(features.fit_transform(views))
    assert not has_views(features.transform(np.asarray(views)))
    assert not has_views(features.transform(waveforms))
    np.testing.assert_array_equal(features.transform(views), features.transform(np.asarray(views)))


@pytest.mark.parametrize("storage", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_front_end_marks_views_while_fitting(waveforms, tmp_path, storage, dtype):
    steps = [("augmenter", augmenter()), ("features", MelSpectrogramTransformer())]
    frontend = FrontEnd(
        steps, chunk_size=2, storage=tmp_path if storage else None, dtype=dtype, n_jobs=2
    )
    features = frontend.fit_transform(waveforms)
    assert has_views(features)
    assert is_on_disk(features) == storage
    assert features.dtype == dtype
    assert not has_views(frontend.transform(waveforms))
    flat = Pipeline(steps).fit_transform(waveforms)
    assert has_views(flat)
    np.testing.assert_array_equal(features, flat.astype(dtype))
    del features
    assert not list(tmp_path.iterdir())


class LosesTheMark(TransformerMixin, BaseEstimator):
    """A user's step that calls numpy functions, which lose the mark."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.abs(np.asarray(X)).mean(axis=-1, keepdims=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def test_output_of_a_user_step_that_loses_the_mark_is_marked_again(waveforms):
    frontend = FrontEnd([("augmenter", augmenter()), ("level", LosesTheMark())])
    assert has_views(frontend.fit_transform(waveforms))
    assert not has_views(frontend.transform(waveforms))


@pytest.mark.parametrize("change", [operator.itemgetter((slice(None), 0)), lambda X: X.mean(1)])
def test_a_step_that_drops_views_is_refused_by_name(waveforms, change):
    frontend = FrontEnd([("augmenter", augmenter()), ("odd", FunctionTransformer(change))])
    with pytest.raises(
        ValueError, match=r"step 'odd' \(FunctionTransformer\) gives shape .* 2 views"
    ):
        frontend.fit_transform(waveforms)


def test_a_pipeline_cache_keeps_the_mark(waveforms, tmp_path):
    steps = [
        ("augmenter", augmenter()),
        ("features", FunctionalsTransformer(groups=("level",))),
        ("classifier", DiscriminantClassifier()),
    ]
    y = np.arange(5) % 2
    for _ in range(2):  # the second time from the cache
        pipeline = Pipeline(steps, memory=str(tmp_path)).fit(waveforms, y)
    assert pipeline[-1].n_features_in_ == pipeline[:-1].transform(waveforms).shape[-1]


# ----------------------------------------------------------------------- classifiers use the mark


def dense(input_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def network(model=dense, **params):
    return SpeechEmotionClassifier(
        model, epochs=1, validation_split=0, run_eagerly=True, random_state=0, **params
    )


def make_vectors(n_clips=12, n_views=3, n_features=20):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_clips, n_views, n_features)).astype(np.float32), np.arange(12) % 2


def test_a_user_network_is_built_for_one_view_of_vectors():
    X, y = make_vectors()
    classifier = network().fit(as_views(X), y)
    assert classifier.input_shape_ == (20,)
    assert classifier.n_features_in_ == 20
    clean = classifier.predict_proba(X[:, 0])
    assert clean.shape == (12, 2)
    each = [classifier.predict_proba(X[:, view]) for view in range(3)]
    np.testing.assert_allclose(
        classifier.predict_proba(as_views(X)), np.mean(each, axis=0), atol=1e-6
    )
    with pytest.raises(
        ValueError, match=r"\(12, 3, 20\).*shape \(20,\).*mark them: sersk.as_views"
    ):
        classifier.predict(X)


@pytest.mark.parametrize("shape", [(20,), (4, 5), (2, 3, 4), (2, 3, 2, 2)])
def test_user_networks_take_clips_of_any_rank(shape):
    X = np.random.default_rng(0).normal(size=(12, 2, *shape)).astype(np.float32)
    y = np.arange(12) % 2
    plain = network().fit(X[:, 0], y)
    marked = network().fit(as_views(X), y)
    assert plain.input_shape_ == marked.input_shape_ == shape
    with pytest.raises(ValueError, match=r"clips of shape .*as_views"):
        plain.predict(X)
    assert plain.predict(as_views(X)).shape == (12,)
    with pytest.raises(ValueError, match=r"pass X\[None\]"):
        network().fit(np.zeros((12, 9, 9)), y).predict(np.zeros((9, 9)))


@pytest.mark.parametrize("name", ["cnn", "cnn_lstm", "lstm", "transformer"])
def test_built_in_networks_refuse_other_ranks_with_a_remedy(name):
    X, y = make_vectors()
    for vectors in (X[:, 0], as_views(X)):
        with pytest.raises(ValueError, match=r"got \(20,\)\. Vectors.* DiscriminantClassifier"):
            network(name).fit(vectors, y)
    with pytest.raises(ValueError, match=r"got \(3, 4, 5\).*mark them: sersk.as_views\(X\)"):
        network(name).fit(X.reshape(12, 3, 4, 5), y)


def test_views_without_features_are_refused():
    with pytest.raises(ValueError, match="is marked as views of clips"):
        network().fit(as_views(np.zeros((12, 3))), np.arange(12) % 2)
    with pytest.raises(ValueError, match=r"X has shape \(12, 3\)"):
        DiscriminantClassifier().fit(as_views(np.zeros((12, 3))), np.arange(12) % 2)


def test_bands_are_not_views():
    """128 mel bands must not be averaged as if they were views of a clip."""
    X, y = make_vectors()
    message = r"X has shape \(12, 3, 20\).*SpeechEmotionClassifier.*sersk\.as_views\(X\)"
    with pytest.raises(ValueError, match=message):
        DiscriminantClassifier().fit(X, y)
    fitted = DiscriminantClassifier().fit(as_views(X), y)
    assert fitted.n_features_in_ == 20
    with pytest.raises(ValueError, match=message):
        fitted.predict(X)
    with pytest.raises(ValueError, match=r"X has shape \(12, 3, 4, 5\).*SpeechEmotionClassifier"):
        DiscriminantClassifier().fit(as_views(X.reshape(12, 3, 4, 5)), y)


@pytest.mark.parametrize("augmentation", [False, True])
@pytest.mark.parametrize(
    "features", ["mel", "mfcc", "chroma", "pitch", MelSpectrogramTransformer(), FEATURES["stack"]]
)
def test_the_discriminant_on_features_with_time_is_refused_at_once(features, augmentation):
    with pytest.raises(ValueError, match=r"classifier='discriminant'.*features=.*functionals"):
        make_ser_pipeline("discriminant", features=features, augmentation=augmentation)


class Bands(StatelessTransformer, auto_wrap_output_keys=None):
    """A user's features with an axis of time, which the registry does not know."""

    def transform_waveforms(self, X):
        return X[..., np.newaxis, ::100]


@pytest.mark.parametrize("augmentation", [False, True])
def test_the_discriminant_on_unknown_features_with_time_is_refused_in_fit(augmentation):
    corpus = make_emotional_speech(1, 1, emotions=("anger", "sad"), duration=0.5, random_state=0)
    pipeline = make_ser_pipeline(
        "discriminant", features=Bands(), duration=0.5, augmentation=augmentation
    )
    with pytest.raises(ValueError, match="axis of time are for SpeechEmotionClassifier"):
        pipeline.fit(corpus.data, corpus.target)


# ------------------------------------------------------------------- normalisers use it too


@pytest.mark.parametrize("normalizer", [FeatureNormalizer(), SpeakerNormalizer()], ids=type)
@pytest.mark.parametrize("shape", [(20,), (4, 5)])
@pytest.mark.parametrize("storage", [False, True])
def test_normalisers_distinguish_views_from_bands(normalizer, shape, storage, tmp_path):
    X = np.random.default_rng(0).normal(5, 3, size=(12, 3, *shape)).astype(np.float32)
    X[:, 1:] += 100
    normalizer.set_params(storage=tmp_path if storage else None)
    groups = {"groups": [0, 1] * 6} if isinstance(normalizer, SpeakerNormalizer) else {}
    marked = normalizer.fit_transform(as_views(X), **groups)
    assert has_views(marked)
    assert is_on_disk(marked) == storage
    assert normalizer.n_features_in_ == shape[0]
    clean = normalizer.fit_transform(X[:, 0], **groups)
    assert not has_views(clean)
    np.testing.assert_array_equal(marked[:, 0], clean)
    assert marked[:, 1:].min() > 10
    if len(shape) == 2:
        with pytest.raises(ValueError, match=r"mark them: sersk\.as_views\(X\)"):
            normalizer.fit(X, **groups)
    else:
        assert normalizer.fit(X, **groups).n_features_in_ == 3  # bands by frames

"""SpeechEmotionClassifier: training, prediction, persistence and errors.

Networks are tiny and mostly run step by step (`run_eagerly`), which for a few batches takes a
fraction of the time that tracing a graph does. scikit-learn's own checks are in test_common.
"""

import copy
import os
import pickle
import random
import subprocess
import sys
import threading

import joblib
import keras
import numpy as np
import pytest
import sklearn
import tensorflow as tf
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.class_weight import compute_sample_weight
from tensorflow.python.eager import context
from tensorflow.python.framework.config import is_op_determinism_enabled

from sersk import SpeechEmotionClassifier, as_views
from sersk.classifiers.building import computing_in
from sersk.classifiers.seeding import seeded

EMOTIONS = ("anger", "neutral", "sad")


def make_clips(n_clips=36, labels=EMOTIONS, shape=(8, 8), noise=0.5, seed=0):
    """Return features that separate the labels: each label has its own bands."""
    rng = np.random.default_rng(seed)
    positions = np.arange(n_clips) % len(labels)
    X = rng.normal(scale=noise, size=(n_clips, *shape)).astype(np.float32)
    for i, position in enumerate(positions):
        X[i, position :: len(labels)] += 2
    return X, np.array(labels)[positions]


def dense(input_shape, n_classes, units=8):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def make_classifier(model=dense, **params):
    params = {"epochs": 2, "batch_size": 8, "run_eagerly": True, "random_state": 0} | params
    return SpeechEmotionClassifier(model, **params)


# ---------------------------------------------------------------------------- training clips

SEEN = []  # (training, features, weights) of each batch that the network below received


class BatchRecorder(keras.layers.Layer):
    """Record the batches that the network receives, and whether it trains on them."""

    def call(self, x, training=None):
        if tf.executing_eagerly() and not isinstance(x, keras.KerasTensor):
            SEEN.append([bool(training), np.array(x), None])
        return x


class RecordingLoss(keras.losses.CategoricalCrossentropy):
    """Record the weights of the batch that the network has just received."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        if tf.executing_eagerly() and SEEN:
            SEEN[-1][2] = None if sample_weight is None else np.array(sample_weight)
        return super().__call__(y_true, y_pred, sample_weight)


def witness(input_shape, n_classes):
    layers = dense(input_shape, n_classes).layers
    return keras.Sequential([keras.Input(input_shape), BatchRecorder(), *layers])


class Seen:
    """Clips and views that one fit used, read from numbers written into the features."""

    def __init__(self, X, y, **params):
        X = X.copy()
        X[..., 0, 0] = np.arange(len(X))[:, None]
        X[..., 0, 1] = np.arange(X.shape[1])
        SEEN.clear()
        fit_params = {
            name: params.pop(name) for name in {"groups", "sample_weight"} & params.keys()
        }
        self.X, self.y = X, y
        self.classifier = make_classifier(witness, loss=RecordingLoss(), **params)
        self.classifier.fit(X, y, **fit_params)
        self.rows = {True: [], False: []}
        self.weights = {}
        for training, x, weights in SEEN:
            marks = [(int(clip), int(view)) for clip, view in x[:, 0, :2]]
            self.rows[training] += marks
            self.weights |= dict(zip(((training, *m) for m in marks), weights.ravel(), strict=True))
        self.validation = self.classifier.validation_indices_
        self.train = np.unique([clip for clip, _ in self.rows[True]])


@pytest.fixture(scope="module")
def seen():
    """One fit with views, speakers, weights (some of them zero) and classes of unequal size."""
    X, y = make_clips(40, labels=("anger", "anger", "neutral", "sad"))
    X = as_views(np.stack([X, X + 0.1, X - 0.1], axis=1))
    groups = np.array([f"speaker{i}" for i in np.arange(40) // 5])
    sample_weight = np.linspace(0.5, 2, 40)
    sample_weight[[3, 17, 30]] = 0
    given = X.copy(), y.copy(), groups.copy(), sample_weight.copy()
    result = Seen(X, y, groups=groups, sample_weight=sample_weight, validation_split=0.25)
    for before, after in zip(given, (X, y, groups, sample_weight), strict=True):
        np.testing.assert_array_equal(after, before)  # the user's arrays are not modified
    result.groups, result.sample_weight = groups, sample_weight
    return result


def test_all_views_of_training_clips_are_trained_on_once_an_epoch(seen):
    n_rows = len(seen.train) * 3
    epochs = seen.rows[True][:n_rows], seen.rows[True][n_rows:]
    expected = {(clip, view) for clip in seen.train for view in range(3)}
    assert all(len(epoch) == n_rows and set(epoch) == expected for epoch in epochs)
    assert epochs[0] != epochs[1]  # in another order


def test_no_view_of_a_validation_clip_is_trained_on(seen):
    assert len(seen.validation)
    assert not set(seen.validation) & set(seen.train)
    # each epoch validates each clip once, by its clean view
    assert seen.rows[False] == [(clip, 0) for clip in seen.validation] * 2


def test_no_speaker_is_on_both_sides(seen):
    assert not set(seen.groups[seen.validation]) & set(seen.groups[seen.train])


def test_clips_of_weight_zero_are_not_used(seen):
    used = np.flatnonzero(seen.sample_weight)
    np.testing.assert_array_equal(np.union1d(seen.train, seen.validation), used)


def test_weights_of_clips_and_classes_are_those_of_scikit_learn(seen):
    expected = seen.sample_weight[seen.train] * compute_sample_weight(
        "balanced", seen.y[seen.train]
    )
    for clip, weight in zip(seen.train, expected, strict=True):
        assert [seen.weights[True, clip, view] for view in range(3)] == pytest.approx([weight] * 3)
    for clip in seen.validation:
        assert seen.weights[False, clip, 0] == pytest.approx(seen.sample_weight[clip])


def test_without_validation_all_clips_are_trained_on():
    X, y = make_clips(24)
    seen = Seen(as_views(X[:, None]), y, validation_split=0, class_weight={"anger": 3.0})
    np.testing.assert_array_equal(seen.train, np.arange(24))
    assert not seen.rows[False]
    assert len(seen.validation) == 0
    assert set(seen.classifier.history_) == {"loss", "accuracy"}
    for clip in range(24):
        assert seen.weights[True, clip, 0] == (3 if y[clip] == "anger" else 1)


def test_clips_of_weight_zero_change_no_bit():
    X, y = make_clips()
    weight = np.where(np.arange(36) % 5 == 1, 0.0, 1.0)
    with_zeros = make_classifier().fit(X, y, sample_weight=weight)
    without = make_classifier().fit(X[weight > 0], y[weight > 0])
    np.testing.assert_array_equal(with_zeros.predict_proba(X), without.predict_proba(X))


def test_without_speakers_the_split_is_stratified():
    X, y = make_clips(40, labels=("anger", "anger", "anger", "sad"))
    classifier = make_classifier(validation_split=0.2, epochs=1).fit(X, y)
    labels, counts = np.unique(y[classifier.validation_indices_], return_counts=True)
    assert dict(zip(labels, counts, strict=True)) == {"anger": 6, "sad": 2}


def test_a_splitter_chooses_the_validation_clips():
    X, y = make_clips()
    groups = np.arange(36) // 6
    splitter = GroupShuffleSplit(n_splits=1, test_size=2, random_state=3)
    classifier = make_classifier(validation_split=splitter, epochs=1).fit(X, y, groups=groups)
    _, expected = next(splitter.split(X, y, groups))
    np.testing.assert_array_equal(classifier.validation_indices_, np.sort(expected))


class LeakingSplit:
    def __init__(self, train, validation):
        self.train, self.validation = train, validation

    def split(self, X, y=None, groups=None):
        yield np.array(self.train), np.array(self.validation)


@pytest.mark.parametrize(
    ("validation", "what"), [(range(25, 36), "clip"), (range(27, 36), "speaker")]
)
def test_a_splitter_that_leaks_is_refused(validation, what):
    X, y = make_clips()
    classifier = make_classifier(validation_split=LeakingSplit(range(27), validation))
    with pytest.raises(ValueError, match=rf"puts \d+ {what}\(s\) into both"):
        classifier.fit(X, y, groups=np.arange(36) // 6)
    assert not hasattr(classifier, "model_")


def test_speakers_are_routed_through_a_cross_validation():
    X, y = make_clips(48)
    groups = np.arange(48) // 6
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(FunctionTransformer(), make_classifier(validation_split=0.25))
        result = cross_validate(
            pipeline,
            X,
            y,
            params={"groups": groups},
            cv=GroupKFold(2),
            return_estimator=True,
            return_indices=True,
        )
    for fitted, train in zip(result["estimator"], result["indices"]["train"], strict=True):
        validation = fitted[-1].validation_indices_
        heard = np.delete(groups[train], validation)
        assert len(validation)
        assert not set(groups[train][validation]) & set(heard)


# ------------------------------------------------------------------------------ early stopping


@pytest.fixture(scope="module")
def overfitted():
    """Fit random labels with a large learning rate, so that the validation loss soon rises."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(44, 8, 8)).astype(np.float32)
    y = rng.permutation(np.repeat(["anger", "sad"], 22))
    classifier = make_classifier(
        epochs=14,
        run_eagerly=False,  # so many epochs take longer than tracing
        validation_split=0.25,
        optimizer__learning_rate=0.03,
        plateau_patience=2,
        min_learning_rate=1e-4,
    )
    return classifier.fit(X, y), X, y


def test_the_best_epoch_is_kept_when_all_epochs_ran(overfitted):
    classifier, X, y = overfitted
    val_loss = classifier.history_["val_loss"]
    assert len(val_loss) == 14
    assert val_loss[-1] > min(val_loss) + 0.01  # otherwise keeping the last epoch would pass too
    held_out = classifier.validation_indices_
    expected = log_loss(y[held_out], classifier.predict_proba(X[held_out]))
    assert min(val_loss) == pytest.approx(expected, abs=1e-4)


def test_learning_rate_falls_on_plateaus_and_not_below_its_minimum(overfitted):
    history = overfitted[0].history_
    rates = np.array(history["learning_rate"])
    assert rates[0] == pytest.approx(0.03)
    falls = np.flatnonzero(np.diff(rates)) + 1
    np.testing.assert_allclose(rates[falls], [3e-3, 3e-4, 1e-4], rtol=1e-5)
    # the rate of an epoch is recorded at its end, after the plateau was detected
    best = int(np.argmin(history["val_loss"][: falls[0] + 1]))
    assert falls[0] in {best + 2, best + 3}


def test_training_stops_when_patience_is_exhausted(overfitted):
    fitted, X, y = overfitted
    classifier = clone(fitted).set_params(early_stopping_patience=3).fit(X, y)
    val_loss = classifier.history_["val_loss"]
    assert val_loss == fitted.history_["val_loss"][: len(val_loss)]
    assert len(val_loss) - 1 - np.argmin(val_loss) == 3
    held_out = classifier.validation_indices_
    expected = log_loss(y[held_out], classifier.predict_proba(X[held_out]))
    assert min(val_loss) == pytest.approx(expected, abs=1e-4)


# ------------------------------------------------------------------- fitted classifier, graphs

NETWORK = {
    "model__filters": (4,),
    "model__dense_units": (),
    "model__dropout": 0.0,
    "epochs": 6,
    "batch_size": 8,
    "optimizer__learning_rate": 0.01,
    "early_stopping_patience": None,
}


@pytest.fixture(scope="module")
def clips():
    return make_clips()


@pytest.fixture(scope="module")
def fitted(clips):
    return SpeechEmotionClassifier("cnn", random_state=0, **NETWORK).fit(*clips)


def test_probabilities_are_in_the_order_of_classes(fitted, clips):
    X, y = clips
    np.testing.assert_array_equal(fitted.classes_, EMOTIONS)
    proba = fitted.predict_proba(X)
    assert proba.shape == (36, 3)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[proba.argmax(axis=1)])
    assert fitted.predict(X).dtype == y.dtype
    assert fitted.score(X, y) > 0.9


def test_views_are_averaged(fitted, clips):
    views = as_views(np.stack([clips[0], clips[0][::-1], clips[0] * 0.5], axis=1))
    each = [fitted.predict_proba(views[:, view]) for view in range(3)]
    np.testing.assert_allclose(fitted.predict_proba(views), np.mean(each, axis=0), atol=1e-6)


def test_predictions_depend_neither_on_batches_nor_on_other_clips(fitted, clips):
    X = clips[0]
    expected = fitted.predict_proba(X)
    one = copy.deepcopy(fitted).set_params(batch_size=1)
    for proba in (
        one.predict_proba(X),
        fitted.predict_proba(X[::-1])[::-1],
        np.concatenate([fitted.predict_proba(clip[None]) for clip in X]),
    ):
        np.testing.assert_allclose(proba, expected, atol=1e-5)


def test_half_precision_and_memmaps_are_accepted_without_conversion(fitted, clips, tmp_path):
    X = clips[0]
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(fitted.predict_proba(mapped), fitted.predict_proba(X))
    half = X.astype(np.float16)
    rounded = half.astype(np.float32)
    np.testing.assert_array_equal(fitted.predict_proba(half), fitted.predict_proba(rounded))
    # training on a read-only file gives the bits that training on the array gives
    on_file = make_classifier(epochs=1).fit(mapped, clips[1])
    in_memory = make_classifier(epochs=1).fit(X, clips[1])
    np.testing.assert_array_equal(on_file.predict_proba(X), in_memory.predict_proba(X))
    on_half = make_classifier(epochs=1).fit(half, clips[1])
    on_rounded = make_classifier(epochs=1).fit(rounded, clips[1])
    np.testing.assert_array_equal(on_half.predict_proba(X), on_rounded.predict_proba(X))
    np.testing.assert_array_equal(half, X.astype(np.float16))


def test_values_that_are_not_finite_are_found_on_disk_too(clips, tmp_path):
    X = clips[0].astype(np.float16)
    X[-1, 0, 0] = np.nan
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    with pytest.raises(ValueError, match=r"Input X contains NaN\.\nSpeechEmotionClassifier"):
        make_classifier().fit(mapped, clips[1])


@pytest.mark.filterwarnings("ignore:precision='mixed_bfloat16' will be slow")
def test_mixed_precision_is_close_and_affects_this_classifier_only(clips):
    small = {"run_eagerly": False} | NETWORK | {"epochs": 1, "validation_split": 0}
    short = make_classifier("cnn", precision="mixed_bfloat16", **small)
    short.fit(*clips)
    assert keras.config.dtype_policy().name == "float32"
    assert {layer.dtype_policy.name for layer in short.model_.layers[1:-1]} == {"mixed_bfloat16"}
    assert {weight.dtype for weight in short.model_.weights} == {"float32"}
    proba = short.predict_proba(clips[0])
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    loaded = pickle.loads(pickle.dumps(short))
    np.testing.assert_array_equal(loaded.predict_proba(clips[0]), proba)
    # the same weights in full precision
    full = make_classifier("cnn", **small).fit(*clips)
    full.model_.set_weights(short.model_.get_weights())
    np.testing.assert_allclose(full.predict_proba(clips[0]), proba, atol=0.05)


def test_a_processor_without_bfloat16_instructions_gives_a_warning(monkeypatch):
    monkeypatch.setattr("sersk.classifiers.building._computes_bfloat16", lambda: False)
    message = r"will be slow: this processor.*Take 'float32'"
    with pytest.warns(UserWarning, match=message), computing_in("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "float32"


def test_run_eagerly_holds_for_prediction_too(clips):
    calls = []

    class Counting(keras.layers.Layer):
        def call(self, x):
            calls.append(tf.executing_eagerly())
            return x

    def network(input_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(input_shape),
                Counting(),
                keras.layers.Flatten(),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )

    classifier = make_classifier(model=network, epochs=1).fit(*clips)
    calls.clear()
    classifier.predict_proba(clips[0][:1])
    assert calls == [True]


def test_the_same_seed_gives_the_same_bits_and_no_output(fitted, clips, capfd):
    again = clone(fitted).fit(*clips)
    proba = again.predict_proba(clips[0])
    assert capfd.readouterr().out == ""
    np.testing.assert_array_equal(proba, fitted.predict_proba(clips[0]))
    assert again.history_ == fitted.history_


def test_another_seed_gives_another_network_and_progress_is_shown_on_request(fitted, clips, capfd):
    other = clone(fitted).set_params(random_state=1, epochs=1, verbose=2).fit(*clips)
    assert "validation loss" in capfd.readouterr().err
    assert np.abs(other.predict_proba(clips[0]) - fitted.predict_proba(clips[0])).max() > 1e-3


FRESH_PROCESS = """
import pickle, sys
import joblib, numpy as np
folder = sys.argv[1]
data = np.load(folder + "/data.npz")
X, y = data["X"], data["y"]
from sklearn.base import clone
with open(folder + "/fitted.pickle", "rb") as file:
    pickled = pickle.load(file)
loaded = joblib.load(folder + "/fitted.joblib")
again = clone(loaded).fit(X, y)
np.savez(folder + "/proba.npz", *[c.predict_proba(X) for c in (pickled, loaded, again)])
import tensorflow as tf
tf.random.uniform((1,))  # an error if operations were still deterministic
"""


def test_pickles_and_fits_of_a_fresh_process_have_the_same_bits(fitted, clips, tmp_path):
    X, y = clips
    np.savez(tmp_path / "data.npz", X=X, y=y)
    (tmp_path / "fitted.pickle").write_bytes(pickle.dumps(fitted))
    joblib.dump(fitted, tmp_path / "fitted.joblib")
    subprocess.run([sys.executable, "-c", FRESH_PROCESS, str(tmp_path)], check=True)
    expected = fitted.predict_proba(X)
    with np.load(tmp_path / "proba.npz") as results:
        for name in results.files:  # the pickle, joblib's file, and a fit in the new process
            np.testing.assert_array_equal(results[name], expected, err_msg=name)


def test_fits_in_threads_have_the_same_bits(clips):
    classifier = SpeechEmotionClassifier(
        epochs=1, model__filters=(4,), model__dense_units=(), random_state=0
    )
    alone = clone(classifier).fit(*clips).predict_proba(clips[0])
    done = threading.Event()

    def draw():  # as an event loop in another thread does
        while not done.wait(1e-4):
            random.random()

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        both = joblib.Parallel(2, backend="threading")(
            joblib.delayed(clone(classifier).fit)(*clips) for _ in range(2)
        )
    finally:
        done.set()
        thread.join()
    for fitted in both:
        np.testing.assert_array_equal(fitted.predict_proba(clips[0]), alone)


def test_operations_stay_deterministic_until_the_last_fit_of_all_threads_has_ended():
    """Fits in threads may begin one after the other and end in the same order."""
    random.seed(5)
    expected = random.Random(5).random()
    first_is_inside, second_is_inside = threading.Event(), threading.Event()

    def first():
        with seeded(1):
            first_is_inside.set()
            second_is_inside.wait(60)

    thread = threading.Thread(target=first)
    thread.start()
    first_is_inside.wait(60)
    with seeded(2):
        second_is_inside.set()
        thread.join()
        assert is_op_determinism_enabled()
        assert os.environ["TF_DETERMINISTIC_OPS"] == "1"
    assert not is_op_determinism_enabled()
    assert "TF_DETERMINISTIC_OPS" not in os.environ
    assert random.random() == expected


def test_training_continues_reproducibly_from_a_pickle(fitted, clips):
    packed = pickle.dumps(fitted)
    first, second = (pickle.loads(packed).partial_fit(*clips) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(clips[0]), second.predict_proba(clips[0]))


def test_a_deep_copy_is_independent(fitted, clips):
    before = fitted.predict_proba(clips[0])
    other = copy.deepcopy(fitted)
    np.testing.assert_array_equal(other.predict_proba(clips[0]), before)
    other.model_.set_weights([np.zeros_like(w) for w in other.model_.get_weights()])
    np.testing.assert_array_equal(fitted.predict_proba(clips[0]), before)
    assert np.abs(other.predict_proba(clips[0]) - before).max() > 1e-3


def test_a_file_is_hardly_larger_than_the_weights(tmp_path):
    X, y = make_clips(12, labels=("anger", "sad"))
    classifier = make_classifier(model__units=20_000, epochs=1).fit(X, y)
    n_bytes = sum(weight.nbytes for weight in classifier.model_.get_weights())
    assert n_bytes > 4e6  # more than a million parameters
    joblib.dump(classifier, tmp_path / "classifier.joblib")
    assert (tmp_path / "classifier.joblib").stat().st_size <= 1.05 * n_bytes


def test_global_random_state_is_left_as_it_was(clips):
    random.seed(1)
    np.random.seed(2)  # noqa: NPY002
    tf.random.set_seed(3)
    before = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    classifier = make_classifier(epochs=1).fit(*clips)
    classifier.predict(clips[0])
    assert random.getstate() == before[0]
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert after["state"]["pos"] == before[1]["state"]["pos"]
    np.testing.assert_array_equal(after["state"]["key"], before[1]["state"]["key"])
    assert context.global_seed() == 3


# ----------------------------------------------------------------------------- continued training


def test_partial_fit_learns_with_classes_of_later_batches():
    X, y = make_clips(24, labels=("anger", "sad"))
    classifier = make_classifier(optimizer__learning_rate=0.01)
    classifier.partial_fit(X, y, classes=EMOTIONS)
    np.testing.assert_array_equal(classifier.classes_, EMOTIONS)
    assert classifier.predict_proba(X).shape == (24, 3)
    for _ in range(5):
        classifier.partial_fit(X, y)
    loss = classifier.history_["loss"]
    assert len(loss) == 6
    assert loss[-1] < loss[0] / 2
    assert classifier.score(X, y) > 0.9
    assert len(classifier.validation_indices_) == 0
    with pytest.raises(ValueError, match=r"labels \['joy'\], which are not among the classes"):
        classifier.partial_fit(X, np.where(y == "sad", "joy", y))
    with pytest.raises(ValueError, match="X has shape"):
        classifier.partial_fit(X[:, :4], y)
    assert len(classifier.history_["loss"]) == 6


def test_warm_start_continues_from_weights_and_optimizer_also_after_a_pickle(clips):
    X, y = clips
    # a built-in network, which Keras can find when it unpickles the optimizer with it
    classifier = SpeechEmotionClassifier(
        "cnn", warm_start=True, run_eagerly=True, random_state=0, **NETWORK | {"epochs": 2}
    )
    classifier.fit(X, y)
    loaded = pickle.loads(pickle.dumps(classifier))
    slots = [slot.numpy() for slot in classifier.model_.optimizer.variables]
    kept = [slot.numpy() for slot in loaded.model_.optimizer.variables]
    assert len(slots) > 2  # iterations, learning rate, and two for each weight
    assert any(np.abs(slot).max() > 0 for slot in slots[2:])
    for slot, other in zip(slots, kept, strict=True):
        np.testing.assert_array_equal(slot, other)
    losses = classifier.history_["loss"]
    classifier.fit(X, y)
    loaded.fit(X, y)
    assert classifier.history_["loss"][0] < losses[0]
    assert loaded.history_["loss"] == pytest.approx(classifier.history_["loss"], rel=1e-5)


# ----------------------------------------------------------------------- optimizers, losses, labels


@pytest.mark.parametrize(
    ("params", "labels"),
    [
        ({"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}, ("anger", "sad")),
        (
            {"loss": keras.losses.CategoricalCrossentropy, "loss__label_smoothing": 0.1},
            (7, 2, -1),
        ),
    ],
)
def test_other_optimizers_losses_and_labels(params, labels):
    X, y = make_clips(24, labels=labels)
    classifier = make_classifier(
        epochs=6, optimizer__learning_rate=0.02, optimizer__weight_decay=0.0, **params
    ).fit(X, y)
    optimizer, loss = classifier.model_.optimizer, classifier.model_.loss
    assert type(optimizer).__name__ == ("SGD" if "optimizer" in params else "AdamW")
    assert classifier.history_["learning_rate"][0] == pytest.approx(0.02)
    if "loss__label_smoothing" in params:
        assert loss.label_smoothing == 0.1
    np.testing.assert_array_equal(classifier.classes_, sorted(labels))
    assert classifier.score(X, y) > 0.9


def test_two_classes_from_a_single_sigmoid():
    def sigmoid(input_shape, n_classes):
        return keras.Sequential(
            [
                keras.Input(input_shape),
                keras.layers.Flatten(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )

    X, y = make_clips(24, labels=("sad", "anger"))
    classifier = make_classifier(
        sigmoid, loss="binary_crossentropy", epochs=8, optimizer__learning_rate=0.05
    ).fit(X, y)
    assert classifier.predict_proba(X).shape == (24, 2)
    assert classifier.score(X, y) > 0.9


def test_a_loss_that_diverges_gives_a_warning(clips):
    classifier = make_classifier(
        optimizer="sgd", optimizer__learning_rate=1e30, optimizer__weight_decay=0.0, epochs=5
    )
    with pytest.raises(ValueError, match=r"training loss became .* Lower optimizer__learning_rate"):
        classifier.fit(*clips)


# --------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("name", ["fit__validation_data", "fit__epochs", "predict__batch_size"])
def test_validation_data_in_fit_is_refused(name, clips):
    with pytest.raises(TypeError, match="early stopping on a test set would make its score"):
        SpeechEmotionClassifier(**{name: 1})
    classifier = make_classifier().set_params(**{name: 1})  # scikeras takes it
    with pytest.raises(TypeError, match="early stopping on a test set would make its score"):
        classifier.fit(*clips)
    assert not hasattr(classifier, "model_")


def two_outputs(input_shape, n_classes):
    return dense(input_shape, 2)


class OwnModel(keras.Model):
    """A network that is written as a class, without an input."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.dense = keras.layers.Dense(n_classes)

    def call(self, inputs):
        return self.dense(keras.ops.mean(inputs, axis=-1))


def no_input(input_shape, n_classes):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(n_classes)])


def nan_in_a_clip(X, y):
    X = X.copy()
    X[3, 0, 0] = np.nan
    return X, y


@pytest.mark.parametrize(
    ("params", "data", "message"),
    [
        ({"model": "cnn", "model__filtres": 8}, None, "has no hyperparameter filtres; it has filt"),
        ({"model__layers": 2}, None, "network 'dense' has no hyperparameter layers; it has units"),
        ({"model": two_outputs}, None, "the network gives 2 values a clip, but y has 3 classes"),
        ({"model": OwnModel}, None, "output of OwnModel is unknown. Return a network that has its"),
        ({"model": no_input}, None, "output of Sequential is unknown. Return a network that has"),
        ({"model": "resnet"}, None, "The 'model' parameter"),
        ({"epochs": 0}, None, "The 'epochs' parameter"),
        ({}, lambda X, y: (X, np.full(len(y), "sad")), "only one class, (np.str_\\()?'sad'"),
        ({}, lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
        (
            {"model": "cnn"},
            lambda X, y: (X[..., None, None], y),
            "takes features of shape \\(n_bands, n_frames\\) for each clip, got \\(8, 8, 1, 1\\)",
        ),
        ({}, lambda X, y: (X[:, 0, 0], y), "Expected 2D array"),
        ({}, lambda X, y: (X, np.linspace(0, 1, len(y))), "continuous"),
        ({}, nan_in_a_clip, "contains NaN"),
        ({"model": "cnn"}, lambda X, y: (X[:, 0], y), "takes features of shape \\(n_bands"),
        ({"validation_split": 0.95}, None, "leaves 2 of 36 clips to train on, for 3 classes"),
        ({}, lambda X, y: (X[:4], y[:4]), "2 clips of every class, but class .*'neutral'.* has 1"),
    ],
)
def test_invalid_input_is_refused_before_training(params, data, message, clips):
    X, y = clips if data is None else data(*clips)
    classifier = make_classifier(**params)
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, y)
    assert not hasattr(classifier, "history_")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"groups": np.arange(35)}, "inconsistent numbers of samples"),
        ({"groups": np.zeros(36)}, "at least 2 speakers, but groups names 1"),
        ({"groups": np.arange(36) % 3}, "leaves no training clip of the classes"),
        ({"sample_weight": np.ones(35)}, "sample_weight.shape"),
        ({"sample_weight": np.zeros(36)}, "at least one non-zero|every sample_weight is zero"),
        ({"sample_weight": -np.ones(36)}, "sample_weight of clip 0 is -1.0; .* from 0"),
    ],
)
def test_invalid_metadata_is_refused_before_training(metadata, message, clips):
    classifier = make_classifier()
    with pytest.raises(ValueError, match=message):
        classifier.fit(*clips, **metadata)
    assert not hasattr(classifier, "history_")


def test_clips_of_another_shape_than_in_fit_are_refused(fitted, clips):
    X = clips[0]
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(8, 8\)\.$"):
        fitted.predict(X[:, :, :5])
    with pytest.raises(ValueError, match=r"fitted on clips of shape \(8, 8\)\. .* pass X\[None\]"):
        fitted.predict(X[0])
    with pytest.raises(ValueError, match="contains NaN"):
        fitted.predict(np.full_like(X, np.nan))


def test_vectors_with_names_keep_them():
    pd = pytest.importorskip("pandas")
    X, y = make_clips()
    frame = pd.DataFrame(X[:, :, 0], columns=[f"band{i}" for i in range(8)])
    classifier = make_classifier(epochs=1).fit(frame, y)
    np.testing.assert_array_equal(classifier.feature_names_in_, frame.columns)
    classifier.predict(frame)  # without a warning about names
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(frame.rename(columns={"band0": "other"}))
    classifier.fit(X, y)
    assert not hasattr(classifier, "feature_names_in_")

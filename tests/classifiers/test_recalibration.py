"""Recalibrated batch normalisation: statistics of clean training clips, without dropout."""

import keras
import numpy as np
import pytest
from keras import layers

from sersk import SpeechEmotionClassifier, as_views
from sersk.classifiers.recalibration import RecalibrateNorm, estimate_statistics, find_norms


def make_clips(n_clips=60, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_clips) % 2
    X = rng.normal(size=(n_clips, 12, 10)).astype(np.float32) * 3 + 1
    X[:, :6] += 2 * y[:, None, None]
    return X, y


def network(input_shape, n_classes, *, dropout=0.5, width=6):
    inputs = keras.Input(input_shape)
    x = layers.Flatten()(inputs)
    for _ in range(2):
        x = layers.Dense(width)(layers.Dropout(dropout)(x))
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return keras.Model(inputs, layers.Dense(n_classes, activation="softmax")(x))


def statistics(model):
    return [
        (
            keras.ops.convert_to_numpy(norm.moving_mean),
            keras.ops.convert_to_numpy(norm.moving_variance),
        )
        for norm in find_norms(model)
    ]


def test_statistics_are_the_mean_over_batches_without_dropout():
    X, _ = make_clips()
    keras.utils.set_random_seed(0)
    model = network(X.shape[1:], 2)
    batches = [X[:30], X[30:]]
    estimate_statistics(model, batches)
    first, second = [layer for layer in model.layers if isinstance(layer, layers.Dense)][:2]

    def normalise(x):
        return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)

    def at_first(x):
        return x.reshape(len(x), -1) @ keras.ops.convert_to_numpy(
            first.kernel
        ) + keras.ops.convert_to_numpy(first.bias)

    def at_second(x):
        hidden = np.maximum(normalise(at_first(x)), 0)
        return hidden @ keras.ops.convert_to_numpy(second.kernel) + keras.ops.convert_to_numpy(
            second.bias
        )

    for (mean, variance), inputs in zip(statistics(model), (at_first, at_second), strict=True):
        expected = [inputs(batch) for batch in batches]
        np.testing.assert_allclose(mean, np.mean([x.mean(axis=0) for x in expected], axis=0), 1e-3)
        np.testing.assert_allclose(
            variance, np.mean([x.var(axis=0) for x in expected], axis=0), 1e-3
        )


def test_layers_are_as_before_but_for_their_statistics():
    X, _ = make_clips()
    model = network(X.shape[1:], 2)
    norm = find_norms(model)[0]
    trained = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    estimate_statistics(model, [X])
    assert "call" not in vars(norm)
    assert norm.momentum == 0.99
    for before, after in zip(trained, model.trainable_weights, strict=True):
        np.testing.assert_array_equal(before, after)
    kept = statistics(model)
    model(X, training=False)  # inference changes nothing
    np.testing.assert_array_equal(kept[0], statistics(model)[0])


def test_a_failing_batch_leaves_the_layers_as_they_were():
    X, _ = make_clips()
    model = network(X.shape[1:], 2)
    with pytest.raises(Exception, match="shape"):
        estimate_statistics(model, [X[:, :5]])
    assert all("call" not in vars(norm) and norm.momentum == 0.99 for norm in find_norms(model))


@keras.saving.register_keras_serializable("sersk_tests")
class Block(layers.Layer):
    """A layer that holds a normalisation as an attribute."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norm = layers.BatchNormalization()

    def build(self, input_shape):
        self.norm.build(input_shape)

    def call(self, inputs, training=None):
        return self.norm(inputs, training=training)


def test_nested_normalisations_are_found_and_frozen_ones_are_not():
    inputs = keras.Input((4, 3))
    inner = keras.Sequential([layers.BatchNormalization(), layers.Dense(3)])
    shared = layers.BatchNormalization()
    frozen = layers.BatchNormalization(trainable=False)
    x = layers.TimeDistributed(layers.BatchNormalization())(inputs)
    x = Block()(inner(x))
    x = frozen(shared(shared(x)))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    norms = find_norms(model)
    assert len(norms) == 4
    assert frozen not in norms
    X = np.random.default_rng(0).normal(loc=5, size=(20, 4, 3)).astype(np.float32)
    before = keras.ops.convert_to_numpy(frozen.moving_mean)
    estimate_statistics(model, [X])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(frozen.moving_mean), before)
    assert all(np.any(keras.ops.convert_to_numpy(norm.moving_mean) != 0) for norm in norms)


class AlwaysByStatistics(layers.BatchNormalization):
    """A normalisation whose call takes no `training`."""

    def call(self, inputs):
        return super().call(inputs, training=False)


def test_a_normalisation_that_cannot_train_by_batches_is_left_alone():
    X, y = make_clips(20)

    def build(input_shape, n_classes):
        norms = [AlwaysByStatistics(), layers.BatchNormalization()]
        return keras.Sequential(
            [keras.Input(input_shape), *norms, layers.Flatten(), layers.Dense(n_classes)]
        )

    model = SpeechEmotionClassifier(build, epochs=1, random_state=0).fit(X, y).model_
    assert find_norms(model) == [model.layers[1]]
    np.testing.assert_array_equal(model.layers[0].get_weights()[2], 0)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.filterwarnings("ignore:precision='mixed_bfloat16' will be slow")
def test_predictions_follow_the_statistics_of_training_clips(precision):
    """Statistics in inference are those of the kept weights, on all of these few clips."""
    X, y = make_clips(36)  # fewer training clips than one batch of the estimate
    classifier = SpeechEmotionClassifier(
        network, epochs=6, precision=precision, early_stopping_patience=2, random_state=0
    ).fit(X, y)
    train = np.setdiff1d(np.arange(len(X)), classifier.validation_indices_)
    kept = statistics(classifier.model_)
    estimate_statistics(classifier.model_, [X[train]])
    tolerance = {"float32": 1e-5, "mixed_bfloat16": 0.05}[precision]
    for (mean, variance), (expected_mean, expected_variance) in zip(
        kept, statistics(classifier.model_), strict=True
    ):
        np.testing.assert_allclose(mean, expected_mean, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(variance, expected_variance, rtol=tolerance, atol=tolerance)


def test_only_clean_views_are_used():
    X, _ = make_clips()
    views = as_views(np.stack([X, X + 100], axis=1))
    callback = RecalibrateNorm(views, np.arange(len(X)), seed=0)
    assert max(batch.max() for batch in callback._read()) < 50
    chosen = np.concatenate([*callback._batches])
    assert len(set(chosen)) == len(chosen) == 60


def test_the_number_of_clips_is_bounded_and_the_choice_is_the_seed_s():
    X = np.zeros((5_000, 1, 1), np.float32)
    for n_clips, n_views, expected in [
        (5_000, 1, 512),
        (1_000, 3, 512),
        (1_000, 1, 200),
        (90, 1, 64),
        (50, 1, 50),
    ]:
        views = np.broadcast_to(X[:n_clips, None], (n_clips, n_views, 1, 1))
        callbacks = [RecalibrateNorm(views, np.arange(n_clips), seed) for seed in (0, 0, 1)]
        chosen = [np.concatenate(callback._batches) for callback in callbacks]
        assert len(chosen[0]) == expected
        np.testing.assert_array_equal(chosen[0], chosen[1])
        sizes = [len(batch) for batch in callbacks[0]._batches]
        assert max(sizes) - min(sizes) <= 1


def test_where_nothing_is_normalised_by_batches_nothing_changes():
    X, y = make_clips()
    options = {"epochs": 2, "random_state": 0, "model__width": 8, "model__n_heads": 2}
    options["model__n_blocks"] = 1
    on, off = (
        SpeechEmotionClassifier("transformer", recalibrate_norm=flag, **options).fit(X, y)
        for flag in (True, False)
    )
    np.testing.assert_array_equal(on.predict_proba(X), off.predict_proba(X))


def test_off_is_keras_own_training():
    """The history of training is the same; statistics differ in inference only."""
    X, y = make_clips()
    options = {"epochs": 3, "random_state": 0, "validation_split": 0}
    on, off = (
        SpeechEmotionClassifier(network, recalibrate_norm=flag, **options).fit(X, y)
        for flag in (True, False)
    )
    np.testing.assert_array_equal(on.history_["loss"], off.history_["loss"])
    for mine, theirs in zip(on.model_.trainable_weights, off.model_.trainable_weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(mine), keras.ops.convert_to_numpy(theirs)
        )
    assert np.any(statistics(on.model_)[0][1] != statistics(off.model_)[0][1])


def test_same_seed_same_bits_also_from_disk_and_in_further_fits(tmp_path):
    X, y = make_clips()
    on_disk = np.memmap(tmp_path / "features", np.float32, "w+", shape=X.shape)
    on_disk[:] = X

    def predict(features, **options):
        classifier = SpeechEmotionClassifier(network, epochs=2, random_state=0, **options)
        return classifier.fit(features, y).fit(features, y).predict_proba(X)

    np.testing.assert_array_equal(predict(X), predict(on_disk))
    np.testing.assert_array_equal(predict(X, warm_start=True), predict(on_disk, warm_start=True))


class Subclassed(keras.Model):
    """A network without a graph of layers, which Keras gives no input shape."""

    def __init__(self, n_classes):
        super().__init__()
        self.norm = layers.BatchNormalization()
        self.flatten = layers.Flatten()
        self.last = layers.Dense(n_classes, activation="softmax")

    def call(self, inputs, training=None):
        return self.last(self.flatten(self.norm(inputs, training=training)))


@pytest.mark.parametrize("eagerly", [True, False])
def test_a_subclassed_network_has_the_statistics_of_its_clips(eagerly):
    X, _ = make_clips()
    model = Subclassed(2)
    model.compile(run_eagerly=eagerly)
    model(X[:2])
    estimate_statistics(model, [X[:30], X[30:]])
    ((mean, _),) = statistics(model)
    np.testing.assert_allclose(mean, X.mean(axis=(0, 1)), rtol=1e-4)

"""The checker of networks passes ours, and says what is wrong with others."""

import keras
import pytest

from sersk.classifiers.networks import NETWORKS
from sersk.classifiers.networks.layers import check_bands_by_frames
from sersk.testing import check_network

SMALL = {
    "cnn": {"filters": (2, 4), "dense_units": (4,)},
    "cnn_lstm": {"filters": (2, 4), "lstm_units": (3,), "dense_units": ()},
    "lstm": {"lstm_units": (3, 2), "dense_units": (4,)},
    "transformer": {"width": 4, "n_blocks": 1, "n_heads": 2, "dense_units": (4,)},
}


@pytest.mark.parametrize("name", list(NETWORKS))
def test_our_networks_pass(name):
    check_network(NETWORKS[name], input_shape=(12, 9), **SMALL[name])


def build(input_shape, n_classes, *, activation="softmax", dtype="float32", units=None):
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    return keras.Model(
        inputs, keras.layers.Dense(units or n_classes, activation=activation, dtype=dtype)(x)
    )


def without_defaults(input_shape, n_classes, *, units):
    return build(input_shape, n_classes)


def positional(input_shape, n_classes, units=3):
    return build(input_shape, n_classes)


def of_one_length(input_shape, n_classes):
    if input_shape[-1] != 9:
        raise RuntimeError("nine frames are needed")
    return build(input_shape, n_classes)


def unclear(input_shape, n_classes):
    if len(input_shape) != 2:
        raise ValueError("no")
    return build(input_shape, n_classes)


def index_error(input_shape, n_classes):
    input_shape[1]
    return build(input_shape, n_classes)


def frozen(input_shape, n_classes):
    network = build(input_shape, n_classes)
    network.trainable = False
    return network


def only_features(input_shape, n_classes):
    check_bands_by_frames(input_shape, "only_features")
    return build(input_shape, n_classes)


@keras.saving.register_keras_serializable("tests")
class Forgetful(keras.layers.Layer):
    """Has a state that its configuration lacks."""

    def __init__(self, factor=0.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def get_config(self):
        return super().get_config()

    def call(self, x):
        return x * self.factor


def forgetful(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = Forgetful(3.0)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))


def test_networks_that_pass():
    check_network(build, input_shape=(5,))
    check_network(build, input_shape=(5, 4, 3))
    check_network(only_features, input_shape=(5, 4))


@pytest.mark.parametrize(
    ("network", "hyperparameters", "message"),
    [
        (without_defaults, {}, "the hyperparameters units have no default"),
        (positional, {}, "3 arguments may be positional"),
        (of_one_length, {}, "building for input_shape=\\(6, 18\\).* fails \\(nine frames"),
        (lambda input_shape, n_classes: 3, {}, "returns an object of type int"),
        (build, {"units": 3}, "the output has shape \\(None, 3\\)"),
        (build, {"activation": None}, "no probabilities"),
        (build, {"dtype": "float16"}, "the output is of type float16"),
        (unclear, {}, "does not name the shape: no"),
        (index_error, {}, "raises IndexError"),
        (frozen, {}, "training fails .*trainable weights"),
        (forgetful, {}, "predicts other probabilities once loaded"),
    ],
)
def test_what_is_wrong_is_said(network, hyperparameters, message):
    with pytest.raises(AssertionError, match=message):
        check_network(network, input_shape=(6, 9), **hyperparameters)

"""The networks are those of the publication, and their sizes are hyperparameters."""

import inspect
import subprocess
import sys

import numpy as np
import pytest

from sersk.networks import NETWORKS, cnn, cnn_lstm, lstm


def test_published_cnn_has_the_published_size():
    # by hand: 3x3 convolutions with bias, 4 numbers a channel for each normalisation
    conv = sum((9 * i + 1) * o + 4 * o for i, o in [(1, 64), (64, 128), (128, 256), (256, 512)])
    dense = sum((i + 1) * o + 4 * o for i, o in [(8 * 10 * 512, 512), (512, 256)])
    model = cnn((128, 173), 6)
    assert model.count_params() == conv + dense + 257 * 6
    assert round(model.count_params() / 1e6, 1) == 22.7


def _kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_published_order_of_layers():
    block = ["Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D", "Dropout"]
    dense = ["Dense", "BatchNormalization", "ReLU", "Dropout"]
    recurrent = ["LSTM", "BatchNormalization", "Dropout"]
    head = ["InputLayer", "Reshape"]
    assert _kinds(cnn((128, 173), 6)) == [*head, *block * 4, "Flatten", *dense * 2, "Dense"]
    assert _kinds(cnn_lstm((128, 173), 6)) == [
        *[*head, *block * 4, "Permute", "Reshape"],
        *[*recurrent * 2, *dense * 2, "Dense"],
    ]
    assert _kinds(lstm((128, 173), 6)) == [
        *["InputLayer", "Permute"],
        *[*recurrent * 2, *dense * 2, "Dense"],
    ]


def test_hybrid_steps_along_time():
    model = cnn_lstm((128, 173), 6)
    sequence = next(layer for layer in model.layers if type(layer).__name__ == "LSTM").input
    # four poolings by 2 leave 173 // 16 = 10 steps of 128 // 16 = 8 bands x 512 filters
    assert sequence.shape == (None, 10, 8 * 512)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_probabilities(name):
    model = NETWORKS[name]((32, 40), 5)
    X = np.random.default_rng(0).normal(size=(3, 32, 40)).astype(np.float32)
    proba = np.asarray(model(X, training=False))
    assert proba.shape == (3, 5)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_hyperparameter_has_a_default_and_is_documented(name):
    signature = inspect.signature(NETWORKS[name])
    hyperparameters = list(signature.parameters)[2:]
    assert hyperparameters
    for hyperparameter in hyperparameters:
        assert signature.parameters[hyperparameter].default is not inspect.Parameter.empty
        assert f"{hyperparameter} : " in NETWORKS[name].__doc__


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_input_that_is_not_bands_by_frames(name):
    with pytest.raises(ValueError, match=rf"'{name}' takes features of shape \(n_bands, n_frames"):
        NETWORKS[name]((88,), 6)


def test_features_too_small_to_pool():
    with pytest.raises(ValueError, match="128 bands x 9 frames are too small for 4 blocks"):
        cnn((128, 9), 6)


def test_importing_the_networks_loads_no_tensorflow():
    code = "import sersk.networks, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

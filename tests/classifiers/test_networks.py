"""The networks equal the published ones, and their sizes are hyperparameters."""

import inspect
import subprocess
import sys

import keras
import numpy as np
import pytest

from sersk import SpeechEmotionClassifier, make_ser_pipeline
from sersk.classifiers import networks
from sersk.classifiers.networks import NETWORKS, cnn, cnn_lstm, lstm, transformer


def test_published_cnn_has_the_published_size():
    # counted by hand: 3x3 convolutions with bias, 4 numbers a channel for each normalisation
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
    assert _kinds(lstm((128, 173), 6, lstm_pooling="last")) == [
        *["InputLayer", "Permute"],
        *[*recurrent * 2, *dense * 2, "Dense"],
    ]


def test_hybrid_keeps_the_time_axis():
    model = cnn_lstm((128, 173), 6)
    sequence = next(layer for layer in model.layers if type(layer).__name__ == "LSTM").input
    # four poolings by 2 leave 173 // 16 = 10 steps of 128 // 16 = 8 bands x 512 filters
    assert sequence.shape == (None, 10, 8 * 512)


def test_the_mean_over_time_keeps_what_was_said_before_the_padding():
    # two clips that differ in their first second only, and are padded by more than a second
    rng = np.random.default_rng(0)
    said = rng.normal(size=(2, 32, 43)).astype(np.float32)
    padded = np.concatenate([said, np.full((2, 32, 86), -1, np.float32)], axis=2)

    def difference(pooling):
        keras.utils.set_random_seed(0)
        model = lstm((32, 129), 5, lstm_pooling=pooling)
        first, second = np.asarray(model(padded, training=False))
        return abs(first - second).max()

    assert difference("last") < 1e-6
    assert difference("mean") > 1e-3


def test_the_mean_over_time_is_that_of_the_last_lstm():
    model = lstm((32, 40), 5, lstm_units=(8, 4), dense_units=())
    X = np.random.default_rng(0).normal(size=(3, 32, 40)).astype(np.float32)
    outputs = [layer.output for layer in model.layers if type(layer).__name__ == "LSTM"][-1]
    pooled = next(layer.output for layer in model.layers if "Pooling" in type(layer).__name__)
    steps, mean = keras.Model(model.input, [outputs, pooled])(X, training=False)
    assert steps.shape == (3, 40, 4)
    np.testing.assert_allclose(mean, np.mean(steps, axis=1), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("network", [lstm, cnn_lstm])
def test_another_pooling_of_the_lstm_is_refused(network):
    with pytest.raises(ValueError, match="lstm_pooling must be 'mean' or 'last', got 'max'"):
        network((32, 40), 5, lstm_pooling="max")


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
def test_input_that_is_not_bands_by_frames_is_refused(name):
    with pytest.raises(ValueError, match=rf"'{name}' takes features of shape \(n_bands, n_frames"):
        NETWORKS[name]((88,), 6)


def test_features_too_small_to_pool_are_refused():
    with pytest.raises(ValueError, match="128 bands x 9 frames are too small for 4 blocks"):
        cnn((128, 9), 6)


def test_transformer_has_the_expected_number_of_parameters():
    # counted by hand: weights and biases; 2 numbers a value for each normalisation
    width, hidden, n_frames = 128, 256, 173
    projection = 128 * width + n_frames * width
    attention = 4 * (width + 1) * width
    feed_forward = (width + 1) * hidden + (hidden + 1) * width
    block = attention + feed_forward + 2 * 2 * width
    head = (width + 1) * 128 + 2 * 128 + 129 * 6
    model = transformer((128, n_frames), 6)
    assert model.count_params() == projection + 2 * block + 2 * width + head
    assert round(model.count_params() / 1e6, 1) == 0.3
    assert "BatchNormalization" not in _kinds(model)
    kinds = _kinds(transformer((16, 9), 6, width=8, n_heads=2, n_blocks=3, dense_units=(4, 4)))
    assert kinds.count("MultiHeadAttention") == 3


def test_transformer_depends_on_the_order_of_frames():
    """Without position encodings, attention and mean pooling ignore the order."""
    X = np.random.default_rng(0).normal(size=(1, 16, 20)).astype(np.float32)
    model = transformer((16, 20), 4)
    backwards = X[:, :, ::-1].copy()
    assert np.abs(model(X) - model(backwards)).max() > 1e-6
    projection = next(layer for layer in model.layers if type(layer).__name__ == "EinsumDense")
    positions = projection.bias
    assert positions.shape == (20, 128)
    positions.assign(np.zeros((20, 128)))
    np.testing.assert_allclose(model(X), model(backwards), rtol=0, atol=1e-6)


def test_transformer_output_is_the_same_in_training_and_inference():
    """No variance shift: without dropout, `training=True` does not change the output."""
    X = np.random.default_rng(0).normal(size=(5, 16, 20)).astype(np.float32)
    model = transformer((16, 20), 4, dropout=0.0, dense_dropout=0.0)
    np.testing.assert_allclose(model(X, training=True), model(X, training=False), atol=1e-6)
    np.testing.assert_allclose(model(X[:1], training=True), model(X)[:1], atol=1e-6)


def test_keras_loads_a_saved_transformer_without_custom_objects(tmp_path):
    import keras

    X = np.random.default_rng(0).normal(size=(2, 16, 20)).astype(np.float32)
    model = transformer((16, 20), 4)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(X), loaded(X))


def test_width_is_a_multiple_of_the_heads():
    with pytest.raises(ValueError, match="width=30 is no multiple of n_heads=4"):
        transformer((16, 20), 4, width=30)


def test_importing_the_networks_loads_no_tensorflow():
    code = "import sersk.classifiers.networks, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_network_is_one_file(tmp_path, monkeypatch):
    """A file in a folder of the package's path is found by its name; no other file changes."""
    (tmp_path / "averaging.py").write_text(
        "def averaging(input_shape, n_classes, *, units=4):\n"
        "    import keras\n\n"
        "    inputs = keras.Input(input_shape)\n"
        "    x = keras.layers.GlobalAveragePooling1D()(inputs)\n"
        "    x = keras.layers.Dense(units, activation='relu')(x)\n"
        "    return keras.Model(inputs, keras.layers.Dense(n_classes, activation='softmax')(x))\n"
    )
    (tmp_path / "helpers.py").write_text("def build():\n    pass\n")
    before = list(NETWORKS)
    assert before == ["cnn", "cnn_lstm", "lstm", "transformer"]

    monkeypatch.syspath_prepend(str(tmp_path))  # clears Python's cache of folder contents
    networks.__path__.append(str(tmp_path))
    try:
        assert list(NETWORKS) == sorted([*before, "averaging"])
        X, y = np.random.default_rng(0).normal(size=(8, 6, 5)), np.arange(8) % 2
        classifier = SpeechEmotionClassifier(
            "averaging", epochs=1, validation_split=0, run_eagerly=True, model__units=3
        )
        assert classifier.fit(X, y).predict_proba(X).shape == (8, 2)
        assert make_ser_pipeline("averaging", model__units=2)[-1].model == "averaging"
        with pytest.raises(ValueError, match="did you mean 'averaging'"):
            make_ser_pipeline("averageing")
    finally:
        networks.__path__.remove(str(tmp_path))
        vars(networks).pop("averaging", None)
        sys.modules.pop("sersk.classifiers.networks.averaging", None)
        sys.modules.pop("sersk.classifiers.networks.helpers", None)
    assert list(NETWORKS) == before
    with pytest.raises(KeyError):
        NETWORKS["averaging"]


def test_modules_of_layers_are_not_networks():
    assert "layers" not in NETWORKS
    assert "registry" not in NETWORKS
    assert all(getattr(networks, name) is NETWORKS[name] for name in NETWORKS)

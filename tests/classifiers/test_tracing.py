"""A training is traced once: TensorFlow's tracing is most of the time of a short one."""

import keras
import numpy as np
import pytest

from sersk import SpeechEmotionClassifier

X = np.random.default_rng(0).normal(size=(18, 3, 4)).astype(np.float32)
Y = np.tile(["anger", "sad"], 9)


@pytest.fixture
def traced():
    """Return the function of a network, and the list of its calls in training."""
    calls = []

    class Noting(keras.layers.Layer):
        def call(self, x, training=False):
            if training:
                calls.append(x.shape)
            return x

    def network(input_shape, n_classes):
        inputs = keras.Input(input_shape)
        x = Noting()(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))

    return network, calls


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "sgd"},
        {"metrics": ["accuracy", keras.metrics.AUC(name="auc")]},
        {"loss": "sparse_categorical_crossentropy"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_the_step_is_traced_once(traced, options):
    network, calls = traced
    fitted = SpeechEmotionClassifier(network, epochs=2, batch_size=8, random_state=0, **options)
    fitted.fit(X, Y)
    assert len(calls) == 1
    # and the metrics count the clips of the training alone
    assert all(len(values) == 2 for values in fitted.history_.values())
    right = fitted.history_["accuracy"][0] * (len(X) - len(fitted.validation_indices_))
    assert right == pytest.approx(round(right), abs=1e-4)

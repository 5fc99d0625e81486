"""`adapt` of a network: its batch normalisation, and its last layer."""

import keras
import numpy as np
from scipy.special import softmax

from sersk import SpeechEmotionClassifier, adapt


def build(input_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(epsilon=1e-6),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def test_a_network():
    rng = np.random.default_rng(0)
    y = np.array(["anger", "sad"] * 20)
    X = (rng.normal(size=(40, 3, 2)) + 2 * (y == "anger")[:, None, None]).astype(np.float32)
    model = SpeechEmotionClassifier(build, epochs=2, run_eagerly=True, random_state=0).fit(X, y)
    before = [w.copy() for w in model.model_.get_weights()]
    elsewhere = 3 * X[:30] + 5
    adapted = adapt(model, elsewhere, balance=False)
    for old, new in zip(before, model.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    norm, old = adapted.model_.layers[1], model.model_.layers[1]
    flat = elsewhere.reshape(30, -1)
    for name, own in (("moving_mean", flat.mean(0)), ("moving_variance", flat.var(0))):
        expected = 0.25 * np.asarray(getattr(old, name)) + 0.75 * own
        np.testing.assert_allclose(np.asarray(getattr(norm, name)), expected, rtol=1e-4)
    assert adapted.adaptation_["changed"] == ["statistics of batch normalisation"]
    balanced = adapt(model, elsewhere)
    log_odds = np.log(adapted.predict_proba(elsewhere)) - np.log(balanced.predict_proba(elsewhere))
    # the same offset for every clip, as far as a constant of the clip
    offsets = log_odds[:, 0] - log_odds[:, 1]
    np.testing.assert_allclose(offsets, offsets[0], atol=1e-4)
    labelled = adapt(model, elsewhere, np.where(y[:30] == "sad", "anger", "sad"))
    assert np.mean(labelled.predict(3 * X + 5) == y) < 0.5
    np.testing.assert_allclose(softmax(np.log(labelled.predict_proba(X)), axis=1).sum(1), 1, 1e-5)

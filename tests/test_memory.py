"""Many fits in one process, as in a search, do not add up in memory."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import gc
import keras
import numpy as np
from sersk import SpeechEmotionClassifier

def network(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    for _ in range(2):
        x = keras.layers.Dense(1400, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))

def resident():  # MB
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 32, 32)).astype("float32")
y = np.repeat(["anger", "sad"], 12)
for i in range(40):
    if i == 10:  # allocator and caches have settled
        before = resident()
    classifier = SpeechEmotionClassifier(network, epochs=1, random_state=i).fit(X, y)
    classifier.predict(X[:2])
after = resident()
print(before, after, sum(w.nbytes for w in classifier.model_.get_weights()) / 1e6)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads resident memory in /proc")
def test_thirty_fits_grow_by_no_more_than_one_model():
    done = subprocess.run(
        [sys.executable, "-c", CODE], check=True, capture_output=True, text=True, timeout=500
    )
    before, after, model = map(float, done.stdout.split())
    assert model > 13
    assert after - before <= model, f"{before:.0f} MB became {after:.0f} MB in 30 fits"

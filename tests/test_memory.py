"""Memory: it does not grow with the number of fits, nor with features kept on disk."""

import gc
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from sersk import SpeechEmotionClassifier
from sersk.classifiers.batches import Batches
from sersk.classifiers.memory import collectable_gradients

# silu registers a custom gradient, as the optimizer does. There is no call of `gc.collect` here,
# because the classifier must release its memory.
CODE = """
import keras
import numpy as np
from sklearn.model_selection import GridSearchCV
from sersk import SpeechEmotionClassifier

def network(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(1800, activation="silu")(x)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))

def resident():  # MB
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 32, 32)).astype("float32")
y = np.repeat(["anger", "sad"], 12)
classifier = SpeechEmotionClassifier(network, epochs=1, random_state=0)

def search(n_settings):  # two fits a setting
    rates = np.geomspace(1e-4, 1e-2, n_settings)
    GridSearchCV(classifier, {"optimizer__learning_rate": rates}, cv=2, refit=False).fit(X, y)
    return resident()

before, after = search(3), search(15)
classifier.initialize(X, y)
print(before, after, sum(w.nbytes for w in classifier.model_.get_weights()) / 1e6)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads resident memory in /proc")
def test_search_of_thirty_fits_grows_by_no_more_than_one_model():
    # The C library maps and unmaps each array of weights by itself. Otherwise freed pages stay in
    # its heap, and the resident memory of one fit differs from that of the next by two of them.
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        check=True,
        capture_output=True,
        text=True,
        timeout=500,
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536"},
    )
    before, after, model = map(float, done.stdout.split())
    assert model > 7
    assert after - before <= model, f"{before:.0f} MB became {after:.0f} MB in 30 fits"


# Each stage runs first on few clips, for memory that TensorFlow takes once, then on a file of
# 252 MB and on normalised ones of twice that.
FILE_CODE = """
import sys
import keras
import numpy as np
from sersk import FeatureNormalizer, SpeakerNormalizer, SpeechEmotionClassifier, as_views
from sersk._utils.storage import allocate, release

folder = sys.argv[1]
X = allocate((640, 3, 128, 512), "float16", folder)
clip = np.random.default_rng(0).normal(size=X.shape[1:])
for i in range(len(X)):
    X[i] = np.roll(clip, i, axis=-1)
release(X)
X = as_views(X)
y, speakers = np.resize(["anger", "sad"], len(X)), np.arange(len(X)) // 160

def network(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.GlobalAveragePooling1D()(inputs)
    return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(x))

classifier = SpeechEmotionClassifier(network, epochs=1, random_state=0)

def run(X, y, speakers):
    corpus = FeatureNormalizer(storage=folder).fit_transform(X)
    speaker = SpeakerNormalizer(storage=folder).fit_transform(X, groups=speakers)
    classifier.fit(X, y)
    for features in (X, corpus, speaker):
        classifier.predict_proba(features)

def read(name):  # MB
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1000 for line in file if line.startswith(name))

run(X[:64], y[:64], speakers[:64])
before = read("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak from here on
run(X, y, speakers)
print(before, read("VmHWM"), X.nbytes / 1e6)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads memory in /proc")
def test_features_on_disk_are_never_loaded_as_a_whole(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FILE_CODE, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=500,
    )
    before, after, file = map(float, done.stdout.split())
    assert file > 250
    assert after - before < 150, f"{before:.0f} MB became {after:.0f} MB"
    assert not list(tmp_path.iterdir())


def test_gradients_last_as_long_as_their_graph():
    def registered():
        return {name for name in ops.gradient_registry.list() if name.startswith("CustomGradient-")}

    gc.collect()  # release objects of other tests in this process before counting
    before = registered()
    x = tf.constant([0.5, -2.0])
    with collectable_gradients():
        silu = tf.function(tf.nn.silu, autograph=False)
        silu(x)
    gc.collect()
    assert registered() > before

    # the function was traced without its backward pass: TensorFlow looks up the gradient now
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = silu(x)
    sigmoid = 1 / (1 + np.exp(-x.numpy()))
    expected = sigmoid * (1 + x.numpy() * (1 - sigmoid))
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-6)

    del silu, tape, y
    gc.collect()
    assert registered() <= before


def test_other_gradients_of_the_registry_are_kept():
    x = tf.constant([0.5, -2.0])
    silu = tf.function(tf.nn.silu, autograph=False)
    silu(x)
    name = list(ops.gradient_registry.list())[-1]
    gradient = ops.gradient_registry.lookup(name)
    with collectable_gradients():
        pass
    assert ops.gradient_registry.lookup(name) is gradient


@pytest.mark.parametrize("fails", [False, True])
def test_features_of_a_fit_are_released_after_it(fails):
    def network(input_shape, n_classes):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax")(inputs))

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if fails:
                raise ArithmeticError

    def served():
        gc.collect()
        sizes = (x.X.nbytes + x.targets.nbytes for x in gc.get_objects() if type(x) is Batches)
        functions = getattr(ops.get_default_graph(), "_py_funcs_used_in_graph", [])
        return sum(sizes), len(functions)

    before = served()
    X = np.random.default_rng(0).normal(size=(16, 100)).astype(np.float32)
    classifier = SpeechEmotionClassifier(network, epochs=1, callbacks=[Stop()], run_eagerly=True)
    with pytest.raises(ArithmeticError) if fails else nullcontext():
        classifier.fit(X, np.tile(["anger", "sad"], 8))
    n_bytes, n_functions = served()
    assert n_bytes == before[0]
    assert fails or n_functions == before[1]

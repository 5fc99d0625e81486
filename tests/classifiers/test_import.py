"""Importing the classifier changes nothing in Keras or TensorFlow."""

import subprocess
import sys

CODE = """
import os
import random
import keras
from keras.src.random import seed_generator
from tensorflow.python.framework import config, ops

before = dict(vars(seed_generator)), dict(os.environ), set(ops.gradient_registry.list())
import sersk.classifiers.neural
from sersk.classifiers.seeding import seeded

def assert_untouched():
    assert vars(seed_generator) == before[0]
    assert seed_generator.python_random is random
    assert dict(os.environ) == before[1]

assert_untouched()
assert set(ops.gradient_registry.list()) == before[2]
with seeded(3):
    assert seed_generator.python_random is not random
    first = seed_generator.make_default_seed()
    assert config.is_op_determinism_enabled()
assert_untouched()
assert not config.is_op_determinism_enabled()
with seeded(3):
    random.random()  # as another thread may do
    assert seed_generator.make_default_seed() == first
try:
    with seeded(3):
        raise KeyError
except KeyError:
    assert_untouched()
"""


def test_keras_is_changed_only_while_a_network_is_built_or_trained():
    subprocess.run([sys.executable, "-c", CODE], check=True)

"""Ctrl-C in a training: it is never lost, and the classifier is not fitted afterwards."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from sersk.classifiers.interruption import honouring_interrupts, raise_lost_interrupt

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to itself")


def swallow():
    """Lose an interruption, as C++ code does that discards exceptions."""
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_lost_interrupt_is_raised_at_the_next_batch():
    passed = []

    def train():
        with honouring_interrupts():
            swallow()
            passed.append("first batch")
            raise_lost_interrupt()
            passed.append("second batch")

    with pytest.raises(KeyboardInterrupt):
        train()
    assert passed == ["first batch"]
    raise_lost_interrupt()  # nothing is left of it
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def lose():
    with honouring_interrupts(), honouring_interrupts():
        swallow()


def test_a_lost_interrupt_is_raised_at_the_end():
    with pytest.raises(KeyboardInterrupt):
        lose()


def fail():
    with honouring_interrupts():
        swallow()
        raise ValueError("an operation was cancelled")


def test_an_error_that_follows_a_lost_interrupt_is_its_cause():
    with pytest.raises(KeyboardInterrupt) as info:
        fail()
    assert "cancelled" in str(info.value.__cause__)


def test_a_handler_of_the_user_is_called_and_decides():
    arrived = []
    before = signal.signal(signal.SIGINT, lambda number, frame: arrived.append(number))
    try:
        with honouring_interrupts():
            signal.raise_signal(signal.SIGINT)
            raise_lost_interrupt()
        assert arrived == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_leave_the_handler_alone():
    seen = []

    def run():
        with honouring_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


# Interrupts itself again and again, each time at another moment after a network is built. Without
# the remedy, 20 of 69 interruptions were lost, and the training went on to its end.
CODE = """
import os, random, signal, sys, threading, time
import keras
import numpy as np
from sklearn.exceptions import NotFittedError
from sersk import SpeechEmotionClassifier

rng = random.Random(0)
X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
y = np.tile(["anger", "sad"], 8)

def network(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    outputs = keras.layers.Dense(n_classes, activation="softmax")(inputs)
    threading.Timer(rng.uniform(0.0, 0.5), os.kill, [os.getpid(), signal.SIGINT]).start()
    return keras.Model(inputs, outputs)

classifier = SpeechEmotionClassifier(
    network, epochs=100_000, early_stopping_patience=None, random_state=0, verbose=0
)
for _ in range(int(sys.argv[1])):
    try:
        classifier.fit(X, y)
    except KeyboardInterrupt:
        pass
    try:
        classifier.predict(X)
    except NotFittedError:
        print("not fitted", flush=True)
"""


@pytest.mark.slow
def test_no_interrupt_of_a_training_is_lost():
    n_times = 6
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(n_times)],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.splitlines() == ["not fitted"] * n_times

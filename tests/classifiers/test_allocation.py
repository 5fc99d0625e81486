"""Memory that a training keeps from step to step."""

import ctypes
import resource
import sys
from contextlib import nullcontext
from threading import Barrier, Thread

import numpy as np
import pytest

from sersk import SpeechEmotionClassifier
from sersk.classifiers import allocation, training
from sersk.classifiers.allocation import keeping_memory

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the allocator is not glibc's",
)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    for name in ("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_"):
        monkeypatch.delenv(name, raising=False)
    for name in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "LD_PRELOAD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def thresholds(monkeypatch):
    values = []
    monkeypatch.setattr(allocation, "_set_thresholds", lambda _, value: values.append(value))
    return values


def test_a_training_takes_few_new_pages_and_gives_the_same_weights(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(64, 48, 48)).astype(np.float32), np.resize(["anger", "sad"], 64)

    def fit():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        classifier = SpeechEmotionClassifier(
            epochs=2,
            model__filters=(24,),
            model__dense_units=(),
            validation_split=0.0,
            random_state=0,
        ).fit(X, y)
        n_pages = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        return n_pages, classifier.model_.get_weights()

    fit()  # what TensorFlow takes once
    kept, weights = fit()
    nothing = nullcontext(lambda: None)
    monkeypatch.setattr(training, "keeping_memory", lambda: nothing)
    mapped_anew, expected = fit()
    assert kept < mapped_anew / 2
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_last_of_several_fits_restores_the_setting(thresholds):
    both_inside = Barrier(2, timeout=60)

    def fit():
        with keeping_memory():
            both_inside.wait()

    threads = [Thread(target=fit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second, restored = thresholds
    assert first == second > restored


def test_tensorflows_own_setting_at_its_first_batch_does_not_stay(thresholds):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(64, 16, 16)).astype(np.float32), np.resize(["anger", "sad"], 64)
    SpeechEmotionClassifier(
        epochs=1, model__filters=(2,), model__dense_units=(), validation_split=0.0
    ).fit(X, y)
    *after_each_batch, restored = thresholds[1:]
    assert len(after_each_batch) >= 2
    assert min(after_each_batch) > restored


def test_an_error_restores_the_setting(thresholds):
    with pytest.raises(KeyError), keeping_memory():
        raise KeyError
    assert len(thresholds) == 2


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "LD_PRELOAD"])
def test_the_users_own_setting_is_left_alone(monkeypatch, thresholds, name):
    monkeypatch.setenv(name, "1")
    with keeping_memory():
        pass
    assert thresholds == []

"""A network in a process that was forked after TensorFlow had been used: an error, no waiting."""

import os
import subprocess
import sys

import joblib
import numpy as np
import pytest

from sersk import SpeechEmotionClassifier, make_emotional_speech, make_ser_pipeline

PARENT = """
import multiprocessing
import os
import pickle
import signal
import sys

import numpy as np


def in_child(name, call):
    sys.stdout.flush()
    if pid := os.fork():
        status = os.waitpid(pid, 0)[1]
        if status:
            print(name, "ended with", status)
        return
    signal.alarm(60)
    try:
        call()
        print(name, "worked")
    except BaseException as error:
        print(name, type(error).__name__, error)
    sys.stdout.flush()
    os._exit(0)


network, functionals, clip = sys.argv[1:]
X, y = np.zeros((8, 8, 8), np.float32), ["anger", "sad"] * 4


def load(path):
    from sersk import load_model

    return load_model(path, allow_pickle=True)


import tensorflow

in_child("only imported", lambda: load(network).predict(X))
tensorflow.constant(1.0)  # the first tensor starts TensorFlow's threads
in_child("another's TensorFlow", lambda: load(network))
model = load(network)
model.predict(X)
pickled = pickle.dumps(model)
in_child("loaded", lambda: load(network))
in_child("unpickled", lambda: pickle.loads(pickled).predict(X))
in_child("predict", lambda: model.predict(X))
in_child("predict_proba", lambda: model.predict_proba(X))
in_child("fit", lambda: model.fit(X, y))
in_child("functionals", lambda: load(functionals).predict_proba(np.load(clip)[None]))
with multiprocessing.get_context("fork").Pool(1) as pool:
    try:
        pool.apply_async(model.predict, [X]).get(60)
    except Exception as error:
        print("pool", type(error).__name__, error)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_refuses_networks_and_uses_other_models(tmp_path):
    X = np.random.default_rng(0).normal(size=(8, 8, 8)).astype(np.float32)
    network = SpeechEmotionClassifier(model__filters=(2,), model__dense_units=(), random_state=0)
    joblib.dump(network.initialize(X, ["anger", "sad"] * 4), tmp_path / "network")
    corpus = make_emotional_speech(2, 2, duration=0.5, sample_rate=8000, random_state=0)
    functionals = make_ser_pipeline(
        preset="functionals", sample_rate=8000, duration=0.5, augmentation=False
    )
    joblib.dump(functionals.fit(corpus.data, corpus.target), tmp_path / "functionals")
    np.save(tmp_path / "clip.npy", corpus.data[0])
    files = [tmp_path / "network", tmp_path / "functionals", tmp_path / "clip.npy"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARENT, *files],
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = done.stdout.splitlines()
    told = dict.fromkeys(lines)
    assert len(lines) == 9, done.stdout + done.stderr
    assert lines[0] == "only imported worked"
    refused = ["another's TensorFlow", "loaded", "unpickled", "predict", "predict_proba", "fit"]
    for name in [*refused, "pool"]:
        line = next(line for line in told if line.startswith(f"{name} "))
        assert line.startswith(f"{name} ForkedProcessError SpeechEmotionClassifier: "), line
        for remedy in ("Load the model in each worker", "--preload", "get_context('spawn')"):
            assert remedy in line
    assert "functionals worked" in told

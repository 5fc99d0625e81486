"""A training that is killed and started again ends with the weights of an undisturbed one."""

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from sersk import SpeechEmotionClassifier  # noqa: E402
from sersk.classifiers.checkpoints import Checkpoint, read_state  # noqa: E402

RNG = np.random.default_rng(0)
Y = np.repeat(["anger", "sad"], 24)
X = RNG.normal(size=(48, 16, 16)).astype(np.float32)
SPEAKERS = np.tile(np.arange(8), 6)


def make(**options):
    # dropout, batch normalisation, a plateau and early stopping: all have a state
    known = {
        "model__filters": (4,),
        "model__dense_units": (4,),
        "batch_size": 16,
        "epochs": 6,
        "early_stopping_patience": 3,
        "plateau_patience": 1,
        "optimizer__learning_rate": 0.05,
        "random_state": 0,
        "verbose": 0,
    }
    return SpeechEmotionClassifier(**known | options)


class StopAt(keras.callbacks.Callback):
    """Raise in the middle of an epoch, as a training ends that is interrupted."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.now = epoch, None

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.now, batch) == (self.epoch, 1):
            raise InterruptedError


@pytest.fixture(scope="module")
def undisturbed():
    return make().fit(X, Y, groups=SPEAKERS)


def assert_same(one, other):
    assert one.history_ == other.history_
    weights = zip(one.model_.get_weights(), other.model_.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in weights)


def test_an_interrupted_training_resumes_to_the_bit(undisturbed, tmp_path):
    for epoch in (0, 2):
        stopping = make(callbacks=[StopAt(epoch)])
        with pytest.raises(InterruptedError):
            stopping.fit(X, Y, groups=SPEAKERS, checkpoint=tmp_path)
        random.random()  # what else the process draws does not matter
    resumed = make().fit(X, Y, groups=SPEAKERS, checkpoint=tmp_path)
    assert_same(resumed, undisturbed)
    assert len(set(undisturbed.history_["learning_rate"])) > 1
    # once more, when it had ended: nothing is trained
    assert_same(make().fit(X, Y, groups=SPEAKERS, checkpoint=tmp_path), undisturbed)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]


def test_another_training_is_refused(tmp_path):
    folder = tmp_path / "new" / "folder"
    make(epochs=1).fit(X, Y, groups=SPEAKERS, checkpoint=folder)

    def differs(match, x=X, y=Y, **options):
        groups = options.pop("groups", SPEAKERS)
        with pytest.raises(ValueError, match=match):
            make(epochs=1, **options).fit(x, y, groups=groups, checkpoint=folder)

    differs("another training: plateau_factor was 0.1 and is 0.5", plateau_factor=0.5)
    differs("random_state was 0 and is 1", random_state=1)
    differs(r"another training: other features\. Pass the same, or another folder", x=X + 1e-3)
    differs("other labels", y=Y[::-1])
    differs("other validation clips", groups=None)
    (folder / "checkpoint.npz").write_bytes(b"PK" + bytes(1000))
    differs("is no whole checkpoint .* Delete it to begin anew")


def test_a_seed_that_is_drawn_is_kept(tmp_path):
    first = make(epochs=1, random_state=None).fit(X, Y, checkpoint=tmp_path)
    again = make(epochs=1, random_state=None).fit(X, Y, checkpoint=tmp_path)
    assert_same(first, again)


# Each takes some seconds.
N_KILLS = int(os.environ.get("SERSK_TEST_KILLS", 2))
# Imports TensorFlow once, and trains in a new process for each line that it reads. It tells how far
# the training is, so that kills fall on all of it: batches, and writes after epochs.
SCRIPT = """\
import os
import sys
import keras
import numpy as np
sys.path.insert(0, sys.argv[1])
from test_checkpoints import SPEAKERS, X, Y, make

class Tell(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        print("batch", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        print("epoch", flush=True)

def train():
    print(os.getpid(), flush=True)
    fitted = make(callbacks=[Tell()]).fit(X, Y, groups=SPEAKERS, checkpoint=sys.argv[2])
    np.savez(sys.argv[3], *fitted.model_.get_weights())

for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            train()
            os._exit(0)
        finally:
            os._exit(1)
    print("end", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9")
def test_a_killed_process(undisturbed, tmp_path):
    result = tmp_path / "weights.npz"
    state = tmp_path / "state"
    command = [sys.executable, "-c", SCRIPT, Path(__file__).parent, state, result]
    expected = undisturbed.model_.get_weights()
    rng = np.random.default_rng()
    n_told = 4 * len(undisturbed.history_["loss"])  # three batches an epoch, and its end

    def run(server, n_lines):
        """Train, and kill the process after so many lines; return whether it was killed."""
        server.stdin.write("train\n")
        server.stdin.flush()
        child = int(server.stdout.readline())
        for number in range(1, n_told + 2):
            if number == n_lines:
                time.sleep(rng.uniform(0, 0.05))
                with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                    os.kill(child, signal.SIGKILL)
            line = server.stdout.readline().split()
            if line[0] == "end":
                break
        while line[0] != "end":
            line = server.stdout.readline().split()
        assert int(line[1]) in (0, -signal.SIGKILL)
        return int(line[1]) != 0

    def check():
        weights = np.load(result).values()
        assert all(np.array_equal(a, b) for a, b in zip(weights, expected, strict=True))

    with subprocess.Popen(
        [*map(str, command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        n_killed = 0
        while n_killed < N_KILLS:
            if run(server, rng.integers(1, n_told // 2)):
                n_killed += 1
            else:  # the end was reached before: from the beginning
                check()
                shutil.rmtree(state)
        assert not run(server, None)
        check()
        server.stdin.close()


def test_a_folder_that_can_not_be_used_is_refused_before_training(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    refused = r"SpeechEmotionClassifier: checkpoint=.* can't be used: "
    for folder, kind in [(file, FileExistsError), (file / "below", NotADirectoryError)]:
        assert read_state(folder / "checkpoint.npz") is None
        with pytest.raises(kind, match=refused):
            Checkpoint(folder, {}).open(None, ())
    assert file.read_bytes() == b""

    # the permissions of a folder do not bind an administrator
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("sersk._utils.files.open_temporary", refuse)
    with pytest.raises(PermissionError, match=refused + "Permission denied. Pass a folder"):
        Checkpoint(tmp_path / "read-only", {}).open(None, ())

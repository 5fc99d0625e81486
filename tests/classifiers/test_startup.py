"""TensorFlow's start-up lines are not shown, anything else is."""

import os
import subprocess
import sys

import pytest

from sersk._utils import quiet_tensorflow

FIT = """
import os, threading, time
environment = dict(os.environ)
import numpy as np
from sersk import SpeechEmotionClassifier
classifier = SpeechEmotionClassifier(
    model__filters=(2,), model__dense_units=(), epochs=1, validation_split=0.0, random_state=0
)
X, y = np.zeros((8, 8, 8), np.float32), ["anger", "sad"] * 4
classifier.fit(X, y).predict(X)
import tensorflow
tensorflow.config.list_physical_devices("GPU")
assert dict(os.environ) == environment
"""


def test_fitting_a_network_writes_nothing_to_stderr():
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", FIT], capture_output=True, text=True, env=environment, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Let a module of the given code take the place of TensorFlow, which is not imported yet."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield (tmp_path / "tensorflow.py").write_text
    sys.modules.pop("tensorflow", None)


LINES = r"""
import os, sys
os.write(2, b"2026-11-27 15:05:01.123456: I tensorflow/core/util/port.cc:153] oneDNN is on\n")
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written\n")
os.write(2, b"E0000 00:00:1795791938.833271   28382 cuda_platform.cc:52] failed call to cuInit\n")
os.write(2, b"To enable the following instructions: AVX2 FMA, rebuild TensorFlow\n")
print("of another thread", file=sys.stderr)
os.write(2, b"\xff no text\n")
"""


def test_what_others_write_meanwhile_is_kept(fake, capfdbinary):
    fake(LINES + "level = os.environ['TF_CPP_MIN_LOG_LEVEL']")
    quiet_tensorflow.import_tensorflow_quietly()
    assert capfdbinary.readouterr() == (b"", b"of another thread\n\xff no text\n")
    assert sys.modules["tensorflow"].level == "3"
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ


def test_all_lines_are_shown_if_the_import_fails(fake, capfdbinary):
    fake(LINES + "raise ImportError('no TensorFlow')")
    with pytest.raises(ImportError, match="no TensorFlow"):
        quiet_tensorflow.import_tensorflow_quietly()
    shown = capfdbinary.readouterr().err
    assert b"oneDNN is on" in shown
    assert b"cuInit" in shown
    assert b"of another thread" in shown


def test_a_level_of_the_users_own_is_respected(fake, capfdbinary, monkeypatch):
    fake(LINES)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    quiet_tensorflow.import_tensorflow_quietly()
    assert "tensorflow" not in sys.modules  # Keras imports it, and nothing is hidden
    assert capfdbinary.readouterr().err == b""


def test_without_a_folder_for_temporary_files_nothing_is_redirected(fake, capfdbinary, monkeypatch):
    def refuse():
        raise FileNotFoundError("No usable temporary directory found")

    fake(LINES)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    quiet_tensorflow.import_tensorflow_quietly()
    assert "tensorflow" not in sys.modules
    assert capfdbinary.readouterr().err == b""


def test_a_stderr_that_can_only_be_written_to_is_left_alone(fake, capfdbinary, monkeypatch):
    fake("loaded = True")
    monkeypatch.setattr(sys, "stderr", type("OnlyWrites", (), {"write": lambda *_: None})())
    quiet_tensorflow.import_tensorflow_quietly()
    assert sys.modules["tensorflow"].loaded

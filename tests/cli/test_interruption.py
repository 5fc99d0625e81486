"""Ctrl-C in a real process: exit code 130, no traceback, finished results are kept."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
import soundfile

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGINT to a child process needs POSIX")


class Process:
    """A `sersk` process; its stdout and stderr are pipes that threads read."""

    def __init__(self, *arguments, start=("-m", "sersk")):
        command = [sys.executable, *start, *map(str, arguments)]
        # A separate process group, so that the signal does not reach the tests.
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self.lines = {"stdout": [], "stderr": []}
        self.changed = threading.Condition()
        self.readers = [threading.Thread(target=self._read, args=[name]) for name in self.lines]
        for reader in self.readers:
            reader.start()

    def _read(self, name):
        for line in getattr(self.process, name):
            with self.changed:
                self.lines[name].append(line.decode())
                self.changed.notify()

    def wait_for(self, name, words, times=1):
        def seen():
            return sum(words in line for line in self.lines[name]) >= times

        with self.changed:
            assert self.changed.wait_for(seen, timeout=120), "".join(self.lines["stderr"])

    def interrupt(self):
        """Send SIGINT; return stdout and stderr."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return "".join(self.lines["stdout"]), "".join(self.lines["stderr"])


def check_end(process, stderr):
    assert process.process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert not {"\r", "\x1b"} & set(stderr)


@pytest.fixture
def many(light_model, tmp_path):
    clip, rate = soundfile.read(light_model.files[0])
    soundfile.write(tmp_path / "0000.wav", clip, rate)
    for i in range(1, 3000):
        os.link(tmp_path / "0000.wav", tmp_path / f"{i:04d}.wav")
    return tmp_path


@pytest.mark.parametrize("form", ["lines", "--json"])
def test_predict_keeps_finished_rows(light_model, many, form):
    options = [] if form == "lines" else [form]
    process = Process("predict", light_model.path, many, *options)
    process.wait_for("stdout", ".wav")
    stdout, stderr = process.interrupt()
    check_end(process, stderr)
    if form == "lines":
        rows = [line.split("\t") for line in stdout.splitlines()]
        assert all(len(row) == 3 for row in rows)
        names = [os.path.basename(row[0]) for row in rows]
    else:
        names = [os.path.basename(record["path"]) for record in json.loads(stdout)]
    assert 1 <= len(names) < 3000
    assert names == [f"{i:04d}.wav" for i in range(len(names))]
    assert f"Interrupted after {len(names)} of 3000 recordings." in stderr


# A classifier without TensorFlow, whose second fit ends only by Ctrl-C.
SLOW = """
import sys, time
from sklearn.dummy import DummyClassifier
from sersk.cli import _pipeline, main

fits = []

class Slow(DummyClassifier):
    def fit(self, X, y):
        fits.append(len(y))
        print("fit", len(fits), file=sys.stderr, flush=True)
        if len(fits) == 2:
            time.sleep(100)
        return super().fit(X, y)

_pipeline.PipelineOptions.make = lambda options: Slow(strategy="uniform")
main()
"""


def test_evaluate_keeps_finished_folds(corpus_folder, tmp_path):
    page = tmp_path / "отчёт 1.html"
    options = ["--speaker", r"(synthetic-\d+)", "--leave-one-speaker-out", "--json"]
    process = Process("evaluate", corpus_folder, *options, "--report", page, start=["-c", SLOW])
    process.wait_for("stderr", "fit 2")
    stdout, stderr = process.interrupt()
    check_end(process, stderr)
    report = json.loads(stdout)
    assert [row["fold"] for row in report["by_fold"]] == [1]
    assert any("1 of 4 fits" in note for note in report["notes"])
    assert "1 of 4 fits" in page.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [page]


def test_train_leaves_no_partial_file(corpus_folder, small, tmp_path):
    output = tmp_path / "model.sersk"
    output.write_bytes(b"the old one")
    options = [*small, "--epochs", "5000", "--verbose"]
    options += ["--set", "classifier__early_stopping_patience=None"]
    process = Process("train", corpus_folder, "-o", output, *options)
    process.wait_for("stderr", "epoch 1/5000")
    stdout, stderr = process.interrupt()
    check_end(process, stderr)
    assert stdout == ""
    assert stderr.endswith("Interrupted.\n")
    assert output.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [output]

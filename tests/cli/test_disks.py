"""Read-only folders and full disks: a message of one line, and no partial files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.dummy import DummyClassifier

from sersk import save_model
from sersk.cli._models import save_model as save_from_command


@pytest.fixture
def mount(tmp_path):
    """Mount a file system of a given size; skip where that is not allowed."""
    mounted = []

    def make(options):
        folder = tmp_path / f"диск {len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small file system needs root")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_old_model(mount):
    disk = mount("size=16k")
    path = disk / "model.joblib"
    path.write_bytes(b"the old one")
    (disk / "filler").write_bytes(bytes(8192))
    with pytest.raises(OSError, match="No space left") as info:
        save_model(_big(), path)
    assert info.value.filename == path
    assert path.read_bytes() == b"the old one"
    assert sorted(file.name for file in disk.iterdir()) == ["filler", "model.joblib"]


def _big():
    model = DummyClassifier().fit([[0]], ["sad"])
    model.filler = os.urandom(100_000)
    return model


def test_a_trained_model_is_saved_elsewhere(mount, tmp_path, monkeypatch, capsys):
    disk = mount("size=16k")
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(other))

    model = _big()
    model.set_params = lambda **params: model  # the way the command was run does not matter here
    monkeypatch.setattr("sersk.persistence.copy.copy", lambda model: _big())
    with pytest.raises(OSError, match="No space left"):
        save_from_command(model, disk / "model.joblib")
    assert list(disk.iterdir()) == []
    (kept,) = other.iterdir()
    assert str(kept) in capsys.readouterr().err


def test_a_read_only_folder_is_reported_before_training(sersk, mount, corpus_folder):
    disk = mount("ro,size=16k")
    result = sersk("train", corpus_folder, "-o", disk / "model.joblib")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Read-only file system" in result.stderr
    assert "model.joblib" in result.stderr
    speaker = ("--speaker", r"(synthetic-\d+)")
    result = sersk("evaluate", corpus_folder, *speaker, "--report", disk / "report.html")
    assert result.exit_code == 1
    assert "report.html" in result.stderr
    assert sersk("demo", "-o", disk / "demo").exit_code == 1


def test_recordings_in_a_read_only_folder_are_read(sersk, mount, light_model):
    disk = mount("size=1m")
    shutil.copy(light_model.files[0], disk / "голос 1.wav")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert sersk("predict", light_model.path, disk).exit_code == 0
    assert sersk("corpora", disk).exit_code == 3  # outside of the emotions' folders


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_results_that_can_t_be_written_are_an_error(unbuffered):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sersk", "corpora", "--json"],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr

"""Read-only folders and full disks: a message of one line, and no partial files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from sersk import describe_model, load_model, save_model
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
    path = disk / "model.sersk"
    path.write_bytes(b"the old one")
    (disk / "filler").write_bytes(bytes(8192))
    with pytest.raises(OSError, match="No space left") as info:
        save_model(_big(), path)
    assert info.value.filename == str(path)
    assert path.read_bytes() == b"the old one"
    assert sorted(file.name for file in disk.iterdir()) == ["filler", "model.sersk"]


def _big():
    model = DummyClassifier().fit([[0]], ["sad"])
    model.filler = np.frombuffer(os.urandom(100_000), np.uint8)
    return model


def test_a_trained_model_is_saved_elsewhere(mount, tmp_path, monkeypatch, capsys):
    disk = mount("size=16k")
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(other))

    model = _big()
    model.set_params = lambda **params: model  # the way the command was run does not matter here
    monkeypatch.setattr("sersk.persistence.saving.copy.copy", lambda model: _big())
    with pytest.raises(OSError, match="No space left"):
        save_from_command(model, disk / "model.sersk")
    assert list(disk.iterdir()) == []
    (kept,) = other.iterdir()
    assert str(kept) in capsys.readouterr().err


def test_a_read_only_folder_is_reported_before_training(sersk, mount, corpus_folder):
    disk = mount("ro,size=16k")
    result = sersk("train", corpus_folder, "-o", disk / "model.sersk")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Read-only file system" in result.stderr
    assert "model.sersk" in result.stderr
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


@pytest.fixture
def full_disk(mount):
    disk = mount("size=16k")
    (disk / "filler").write_bytes(bytes(16384))
    return disk


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Return the folder for temporary files of this test."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Let commands train a classifier that needs no features."""
    pipeline = Pipeline([("classifier", DummyClassifier(strategy="prior"))])
    pipeline["classifier"].shrinkage_ = 0.1  # `sersk train` prints it
    monkeypatch.setattr("sersk.cli._pipeline.PipelineOptions.make", lambda options: pipeline)


SPEAKER = ("--speaker", r"(synthetic-\d+)", "--folds", "2")


def test_scores_are_printed_if_a_report_can_t_be_written(
    sersk, quick, full_disk, elsewhere, corpus_folder, tmp_path
):
    reports = [full_disk / "a.md", full_disk / "b.json", tmp_path / "c.json"]
    options = [word for report in reports for word in ("--report", report)]
    result = sersk("evaluate", corpus_folder, *SPEAKER, "--json", *options)
    assert result.exit_code == 1
    scores = json.loads(result.stdout)["scores"]
    assert result.stderr.count("No space left on device") == 2
    assert "a.md" in result.stderr
    assert "b.json" in result.stderr
    assert [file.name for file in full_disk.iterdir()] == ["filler"]
    kept = {file.suffix: file for file in elsewhere.iterdir()}
    assert sorted(kept) == [".json", ".md"]
    page, text = kept[".md"], kept[".json"]
    for kept in (text, tmp_path / "c.json"):  # the one after the failure is written too
        assert json.loads(kept.read_text(encoding="utf-8"))["scores"] == scores
    for kept in (page, text):
        assert str(kept) in result.stderr


def test_scores_are_printed_if_a_report_can_be_written_nowhere(
    sersk, quick, full_disk, corpus_folder, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(full_disk))
    result = sersk("evaluate", corpus_folder, *SPEAKER, "--report", full_disk / "a.md")
    assert result.exit_code == 1
    assert "UAR" in result.stdout
    assert "instead" not in result.stderr
    assert [file.name for file in full_disk.iterdir()] == ["filler"]


def test_a_report_is_written_if_scores_can_t_be_printed(
    sersk, quick, corpus_folder, tmp_path, monkeypatch
):
    def fail(text):
        raise OSError(28, "No space left on device")

    # the function of this name hides the module
    monkeypatch.setattr(sys.modules["sersk.cli.evaluate"], "print_result", fail)
    result = sersk("evaluate", corpus_folder, *SPEAKER, "--report", tmp_path / "a.json")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["scores"]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_train_prints_its_score_and_keeps_the_model(
    sersk, quick, full_disk, elsewhere, corpus_folder, form
):
    model = full_disk / "model.sersk"
    result = sersk("train", corpus_folder, "-o", model, *SPEAKER, "--evaluate", *form)
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    if form:
        assert json.loads(result.stdout)["score"]["uar"] == pytest.approx(0.5)
    else:
        assert "Score: UAR 0.500" in result.stdout
        assert "not saved there" in result.stdout
    (kept,) = elsewhere.iterdir()
    assert str(kept) in result.stderr
    assert describe_model(load_model(kept))["score"]["uar"] == pytest.approx(0.5)


def test_timeline_prints_if_its_plot_can_t_be_written(sersk, full_disk, elsewhere, light_model):
    file = light_model.files[0]
    plot = full_disk / "a.png"
    result = sersk("timeline", light_model.path, file, "--csv", "--all-windows", "--plot", plot)
    assert result.exit_code == 1
    assert result.stdout.startswith("start,end,")
    assert "No space left on device" in result.stderr
    (kept,) = elsewhere.iterdir()
    assert kept.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in full_disk.iterdir()] == ["filler"]


def test_predict_prints_finished_rows_of_a_table_after_an_error(sersk, light_model, monkeypatch):
    def some(*arguments):
        yield "a.wav", np.array([0.25, 0.75])
        raise MemoryError

    # the function of this name hides the module
    monkeypatch.setattr(sys.modules["sersk.cli.predict"], "_predict", some)
    for form in (["--json"], ["--csv"], []):
        result = sersk("predict", light_model.path, *light_model.files, *form)
        assert result.exit_code == 1
        assert "a.wav" in result.stdout
        assert "out of memory" in result.stderr
        if form == ["--json"]:
            assert [row["path"] for row in json.loads(result.stdout)] == ["a.wav"]


def test_evaluate_prints_the_folds_before_a_fit_that_fails(
    sersk, quick, corpus_folder, tmp_path, monkeypatch
):
    fits = []
    fit = DummyClassifier.fit

    def fail(self, X, y, **params):
        fits.append(1)
        if len(fits) == 2:
            raise MemoryError
        return fit(self, X, y, **params)

    monkeypatch.setattr(DummyClassifier, "fit", fail)
    report = tmp_path / "a.json"
    result = sersk("evaluate", corpus_folder, *SPEAKER, "--json", "--report", report)
    assert result.exit_code == 1
    assert "out of memory" in result.stderr
    for text in (result.stdout, report.read_text(encoding="utf-8")):
        assert [row["fold"] for row in json.loads(text)["by_fold"]] == [1]

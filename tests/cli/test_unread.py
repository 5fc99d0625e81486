"""Commands name the sound files that are not read, and exit with 3."""

import json
import shutil

import pytest


@pytest.fixture(autouse=True)
def _without_engine(monkeypatch):
    """Read only what libsndfile reads, as where neither PyAV nor ffmpeg is installed."""
    monkeypatch.setattr("sersk.audio.engines.find_engine", lambda: None)


@pytest.fixture
def mixed_folder(corpus_folder, tmp_path):
    """The small corpus, with a third emotion whose files are all of a telephone."""
    root = tmp_path / "calls"
    shutil.copytree(corpus_folder, root)
    for name in ("synthetic-1 a", "synthetic-2 b"):
        (root / "happy").mkdir(exist_ok=True)
        (root / "happy" / f"{name}.m4a").write_bytes(bytes(1_000))
    return root


def test_corpora(sersk, mixed_folder):
    result = sersk("corpora", mixed_folder)
    assert result.exit_code == 3
    assert "happy/synthetic-1 a.m4a: is of a format that is not read" in result.stdout
    assert "happy: is an emotion of which no file is read" in result.stdout
    found = json.loads(sersk("corpora", mixed_folder, "--json").stdout)
    assert len(found["problems"]) == 3


def test_predict(sersk, light_model, mixed_folder):
    for words in ([mixed_folder], [f"{mixed_folder}/*"], [f"{mixed_folder}/**/*"]):
        result = sersk("predict", light_model.path, *words, "--quiet")
        assert result.exit_code == 3, result.output
        assert len(result.stdout.splitlines()) == 16
        assert result.stderr.count("is of a format that is not read; convert it: ffmpeg -i") == 2
        assert "happy/synthetic-2 b.m4a" in result.stderr
    result = sersk("predict", light_model.path, mixed_folder / "happy")
    assert result.exit_code == 1
    assert result.stderr.count("ffmpeg -i") == 2
    assert "without recordings" not in result.stderr


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_train_and_evaluate(sersk, mixed_folder, tmp_path, command):
    output = ["--output", tmp_path / "model.sersk"] if command == "train" else ["--folds", "2"]
    result = sersk(
        command,
        mixed_folder,
        *output,
        *("--speaker", r"(synthetic-\d+)", "--quiet", "--no-augmentation"),
        *("--duration", "1.0", "--sample-rate", "8000"),
    )
    assert result.exit_code == 3, result.output
    assert "2 sound files" in result.stderr
    assert "No file of 'happy' is read" in result.stderr
    assert f"ffmpeg -i '{mixed_folder}/happy/synthetic-1 a.m4a'" in result.stderr
    assert "16 clips, 4 speakers, 2 emotions" in result.stderr
    if command == "train":
        assert (tmp_path / "model.sersk").exists()
    else:
        assert "UAR" in result.stdout

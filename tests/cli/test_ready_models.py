"""Which model answers on the command line: the ready one, the first word, or --model."""

import importlib
import json
import re
import shutil
from pathlib import Path

import pytest

from sersk.models import find_ready_model, read_notice


@pytest.fixture
def home(monkeypatch, tmp_path):
    """The cache of a user who has seen no notice."""
    monkeypatch.setenv("SERSK_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def seen(home):
    """The cache of a user who has seen the notice."""
    home.mkdir()
    (home / "ready-models-notice").touch()


def classes_of(result):
    assert result.exit_code == 0, result.stderr
    return sorted(json.loads(result.stdout)[0]["probabilities"])


def test_a_recording_without_a_model(sersk, light_model, seen):
    result = sersk("predict", light_model.files[0], "--json")
    assert "fear" in classes_of(result)
    assert result.stderr == ""
    named = sersk("predict", "--model", "functionals", light_model.files[0], "--json")
    assert named.stdout == result.stdout


def test_the_three_ways_to_name_a_file_agree(sersk, light_model, seen, tmp_path):
    plain = shutil.copy(light_model.path, tmp_path / "model")  # known by its first bytes
    clip = light_model.files[0]
    first = sersk("predict", light_model.path, clip, "--json")
    assert classes_of(first) == ["anger", "sad"]
    assert sersk("predict", plain, clip, "--json").stdout == first.stdout
    assert sersk("predict", clip, "--model", light_model.path, "--json").stdout == first.stdout


def test_nothing_is_guessed(sersk, light_model, seen, tmp_path):
    clip = light_model.files[0]
    as_sound = shutil.copy(light_model.path, tmp_path / "model.wav")
    as_model = shutil.copy(clip, tmp_path / "clip.sersk")
    for words, said in [
        ((as_sound, clip), "has the name of a recording, but it is a model file"),
        ((as_model, clip), "has the name of a model file, but it is a recording"),
        ((clip, light_model.path), "where a recording is expected"),
        ((light_model.path, light_model.path), "where a recording is expected"),
        ((light_model.path, clip, "--model", light_model.path), "--model names a model too"),
        (("pretrained", clip), "--model pretrained"),
        (("emotions", clip), "'emotions' is no file"),
        ((light_model.path,), "no recordings"),
        ((), "no recordings"),
    ]:
        result = sersk("predict", *words)
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert said in re.sub(r"\s+", " ", result.stderr), words
    missing = sersk("predict", "nowhere.sersk", clip)
    assert missing.exit_code == 1
    assert "there is no model file 'nowhere.sersk'" in missing.stderr
    by_option = sersk("predict", clip, "--model", "functional")
    assert by_option.exit_code == 1
    said = re.sub(r"\s+", " ", by_option.stderr)
    assert "there is no model file 'functional'. The models that come with sersk are" in said
    assert "functionals and pretrained" in said


def test_the_notice_appears_once_on_stderr_and_not_if_quiet(sersk, light_model, home):
    clip = light_model.files[0]
    assert sersk("predict", clip, "--quiet").stderr == ""
    assert not home.exists()
    first = sersk("predict", clip)
    assert read_notice() in first.stderr
    assert read_notice() not in first.stdout
    assert sersk("timeline", clip, "--csv").stderr == ""
    assert sersk("predict", light_model.path, clip).stderr == ""  # a model of one's own has none


def test_a_cache_that_cannot_be_written_does_not_stop_the_answer(
    sersk, light_model, monkeypatch, tmp_path
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SERSK_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        result = sersk("predict", light_model.files[0])
        assert (result.exit_code, read_notice() in result.stderr) == (0, True)


def test_the_other_commands(sersk, light_model, corpus_folder, seen, tmp_path):
    clip = light_model.files[0]
    assert sersk("timeline", clip, "--json").exit_code == 0
    assert json.loads(sersk("timeline", light_model.path, clip, "--json").stdout)["classes"] == [
        "anger",
        "sad",
    ]
    assert sersk("timeline", clip, clip).exit_code == 2
    heard = sersk("listen", "--file", clip, "--speed", "0", "--json")
    assert heard.exit_code == 0, heard.stderr
    assert sersk("listen", clip).exit_code == 2
    export = sersk("export", clip, "-o", tmp_path / "a.onnx")
    assert (export.exit_code, "no model file" in export.stderr) == (2, True)
    mine = tmp_path / "mine.sersk"
    adapted = sersk("adapt", corpus_folder, "-o", mine)
    assert adapted.exit_code == 0, adapted.stderr
    facts = json.loads(sersk("info", mine, "--json").stdout)
    assert facts["adaptation"]["n_clips"] == len(light_model.files)
    assert "CC BY-NC-SA" in facts["licence"]  # it stays with what is made of the model


def test_info_shows_the_card(sersk, seen, monkeypatch):
    installation = importlib.import_module("sersk.cli._installation")
    monkeypatch.setattr(installation, "_count_graphics_cards", lambda: 0)  # by TensorFlow
    facts = json.loads(sersk("info", "--model", "functionals", "--json").stdout)
    assert facts["file"] == str(find_ready_model("functionals"))
    assert json.loads(sersk("info", "--json").stdout)["ready_model"] == facts
    text = sersk("info").stdout
    for said in ("processor", "UAR on EmoDB, left out", "CC BY-NC-SA 4.0"):
        assert said in text
    page = sersk("info", "--model", "pretrained", "--markdown").stdout
    assert page.startswith("---\n")
    assert "# pretrained" in page
    assert sersk("info", Path("a.sersk"), "--model", "functionals").exit_code == 2

"""`sersk corpora`: the table of known corpora, and all problems of a folder."""

import csv
import io
import json
import shutil

import pytest

from sersk.cli._options import get_corpus_names
from sersk.cli._pipeline import CLASSIFIER_NAMES, PRESET_NAMES
from sersk.datasets import VOCABULARY, find_corpora
from sersk.datasets.survey import recognize_corpus, survey_folder


def test_known_corpora_are_listed_from_their_declarations(sersk):
    known = json.loads(sersk("corpora", "--json").stdout)
    assert [one["name"] for one in known] == list(find_corpora())
    by_name = {one["name"]: one for one in known}
    assert by_name["ravdess"]["clips"] == 1440
    assert by_name["tess"]["speakers"] == 2
    assert by_name["savee"]["get"].startswith("ask at")
    rows = list(csv.DictReader(io.StringIO(sersk("corpora", "--csv").stdout)))
    assert [row["name"] for row in rows] == list(find_corpora())
    assert "CC BY-NC-SA 4.0" in sersk("corpora").stdout


def test_facts_equal_those_of_the_descriptions():
    for corpus in find_corpora().values():
        assert f"{corpus.n_clips:,}" in corpus.DESCR
        assert set(corpus.emotions) <= set(VOCABULARY)


def test_names_of_options_are_those_of_the_registries():
    from sersk.classifiers.networks import NETWORKS
    from sersk.presets import PRESETS

    assert (*NETWORKS, "discriminant") == CLASSIFIER_NAMES
    assert tuple(PRESETS) == PRESET_NAMES
    assert get_corpus_names() == ("auto", "folder", *find_corpora())


def test_a_good_folder(sersk, corpus_folder):
    result = sersk("corpora", corpus_folder, "--speaker", r"(synthetic-\d+)", "--check", "--quiet")
    assert result.exit_code == 0, result.output
    assert "16 clips, 2 emotions, 4 speakers" in result.stdout
    assert result.stdout.endswith("No problems were found.\n")
    quick = sersk("corpora", corpus_folder).stdout
    assert quick.endswith("No problems were found. The files were not read; --check reads them.\n")
    facts = json.loads(sersk("corpora", corpus_folder, "--json").stdout)
    assert facts["by_label"] == {"anger": 8, "sad": 8}
    assert facts["by_speaker"] == {}


@pytest.fixture
def bad_folder(corpus_folder, tmp_path):
    root = tmp_path / "всё не так"
    shutil.copytree(corpus_folder, root)
    first, second = sorted((root / "anger").glob("*.wav"))[:2]
    shutil.copy(first, root / "sad" / "copy.wav")
    second.with_suffix(".flac").write_bytes(b"broken")
    (root / "Noise").mkdir()
    shutil.copy(first, root / "Noise" / "hum.wav")
    shutil.copy(first, root / "outside.wav")
    return root


def test_every_problem_is_named(sersk, bad_folder):
    result = sersk("corpora", bad_folder, "--json", "--check", "--quiet")
    assert result.exit_code == 3
    problems = json.loads(result.stdout)["problems"]
    told = "\n".join(f"{one['what']}: {one['reason']}" for one in problems)
    for words in (
        "Noise/hum.wav: lies in 'Noise'",
        "outside.wav: lies outside",
        "is the same clip as",
        "unreadable: ",
        "same audio: ",
        "two labels: ",
    ):
        assert words in told
    rows = list(csv.DictReader(io.StringIO(sersk("corpora", bad_folder, "--csv").stdout)))
    wrong = {row["path"].rpartition("/")[2]: row["problem"] for row in rows if row["problem"]}
    assert set(wrong) >= {"hum.wav", "outside.wav"}


def test_all_of_many_problems_are_named(sersk, tmp_path):
    for i in range(40):
        (tmp_path / f"other {i:02d}.wav").touch()
    result = sersk("corpora", tmp_path)
    assert result.exit_code == 3
    assert all(f"other {i:02d}.wav" in result.stdout for i in range(40))


@pytest.mark.parametrize(
    ("name", "corpus"),
    [
        ("03-01-05-02-01-01-07.wav", "ravdess"),
        ("1001_DFA_ANG_XX.wav", "crema_d"),
        ("OAF_back_angry.wav", "tess"),
        ("03a01Wa.wav", "emodb"),
        ("DC_sa07.wav", "savee"),
        ("anything.wav", "folder"),
    ],
)
def test_corpora_are_recognised_by_their_names(tmp_path, name, corpus):
    (tmp_path / name).touch()
    assert recognize_corpus(tmp_path) == corpus
    (tmp_path / "other.wav").touch()
    assert recognize_corpus(tmp_path) == "folder"
    assert survey_folder(tmp_path, corpus=corpus).problems


def test_files_of_other_names_in_a_known_corpus_are_named(sersk, tmp_path):
    for i in range(1, 10):
        (tmp_path / f"03-01-0{i % 8 + 1}-01-01-01-0{i}.wav").touch()
    (tmp_path / "notes.wav").touch()
    result = sersk("corpora", tmp_path)
    assert result.exit_code == 3
    assert "9 clips" in result.stdout
    assert "read as: ravdess" in result.stdout
    assert "notes.wav: is not named" in result.stdout


def test_a_path_that_is_not_a_folder(sersk, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("nowhere", "empty"):
        result = sersk("corpora", tmp_path / name)
        assert (result.exit_code, result.stdout) == (1, "")

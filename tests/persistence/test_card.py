"""The card of a model, as facts and as a page."""

import json
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from sersk import describe_model, load_model, model_card, save_model


@pytest.fixture
def model():
    return DummyClassifier().fit([[0], [0]], ["anger", "sad"])


def test_the_card_in_the_file_says_all_without_loading_it(model, tmp_path):
    path = save_model(model, tmp_path / "a.sersk", corpus="ravdess + emodb + ours")
    with zipfile.ZipFile(path) as archive:
        card = json.loads(archive.read("card.json"))
    facts = describe_model(load_model(path))
    assert facts == card["model"] | {name: card[name] for name in card if name != "model"}
    assert card["model"]["classes"] == ["anger", "sad"]
    assert card["corpus"]["licences"] == {
        "ravdess": "CC BY-NC-SA 4.0",
        "emodb": "free of charge, see the source",
    }
    assert "EU AI Act" in card["not_for"]
    assert card["licence"] is None


def test_texts_of_ones_own(model, tmp_path):
    texts = {"licence": "CC BY 4.0", "intended_use": "A game."}
    path = save_model(model, tmp_path / "a.sersk", card=texts)
    facts = describe_model(load_model(path))
    assert (facts["licence"], facts["intended_use"]) == ("CC BY 4.0", "A game.")
    assert facts["limits"]
    with pytest.raises(ValueError, match="card has 'license'; expected intended_use"):
        save_model(model, path, card={"license": "MIT"})
    with pytest.raises(TypeError, match=r"card\['limits'\] is of type list"):
        save_model(model, path, card={"limits": ["a"]})


def test_the_page(model, tmp_path):
    score = {
        "uar": 0.5,
        "uar_interval": [0.4, 0.6],
        "confidence_level": 0.95,
        "chance_uar": 0.5,
        "method": "4 folds by speaker",
        "n_fits": 4,
        "n_clips": 10,
        "n_speakers": 5,
        "notes": ["a note"],
    }
    corpus = SimpleNamespace(
        data=[1, 2], target=["a", "b"], groups=["x", "y"], DESCR="Two | rooms\n"
    )
    path = save_model(model, tmp_path / "a.sersk", corpus=corpus, card={"licence": 'a "b"'})
    read = load_model(path)
    read.sersk_card_["score"] = score
    page = model_card(read, name="Two <b>moods</b>")
    assert page.startswith("---\nlibrary_name: sersk\n")
    assert 'license_name: "a \\"b\\""' in page
    assert "# Two \\<b\\>moods\\</b\\>" in page
    for text in (
        "anger, sad",
        "Two \\| rooms",
        "2 clips of 2 speakers",
        "UAR 0.500 (95 % interval",
    ):
        assert text in page
    for heading in (
        "Labels",
        "Training data",
        "Score",
        "Intended use",
        "Limits",
        "Not for",
        "Versions",
    ):
        assert f"\n## {heading}\n" in page
    assert "4 folds by speaker" in page
    assert f". Saved {read.sersk_card_['created']}.\n" in page
    assert "None was measured" in model_card(DummyClassifier().fit([[0]], ["sad"]))


def test_the_page_says_what_is_unknown_and_what_the_model_is_made_of(model, monkeypatch):
    page = model_card(model)
    for heading, text in (("Licence", "Not stated."), ("Training data", "Unknown.")):
        assert f"\n## {heading}\n\n{text}\n" in page
    facts = describe_model(model) | {
        "classes": [],
        "preset": {"name": "functionals", "changed": {"duration": 2.0, "seed": 3}},
        "features": {"name": "Mel", "parameters": {"n_mels": 64, "fmax": 8000}},
        "network": {"name": "CNN", "parameters": {}},
        "chosen": {"offset": 64},
    }
    monkeypatch.setattr("sersk.persistence.markdown.describe_model", lambda model: facts)
    page = model_card(model)
    assert "\n## Labels\n\nUnknown.\n" in page
    for row in (
        "| preset | functionals, but duration=2.0, seed=3 |",
        "| features | Mel (n\\_mels=64, fmax=8000) |",
        "| network | CNN |",
        "| chosen | offset=64 |",
    ):
        assert f"\n{row}\n" in page
    facts["preset"]["changed"] = {}
    assert "\n| preset | functionals |\n" in model_card(model)


def test_the_page_names_the_licence_of_each_corpus(model, tmp_path):
    path = save_model(model, tmp_path / "a.sersk", corpus="two rooms")
    read = load_model(path)
    read.sersk_card_["corpus"]["licences"] = {"rooms": "CC BY 4.0", "halls": "on | request"}
    table = "| corpus | licence |\n|---|---|\n| rooms | CC BY 4.0 |\n| halls | on \\| request |\n"
    assert f"\n\n{table}" in model_card(read)


def test_the_card_keeps_the_licence_that_a_corpus_states(model, tmp_path):
    corpus = SimpleNamespace(
        data=[1, 2],
        target=["a", "b"],
        groups=["x", "y"],
        DESCR="Rooms\n",
        licences={"Rooms": "MIT"},
    )
    facts = describe_model(load_model(save_model(model, tmp_path / "a.sersk", corpus=corpus)))
    assert facts["corpus"]["licences"] == {"Rooms": "MIT"}
    with zipfile.ZipFile(tmp_path / "a.sersk") as file:
        assert json.loads(file.read("card.json"))["licence"] is None


def test_commands(model, tmp_path):
    from typer.testing import CliRunner

    from sersk.cli import app

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    old = save_model(model, tmp_path / "old.joblib", corpus="two rooms")
    refused = run("convert", old, tmp_path / "new.sersk")
    assert (refused.exit_code, list(tmp_path.iterdir())) == (1, [old])
    assert "--allow-pickle" in refused.stderr
    done = run("convert", old, tmp_path / "new.sersk", "--allow-pickle")
    assert done.exit_code == 0
    assert "new.sersk" in done.stdout
    assert run("convert", old, old, "--allow-pickle").exit_code == 2
    facts = json.loads(run("info", tmp_path / "new.sersk", "--json").stdout)
    before = json.loads(run("info", old, "--json", "--allow-pickle").stdout)
    assert {**facts, "file": None, "bytes": None} == {**before, "file": None, "bytes": None}
    page = run("info", tmp_path / "new.sersk", "--markdown").stdout
    assert "# new" in page
    assert "two rooms" in page
    assert run("info", "--markdown").exit_code == 2
    np.testing.assert_array_equal(
        load_model(tmp_path / "new.sersk").predict_proba([[0]]), model.predict_proba([[0]])
    )

"""The registry: a corpus is one file, and all lists of corpora are derived from it."""

import doctest
import inspect
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import sersk
from sersk.datasets import (
    Remote,
    check_corpus,
    fetch_corpus,
    find_corpora,
    get_corpus,
    load_corpus,
    register_corpus,
    unregister_corpus,
)
from sersk.datasets.registry import find_functions
from sersk.datasets.survey import recognize_corpus, survey_folder

ROOT = Path(__file__).parents[2]
KITCHEN = '''
"""The kitchen corpus: the one file that declares it."""

import re

from sersk.datasets import Clip, Corpus, Remote


def parse(file):
    match = re.fullmatch(r"(\\d\\d)_(ang|sad)_(\\d+)", file.stem)
    if match is None:
        return None
    speaker, label, take = match.groups()
    return Clip(file.stem, label, speaker, {"take": int(take)})


KITCHEN = Corpus(
    name="kitchen",
    title="Kitchen corpus",
    labels={"ang": "anger", "sad": "sad"},
    parse=parse,
    form="speaker_emotion_take, as in 03_ang_2.wav",
    examples=["03_ang_2.wav", "11_sad_1.wav"],
    n_clips=40,
    n_speakers=10,
    language="Klingon",
    licence="CC BY 4.0",
    source="https://example.org/kitchen",
    citation="Cook A (2024). Emotions in the kitchen.",
    description="Ten cooks say two sentences in two emotions.",
    archive=Remote("kitchen.zip", "https://example.org/kitchen.zip"),
)
'''


@pytest.fixture
def kitchen_folder(tmp_path):
    """Return a folder with the file of a new corpus."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "kitchen.py").write_text(KITCHEN, encoding="utf-8")
    return folder


@pytest.fixture
def kitchen(kitchen_folder, monkeypatch):
    """Return the new corpus, as if its file were in sersk/datasets."""
    path = [*sersk.datasets.__path__, str(kitchen_folder)]
    monkeypatch.setattr(sersk.datasets, "__path__", path)
    yield get_corpus("kitchen")
    sys.modules.pop("sersk.datasets.kitchen")
    vars(sersk.datasets).pop("kitchen")


class TestANewCorpusIsOneFile:
    def test_functions(self, kitchen, lay_out):
        from sersk import load_kitchen
        from sersk.datasets import fetch_kitchen

        root = lay_out(kitchen.examples)
        corpus = load_kitchen(root)
        assert corpus.target.tolist() == ["anger", "sad"]
        assert corpus.groups.tolist() == ["kitchen-03", "kitchen-11"]
        assert corpus.frame["take"].tolist() == [2, 1]
        assert load_corpus("kitchen", root).data.tolist() == corpus.data.tolist()
        assert load_kitchen.__name__ == "load_kitchen"
        assert fetch_kitchen.__name__ == "fetch_kitchen"
        assert {"load_kitchen", "fetch_kitchen"} <= set(dir(sersk)) & set(dir(sersk.datasets))
        with pytest.raises(FileNotFoundError, match=r"fetch_kitchen: there is no .*kitchen'"):
            fetch_kitchen(root / "home", download_if_missing=False)
        with pytest.raises(ValueError, match=r"load_kitchen: 1 of 1 .* not named speaker_emotion"):
            load_kitchen(lay_out(["notes.wav"], folder="other"))

    def test_checker(self, kitchen):
        check_corpus(kitchen, ["08_sad_7.wav"])

    def test_recognition(self, kitchen, lay_out):
        assert recognize_corpus(lay_out(kitchen.examples)) == "kitchen"
        assert survey_folder(lay_out(["notes.wav"]), corpus="kitchen").problems

    def test_documentation(self, kitchen, load_pages):
        pages = load_pages()
        text = pages.api_pages()["datasets.rst"]
        assert "`Kitchen corpus <https://example.org/kitchen>`__" in text
        assert "`~sersk.load_kitchen`, `~sersk.fetch_kitchen`" in text
        assert "   ~sersk.load_kitchen\n" in text

    @pytest.mark.parametrize(
        ("arguments", "words", "expected"),
        [
            (["corpora", "--json"], None, "Klingon"),
            (["corpora", "FOLDER"], None, "read as: kitchen"),
            (["train", "--help"], None, "kitchen"),
            ([], "sersk train x --corpus k", "kitchen"),
        ],
    )
    def test_command_line(self, kitchen_folder, lay_out, arguments, words, expected):
        root = lay_out(["03_ang_2.wav", "11_sad_1.wav"])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        if words:
            environment |= {
                "_SERSK_COMPLETE": "complete_bash",
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split(" ")) - 1),
            }
        code = (
            "import sys, sersk.datasets\n"
            f"sersk.datasets.__path__.append({str(kitchen_folder)!r})\n"
            "from sersk.cli import main\n"
            f"sys.argv = ['sersk', *{[str(root) if a == 'FOLDER' else a for a in arguments]}]\n"
            "main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True
        )
        assert expected in done.stdout, done.stderr
        if arguments == ["corpora", "--json"]:
            names = [corpus["name"] for corpus in json.loads(done.stdout)]
            assert names == ["crema_d", "emodb", "kitchen", "ravdess", "savee", "tess"]


class TestRegistering:
    @pytest.fixture
    def mine(self):
        yield replace(get_corpus("savee"), name="mine", title="Mine")
        unregister_corpus("mine")

    def test_is_found_by_name(self, mine, lay_out):
        assert "load_mine" not in dir(sersk)
        assert register_corpus(mine) is mine
        assert list(find_corpora())[2] == "mine"
        assert sersk.load_mine(lay_out(mine.examples)).groups.tolist() == ["mine-DC", "mine-KL"]
        assert not hasattr(sersk, "fetch_mine")  # SAVEE cannot be downloaded
        unregister_corpus("mine")
        assert not hasattr(sersk, "load_mine")

    def test_again_from_the_same_module(self, mine):
        register_corpus(mine)
        other = register_corpus(replace(mine, title="Mine, corrected"))
        assert get_corpus("mine") is other

    def test_refuses_names_that_are_taken(self, mine):
        with pytest.raises(ValueError, match=r"the name 'tess' is taken by TESS"):
            register_corpus(replace(mine, name="tess"))
        register_corpus(mine)
        with pytest.raises(ValueError, match=r"the name 'mine' is taken by Mine"):
            register_corpus(replace(get_corpus("tess"), name="mine"))

    @pytest.mark.parametrize("name", ["folder", "model", "My Corpus", "Mine", "", None])
    def test_refuses_names_that_do_not_fit(self, mine, name):
        with pytest.raises(ValueError, match=f"name is {name!r}"):
            register_corpus(replace(mine, name=name))

    def test_refuses_other_things(self):
        with pytest.raises(TypeError, match="corpus is a str; pass a Corpus"):
            register_corpus("tess")


class TestFunctions:
    def test_order_is_that_of_the_names(self):
        assert list(find_corpora()) == sorted(find_corpora())

    def test_are_the_public_names(self):
        for module in (sersk, sersk.datasets):
            loaders = {name for name in module.__all__ if name.startswith(("load_", "fetch_"))}
            others = {"load_audio_folder", "load_published_corpus", "load_model", "load_table"}
            others |= {"load_default_model"}
            others |= {"load_corpus", "fetch_corpus"}
            assert loaders - others == set(find_functions())
            assert all(getattr(module, name) is f for name, f in find_functions().items())

    @pytest.mark.parametrize("name", find_functions())
    def test_documentation_has_the_facts_and_examples_that_run(self, name):
        function = find_functions()[name]
        corpus = get_corpus(name.partition("_")[2])
        assert function.__name__ == name
        assert function.__module__ == f"sersk.datasets.{corpus.name}"
        assert corpus.licence in function.__doc__
        assert f"{corpus.n_clips:,} clips" in function.__doc__
        assert max(map(len, function.__doc__.splitlines())) <= 100
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        finder = doctest.DocTestFinder(recurse=False)
        for test in finder.find(function, name, globs={}):
            assert test.examples
            assert doctest.DocTestRunner(optionflags=flags).run(test).failed == 0

    @pytest.mark.parametrize("name", find_functions())
    def test_documentation_follows_numpydoc(self, name):
        validate = pytest.importorskip("numpydoc.validate", reason="numpydoc is not installed")
        found = validate.validate(f"sersk.datasets.{name}")["errors"]
        not_checked = {"GL01", "GL08", "SA01", "EX01", "ES01", "SA04", "RT02", "SS06", "YD01"}
        assert [error for error in found if error[0] not in not_checked] == []

    def test_signature_has_the_choices_of_the_corpus(self):
        parameters = inspect.signature(sersk.load_ravdess).parameters
        assert list(parameters) == ["path", "emotions", "labels", "channel"]
        assert parameters["channel"].default == "speech"
        assert list(inspect.signature(sersk.load_tess).parameters) == ["path", "emotions", "labels"]

    def test_unknown_choice(self, lay_out):
        with pytest.raises(TypeError, match=r"load_tess\(\) got an unexpected .* 'channel'"):
            sersk.load_tess(lay_out(["OAF_back_angry.wav"]), channel="song")

    def test_can_be_pickled(self):
        assert pickle.loads(pickle.dumps(sersk.load_ravdess)) is sersk.load_ravdess

    def test_unknown_corpus_is_named_with_the_nearest(self):
        with pytest.raises(ValueError, match=r"no corpus 'ravdes'; .* Did you mean 'ravdess'\?"):
            load_corpus("ravdes", "folder")

    def test_a_corpus_on_request_cannot_be_fetched(self, tmp_path):
        with pytest.raises(ValueError, match=r"SAVEE cannot be downloaded. Ask for it at http"):
            fetch_corpus("savee", tmp_path)


def test_declared_with_one_source_of_files():
    for corpus in find_corpora().values():
        assert corpus.archive is None or isinstance(corpus.archive, Remote)
        assert corpus.archive is None or corpus.list_files is None
        assert repr(corpus) == f"<Corpus {corpus.name!r}>"


def test_the_readme_names_every_function():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in find_functions() if f"`{name}`" not in text] == []

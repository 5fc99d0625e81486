"""check_corpus: each fault of a declaration is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from sersk.datasets import Choice, Clip, Remote, check_corpus, get_corpus

EMODB = get_corpus("emodb")


def change(**facts):
    """Return a parser whose clips differ from EmoDB's in these."""

    def parse(file):
        clip = EMODB.parse(file)
        return None if clip is None else replace(clip, **facts)

    return parse


def parse_by_suffix(file):
    clip = EMODB.parse(file)
    return replace(clip, identity=file.name) if clip else None


def parse_everything(file):
    return EMODB.parse(file) or Clip(file.stem, "W", "03", {})


def test_a_valid_declaration_passes():
    assert check_corpus(EMODB, ["wav/03a01Fa.wav"]) is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Emo DB"}, "name is 'Emo DB'"),
        ({"title": " "}, "title is ' '"),
        ({"licence": ""}, "licence is ''"),
        ({"citation": ""}, "citation is ''"),
        ({"source": "ask me"}, "source is 'ask me'"),
        ({"n_clips": 0}, "n_clips is 0"),
        ({"n_speakers": "ten"}, "n_speakers is 'ten'"),
        ({"labels": {}}, "labels is empty"),
        ({"labels": {**EMODB.labels, "F": "joy"}}, "labels maps 'F' to 'joy'"),
        ({"labels": {"W": "anger"}}, "'16b10Lb.wav' the label 'L', which is not in labels"),
        ({"examples": []}, "no names to check"),
        ({"examples": ["notes.wav"]}, "parse returns None for 'notes.wav'"),
        ({"parse": lambda file: file.stem, "examples": ["x"]}, "parse returns a str for 'x'"),
        ({"parse": change(speaker=None)}, "the speaker None"),
        ({"parse": change(identity="x")}, "'16b10Lb.wav' the same identity 'x'"),
        ({"parse": change(facts={"path": 1})}, "a fact 'path', which is a column"),
        ({"parse": parse_by_suffix}, "than for '03a01Wa.wav'"),
        ({"parse": parse_everything}, "parse accepts 'notes.wav'"),
        ({"name": "copy"}, "'03a01Wa.wav' is also a name of EmoDB"),
        ({"archive": "emodb.zip"}, "archive is a str"),
        ({"archive": Remote("a.zip", "ftp://x")}, "archive.url is 'ftp://x'"),
        ({"archive": Remote("a.zip", "http://x", "md5")}, "archive.checksum is 'md5'"),
        ({"list_files": lambda url: []}, "archive and list_files are both given"),
        (
            {"choices": [Choice("dialect", ("north",), "south", "all", "Dialects.")]},
            "choices has 'dialect', which is no fact",
        ),
        (
            {"choices": [Choice("sex", ("male",), "other", "all", "Sex.")]},
            "choices has the default 'other'",
        ),
    ],
)
def test_each_fault_is_named(wrong, message):
    with pytest.raises(ValueError, match="things are wrong with the corpus") as error:
        check_corpus(replace(EMODB, **wrong))
    assert message in str(error.value)


def test_all_faults_are_named_at_once():
    wrong = replace(EMODB, licence="", n_clips=0)
    with pytest.raises(ValueError, match="3 things") as error:
        check_corpus(wrong, ["04a01Wa.wav"])
    assert len(str(error.value).splitlines()) == 4


def test_a_folder_that_does_not_load_is_reported(monkeypatch):
    def refuse(file):
        if file.is_file():
            return None
        return EMODB.parse(file)

    with pytest.raises(ValueError, match=r"can't be loaded: load_emodb: 2 of 2 audio files"):
        check_corpus(replace(EMODB, parse=refuse))


def test_facts_must_be_the_same_for_all_clips():
    def parse(file):
        clip = EMODB.parse(file)
        return clip and (clip if clip.speaker == "03" else replace(clip, facts={}))

    with pytest.raises(ValueError, match=r"gives '16b10Lb.wav' the facts \[\], other clips"):
        check_corpus(replace(EMODB, parse=parse))


def test_takes_a_corpus():
    with pytest.raises(TypeError, match=r"corpus is a \w+Path; pass a Corpus"):
        check_corpus(Path("emodb"))

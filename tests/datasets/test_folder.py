"""load_audio_folder against the true file names of URDU, and invented folders."""

import re

import pytest

from sersk.datasets import load_audio_folder

URDU = r"(S[MF]\d+)_"


class TestUrdu:
    def test_every_name_has_the_listed_label(self, listing, whole_corpus):
        names = listing("urdu")
        root = whole_corpus("urdu")
        corpus = load_audio_folder(root, speaker=URDU, name="urdu")
        emotions = {"A": "anger", "H": "happy", "N": "neutral", "S": "sad"}
        found = dict(zip(corpus.data, corpus.target, strict=True))
        assert found == {str(root / path): emotions[label] for path, label in names.items()}
        assert corpus.groups[0].startswith("urdu-S")
        # 38 speakers are published, 27 men and 11 women (Latif et al., 2018); the names hold
        # all the women and 18 of the men.
        assert len(set(corpus.groups)) == 29

    @pytest.mark.recordings
    def test_real_folder(self, urdu_path):
        corpus = load_audio_folder(urdu_path, speaker=URDU)
        assert len(corpus.data) == 400
        assert corpus.target_names == ["anger", "happy", "neutral", "sad"]


class TestSpeaker:
    NAMES = ("Angry/kim_01.wav", "Angry/lee_01.wav", "Sad/kim_02.wav")

    @pytest.mark.parametrize(
        "speaker",
        [
            r"[a-z]+(?=_\d\d)",  # the whole match
            r"/([a-z]+)_",  # the first group
            r"(\w)[a-z]*/(?P<speaker>[a-z]+)_",  # the group named speaker
            re.compile("/(KIM|LEE)", re.IGNORECASE),
        ],
    )
    def test_is_the_match_of_the_expression(self, lay_out, speaker):
        corpus = load_audio_folder(lay_out(self.NAMES), speaker=speaker)
        assert corpus.groups.tolist() == ["corpus-kim", "corpus-lee", "corpus-kim"]
        assert corpus.frame["speaker"].tolist() == corpus.groups.tolist()

    def test_may_be_a_folder(self, lay_out):
        root = lay_out(["Angry/kim/01.wav", "Angry/lee/01.wav"])
        corpus = load_audio_folder(root, speaker=r"/(.+)/", name="ours")
        assert corpus.groups.tolist() == ["ours-kim", "ours-lee"]

    def test_unknown(self, lay_out):
        corpus = load_audio_folder(lay_out(self.NAMES))
        assert corpus.groups is None
        assert corpus.frame["speaker"].isna().all()
        assert "no speaker-independent evaluation is possible" in corpus.DESCR

    def test_not_found_is_reported_for_all_files_at_once(self, lay_out):
        root = lay_out([*self.NAMES, "Sad/01.wav", "Sad/02.wav"])
        with pytest.raises(ValueError, match=r"no speaker in 2 of 5 paths") as error:
            load_audio_folder(root, speaker=r"([a-z]+)_")
        assert str(error.value).endswith("\n  Sad/01.wav\n  Sad/02.wav")

    @pytest.mark.parametrize("speaker", [r"x*", r"kim_(x)?|lee_(\d)"])
    def test_empty_is_not_found(self, lay_out, speaker):
        with pytest.raises(ValueError, match="finds no speaker in 3 of 3"):
            load_audio_folder(lay_out(self.NAMES), speaker=speaker)

    @pytest.mark.parametrize("speaker", ["(", 3])
    def test_not_an_expression(self, lay_out, speaker):
        with pytest.raises(ValueError, match=r"is not a regular expression"):
            load_audio_folder(lay_out(self.NAMES), speaker=speaker)


class TestLabels:
    @pytest.mark.parametrize(
        ("folder", "emotion"),
        [
            ("Angry", "anger"),
            ("ANG", "anger"),
            ("anger", "anger"),
            ("Boredom", "boredom"),
            ("calm", "calm"),
            ("DIS", "disgust"),
            ("Fearful", "fear"),
            ("Happiness", "happy"),
            ("joy", "happy"),
            ("NEU", "neutral"),
            ("sadness", "sad"),
            ("Surprised", "surprise"),
            ("Pleasant surprise", "surprise"),
            ("pleasant-surprised", "surprise"),
        ],
    )
    def test_standard(self, lay_out, folder, emotion):
        corpus = load_audio_folder(lay_out([f"{folder}/1.wav"]))
        assert corpus.target.tolist() == [emotion]
        assert corpus.frame["original_label"].tolist() == [folder]

    def test_two_folders_of_one_emotion(self, lay_out):
        corpus = load_audio_folder(lay_out(["Angry/1.wav", "anger/2.wav", "sad/1.wav"]))
        assert sorted(corpus.target) == ["anger", "anger", "sad"]

    def test_unknown_folders_are_all_named_with_remedies(self, lay_out):
        root = lay_out(["Angry/1.wav", "Wistful/1.wav", "Smug/1.wav"])
        with pytest.raises(ValueError, match=r"the folders 'Smug', 'Wistful' in") as error:
            load_audio_folder(root)
        assert 'labels="original"' in str(error.value)
        assert "labels={'Smug': 'anger', ...}" in str(error.value)
        assert load_audio_folder(root, labels="original").target_names == [
            "Angry",
            "Smug",
            "Wistful",
        ]
        assert load_audio_folder(
            root, labels={"Angry": "cold", "Smug": "warm", "Wistful": "warm"}, emotions=["warm"]
        ).target.tolist() == ["warm", "warm"]

    def test_folder_that_holds_the_folder(self, lay_out):
        root = lay_out(["urdu/Angry/1.wav", "urdu/Sad/1.wav"])
        with pytest.raises(ValueError, match=r"Pass the folder whose sub-folders are the emotions"):
            load_audio_folder(root)


def test_files_of_no_folder_are_named(lay_out):
    with pytest.raises(ValueError, match=r"1 of 2 audio files lie directly in") as error:
        load_audio_folder(lay_out(["Angry/1.wav", "stray.wav"]))
    assert str(error.value).endswith("\n  stray.wav")


def test_a_clip_in_two_formats_is_refused(lay_out):
    with pytest.raises(ValueError, match=r"load_audio_folder: 1 clips are there twice"):
        load_audio_folder(lay_out(["Angry/1.wav", "Angry/1.flac"]))


def test_equal_names_in_different_folders_are_different_clips(lay_out):
    root = lay_out(["Angry/a/1.wav", "Angry/b/1.wav", "Sad/a/1.wav"])
    assert len(load_audio_folder(root).data) == 3


def test_corpus_is_named_after_its_folder(lay_out, monkeypatch):
    root = lay_out(["Angry/kim_1.wav"], folder="ours")
    monkeypatch.chdir(root)
    assert load_audio_folder(".", speaker="kim").groups.tolist() == ["ours-kim"]
    assert load_audio_folder(".", speaker="kim", name="x").frame["corpus"].tolist() == ["x"]

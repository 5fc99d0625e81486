"""The corpus loaders against the true file names and labels of each complete corpus."""

import pytest

from sersk.datasets import (
    VOCABULARY,
    check_corpus,
    find_corpora,
    get_corpus,
    load_corpus,
    load_crema_d,
    load_emodb,
    load_savee,
    load_tess,
)

# The labels in EmoBox's listings -> the corpus's original labels; by corpus, where they differ.
RAVDESS = ["angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"]
OWN = {
    "ravdess": {label.capitalize(): label for label in RAVDESS},
    "emodb": {
        "anger": "W",
        "boredem": "L",
        "disgust": "E",
        "fear": "A",
        "happy": "F",
        "neutral": "N",
        "sad": "T",
    },
}
# The original labels -> the standard labels.
STANDARD = {
    "crema_d": {
        "ANG": "anger",
        "DIS": "disgust",
        "FEA": "fear",
        "HAP": "happy",
        "NEU": "neutral",
        "SAD": "sad",
    },
    "emodb": {
        "anger": "anger",
        "boredem": "boredom",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happy",
        "neutral": "neutral",
        "sad": "sad",
    },
    "ravdess": {
        "Angry": "anger",
        "Calm": "calm",
        "Disgust": "disgust",
        "Fearful": "fear",
        "Happy": "happy",
        "Neutral": "neutral",
        "Sad": "sad",
        "Surprised": "surprise",
    },
    "savee": {
        "a": "anger",
        "d": "disgust",
        "f": "fear",
        "h": "happy",
        "n": "neutral",
        "sa": "sad",
        "su": "surprise",
    },
    "tess": {
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happy",
        "neutral": "neutral",
        "ps": "surprise",
        "sad": "sad",
    },
}
# As published: clips, speakers.
SIZES = {
    "crema_d": (7442, 91),
    "emodb": (535, 10),
    "ravdess": (1440, 24),
    "savee": (480, 4),
    "tess": (2800, 2),
}


def test_every_corpus_is_tested():
    assert find_corpora().keys() == SIZES.keys() == STANDARD.keys()


@pytest.mark.parametrize("name", find_corpora())
def test_every_name_has_the_listed_label(name, listing, whole_corpus):
    listed = listing(name)
    root = whole_corpus(name)
    original = load_corpus(name, root, labels="original")
    standard = load_corpus(name, root)
    own = OWN.get(name, {})
    assert dict(zip(original.data, original.target, strict=True)) == {
        str(root / path): own.get(label, label) for path, label in listed.items()
    }
    assert dict(zip(standard.data, standard.target, strict=True)) == {
        str(root / path): STANDARD[name][label] for path, label in listed.items()
    }
    assert set(standard.target_names) <= set(VOCABULARY)
    assert (len(standard.data), len(set(standard.groups))) == SIZES[name]
    assert all(group.startswith(f"{name}-") for group in standard.groups)


def test_every_declaration_passes_the_checker(listing):
    for name, (n_clips, n_speakers) in SIZES.items():
        corpus = get_corpus(name)
        check_corpus(corpus, list(listing(name))[::20])
        assert (corpus.n_clips, corpus.n_speakers) == (n_clips, n_speakers)


def test_facts_are_complete(whole_corpus):
    for name in find_corpora():
        frame = load_corpus(name, whole_corpus(name)).frame
        if name == "crema_d":  # not in the file names
            frame = frame.drop(columns=["sex", "age"])
        assert not frame.isna().any().any(), name
        assert (frame["corpus"] == name).all()


class TestCremaD:
    NAMES = ("AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1002_IEO_SAD_LO.wav")
    TABLE = '"ActorID","Age","Sex"\n1001,51,"Male"\n1002,21,"Female"\n'

    def test_speakers_and_intensities(self, whole_corpus):
        frame = load_crema_d(whole_corpus("crema_d")).frame
        assert (frame["speaker"] == "crema_d-" + frame["path"].str.extract(r"(\d{4})_")[0]).all()
        # One of the twelve sentences has three intensities, in all emotions except neutral.
        graded = frame["intensity"] != "unspecified"
        assert set(frame.loc[graded, "statement"]) == {"It's eleven o'clock"}
        assert graded.sum() == 3 * 5 * 91
        assert frame["statement"].nunique() == 12

    @pytest.mark.parametrize("below", ["", "AudioWAV"])
    def test_sex_and_age_from_the_table(self, lay_out, below):
        root = lay_out(self.NAMES)
        (root / "VideoDemographics.csv").write_text(self.TABLE)
        frame = load_crema_d(root / below).frame
        assert frame["sex"].tolist() == ["male", "female"]
        assert frame["age"].tolist() == [51, 21]

    def test_without_the_table(self, lay_out):
        frame = load_crema_d(lay_out(self.NAMES)).frame
        assert frame[["sex", "age"]].isna().all(axis=None)

    def test_actor_that_is_not_in_the_table(self, lay_out):
        root = lay_out([*self.NAMES, "AudioWAV/1091_IEO_SAD_LO.wav"])
        (root / "VideoDemographics.csv").write_text(self.TABLE)
        assert load_crema_d(root).frame["sex"].isna().tolist() == [False, False, True]

    @pytest.mark.parametrize("table", ["a,b\n1,2\n", TABLE.replace("51", "old")])
    def test_another_table_of_that_name(self, lay_out, table):
        root = lay_out(self.NAMES)
        (root / "VideoDemographics.csv").write_text(table)
        with pytest.raises(ValueError, match=r"load_crema_d: .*not the table of the actors"):
            load_crema_d(root)

    def test_both_formats_of_the_repository(self, lay_out):
        mp3 = [n.replace("AudioWAV", "AudioMP3").replace(".wav", ".mp3") for n in self.NAMES]
        root = lay_out([*self.NAMES, *mp3])
        with pytest.raises(ValueError, match=r"2 clips are there twice") as error:
            load_crema_d(root)
        assert repr(str(root / "AudioWAV")) in str(error.value)
        assert len(load_crema_d(root / "AudioWAV").data) == 2

    def test_intensity_of_one_x(self, lay_out):
        frame = load_crema_d(lay_out(["1040_ITH_SAD_X.wav"])).frame
        assert frame["intensity"].tolist() == ["unspecified"]

    @pytest.mark.parametrize(
        "name", ["1000_DFA_ANG_XX", "1092_DFA_ANG_XX", "1001_ABC_ANG_XX", "1001_DFA_SUR_XX"]
    )
    def test_not_of_the_corpus(self, lay_out, name):
        with pytest.raises(ValueError, match=f"1 of 1 audio files .*\n  {name}.wav"):
            load_crema_d(lay_out([f"{name}.wav"]))


class TestEmoDB:
    def test_speakers(self, whole_corpus):
        frame = load_emodb(whole_corpus("emodb")).frame
        assert (frame["speaker"] == "emodb-" + frame["path"].str.extract(r"(\d\d)[ab]")[0]).all()
        people = frame.drop_duplicates("speaker")
        assert people["sex"].value_counts().to_dict() == {"female": 5, "male": 5}
        assert people["age"].between(21, 35).all()
        assert frame["text"].nunique() == frame["statement"].nunique() == 10

    def test_one_name_in_full(self, lay_out):
        # The example of the corpus's documentation: speaker 03, text a01, Freude.
        row = load_emodb(lay_out(["03a01Fa.wav"])).frame.iloc[0]
        assert row.drop(["path", "statement"]).to_dict() == {
            "corpus": "emodb",
            "emotion": "happy",
            "original_label": "F",
            "speaker": "emodb-03",
            "sex": "male",
            "age": 31,
            "text": "a01",
            "version": "a",
        }

    @pytest.mark.parametrize("name", ["04a01Fa", "03a03Fa", "03a01Xa", "03a01F", "03A01Fa"])
    def test_not_of_the_corpus(self, lay_out, name):
        with pytest.raises(ValueError, match=f"1 of 1 audio files .*\n  {name}.wav"):
            load_emodb(lay_out([f"{name}.wav"]))


class TestSavee:
    def test_speakers(self, whole_corpus):
        frame = load_savee(whole_corpus("savee")).frame
        assert (frame["speaker"].value_counts() == 120).all()
        assert set(frame["sex"]) == {"male"}
        counts = frame.groupby(["speaker", "emotion"])["sentence"].agg(["min", "max", "nunique"])
        assert (counts["min"] == 1).all()
        neutral = counts.index.get_level_values("emotion") == "neutral"
        assert (counts.loc[~neutral, ["max", "nunique"]] == 15).all(axis=None)
        assert (counts.loc[neutral, ["max", "nunique"]] == 30).all(axis=None)

    def test_folder_a_speaker_as_the_archive_unpacks(self, listing, lay_out):
        listed = listing("savee")
        root = lay_out([f"AudioData/{name.replace('_', '/')}" for name in listed])
        corpus = load_savee(root, labels="original")
        found = {
            f"{group.removeprefix('savee-')}_{path.rpartition('/')[2]}": label
            for group, path, label in zip(
                corpus.groups,
                corpus.frame["path"].str.replace("\\", "/"),
                corpus.target,
                strict=True,
            )
        }
        assert found == listed
        # The folder of one speaker too, where the speaker is not in the file names.
        alone = load_savee(root / "AudioData" / "JK")
        assert set(alone.groups) == {"savee-JK"}
        assert len(alone.data) == 120

    @pytest.mark.parametrize("name", ["XX_a01", "a01", "DC_x01", "DC_a1"])
    def test_not_of_the_corpus(self, lay_out, name):
        with pytest.raises(ValueError, match=f"1 of 1 audio files .*\n  {name}.wav"):
            load_savee(lay_out([f"{name}.wav"]))


class TestTess:
    def test_speakers(self, whole_corpus):
        frame = load_tess(whole_corpus("tess")).frame
        assert frame.groupby("speaker")["age"].unique().str[0].to_dict() == {
            "tess-OAF": 64,
            "tess-YAF": 26,
        }
        assert set(frame["sex"]) == {"female"}
        assert (frame.groupby(["speaker", "emotion"]).size() == 200).all()
        assert frame["statement"].nunique() == 200

    def test_name_that_lacks_a_letter(self, lay_out):
        assert load_tess(lay_out(["OA_bite_neutral.wav"])).groups.tolist() == ["tess-OAF"]
        both = ["OA_bite_neutral.wav", "x/OAF_bite_neutral.wav"]
        with pytest.raises(ValueError, match="twice"):
            load_tess(lay_out(both, folder="both"))

    def test_archive_that_holds_itself(self, lay_out):
        title = "TESS Toronto emotional speech set data"
        clips = ["OAF_angry/OAF_back_angry.wav", "YAF_sad/YAF_back_sad.wav"]
        root = lay_out([f"{title}/{c}" for c in clips] + [f"{title}/{title}/{c}" for c in clips])
        with pytest.raises(ValueError, match="2 clips are there twice") as error:
            load_tess(root)
        assert f"Pass a folder with one copy, {str(root / title / title)!r}" in str(error.value)
        assert len(load_tess(root / title / title).data) == 2

    @pytest.mark.parametrize("name", ["MAF_back_angry", "OAF_back_calm", "OAF_angry"])
    def test_not_of_the_corpus(self, lay_out, name):
        with pytest.raises(ValueError, match=f"1 of 1 audio files .*\n  {name}.wav"):
            load_tess(lay_out([f"{name}.wav"]))

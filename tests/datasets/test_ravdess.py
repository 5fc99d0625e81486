"""load_ravdess against the true file names of the whole corpus."""

import pytest

from sersk.datasets import load_ravdess


@pytest.fixture
def ravdess(whole_corpus):
    return load_ravdess(whole_corpus("ravdess"), labels="original")


def test_every_name_has_its_actor(ravdess):
    frame = ravdess.frame
    folders = frame["path"].str.extract(r"Actor_(\d\d)")[0]
    assert ("ravdess-" + folders == frame["speaker"]).all()
    assert (frame["speaker"].value_counts() == 60).all()
    # 12 of the 24 actors are women, those of even number (Livingstone & Russo, 2018).
    assert frame.groupby("sex")["speaker"].nunique().to_dict() == {"female": 12, "male": 12}
    assert (frame["sex"] == "female").eq(folders.astype(int) % 2 == 0).all()


def test_facts_are_counted_as_published(ravdess):
    frame = ravdess.frame
    # 8 emotions at two intensities, but neutral only at one; two statements, each twice.
    assert set(frame.loc[frame["emotion"] == "neutral", "intensity"]) == {"normal"}
    assert frame["intensity"].value_counts().to_dict() == {"normal": 768, "strong": 672}
    assert (frame["statement"].value_counts() == 720).all()
    assert (frame["repetition"].value_counts() == 720).all()
    assert set(frame["channel"]) == {"speech"}
    assert set(frame["modality"]) == {"audio"}


def test_one_name_in_full(lay_out):
    # The example of the corpus's description: 02-01-06-01-02-01-12 is fearful, normal,
    # "dogs", first repetition, actor 12, female; here as its sound.
    row = load_ravdess(lay_out(["03-01-06-01-02-01-12.wav"])).frame.iloc[0]
    assert row.drop("path").to_dict() == {
        "corpus": "ravdess",
        "emotion": "fear",
        "original_label": "fearful",
        "speaker": "ravdess-12",
        "sex": "female",
        "modality": "audio",
        "channel": "speech",
        "intensity": "normal",
        "statement": "Dogs are sitting by the door",
        "repetition": 1,
    }


class TestChannel:
    NAMES = ("speech/03-01-04-01-01-01-01.wav", "song/03-02-04-01-01-01-01.wav")

    def test_selects(self, lay_out):
        root = lay_out(self.NAMES)
        assert load_ravdess(root).frame["channel"].tolist() == ["speech"]
        assert load_ravdess(root, channel="song").frame["channel"].tolist() == ["song"]
        assert len(load_ravdess(root, channel="both").data) == 2

    def test_channel_without_clips(self, lay_out):
        root = lay_out(self.NAMES[1:])
        with pytest.raises(ValueError, match=r"channel='speech'; there is: 'song'"):
            load_ravdess(root)

    def test_unknown(self, lay_out):
        with pytest.raises(ValueError, match=r"load_ravdess: channel is 'sung'"):
            load_ravdess(lay_out(self.NAMES), channel="sung")


def test_sound_taken_from_the_video_is_the_same_recording(lay_out):
    names = ["03-01-04-01-01-01-01.wav", "video/01-01-04-01-01-01-01.wav"]
    with pytest.raises(ValueError, match="twice"):
        load_ravdess(lay_out(names))
    alone = load_ravdess(lay_out(names[1:], folder="alone"))
    assert alone.frame["modality"].tolist() == ["audio-video"]


@pytest.mark.recordings
def test_real_folder(ravdess_path):
    corpus = load_ravdess(ravdess_path)
    assert len(corpus.data) == 960
    assert len(set(corpus.groups)) == 16
    assert len(corpus.target_names) == 8

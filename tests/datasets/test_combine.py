"""combine and load_published_corpus."""

import numpy as np
import pandas as pd
import pytest

from sersk.datasets import (
    combine,
    load_audio_folder,
    load_crema_d,
    load_emodb,
    load_published_corpus,
    load_ravdess,
    load_tess,
    make_emotional_speech,
)


@pytest.fixture
def ravdess(lay_out):
    names = ["03-01-05-01-01-01-01.wav", "03-01-06-01-01-01-02.wav"]
    return lay_out(names, folder="ravdess")


@pytest.fixture
def tess(lay_out):
    return lay_out(["OAF_back_angry.wav", "YAF_back_ps.wav"], folder="tess")


def rename(corpus, name):
    corpus.groups = np.char.replace(corpus.groups, "synthetic", name)
    corpus.frame = corpus.frame.assign(corpus=name, speaker=corpus.groups)
    return corpus


class TestPublishedCorpus:
    @pytest.fixture
    def folders(self, whole_corpus):
        return {name: whole_corpus(name) for name in ("ravdess", "tess", "crema_d")}

    def test_has_10898_clips(self, folders):
        corpus = load_published_corpus(**folders)
        assert len(corpus.data) == len(corpus.target) == len(corpus.groups) == 10_898
        assert corpus.frame["corpus"].value_counts().to_dict() == {
            "crema_d": 7442,
            "tess": 2400,
            "ravdess": 1056,
        }
        assert corpus.target_names == ["anger", "disgust", "fear", "happy", "neutral", "sad"]
        assert len(set(corpus.groups)) == 24 + 2 + 91
        assert len(set(corpus.data)) == 10_898
        assert corpus.frame["path"].tolist() == corpus.data.tolist()
        assert corpus.frame["emotion"].tolist() == corpus.target.tolist()
        assert corpus.frame["speaker"].tolist() == corpus.groups.tolist()
        assert corpus.frame.index.equals(pd.RangeIndex(10_898))

    def test_equals_combine_of_the_documented_parts(self, folders):
        six = ["anger", "disgust", "fear", "happy", "neutral", "sad"]
        by_hand = combine(
            load_ravdess(folders["ravdess"], emotions=six),
            load_tess(folders["tess"], emotions=six),
            load_crema_d(folders["crema_d"], emotions=six),
        )
        corpus = load_published_corpus(**folders)
        np.testing.assert_array_equal(corpus.data, by_hand.data)
        np.testing.assert_array_equal(corpus.target, by_hand.target)


class TestCombine:
    def test_paths(self, ravdess, tess):
        corpus = combine(load_tess(tess), load_ravdess(ravdess))
        assert corpus.target.tolist() == ["anger", "surprise", "anger", "fear"]
        assert corpus.groups.tolist() == ["tess-OAF", "tess-YAF", "ravdess-01", "ravdess-02"]
        assert corpus.target_names == ["anger", "fear", "surprise"]
        assert corpus.data.dtype.kind == corpus.groups.dtype.kind == "U"
        # A fact that one corpus lacks is missing for its clips; other corpora keep theirs.
        assert corpus.frame["age"].isna().tolist() == [False, False, True, True]
        assert corpus.frame["intensity"].isna().tolist() == [True, True, False, False]
        assert "RAVDESS" in corpus.DESCR
        assert "TESS" in corpus.DESCR

    def test_waveforms(self):
        one = make_emotional_speech(2, 1, duration=0.5)
        other = rename(make_emotional_speech(1, 1, duration=0.5, random_state=1), "other")
        corpus = combine(one, other)
        np.testing.assert_array_equal(corpus.data, np.r_[one.data, other.data])
        assert corpus.data.dtype == np.float32
        assert len(set(corpus.groups)) == 3

    def test_of_one_corpus_is_that_corpus(self, tess):
        one = load_tess(tess)
        corpus = combine(one)
        np.testing.assert_array_equal(corpus.data, one.data)
        pd.testing.assert_frame_equal(corpus.frame, one.frame)

    def test_of_combinations(self, ravdess, tess, lay_out):
        inner = combine(load_tess(tess), load_ravdess(ravdess))
        corpus = combine(inner, load_emodb(lay_out(["03a01Wa.wav"], folder="emodb")))
        assert corpus.frame["corpus"].tolist() == ["tess"] * 2 + ["ravdess"] * 2 + ["emodb"]

    def test_speakers_unknown_in_all(self, lay_out):
        one, other = (
            load_audio_folder(lay_out(["sad/1.wav"], folder=name)) for name in ("one", "other")
        )
        assert combine(one, other).groups is None


class TestRefusals:
    def test_nothing(self):
        with pytest.raises(ValueError, match="combine: no corpora"):
            combine()

    def test_arguments_that_are_not_corpora(self, tess):
        corpus = load_tess(tess)
        with pytest.raises(ValueError, match=r"argument 1, a list, has no data, target"):
            combine([corpus, corpus])

    def test_paths_and_waveforms(self, tess):
        with pytest.raises(ValueError, match=r"'tess' has shape \(2,\), 'synthetic' has shape \(6"):
            combine(load_tess(tess), make_emotional_speech(1, 1))

    def test_waveforms_of_other_lengths(self):
        one, other = (make_emotional_speech(1, 1, duration=d) for d in (0.5, 0.6))
        with pytest.raises(ValueError, match="same number of samples"):
            combine(one, rename(other, "other"))

    def test_a_corpus_twice(self, tess, lay_out):
        copy = lay_out(["OAF_back_sad.wav"], folder="copy")
        with pytest.raises(ValueError, match=r"share 1 speakers, for example 'tess-OAF'"):
            combine(load_tess(tess), load_tess(copy))

    def test_a_file_twice(self, lay_out):
        root = lay_out(["sad/kim_1.wav"])
        one, other = (load_audio_folder(root, speaker="kim", name=n) for n in ("one", "other"))
        with pytest.raises(ValueError, match=r"'one' and 'other' share 1 files, .*kim_1\.wav"):
            combine(one, other)

    def test_speakers_unknown_in_some(self, tess, lay_out):
        folder = load_audio_folder(lay_out(["sad/1.wav"], folder="ours"))
        with pytest.raises(ValueError, match=r"groups is None in 'ours'.*speaker="):
            combine(load_tess(tess), folder)


class TestLabels:
    def test_original_and_standard_labels_together_are_refused(self, ravdess, tess):
        with pytest.warns(UserWarning, match=r"'angry', 'ps' of 'tess' .*have two names") as record:
            combine(load_ravdess(ravdess), load_tess(tess, labels="original"))
        assert record[0].filename == __file__

    def test_two_originals(self, ravdess, tess):
        with pytest.warns(UserWarning, match=r"'fearful', 'ps' of 'ravdess', 'tess'"):
            combine(load_ravdess(ravdess, labels="original"), load_tess(tess, labels="original"))

    def test_user_labels_in_all_corpora(self, ravdess, tess):
        corpus = combine(
            load_ravdess(ravdess, labels={"angry": "loud", "fearful": "high"}),
            load_tess(tess, labels={"angry": "loud", "ps": "high"}),
        )
        assert corpus.target_names == ["high", "loud"]

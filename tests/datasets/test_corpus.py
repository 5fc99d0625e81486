"""Behaviour common to all corpus loaders, tested with load_ravdess."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils import Bunch

from sersk.datasets import VOCABULARY, find_corpora, load_ravdess
from sersk.datasets._duplicates import find_folders_of_copies
from sersk.datasets._labels import map_labels

ANGER = "03-01-05-01-01-01-01.wav"
CALM = "03-01-02-01-01-01-02.wav"
FEAR = "03-01-06-02-02-01-13.wav"

FOLDERS = st.lists(st.sampled_from("ab"), max_size=4).map(tuple)


def test_import_is_light():
    heavy = ["pandas", "sklearn", "scipy", "librosa", "soundfile", "tensorflow", "matplotlib"]
    code = f"import sys, sersk.datasets; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_bunch(lay_out):
    root = lay_out([ANGER, CALM, FEAR])
    corpus = load_ravdess(root)
    assert isinstance(corpus, Bunch)
    for values in (corpus.data, corpus.target, corpus.groups):
        assert values.shape == (3,)
        assert values.dtype.kind == "U"
    assert corpus.data.tolist() == [str(root / name) for name in (CALM, ANGER, FEAR)]
    assert corpus.target.tolist() == ["calm", "anger", "fear"]
    assert corpus.groups.tolist() == ["ravdess-02", "ravdess-01", "ravdess-13"]
    assert corpus.target_names == ["anger", "calm", "fear"]
    assert corpus.frame["path"].tolist() == corpus.data.tolist()
    assert corpus.frame["emotion"].tolist() == corpus.target.tolist()
    assert corpus.frame["speaker"].tolist() == corpus.groups.tolist()
    assert (corpus.frame["corpus"] == "ravdess").all()
    assert corpus.frame.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("corpus", find_corpora().values(), ids=find_corpora())
def test_description_has_title_licence_and_citation(corpus, lay_out):
    descr = corpus.load(lay_out(corpus.examples)).DESCR
    assert descr == corpus.DESCR
    assert descr.startswith(f"{corpus.title}: {corpus.full_name}\n")
    assert f"Licence: {corpus.licence}." in descr
    assert f"Citation: {corpus.citation}" in descr


def test_nesting_format_and_case_do_not_matter(lay_out):
    names = [ANGER, f"a/b/c/{CALM}", "x/" + FEAR.replace(".wav", ".FLAC")]
    corpus = load_ravdess(lay_out(names))
    assert sorted(corpus.target) == ["anger", "calm", "fear"]
    assert sorted(corpus.groups) == ["ravdess-01", "ravdess-02", "ravdess-13"]


def test_order_is_that_of_the_names(lay_out):
    root = lay_out([f"Actor_{a:02d}/03-01-05-01-01-01-{a:02d}.wav" for a in (12, 3, 24, 1)])
    assert load_ravdess(root).groups.tolist() == [f"ravdess-{a:02d}" for a in (1, 3, 12, 24)]


def test_hidden_files_and_other_files_are_skipped(lay_out):
    root = lay_out(
        [ANGER, f"._{ANGER}", f"__MACOSX/._{ANGER}", f".cache/{CALM}", "README.txt", "x.mp4"]
    )
    assert load_ravdess(root).target.tolist() == ["anger"]


def test_accepts_strings_relative_paths_and_home(lay_out, monkeypatch):
    root = lay_out([ANGER])
    monkeypatch.chdir(root.parent)
    assert load_ravdess("corpus").data.tolist() == [os.path.join("corpus", ANGER)]
    monkeypatch.setenv("HOME", str(root.parent))
    monkeypatch.setenv("USERPROFILE", str(root.parent))
    assert load_ravdess("~/corpus").data.tolist() == [str(root / ANGER)]


def test_links_are_followed_and_loops_end(lay_out):
    elsewhere = lay_out([ANGER], folder="elsewhere")
    root = lay_out([CALM])
    try:
        (root / "linked").symlink_to(elsewhere, target_is_directory=True)
        (root / "loop").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links on this system")
    assert sorted(load_ravdess(root).target) == ["anger", "calm"]


class TestLabels:
    def test_original(self, lay_out):
        corpus = load_ravdess(lay_out([ANGER, CALM, FEAR]), labels="original")
        assert corpus.target_names == ["angry", "calm", "fearful"]
        assert corpus.frame["original_label"].tolist() == corpus.target.tolist()

    def test_dict(self, lay_out):
        how = {"angry": "high", "calm": "low", "fearful": "high", "happy": "high"}
        corpus = load_ravdess(lay_out([ANGER, CALM, FEAR]), labels=how)
        assert corpus.target_names == ["high", "low"]
        assert corpus.frame["original_label"].nunique() == 3

    def test_dict_that_misses_some(self, lay_out):
        with pytest.raises(ValueError, match=r"no entry for 'calm', 'fearful'"):
            load_ravdess(lay_out([ANGER, CALM, FEAR]), labels={"angry": "high"})

    @pytest.mark.parametrize("value", [None, "", 3])
    def test_dict_of_something_else(self, lay_out, value):
        with pytest.raises(ValueError, match=r"labels\['angry'\] is .* a non-empty string"):
            load_ravdess(lay_out([ANGER]), labels={"angry": value})

    @pytest.mark.parametrize("labels", ["Original", None, 3])
    def test_neither(self, lay_out, labels):
        with pytest.raises(ValueError, match=r'load_ravdess: labels is .*"standard", "original"'):
            load_ravdess(lay_out([ANGER]), labels=labels)

    @given(st.lists(st.sampled_from(VOCABULARY), min_size=1))
    def test_any_mapping_is_applied_clip_by_clip(self, originals):
        mapping = {emotion: emotion.upper() for emotion in VOCABULARY}
        assert map_labels(originals, mapping, {}, "x") == [label.upper() for label in originals]


class TestEmotions:
    def test_selects(self, lay_out):
        corpus = load_ravdess(lay_out([ANGER, CALM, FEAR]), emotions=["fear", "anger"])
        assert corpus.target.tolist() == ["anger", "fear"]
        assert corpus.target_names == ["anger", "fear"]
        assert len(corpus.frame) == len(corpus.data) == len(corpus.groups) == 2
        assert corpus.frame.index.tolist() == [0, 1]

    def test_are_in_the_requested_labels(self, lay_out):
        root = lay_out([ANGER, CALM])
        corpus = load_ravdess(root, labels="original", emotions=("angry",))
        assert corpus.target.tolist() == ["angry"]
        with pytest.raises(ValueError, match=r"'anger', of which .* there are: 'angry', 'calm'"):
            load_ravdess(root, labels="original", emotions=["anger"])

    def test_unknown_are_all_named(self, lay_out):
        with pytest.raises(ValueError, match=r"'joy', 'rage', of which .* 'anger', 'calm'"):
            load_ravdess(lay_out([ANGER, CALM]), emotions=["joy", "anger", "rage"])

    def test_must_be_a_list(self, lay_out):
        with pytest.raises(ValueError, match=r"emotions is the string 'anger'; pass a list"):
            load_ravdess(lay_out([ANGER]), emotions="anger")
        with pytest.raises(ValueError, match=r"emotions is empty"):
            load_ravdess(lay_out([ANGER]), emotions=[])


class TestRefusals:
    def test_missing_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"load_ravdess: .*nowhere' does not exist"):
            load_ravdess(tmp_path / "nowhere")

    def test_file_in_place_of_a_folder(self, lay_out):
        with pytest.raises(
            NotADirectoryError, match=r"load_ravdess: .* is a file; pass the folder"
        ):
            load_ravdess(lay_out([ANGER]) / ANGER)

    def test_no_audio(self, lay_out):
        with pytest.raises(ValueError, match=r"load_ravdess: no audio file \(.*\.wav.*\) below"):
            load_ravdess(lay_out(["README.txt"]))

    def test_files_of_other_names_are_all_reported(self, lay_out):
        with pytest.raises(ValueError, match=r"2 of 3 audio files .* not named modality") as error:
            load_ravdess(lay_out([ANGER, "deep/noise.wav", "03-01-09-01-01-01-01.wav"]))
        assert "\n  deep/noise.wav" in str(error.value)
        assert "\n  03-01-09-01-01-01-01.wav" in str(error.value)

    def test_of_many_files_of_other_names_twenty_are_reported(self, lay_out):
        with pytest.raises(ValueError, match="25 of 25") as error:
            load_ravdess(lay_out([f"{n:02d}.wav" for n in range(25)]))
        lines = str(error.value).splitlines()
        assert lines[1].strip() == "00.wav"
        assert lines[20].strip() == "19.wav"
        assert lines[21:] == ["  ... and 5 more"]

    def test_archive_that_unpacks_twice(self, lay_out):
        clips = [f"Actor_{int(name[-6:-4]):02d}/{name}" for name in (ANGER, CALM, FEAR)]
        root = lay_out(clips + [f"audio_speech_actors_01-24/{clip}" for clip in clips])
        with pytest.raises(ValueError, match=r"3 clips are there twice") as error:
            load_ravdess(root)
        one_copy = root / "audio_speech_actors_01-24"
        assert f"Pass a folder with one copy, {str(one_copy)!r}" in str(error.value)
        assert repr(clips[0]) in str(error.value)
        assert repr(f"audio_speech_actors_01-24/{clips[0]}") in str(error.value)
        assert len(load_ravdess(one_copy).data) == 3

    def test_same_clip_in_two_folders_of_formats(self, lay_out):
        root = lay_out([f"wav/{ANGER}", "flac/" + ANGER.replace(".wav", ".flac")])
        with pytest.raises(ValueError, match="twice") as error:
            load_ravdess(root)
        assert f"{str(root / 'flac')!r} or {str(root / 'wav')!r}" in str(error.value)

    def test_archive_that_holds_itself(self, lay_out):
        root = lay_out([f"set/Actor_01/{ANGER}", f"set/set/Actor_01/{ANGER}"])
        with pytest.raises(ValueError, match="twice") as error:
            load_ravdess(root)
        one_copy = root / "set" / "set"
        assert f"Pass a folder with one copy, {str(one_copy)!r}, or remove" in str(error.value)
        assert len(load_ravdess(one_copy).data) == 1

    @given(FOLDERS, FOLDERS)
    def test_folder_to_pass_holds_one_copy(self, one, other):
        copies = find_folders_of_copies(one, other)
        assert bool(copies) == (one != other)
        for copy in copies:
            assert (one[: len(copy)] == copy) + (other[: len(copy)] == copy) == 1

    def test_same_clip_in_two_formats_in_one_folder(self, lay_out):
        root = lay_out([ANGER, ANGER.replace(".wav", ".flac")])
        with pytest.raises(ValueError, match=r"Keep one of the two files in the folder"):
            load_ravdess(root)


def test_groups_keep_speakers_apart_in_scikit_learn(lay_out):
    from sklearn.model_selection import LeaveOneGroupOut

    names = [f"03-01-0{e}-01-01-01-{a:02d}.wav" for e in (1, 5) for a in (1, 2, 3)]
    corpus = load_ravdess(lay_out(names))
    splits = list(LeaveOneGroupOut().split(corpus.data, corpus.target, corpus.groups))
    assert len(splits) == 3
    for train, test in splits:
        assert not np.intersect1d(corpus.groups[train], corpus.groups[test]).size


def test_files_are_not_opened(lay_out, monkeypatch):
    root = lay_out([ANGER])
    if os.name == "posix":
        Path(root / ANGER).chmod(0)
    assert load_ravdess(root).target.tolist() == ["anger"]

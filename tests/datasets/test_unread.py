"""Sound files of formats that are not read are named and counted, never passed over."""

import pytest

from sersk.audio.formats import AUDIO_SUFFIXES, MEDIA_SUFFIXES, UNREAD_SUFFIXES, is_read, is_unread
from sersk.audio.loading import AudioFileError, AudioFileWarning, AudioLoader
from sersk.datasets import find_unread_files, load_audio_folder, load_ravdess
from sersk.datasets.survey import recognize_corpus, survey_folder

pytestmark = pytest.mark.usefixtures("without_engine")


def test_suffixes_are_read_or_unread():
    kinds = (AUDIO_SUFFIXES, MEDIA_SUFFIXES, UNREAD_SUFFIXES)
    assert len({suffix for kind in kinds for suffix in kind}) == sum(map(len, kinds))
    for suffix in ("m4a", "mp4", "aac", "webm", "wma", "amr", "3gp"):
        assert f".{suffix}" in MEDIA_SUFFIXES
        assert is_unread(f"a.{suffix}")
        assert not is_read(f"a.{suffix}")
    assert is_unread("a.pcm")
    for suffix in ("wav", "opus", "ogg", "mp3", "caf"):
        assert f".{suffix}" in AUDIO_SUFFIXES


def test_a_folder_that_lacks_an_emotion_is_no_quiet_success(lay_out):
    root = lay_out(["Angry/a.wav", "Happy/b.wav", "Happy/b2.AMR", "Sad/c.m4a", "Sad/d's.M4A"])
    with pytest.warns(AudioFileWarning) as caught:
        corpus = load_audio_folder(root)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert corpus.target.tolist() == ["anger", "happy"]
    assert message.startswith(f"load_audio_folder: 3 sound files below {str(root)!r}")
    assert "(.amr, .m4a)" in message
    assert f"\n  ffmpeg -i {root}/Sad/c.m4a {root}/Sad/c.wav\n" in message
    assert f"{root}/Happy/b2.AMR" in message
    assert "No file of 'Sad' is read" in message
    assert "Happy' is read" not in message


def test_a_known_corpus_names_its_clips_only(lay_out):
    names = ["03-01-05-01-01-01-01", "03-01-02-01-01-01-01", "03-01-02-01-01-02-01"]
    root = lay_out([f"{names[0]}.wav", f"{names[1]}.m4a", f"{names[2]}.m4a", "holidays.mp4"])
    with pytest.warns(AudioFileWarning, match="2 sound files") as caught:
        assert load_ravdess(root).target.tolist() == ["anger"]
    assert "No file of 'calm' is read" in str(caught[0].message)
    assert "holidays" not in str(caught[0].message)


def test_what_has_been_converted_is_not_missed(lay_out):
    root = lay_out(["Angry/a.wav", "Angry/a.m4a", "Sad/b.flac", "Sad/b.webm", "notes.txt"])
    assert find_unread_files(root) == []
    assert len(load_audio_folder(root).data) == 2
    # The sound of a video of RAVDESS is the same recording, in another folder too.
    clip = "05-01-01-01-01"
    ravdess = lay_out([f"audio/03-01-{clip}.wav", f"video/01-01-{clip}.mp4"], "ravdess")
    assert len(load_ravdess(ravdess).data) == 1


def test_a_folder_with_nothing_to_read_says_what_it_holds(lay_out):
    root = lay_out(["Angry/a.m4a", "Sad/b.m4a"])
    for load in (load_audio_folder, load_ravdess, survey_folder):
        with pytest.raises(
            ValueError, match=r"no audio file .* 2 sound files .*\(\.m4a\)"
        ) as caught:
            load(root)
        assert f"ffmpeg -i {root}/Sad/b.m4a {root}/Sad/b.wav" in str(caught.value)


def test_a_survey_lists_each_file_and_each_lost_emotion(lay_out):
    root = lay_out(["Angry/a.wav", "Angry/a2.aac", "Sad/c.m4a", "d.3gp"])
    problems = dict(survey_folder(root).problems)
    assert set(problems) == {"Angry/a2.aac", "Sad/c.m4a", "Sad", "d.3gp"}
    assert problems["Sad"] == "is an emotion of which no file is read"
    assert problems["d.3gp"].startswith("is of a format that is not read; convert it: ffmpeg -i")


def test_a_path_to_such_a_file_gets_the_command_too(tmp_path):
    path = tmp_path / "my voice.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(500))
    with pytest.raises(AudioFileError, match="convert it: ffmpeg -i") as caught:
        AudioLoader().transform([path])
    assert f"'{tmp_path}/my voice.wav'" in str(caught.value)
    assert ".wav', or install what reads it: pip install 'sersk[media]'" in str(caught.value)


def test_with_an_engine_these_files_are_clips(lay_out, with_engine):
    root = lay_out(["Angry/a.wav", "Happy/b2.AMR", "Sad/c.m4a", "Sad/d.pcm"])
    with pytest.warns(AudioFileWarning, match=r"1 sound file .*\(\.pcm\)") as caught:
        corpus = load_audio_folder(root)
    assert corpus.target.tolist() == ["anger", "happy", "sad"]
    assert "sersk[media]" not in str(caught[0].message)  # it would not help
    assert [problem.path for problem in survey_folder(root).problems] == ["Sad/d.pcm"]


def test_with_an_engine_copies_and_holidays_are_no_clips(lay_out, with_engine):
    root = lay_out(["Angry/a.wav", "Angry/a.m4a", "Sad/b.flac", "Sad/b.webm", "Sad/c.mp4"])
    assert [path[-5:] for path in load_audio_folder(root).data] == ["a.wav", ".flac", "c.mp4"]
    assert survey_folder(root).problems == []
    clip = "05-01-01-01-01"
    names = [f"audio/03-01-{clip}.wav", f"video/01-01-{clip}.mp4", "holidays.mov"]
    ravdess = lay_out(names, "ravdess")
    assert len(load_ravdess(ravdess).data) == 1
    assert recognize_corpus(ravdess) == "ravdess"
    assert survey_folder(ravdess).problems == []

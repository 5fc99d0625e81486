"""load_table: CSV files and DataFrames, and everything that is wrong with them at once."""

import csv
import os

import numpy as np
import pandas as pd
import pytest

from sersk.datasets import combine, load_table

NAMES = ["a/1.wav", "a/2.wav", "b/1.wav", "b/2.flac"]
ROWS = [
    ["path", "label", "who", "session", "age"],
    ["a/1.wav", "angry", "01", "S1", "31"],
    ["a/2.wav", "Sadness", "02", "S1", ""],
    ["b/1.wav", "ANG", "01", "S2", "58"],
    ["b/2.flac", "neutral", "02", "S2", "7.5"],
]


@pytest.fixture
def root(lay_out):
    return lay_out(NAMES)


@pytest.fixture
def write(root):
    def write(rows, separator=",", encoding="utf-8", name="list.csv"):
        with open(root / name, "w", newline="", encoding=encoding) as file:
            csv.writer(file, delimiter=separator).writerows(rows)
        return root / name

    return write


def refusal(*args, **options):
    with pytest.raises(ValueError, match=r"^load_table: ") as caught:
        load_table(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_a_corpus(write, root, separator, encoding):
    corpus = load_table(write(ROWS, separator, encoding), speaker="who")
    assert corpus.data.tolist() == [str(root / name) for name in NAMES]
    assert corpus.target.tolist() == ["anger", "sad", "anger", "neutral"]
    assert corpus.groups.tolist() == ["list-01", "list-02", "list-01", "list-02"]
    assert corpus.target_names == ["anger", "neutral", "sad"]
    assert "read from 'who'" in corpus.DESCR
    first = ["path", "corpus", "emotion", "original_label", "speaker"]
    assert [*corpus.frame] == [*first, "original_path", "label", "who", "session", "age"]
    assert corpus.frame["original_path"].tolist() == NAMES
    np.testing.assert_array_equal(corpus.frame["age"], [31, np.nan, 58, 7.5])
    assert corpus.frame["who"].tolist() == ["01", "02", "01", "02"]  # no number: a name


def test_a_separator_within_cells_and_spaces_around_them(root):
    file = root / "list.csv"
    text = (
        'note;path ;label\n"loud; clear, near\nthe ""mic""";a/1.wav; sad\n\n,,,,;b/1.wav;angry;;\n'
    )
    file.write_text(text)
    corpus = load_table(file)
    assert corpus.frame["note"].tolist() == ['loud; clear, near\nthe "mic"', ",,,,"]
    assert corpus.target.tolist() == ["sad", "anger"]
    file.write_text(text.replace("b/1", "b/3"))
    assert "\n  line 5: 'b/3.wav' does not exist" in refusal(file)  # as an editor counts


def test_any_column_is_a_group_and_several_together(write):
    file = write(ROWS)
    assert load_table(file, speaker="session", name="x").groups.tolist() == [
        *("x-S1", "x-S1", "x-S2", "x-S2")
    ]
    both = load_table(file, speaker=["session", "who"])
    assert both.groups.tolist() == ["list-S1-01", "list-S1-02", "list-S2-01", "list-S2-02"]
    assert load_table(file).groups is None


def test_two_groups_never_become_one(write):
    file = write([*ROWS[:1], ["a/1.wav", "sad", "b", "a-", ""], ["a/2.wav", "sad", "-b", "a", ""]])
    text = refusal(file, speaker=["session", "who"])
    assert "line 3: its speaker 'a--b' is also that of" in text


def test_labels_and_emotions(write):
    file = write(ROWS)
    chosen = load_table(file, emotions=["sad", "neutral"], speaker="who")
    assert chosen.target.tolist() == ["sad", "neutral"]
    assert chosen.frame["session"].tolist() == ["S1", "S2"]  # of the same clips
    assert load_table(file, labels="original").target_names == [
        *("ANG", "Sadness", "angry", "neutral")
    ]
    names = {"ANG": "hot", "angry": "hot", "Sadness": "cold", "neutral": "cold"}
    assert load_table(file, labels=names).target.tolist() == ["hot", "cold", "hot", "cold"]
    del names["neutral"]
    assert "no entry for 'neutral'" in refusal(file, labels=names)
    assert "emotions has 'fear'" in refusal(file, emotions=["fear"])


def test_everything_that_is_wrong_is_said_at_once(write, without_engine):
    rows = [
        ["path", "label", "who"],
        ["a/1.wav", "angry", "01"],
        ["a/2.wave", "angry", "01"],
        ["", "sad", "02"],
        ["c/1.wav", "", "02"],
        ["a/../a/1.wav", "sad", "02"],
        ["b", "angrry", ""],
        ["b/2.flac", "angrry", "03"],
        ["call.m4a", "sad", "03"],
    ]
    file = write(rows)
    (file.parent / "call.m4a").touch()
    text = refusal(file, speaker="who")
    assert text.splitlines()[0].endswith("list.csv' has 9 problems:")
    assert [line.strip() for line in text.splitlines()[1:]] == [
        "line 3: 'a/2.wave' does not exist; did you mean '2.wav'?",
        "line 4: has no path",
        "line 5: 'c/1.wav' does not exist; nor does its folder",
        "line 5: has no label in 'label'",
        "line 6: 'a/../a/1.wav' is the clip of line 2 again",
        "line 7: 'b' is not a file",
        "line 7, line 8: label 'angrry' is no emotion that is known; did you mean 'angry'?",
        "line 7: has no speaker in 'who'",
        f"line 9: 'call.m4a' is of a format that is not read; convert it: ffmpeg -i "
        f"{file.parent}/call.m4a {file.parent}/call.wav, or install what reads it: "
        "pip install 'sersk[media]'",
    ]


def test_unknown_columns_are_said_with_near_names_and_the_rest(write):
    rows = [["Path", "labels", "session"], ["a/1.wav", "sad", ""]]
    text = refusal(write(rows), speaker=["sessions", "session"])
    assert "no column 'path' (path='path'); did you mean 'Path'?" in text
    assert "no column 'label' (label='label'); did you mean 'labels'?" in text
    assert "no column 'sessions' (speaker='sessions'); did you mean 'session'?" in text
    assert "There are: 'Path', 'labels', 'session'" in text


def test_where_relative_paths_begin(write, root, tmp_path, monkeypatch):
    file = write(ROWS)
    elsewhere = tmp_path / "list.csv"
    os.rename(file, elsewhere)
    text = refusal(elsewhere)
    assert f"relative paths begin at {str(tmp_path)!r}; pass another folder by root=" in text
    for where in (root, str(root)):
        assert len(load_table(elsewhere, root=where).data) == 4
    frame = pd.read_csv(elsewhere)
    monkeypatch.chdir(root)
    assert load_table(frame).data.tolist() == NAMES
    rows = [["path", "label"], [str(root / "a/1.wav"), "sad"]]
    assert load_table(write(rows), root="/nowhere").data.tolist() == [str(root / "a/1.wav")]


def test_a_data_frame_keeps_its_dtypes_and_any_index(root):
    frame = pd.DataFrame(
        {
            "clip": [root / name for name in NAMES],
            "emotion": pd.Categorical(["sad", "anger", "sad", "fear"]),
            "speaker": [1.0, 2.0, 1.0, 2.0],
            "day": pd.to_datetime(["2020-01-01"] * 4),
        },
        index=[7, 7, 3, 3],
    )
    before = frame.copy()
    corpus = load_table(frame, path="clip", label="emotion", speaker="speaker", emotions=["sad"])
    pd.testing.assert_frame_equal(frame, before)
    assert corpus.groups.tolist() == ["table-1", "table-1"]
    assert corpus.frame["day"].dtype == frame["day"].dtype
    assert corpus.frame["original_emotion"].dtype == "category"
    assert corpus.frame["original_speaker"].tolist() == [1.0, 1.0]
    assert [*corpus.frame.index] == [0, 1]
    frame.loc[3, "emotion"] = None
    text = refusal(frame, path="clip", label="emotion")
    assert "\n  row 2: has no label in 'emotion'\n  row 3: has no label" in text
    # what sersk itself gives is a table too
    assert load_table(corpus.frame, label="emotion").data.tolist() == corpus.data.tolist()


def test_tables_combine(write):
    one = load_table(write(ROWS[:3]), speaker="who", name="one")
    other = load_table(write([ROWS[0], *ROWS[3:]]), speaker="who", name="other")
    assert combine(one, other).groups.tolist() == ["one-01", "one-02", "other-01", "other-02"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty; it needs a row for each clip"),
        (b"\n\n", "is empty"),
        (b"path,label\n", "has no row below its column names"),
        (b"path,label\na/1.wav,f\xfcr\n", "is not text in UTF-8 (byte 20)"),
        (b"PK\x03\x04\0\0", "is no text"),
        (b"path,label,\na/1.wav,sad,x\n", "and other numbers of cells in these lines"),
        (b"path,,label\na/1.wav,x,sad\n", "has no name for column 2"),
        (b"path,label,label\na/1.wav,sad,sad\n", "has two columns called 'label'"),
        (b"path,label\na/1.wav\n", "has 2 columns by its first line"),
        (b"path,label\na/1.wav,sad,loud, clear\n", "line 2: 4"),
        (b"path,label\n" + b"x" * 200_000 + b",sad\n", "line 2: field larger than"),
    ],
)
def test_what_is_no_table_is_refused(root, content, problem):
    file = root / "list.csv"
    file.write_bytes(content)
    text = refusal(file)
    assert problem in text
    assert "list.csv" in text


def test_what_is_neither_a_file_nor_a_data_frame(root):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv' does not exist"):
        load_table(root / "nowhere.csv")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load_table(root)
    with pytest.raises(TypeError, match="is of type list; it is the path of a CSV file"):
        load_table([["a/1.wav", "sad"]])
    assert "has no row" in refusal(pd.DataFrame({"path": [], "label": []}))
    frame = pd.DataFrame([["a/1.wav", "sad", "x"]], columns=["path", "label", "label"])
    assert "two columns called 'label'" in refusal(frame)


@pytest.mark.skipif(os.sep == "\\", reason="there \\ separates folders anyway")
def test_a_table_from_windows_is_read_elsewhere(tmp_path):
    from pathlib import PureWindowsPath

    names = [PureWindowsPath("Sad", "Max Müller", "1.wav"), PureWindowsPath("Angry/2.wav")]
    for name in names:
        tmp_path.joinpath(*name.parts).parent.mkdir(parents=True)
        tmp_path.joinpath(*name.parts).touch()
    frame = pd.DataFrame({"path": [str(name) for name in names], "label": ["sad", "angry"]})
    assert "\\" in frame["path"][0]
    corpus = load_table(frame, root=tmp_path)
    assert corpus.data.tolist() == [
        str(tmp_path / "Sad" / "Max Müller" / "1.wav"),
        str(tmp_path / "Angry" / "2.wav"),
    ]
    # A file of that very name comes first: here \ may be part of one.
    tmp_path.joinpath("Angry\\2.wav").touch()
    assert load_table(frame, root=tmp_path).data[1] == str(tmp_path / "Angry\\2.wav")


@pytest.mark.skipif(os.sep == "\\", reason="there it is a path")
@pytest.mark.parametrize("anchor", ["C:\\", "C:", "\\\\server\\share\\", "\\"])
def test_a_drive_of_another_computer_is_named(tmp_path, anchor):
    frame = pd.DataFrame({"path": [anchor + "calls\\a.wav"], "label": ["sad"]})
    with pytest.raises(ValueError, match=r"Windows: write paths that begin at one folder") as info:
        load_table(frame, root=tmp_path)
    assert repr(anchor) in str(info.value)

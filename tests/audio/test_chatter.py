"""libmpg123's lines about MP3 files, which name no file, do not reach stderr."""

import ctypes
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from sersk.audio import UnusableClipError, read_sound
from sersk.audio._libmpg123 import without_chatter

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux")
    or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
    or "MP3" not in soundfile.available_formats(),
    reason="C's stderr is replaced with glibc only",
)


@pytest.fixture
def damaged(tmp_path):
    path = tmp_path / "damaged.mp3"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 32_000)
    soundfile.write(path, noise, 16_000, format="MP3")
    data = bytearray(path.read_bytes())
    data[3_000:3_400] = bytes(400)
    path.write_bytes(data)
    return str(path)


def read(path):
    try:
        return len(read_sound(path)[0])
    except UnusableClipError as reason:
        return str(reason)


def test_soundfile_alone_writes_lines_and_sersk_none(damaged, capfd):
    soundfile.read(damaged)
    assert capfd.readouterr().err
    answers = {read(damaged) for _ in range(3)}
    assert len(answers) == 1
    assert capfd.readouterr() == ("", "")


def test_text_that_is_tried_as_mp3_is_refused_in_silence(tmp_path, capfd):
    path = tmp_path / "notes.mp3"
    path.write_bytes(b"\xff\xfb\x90 and then text, " * 100)
    read(str(path))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("first", [b"fLaC\xc1", b"RIFF\xc1", b"FORM\xc1", b"OggS\xc1"])
def test_the_mark_of_another_format_under_the_name_of_mp3(tmp_path, capfd, first):
    path = tmp_path / "notes.mp3"
    path.write_bytes(first)
    assert isinstance(read(str(path)), str)
    assert capfd.readouterr() == ("", "")


def test_files_are_read_where_nothing_can_be_kept_back(damaged, monkeypatch):
    def refuse(name):
        raise OSError(24, "Too many open files")

    expected = read(damaged)
    monkeypatch.setattr("sersk.audio._libmpg123._catcher", None)
    monkeypatch.setattr(os, "memfd_create", refuse)
    assert read(damaged) == expected


def test_in_threads_too(damaged, capfd):
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(read, [damaged] * 40))) == 1
    assert capfd.readouterr() == ("", "")


def test_what_others_write_in_the_meantime_is_written(capfd):
    library = ctypes.CDLL(None)
    with without_chatter():
        stream = ctypes.c_void_p(ctypes.c_void_p.in_dll(library, "stderr").value)
        library.fputs(b"Note: Trying to resync...\nFatal: of another library\n", stream)
        os.write(2, b"by the descriptor\n")
        print("by Python", file=sys.stderr)
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'by a child')"], check=True)
    lines = capfd.readouterr().err
    assert "resync" not in lines
    for line in ("Fatal: of another library", "by the descriptor", "by Python", "by a child"):
        assert line in lines
    stream = ctypes.c_void_p(ctypes.c_void_p.in_dll(library, "stderr").value)
    library.fputs(b"afterwards\n", stream)
    assert capfd.readouterr().err == "afterwards\n"

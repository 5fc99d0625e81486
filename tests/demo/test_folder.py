"""What is left after a kill, and answers in several threads: no server, no Gradio."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from sersk.demo import _folder
from sersk.demo._folder import UploadsFolder
from sersk.demo.answering import Limits
from sersk.demo.responding import respond

# Loads the module alone, since the package takes seconds.
HOLD = f"""
import runpy, sys
folder = runpy.run_path({_folder.__file__!r})["UploadsFolder"]()
(folder.path / "recording").write_bytes(b"a voice")
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(os.name != "posix", reason="folders can't be locked")
def test_recordings_of_a_killed_page_are_deleted_by_the_next(temporary):
    for name in ("sersk-web-file", "other"):
        (temporary / name).write_text("not ours")
    (temporary / "elsewhere").mkdir()
    (temporary / "sersk-web-link").symlink_to(temporary / "elsewhere")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        left = other.stdout.readline().strip()
        beside = UploadsFolder()  # while the other lives, its recordings stay
        assert os.listdir(left) == ["recording"]
        assert os.stat(left).st_mode & 0o077 == 0
    finally:
        other.kill()
        other.communicate()
    assert os.path.isdir(left)
    own = UploadsFolder()
    assert not os.path.exists(left)
    assert beside.path.is_dir()
    for folder in (own, beside):
        folder.remove()
        folder.remove()  # again: nothing happens
    kept = ["elsewhere", "other", "sersk-web-file", "sersk-web-link"]
    assert sorted(os.listdir(temporary)) == kept


@pytest.mark.skipif(os.name != "posix", reason="folders can't be locked")
def test_folders_that_are_made_at_once_are_not_taken_for_abandoned_ones(temporary):
    with ThreadPoolExecutor(8) as pool:
        folders = [*pool.map(lambda _: UploadsFolder(), range(40))]
    assert len({folder.path for folder in folders}) == 40
    assert all(folder.path.is_dir() for folder in folders)
    for folder in folders:
        folder.remove()
    assert os.listdir(temporary) == []


def test_answers_in_several_threads_are_those_of_one(model, recordings):
    """Two pages may share a model, its figures and its labels."""
    names = ["short", "long", "text", "silent"] * 4
    alone = {name: respond(model, recordings[name], Limits(), sound=True) for name in set(names)}
    with ThreadPoolExecutor(8) as pool:
        replies = pool.map(
            lambda name: respond(model, recordings[name], Limits(), sound=True), names
        )
        assert [*replies] == [alone[name] for name in names]

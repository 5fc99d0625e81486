"""Files that are replaced as a whole: killed processes, threads, and left-overs."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from sersk._utils import temporary
from sersk._utils.files import check_writable, replacing
from sersk._utils.storage import allocate

posix = pytest.mark.skipif(os.name != "posix", reason="kills a process by a signal")

SAVING = """
import sys
from pathlib import Path
from sersk._utils.files import replacing

with replacing(Path(sys.argv[1], "model.joblib")) as file:
    file.write(b"half of it")
    file.flush()
    print("saving", flush=True)
    sys.stdin.readline()
"""

STORING = """
import sys
from sersk._utils.storage import allocate

features = allocate((10, 10), "float32", sys.argv[1])
print("storing", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def start(tmp_path):
    """Start a child that has a temporary file in the folder, until it reads a line."""
    children = []

    def run(code):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        children.append(child)
        assert child.stdout.readline()
        return child

    yield run
    for child in children:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


def save(folder, content=b"whole"):
    with replacing(folder / "model.joblib") as file:
        file.write(content)


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def kill(child):
    child.send_signal(signal.SIGKILL)
    child.wait()


@posix
def test_the_next_save_removes_what_killed_processes_left(start, tmp_path):
    for _ in range(2):
        child = start(SAVING)
        assert len(names(tmp_path)) == 1
        kill(child)
    assert len(names(tmp_path)) == 1
    save(tmp_path)
    assert names(tmp_path) == ["model.joblib"]


@posix
def test_features_on_disk_are_kept_as_long_as_their_process_lives(start, tmp_path):
    child = start(STORING)
    (theirs,) = names(tmp_path)
    save(tmp_path)
    assert names(tmp_path) == sorted([theirs, "model.joblib"])
    kill(child)
    features = allocate((10, 10), "float32", tmp_path)
    assert len(names(tmp_path)) == 2
    assert theirs not in names(tmp_path)
    del features
    assert names(tmp_path) == ["model.joblib"]


def test_a_folder_that_is_missing_is_named_before_the_work(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"the folder '.*nowhere' of 'a\.joblib' does not"):
        check_writable(tmp_path / "nowhere" / "a.joblib")


def test_the_file_of_a_living_process_is_left(start, tmp_path):
    child = start(SAVING)
    (theirs,) = names(tmp_path)
    save(tmp_path)
    check_writable(tmp_path / "model.joblib")
    assert names(tmp_path) == sorted([theirs, "model.joblib"])
    child.communicate(b"\n", timeout=60)
    assert child.returncode == 0
    assert names(tmp_path) == ["model.joblib"]
    assert (tmp_path / "model.joblib").read_bytes() == b"half of it"


def test_threads_save_to_one_path_and_one_of_the_files_stays(tmp_path):
    failures = []

    def run(number):
        try:
            for _ in range(30):
                save(tmp_path, bytes([number]) * 10_000)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    content = (tmp_path / "model.joblib").read_bytes()
    assert content in {bytes([number]) * 10_000 for number in range(4)}
    assert names(tmp_path) == ["model.joblib"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_after_an_error(tmp_path, error):
    save(tmp_path, b"the old one")

    def fail():
        with replacing(tmp_path / "model.joblib") as file:
            file.write(b"half of it")
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == ["model.joblib"]
    assert (tmp_path / "model.joblib").read_bytes() == b"the old one"


def test_files_of_others_are_left(tmp_path):
    others = ["song.part", ".sersk-tmp", ".a.sersk-tmp", ".a.0123.part"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    save(tmp_path)
    assert names(tmp_path) == sorted([*others, "model.joblib"])


def test_without_locks_only_old_files_are_left_overs(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(95, "Operation not supported")

    if temporary.fcntl is not None:
        monkeypatch.setattr("sersk._utils.temporary.fcntl.flock", refuse)
    old, new = (tmp_path / f".a.{digit * 16}.sersk-tmp" for digit in "01")
    for file in (old, new):
        file.write_bytes(b"half of it")
    ago = time.time() - 8 * 24 * 3600
    os.utime(old, (ago, ago))
    save(tmp_path)
    assert names(tmp_path) == sorted([new.name, "model.joblib"])


@posix
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_that_was_forked_does_not_delete_features_on_disk(tmp_path):
    features = allocate((10, 10), "float32", tmp_path)
    child = os.fork()
    if child == 0:
        del features
        os._exit(0)
    os.waitpid(child, 0)
    assert len(names(tmp_path)) == 1
    features[:] = 1
    np.testing.assert_array_equal(np.memmap(features.filename, "float32"), 1)


def test_the_longest_possible_name_is_saved(tmp_path):
    path = tmp_path / ("я" * 127)  # 254 bytes
    with replacing(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"

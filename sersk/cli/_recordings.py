"""Which recordings are meant: files, folders, patterns, lists of them, and standard input."""

import glob
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

STDIN = "-"
_MOST_BYTES = 2 * 2**30  # of a recording on standard input; it is held in a file meanwhile


def find_recordings(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the recordings that are meant, and what is wrong with the other words.

    A file that exists is meant by its name even where that looks like a pattern; a folder means
    the recordings at any depth below it; a pattern (``*``, ``?``, ``[...]``, ``**`` for folders
    at any depth) what it matches, where the shell has not replaced it already.
    """
    from sersk.audio.loading import AUDIO_SUFFIXES
    from sersk.datasets import find_audio_files

    suffixes = {suffix.lower() for suffix in AUDIO_SUFFIXES}
    paths: list[str] = []
    bad: dict[str, str] = {}

    def add(folder: str) -> bool:
        try:
            paths.extend(map(str, find_audio_files(folder, "sersk predict")))
        except ValueError:
            return False
        return True

    for word in words:
        if os.path.isdir(word):
            if not add(word):
                bad[word] = "is a folder without recordings"
        elif word == STDIN or os.path.lexists(word) or not glob.has_magic(word):
            paths.append(word)
        else:
            # "**/*" matches notes and pictures too; "*.dat" says itself what it wants.
            told = not glob.has_magic(os.path.splitext(word)[1] or "*")
            found = sorted(glob.glob(word, recursive=True))
            kept = [
                name
                for name in found
                if not os.path.isdir(name)
                and (told or os.path.splitext(name)[1].lower() in suffixes)
            ]
            paths += kept
            inside = [add(name) for name in found if os.path.isdir(name)]
            if not kept and not any(inside):
                bad[word] = "matches no recording"
    return list(dict.fromkeys(paths)), bad


def read_list(file: str) -> list[str]:
    """Return the words in a list: one a line, or between zero bytes (``find -print0``)."""
    if file == STDIN:
        if sys.stdin.isatty():
            raise typer.BadParameter("--files-from - reads a list from a pipe; none is there.")
        content = sys.stdin.buffer.read()
    else:
        content = Path(file).read_bytes()
    separator = b"\0" if b"\0" in content else b"\n"
    lines = (line.removesuffix(b"\r") for line in content.split(separator))
    return [os.fsdecode(line) for line in lines if line.strip()]


@contextmanager
def standard_input_as_file(wanted: bool) -> Iterator[str]:
    """Keep the sound on standard input in a file, for as long as it is needed."""
    if not wanted:
        yield ""
        return
    if sys.stdin.isatty():
        raise typer.BadParameter("'-' reads a recording from a pipe; none is there.")
    # Closed before it is read again: Windows opens no file twice.
    with tempfile.TemporaryDirectory(prefix="sersk-") as folder:
        path = os.path.join(folder, "standard input")
        with open(path, "wb") as file:
            size = 0
            while block := sys.stdin.buffer.read(2**20):
                size += len(block)
                if size > _MOST_BYTES:
                    raise ValueError(f"standard input is longer than {_MOST_BYTES // 2**30} GiB.")
                file.write(block)
        yield path

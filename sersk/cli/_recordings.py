"""Finding the recordings of `sersk predict`: files, folders, patterns, lists, standard input."""

import glob
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from sersk._utils.files import naming

STDIN = "-"
_MOST_BYTES = 2 * 2**30  # largest recording on standard input


def find_recordings(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the recordings that words name, and the problem of each word that names none.

    Files in the folders that hold sound in a format that is not read are problems too.

    The name of an existing file names that file, even if it looks like a pattern. A folder names
    the recordings at any depth below it. A pattern (``*``, ``?``, ``[...]``, and ``**`` for
    folders at any depth) names what it matches, if the shell has not replaced it already.
    """
    from sersk.audio.formats import advise, is_read, is_unread
    from sersk.datasets import find_audio_files, find_unread_files

    paths: list[str] = []
    bad: dict[str, str] = {}

    def refuse(file: str) -> None:
        bad[file] = f"is of a format that is not read{advise(file)}"

    def add(folder: str) -> bool:
        unread = find_unread_files(folder)
        for file in map(str, unread):
            refuse(file)
        try:
            paths.extend(map(str, find_audio_files(folder, "sersk predict")))
        except ValueError:
            return bool(unread)
        return True

    for word in words:
        if os.path.isdir(word):
            if not add(word):
                bad[word] = "is a folder without recordings"
        elif word == STDIN or os.path.lexists(word) or not glob.has_magic(word):
            paths.append(word)
        else:
            # "**/*" also matches text files, so only audio suffixes count; "*.dat" names its own.
            has_suffix = not glob.has_magic(os.path.splitext(word)[1] or "*")
            found = sorted(glob.glob(word, recursive=True))
            kept = [
                name for name in found if not os.path.isdir(name) and (has_suffix or is_read(name))
            ]
            paths += kept
            unread = [name for name in found if name not in kept and is_unread(name)]
            for file in unread:
                refuse(file)
            inside = [add(name) for name in found if os.path.isdir(name)]
            if not kept and not unread and not any(inside):
                bad[word] = "matches no recording"
    return list(dict.fromkeys(paths)), bad


def read_list(file: str) -> list[str]:
    """Return the words of a list, separated by line ends or zero bytes (``find -print0``)."""
    if file == STDIN:
        if sys.stdin.isatty():
            raise typer.BadParameter("--files-from - reads a list from a pipe; there is no pipe.")
        content = sys.stdin.buffer.read()
    else:
        content = Path(file).read_bytes()
    separator = b"\0" if b"\0" in content else b"\n"
    lines = (line.removesuffix(b"\r") for line in content.split(separator))
    return [os.fsdecode(line) for line in lines if line.strip()]


@contextmanager
def standard_input_as_file(wanted: bool) -> Iterator[str]:
    """Write the recording on standard input to a file that exists within the context."""
    if not wanted:
        yield ""
        return
    if sys.stdin.isatty():
        raise typer.BadParameter("'-' reads a recording from a pipe; there is no pipe.")
    # A folder, because Windows can't open a temporary file a second time.
    with tempfile.TemporaryDirectory(prefix="sersk-") as folder:
        path = os.path.join(folder, "standard input")
        with naming(Path(path)), open(path, "wb") as file:
            size = 0
            while block := sys.stdin.buffer.read(2**20):
                size += len(block)
                if size > _MOST_BYTES:
                    raise ValueError(f"standard input is longer than {_MOST_BYTES // 2**30} GiB.")
                file.write(block)
        yield path

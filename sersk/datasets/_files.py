"""Find the audio files of a folder, and parse their names. No audio file is opened here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sersk._utils.paths import as_path
from sersk.datasets._walking import list_names, sort_below, walk
from sersk.datasets.parts import Clip
from sersk.datasets.unread import describe_unread, find_unread_files


def check_folder(path: str | os.PathLike[str], loader: str) -> Path:
    """Return `path` as a Path if it is a folder; `loader` is the name in error messages."""
    root = as_path(path, loader)
    if not root.exists():
        raise FileNotFoundError(
            f"{loader}: the folder {str(root)!r} does not exist (looked from {str(Path.cwd())!r})."
        )
    if not root.is_dir():
        raise NotADirectoryError(
            f"{loader}: {str(root)!r} is a file; pass the folder that the corpus's archive "
            "unpacks to."
        )
    return root


def find_audio_files(path: str | os.PathLike[str], loader: str = "find_audio_files") -> list[Path]:
    """Return every audio file of a folder, at any depth, in the order of their names.

    Hidden files and folders are skipped, and with them the ``._name`` copies that macOS adds to
    archives. Links are followed; each folder is visited once.

    Parameters
    ----------
    path : str or path-like
        Folder.
    loader : str, default="find_audio_files"
        Name in error messages.

    Returns
    -------
    files : list of pathlib.Path
        The files, each beginning with `path`.

    Raises
    ------
    ValueError
        If the folder holds no audio, or `path` is empty.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import find_audio_files
    >>> with TemporaryDirectory() as folder:
    ...     for name in ["b.wav", "a.flac", "notes.txt"]:
    ...         Path(folder, name).touch()
    ...     [file.name for file in find_audio_files(folder)]
    ['a.flac', 'b.wav']
    """
    # Not at the top: the registry of corpora is imported where decoding audio is not needed.
    from sersk.audio.formats import is_read, list_suffixes

    root = as_path(path, loader)
    found = [file for file in walk(root) if is_read(file)]
    if not found:
        suffixes = ", ".join(sorted(list_suffixes()))
        message = f"{loader}: no audio file ({suffixes}) below {str(root)!r}."
        if unread := find_unread_files(root):
            raise ValueError(f"{message} {describe_unread(unread, root)}")
        raise ValueError(f"{message} Pass the folder that the corpus's archive unpacks to.")
    return sort_below(root, found)


def parse_names(
    root: Path,
    files: Sequence[Path],
    parse: Callable[[Path], Clip | None],
    *,
    loader: str,
    form: str,
) -> list[Clip]:
    """Parse every name; report all files that are not named as clips of the corpus at once."""
    clips = []
    unknown = []
    for file in files:
        clip = parse(file)
        if clip is None:
            unknown.append(file.relative_to(root).as_posix())
        else:
            clips.append(clip)
    if unknown:
        raise ValueError(
            f"{loader}: {len(unknown)} of {len(files)} audio files below {str(root)!r} are not "
            f"named {form}. Pass the folder that holds the corpus alone, or take these files out "
            f"of it:{list_names(unknown)}"
        )
    return clips

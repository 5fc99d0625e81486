"""Files of a folder that hold sound in formats that are not read: found, named and counted."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from sersk.datasets._walking import list_names, sort_below, walk
from sersk.datasets.parts import Clip


def find_unread_files(path: str | os.PathLike[str]) -> list[Path]:
    """Return the files of a folder that hold sound in a format that is not read.

    Parameters
    ----------
    path : str or path-like
        Folder.

    Returns
    -------
    files : list of pathlib.Path
        The files at any depth, in the order of their names, each beginning with `path`. A file is
        left out if the same name with the suffix of a format that is read lies beside it: then it
        has been converted.

    See Also
    --------
    find_audio_files : Return the files that are read.

    Notes
    -----
    Files are known by their suffixes; none is opened.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import find_unread_files
    >>> with TemporaryDirectory() as folder:
    ...     for name in ["a.wav", "a.pcm", "b.pcm", "notes.txt"]:
    ...         Path(folder, name).touch()
    ...     [file.name for file in find_unread_files(folder)]
    ['b.pcm']
    """
    from sersk.audio.formats import is_read, is_unread

    root = Path(path)
    files = list(walk(root))
    read = {file.with_suffix("") for file in files if is_read(file)}
    found = [file for file in files if is_unread(file) and file.with_suffix("") not in read]
    return sort_below(root, found)


def describe_unread(files: Sequence[Path], root: str | os.PathLike[str]) -> str:
    """Return how many files are not read, which, and what to do.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Files as `find_unread_files` returns them, at least one.
    root : str or path-like
        Their folder.

    Returns
    -------
    text : str
        Several lines.

    Examples
    --------
    >>> from pathlib import Path
    >>> from sersk.datasets.unread import describe_unread
    >>> print(describe_unread([Path("mine/Sad/a.m4a")], "mine"))
    1 sound file below 'mine' is of a format that is not read (.m4a). Convert it, or take it out \
of the folder:
      ffmpeg -i mine/Sad/a.m4a mine/Sad/a.wav
    Or install what reads .m4a: pip install 'sersk[media]'
    """
    from sersk.audio.formats import INSTALL, MEDIA_SUFFIXES, tell_conversion

    suffixes = ", ".join(sorted({file.suffix.lower() for file in files}))
    what = (
        f"1 sound file below {str(root)!r} is of a format that is not read ({suffixes}). Convert "
        "it, or take it out of the folder:"
        if len(files) == 1
        else f"{len(files)} sound files below {str(root)!r} are of formats that are not read "
        f"({suffixes}). Convert each, or take them out of the folder:"
    )
    text = what + list_names([tell_conversion(file) for file in files])
    media = sorted({file.suffix.lower() for file in files} & {*MEDIA_SUFFIXES})
    return f"{text}\nOr install what reads {', '.join(media)}: {INSTALL}" if media else text


def find_unread_clips(
    root: Path, read: Sequence[Path], parse: Callable[[Path], Clip | None]
) -> tuple[list[Path], list[str]]:
    """Return the clips of a corpus that are not read, and the emotions that are lost with them.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the corpus.
    read : sequence of pathlib.Path
        The files in it that are read.
    parse : callable
        Returns the clip of a path, or None if the path is of no clip.

    Returns
    -------
    unread : list of pathlib.Path
        Files that are named as clips, are not read, and hold no clip of a file that is read.
    missing : list of str
        Labels that only these files have, in alphabetical order.
    """
    named = {file: parse(file) for file in find_unread_files(root)}
    if not named:
        return [], []
    clips = [clip for clip in map(parse, read) if clip is not None]
    identities = {clip.identity for clip in clips}
    unread = {
        file: clip for file, clip in named.items() if clip and clip.identity not in identities
    }
    missing = {clip.label for clip in unread.values()} - {clip.label for clip in clips} - {""}
    return list(unread), sorted(missing)


def warn_of_unread(
    root: Path, read: Sequence[Path], parse: Callable[[Path], Clip | None], loader: str
) -> None:
    """Warn with an `AudioFileWarning` if clips of a corpus are of formats that are not read.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the corpus.
    read : sequence of pathlib.Path
        The files in it that are read.
    parse : callable
        Returns the clip of a path, or None if the path is of no clip.
    loader : str
        Name in the message.
    """
    from sersk.audio.loading import AudioFileWarning

    unread, missing = find_unread_clips(root, read, parse)
    if not unread:
        return
    message = f"{loader}: {describe_unread(unread, root)}"
    if missing:
        message += f"\nNo file of {', '.join(map(repr, missing))} is read: the corpus lacks it."
    warnings.warn(message, AudioFileWarning, stacklevel=3)

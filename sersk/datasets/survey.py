"""The contents of a folder of recordings, and all its problems.

A loader raises at the first kind of error; `survey_folder` collects all of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sersk.datasets._files import check_folder, find_audio_files
from sersk.datasets._media import drop_needless
from sersk.datasets.corpus import Corpus
from sersk.datasets.folder import (
    FOLDERS,
    compile_speaker,
    find_speaker,
    normalise_folder,
    parse_in_folder,
)
from sersk.datasets.parts import Clip
from sersk.datasets.registry import find_corpora, get_corpus
from sersk.datasets.unread import find_unread_clips

if TYPE_CHECKING:
    import pandas as pd

# A folder is recognised as a known corpus if at least this share of its files is named so. The
# other files are problems.
_MOST = 0.8


class Problem(NamedTuple):
    """A file that a loader would refuse, and the reason.

    Attributes
    ----------
    path : str
        The file's path below the folder.
    reason : str
        The reason, which continues a sentence that begins with the path.

    See Also
    --------
    survey_folder : Find the problems of a folder.

    Examples
    --------
    >>> from sersk.datasets.survey import Problem
    >>> Problem("notes.wav", "is not named as a clip of RAVDESS").path
    'notes.wav'
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Survey:
    """The result of `survey_folder`.

    Attributes
    ----------
    corpus : str
        Name of the known corpus after which the files are named, or "folder".
    frame : pandas.DataFrame
        A row for each clip with a known emotion: path, emotion, original_label, speaker.
    problems : list of Problem
        All problems.

    See Also
    --------
    survey_folder : Survey a folder.

    Examples
    --------
    >>> import pandas as pd
    >>> from sersk.datasets.survey import Survey
    >>> Survey("folder", pd.DataFrame({"path": []}), []).problems
    []
    """

    corpus: str
    frame: pd.DataFrame
    problems: list[Problem]


def recognize_corpus(path: str | os.PathLike[str], *, share: float = 1.0) -> str:
    """Return the name of the known corpus after which the files are named.

    Parameters
    ----------
    path : str or path-like
        Folder.
    share : float, default=1.0
        Smallest share of the files that must be named so.

    Returns
    -------
    name : str
        Name of the corpus, as in `find_corpora`; "folder" if no known corpus fits.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `path` is a file.
    ValueError
        If the folder holds no audio.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets.survey import recognize_corpus
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "OAF_back_angry.wav").touch()
    ...     recognize_corpus(folder)
    'tess'
    """
    files = find_audio_files(check_folder(path, "sersk"), "sersk")
    for name, corpus in find_corpora().items():
        kept = drop_needless(files, corpus.parse)
        if kept and sum(corpus.parse(file) is not None for file in kept) >= share * len(kept):
            return name
    return "folder"


def survey_folder(
    path: str | os.PathLike[str], *, corpus: str = "auto", speaker: str | None = None
) -> Survey:
    """Parse the names of all recordings in a folder, and report all problems.

    Parameters
    ----------
    path : str or path-like
        Folder.
    corpus : str, default="auto"
        Name of a known corpus, or "folder" for a sub-folder for each emotion. "auto" is the known
        corpus after which most of the files are named, or else "folder".
    speaker : str or None, default=None
        Regular expression that finds the speaker, as in `load_audio_folder`.

    Returns
    -------
    survey : Survey
        The clips and the problems. The files are not opened.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `path` is a file.
    ValueError
        If the folder holds no audio, or `speaker` is no regular expression.

    See Also
    --------
    check_leaks : Read the files, and find copies and contradictory labels.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets.survey import survey_folder
    >>> with TemporaryDirectory() as folder:
    ...     for name in ["Angry/a.wav", "Angry/a.flac", "Noise/b.wav", "c.wav"]:
    ...         Path(folder, name).parent.mkdir(exist_ok=True)
    ...         Path(folder, name).touch()
    ...     for problem in survey_folder(folder).problems:
    ...         print(*problem)
    Noise/b.wav lies in 'Noise', which is the name of no known emotion
    c.wav lies outside the folders of the emotions
    Angry/a.wav is the same clip as Angry/a.flac
    """
    import pandas as pd

    root = check_folder(path, "survey_folder")
    files = find_audio_files(root, "survey_folder")
    if corpus == "auto":
        corpus = recognize_corpus(root, share=_MOST)
    known = None if corpus == "folder" else get_corpus(corpus)
    files = drop_needless(files, partial(parse_in_folder, root) if known is None else known.parse)
    pattern = compile_speaker(speaker, "survey_folder")
    problems: list[Problem] = []
    rows = []
    clips: list[tuple[Path, Clip]] = []
    for file in files:
        inside = file.relative_to(root)
        if known is None:
            clip = _parse_in_folder(inside, pattern, problems)
        else:
            clip = _parse_named(file, inside, known, problems)
        if clip is None:
            continue
        clips.append((inside, clip))
        if known is None:
            emotion = FOLDERS.get(normalise_folder(clip.label), clip.label)
        else:
            emotion = known.labels.get(clip.label, clip.label)
        rows.append(
            {
                "path": str(file),
                "emotion": emotion,
                "original_label": clip.label,
                "speaker": clip.speaker,
            }
        )
    problems += _find_copies(clips)
    problems += _find_unread(root, files, known)
    frame = pd.DataFrame(rows, columns=["path", "emotion", "original_label", "speaker"])
    return Survey(corpus, frame, problems)


def _parse_named(file: Path, inside: Path, corpus: Corpus, problems: list[Problem]) -> Clip | None:
    clip = corpus.parse(file)
    if clip is None:
        problems.append(Problem(inside.as_posix(), f"is not named {corpus.form}"))
    return clip


def _parse_in_folder(
    inside: Path, pattern: re.Pattern[str] | None, problems: list[Problem]
) -> Clip | None:
    name = inside.as_posix()
    if len(inside.parts) == 1:
        problems.append(Problem(name, "lies outside the folders of the emotions"))
        return None
    folder = inside.parts[0]
    if normalise_folder(folder) not in FOLDERS:
        problems.append(Problem(name, f"lies in {folder!r}, which is the name of no known emotion"))
    speaker = None
    if pattern is not None:
        speaker = find_speaker(pattern, inside)
        if not speaker:
            problems.append(Problem(name, "has no speaker that the regular expression finds"))
    return Clip(identity=inside.with_suffix("").as_posix(), label=folder, speaker=speaker)


def _find_unread(root: Path, files: Sequence[Path], known: Corpus | None) -> Iterator[Problem]:
    from sersk.audio.formats import advise

    parse = partial(parse_in_folder, root) if known is None else known.parse
    unread, missing = find_unread_clips(root, files, parse)
    for file in unread:
        reason = f"is of a format that is not read{advise(file)}"
        yield Problem(file.relative_to(root).as_posix(), reason)
    for emotion in missing:
        yield Problem(emotion, "is an emotion of which no file is read")


def _find_copies(clips: Sequence[tuple[Path, Clip]]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for inside, clip in clips:
        if clip.identity in first:
            other = first[clip.identity].as_posix()
            yield Problem(inside.as_posix(), f"is the same clip as {other}")
        first.setdefault(clip.identity, inside)

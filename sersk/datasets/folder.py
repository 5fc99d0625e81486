"""Corpora with a sub-folder for each emotion, without a declaration."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sersk.datasets._bunch import make_bunch
from sersk.datasets._duplicates import refuse_duplicates
from sersk.datasets._files import check_folder, find_audio_files
from sersk.datasets._media import drop_needless
from sersk.datasets._walking import list_names
from sersk.datasets.parts import VOCABULARY, Clip, Labels
from sersk.datasets.unread import warn_of_unread

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# Names of folders in published corpora, in lower case with single underscores.
_SYNONYMS = {
    "anger": ("angry", "ang", "hot_anger"),
    "boredom": ("bored", "boring", "boredem", "bor"),
    "calm": ("calmness", "relaxed", "cal"),
    "disgust": ("disgusted", "dis"),
    "fear": ("fearful", "fea", "afraid", "scared", "anxiety", "anxious"),
    "happy": ("happiness", "hap", "joy", "joyful"),
    "neutral": ("neu", "neutrality"),
    "sad": ("sadness",),
    "surprise": (
        "surprised",
        "sur",
        "ps",
        "pleasant_surprise",
        "pleasant_surprised",
        "pleasantly_surprised",
    ),
}
FOLDERS = {word: emotion for emotion in VOCABULARY for word in (emotion, *_SYNONYMS[emotion])}


def load_audio_folder(
    path: str | os.PathLike[str],
    *,
    speaker: str | re.Pattern[str] | None = None,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    name: str | None = None,
) -> Bunch:
    r"""Load the file names of a folder that has a sub-folder for each emotion.

    The name of a folder directly below `path` is the emotion of all audio files in it.

    Parameters
    ----------
    path : str or path-like
        Folder whose sub-folders are named after emotions.
    speaker : str or Pattern, default=None
        Regular expression that finds the speaker in each file's path below `path`, with ``/``
        between its parts ("Angry/SM1_F2_A02.wav"). The speaker is the group called ``speaker``,
        or else the first group, or else the whole match. None leaves the speakers unknown.
    emotions : list of str, default=None
        Emotions to keep, named as `labels` says; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" reads the folder names (Angry, ANG, sadness, ...) as
        anger, boredom, calm, disgust, fear, happy, neutral, sad or surprise; "original" takes
        them as they are; a dict maps each folder name to its emotion.
    name : str, default=None
        Name of the corpus, which prefixes its speakers; None takes the folder's own name.

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, of the same
        shape; `groups`, the speakers ("urdu-SM1"), of the same shape, or None if `speaker` is
        None; `frame`, a DataFrame with a row for each clip: path, corpus, emotion,
        original_label (the folder), speaker; `target_names`; `DESCR`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `path` is a file.
    ValueError
        If the folder holds no audio, audio outside its sub-folders, a sub-folder whose name
        is no known emotion (all are reported), or a clip in two formats; if `speaker` is not a
        regular expression or does not match a path (all are reported); if `emotions` or `labels`
        has a value that no clip has.

    Warns
    -----
    AudioFileWarning
        If the folder also holds sound files of formats that are not read, such as .m4a.

    See Also
    --------
    load_ravdess : Load RAVDESS, a corpus with a declaration.
    load_table : Load a corpus from a CSV file or a DataFrame.

    Notes
    -----
    Give `speaker` whenever the paths contain it. Without speakers, `groups` is None and no
    speaker-independent evaluation is possible: a random split tests a model on speakers that
    it was trained on, and its score says little about unseen speakers. The files are not opened.

    Examples
    --------
    The layout of the URDU corpus, with two empty files in its place:

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_audio_folder
    >>> with TemporaryDirectory() as folder:
    ...     for name in ["Angry/SM1_F2_A02.wav", "Sad/SF3_F1_S01.wav"]:
    ...         Path(folder, name).parent.mkdir()
    ...         Path(folder, name).touch()
    ...     corpus = load_audio_folder(folder, speaker=r"(S[MF]\d+)_", name="urdu")
    >>> corpus.target.tolist(), corpus.groups.tolist()
    (['anger', 'sad'], ['urdu-SM1', 'urdu-SF3'])
    """
    loader = "load_audio_folder"
    root = check_folder(path, loader)
    corpus = root.resolve().name if name is None else name
    pattern = compile_speaker(speaker, loader)
    files = drop_needless(find_audio_files(root, loader), partial(parse_in_folder, root))
    inside = [file.relative_to(root) for file in files]
    warn_of_unread(root, files, partial(parse_in_folder, root), loader)

    outside = [file.name for file in inside if len(file.parts) == 1]
    if outside:
        raise ValueError(
            f"{loader}: {len(outside)} of {len(files)} audio files lie directly in {str(root)!r}; "
            f"put each into the sub-folder of its emotion:{list_names(outside)}"
        )
    folders = sorted({file.parts[0] for file in inside})
    standard = {folder: FOLDERS.get(normalise_folder(folder), "") for folder in folders}
    unknown = [folder for folder in folders if not standard[folder]]
    if unknown and labels == "standard":
        raise ValueError(
            f"{loader}: the folders {', '.join(map(repr, unknown))} in {str(root)!r} are no "
            f"emotion of {', '.join(VOCABULARY)}. Pass the folder whose sub-folders are the "
            'emotions; or labels="original" to take the names of the folders as they are; or a '
            f"dict of each folder's emotion, as labels={{{unknown[0]!r}: 'anger', ...}}."
        )
    speakers = [None if pattern is None else find_speaker(pattern, file) for file in inside]
    without = [file.as_posix() for file, found in zip(inside, speakers, strict=True) if not found]
    if pattern is not None and without:
        raise ValueError(
            f"{loader}: speaker={pattern.pattern!r} finds no speaker in {len(without)} of "
            f"{len(files)} paths; correct the expression, or take these files out:"
            f"{list_names(without)}"
        )
    clips = [
        Clip(identity=file.with_suffix("").as_posix(), label=file.parts[0], speaker=found)
        for file, found in zip(inside, speakers, strict=True)
    ]
    refuse_duplicates(root, files, clips, loader)
    return make_bunch(
        files,
        clips,
        loader=loader,
        corpus=corpus,
        standard=standard,
        descr=_describe(corpus, root, folders, n_speakers=len(set(speakers)) if pattern else None),
        labels=labels,
        emotions=emotions,
    )


def normalise_folder(folder: str) -> str:
    """Return the name of a folder as a key of `FOLDERS`.

    Parameters
    ----------
    folder : str
        Name of the folder.

    Returns
    -------
    name : str
        In lower case, with an underscore for spaces, hyphens and underscores.

    Examples
    --------
    >>> from sersk.datasets.folder import normalise_folder
    >>> normalise_folder("Pleasant surprise")
    'pleasant_surprise'
    """
    return re.sub(r"[\s_-]+", "_", folder.strip()).lower()


def compile_speaker(speaker: str | re.Pattern[str] | None, loader: str) -> re.Pattern[str] | None:
    r"""Return the regular expression that finds speakers.

    Parameters
    ----------
    speaker : str, Pattern or None
        The expression; None stays None.
    loader : str
        Name in error messages.

    Returns
    -------
    pattern : Pattern or None
        The compiled expression.

    Raises
    ------
    ValueError
        If `speaker` is no regular expression.

    Examples
    --------
    >>> from sersk.datasets.folder import compile_speaker
    >>> compile_speaker(r"(S\d+)_", "load_audio_folder").groups
    1
    """
    if speaker is None:
        return None
    try:
        return re.compile(speaker)
    except (re.error, TypeError) as error:
        raise ValueError(
            f"{loader}: speaker={speaker!r} is not a regular expression ({error}); one that "
            "finds 'SM1' in 'Angry/SM1_F2_A02.wav' is r'(S[MF]\\d+)_'."
        ) from error


def find_speaker(pattern: re.Pattern[str], file: Path) -> str | None:
    r"""Return the speaker that a regular expression finds in a path.

    Parameters
    ----------
    pattern : Pattern
        The expression.
    file : pathlib.Path
        Path below the folder of the corpus.

    Returns
    -------
    speaker : str or None
        The group ``speaker``, or else the first group, or else the whole match; None if the
        expression does not match.

    Examples
    --------
    >>> import re
    >>> from pathlib import Path
    >>> from sersk.datasets.folder import find_speaker
    >>> find_speaker(re.compile(r"(S\d+)_"), Path("Angry/S12_01.wav"))
    'S12'
    """
    match = pattern.search(file.as_posix())
    if match is None:
        return None
    if "speaker" in pattern.groupindex:
        return match["speaker"]
    return match[1] if pattern.groups else match[0]


def parse_in_folder(root: Path, file: Path) -> Clip:
    """Return the clip of a file whose emotion is the name of a folder.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the corpus.
    file : pathlib.Path
        A file below it.

    Returns
    -------
    clip : Clip
        Its label is the folder directly below `root`, or empty if the file lies in `root` itself;
        its speaker is None.

    Examples
    --------
    >>> from pathlib import Path
    >>> from sersk.datasets.folder import parse_in_folder
    >>> parse_in_folder(Path("mine"), Path("mine/Sad/take 1/a.wav")).label
    'Sad'
    """
    inside = file.relative_to(root)
    label = inside.parts[0] if len(inside.parts) > 1 else ""
    return Clip(identity=inside.with_suffix("").as_posix(), label=label, speaker=None)


def _describe(corpus: str, root: Path, folders: list[str], n_speakers: int | None) -> str:
    speakers = (
        "Speakers: unknown, so no speaker-independent evaluation is possible: a random split\n"
        "tests a model on speakers that it was trained on. Pass speaker=<regular expression>."
        if n_speakers is None
        else f"Speakers: {n_speakers}, read from the paths."
    )
    return (
        f"{corpus}: audio files of {str(root)!r}\n\n"
        f"Folders, one for each emotion: {', '.join(folders)}.\n{speakers}\n\n"
        "Licence and citation: unknown; ask the authors of the recordings.\n"
    )

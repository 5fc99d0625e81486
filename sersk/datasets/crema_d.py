"""CREMA-D: what its file names say, and who its actors are. The rest is `_corpus`."""

import csv
import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sersk.datasets import _fetching
from sersk.datasets._corpus import Clip, Facts, Labels, load_corpus

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# As the file names write the emotions, and ours.
_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"}
_STATEMENTS = {
    "DFA": "Don't forget a jacket",
    "IEO": "It's eleven o'clock",
    "IOM": "I'm on my way to the meeting",
    "ITH": "I think I have a doctor's appointment",
    "ITS": "I think I've seen this before",
    "IWL": "I would like a new alarm clock",
    "IWW": "I wonder what this is about",
    "MTI": "Maybe tomorrow it will be cold",
    "TAI": "The airplane is almost full",
    "TIE": "That is exactly what happened",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}

_DEMOGRAPHICS = "VideoDemographics.csv"
_FORM = "actor_sentence_emotion_intensity, as in 1001_DFA_ANG_XX.wav"
# Copies are about in which the intensity of a clip is a single X.
_NAME = re.compile(
    rf"10(0[1-9]|[1-8]\d|9[01])_({'|'.join(_STATEMENTS)})_({'|'.join(_EMOTIONS)})_(LO|MD|HI|XX?)",
    re.IGNORECASE,
)

_DESCR = """\
CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset

91 actors (43 women, 48 men), 20 to 74 years old, of many backgrounds, say 12 sentences in
American English: 7,442 clips, 6 emotions (anger, disgust, fear, happy, neutral, sad), one
sentence at three intensities. Listeners recognised 40.9 % of the emotions from the voice
alone. 16 kHz, 16 bit.

Licence: Open Database License 1.0, contents under the Database Contents License 1.0.
Source: https://github.com/CheyneyComputerScience/CREMA-D
Citation: Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014). CREMA-D:
Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective Computing
5(4): 377-390. https://doi.org/10.1109/TAFFC.2014.2336244
"""


_PAGE = "https://github.com/CheyneyComputerScience/CREMA-D"
_FILES = "https://media.githubusercontent.com/media/CheyneyComputerScience/CREMA-D/master"
_LISTS = "https://raw.githubusercontent.com/CheyneyComputerScience/CREMA-D/master"


def fetch_crema_d(
    data_home: str | os.PathLike[str] | None = None,
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    download_if_missing: bool = True,
    url: str | None = None,
    verbose: int | bool = 1,
) -> "Bunch":
    """Fetch the sound of CREMA-D from its repository, and load it.

    91 actors, 7,442 clips, file by file; licence ODbL 1.0.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder for fetched corpora; None takes the environment variable ``SERSK_DATA_HOME``, or
        ``~/sersk_data``.
    emotions : list of str, default=None
        As in `load_crema_d`.
    labels : {"standard", "original"} or dict, default="standard"
        As in `load_crema_d`.
    download_if_missing : bool, default=True
        False raises an error where the corpus is not there, instead of fetching it.
    url : str, default=None
        Another address of the raw files of the repository; None takes the publisher's.
    verbose : int or bool, default=1
        Whether to show progress on stderr.

    Returns
    -------
    corpus : Bunch
        As `load_crema_d` gives it.

    Raises
    ------
    FileNotFoundError
        If the corpus is not there and `download_if_missing` is False.
    OSError
        If there is no network, the publisher's address has changed, or the disk is full.
    ValueError
        If what comes is not what was published.

    See Also
    --------
    load_crema_d : The same from a folder that you have.

    Notes
    -----
    The list of clips is the repository's ``SentenceFilenames.csv``, the clips are those that it
    keeps by Git LFS. No list of checksums is published.

    A download that breaks off is gone on with, in the same call and in the next. The corpus's
    folder appears when all of it is there. Mind the licence, which `DESCR` tells.

    Examples
    --------
    >>> from sersk import fetch_crema_d
    >>> corpus = fetch_crema_d()  # doctest: +SKIP
    """
    lists, files = (_LISTS, _FILES) if url is None else (url.rstrip("/"), url.rstrip("/"))

    def list_files(_: Path) -> list[_fetching.Remote]:
        answer = _fetching.get_text("fetch_crema_d", f"{lists}/SentenceFilenames.csv", _PAGE)
        names = [row["Filename"] for row in csv.DictReader(answer.splitlines())]
        return [
            _fetching.Remote(_DEMOGRAPHICS, f"{lists}/{_DEMOGRAPHICS}"),
            *(_fetching.Remote(f"{n}.wav", f"{files}/AudioWAV/{n}.wav") for n in names),
        ]

    folder = _fetching.fetch_files(
        "fetch_crema_d", "crema_d", list_files, _PAGE, data_home, download_if_missing, verbose
    )
    return load_crema_d(folder, emotions=emotions, labels=labels)


def load_crema_d(
    path: str | os.PathLike[str],
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
) -> "Bunch":
    """Load the file names of CREMA-D: 91 actors, 6 emotions.

    Parameters
    ----------
    path : str or path-like
        Folder that the archive unpacks to; the files may lie at any depth below it.
    emotions : list of str, default=None
        Emotions to keep, in the labels asked for; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" gives anger, disgust, fear, happy,
        neutral, sad;
        "original" the file names' ANG, DIS, FEA, HAP, NEU, SAD; a dict maps the
        corpus's own to any other.

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, and
        `groups`, the actors ("crema_d-1001" to "crema_d-1091"), alike; `frame`, a DataFrame
        with a row a clip: path, corpus, emotion, original_label, speaker, sex, age,
        intensity, statement; `target_names`; `DESCR`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `path` is a file.
    ValueError
        If the folder holds no audio, a name that is not of the corpus (all are reported), or
        a clip twice; if `emotions` or `labels` names what there is not;
        if ``VideoDemographics.csv`` is there and not as published.

    See Also
    --------
    load_published_corpus : CREMA-D, RAVDESS and TESS in one.

    Notes
    -----
    The names do not say sex and age. They are read from ``VideoDemographics.csv`` where it
    lies in the folder of the clips or up to two folders above, as in the authors' repository;
    without it the two columns are empty. That repository holds each clip as .wav and as .mp3:
    pass its folder ``AudioWAV``. The audio files are not opened; one of them,
    ``1076_MTI_SAD_XX``, is known to be silent.

    References
    ----------
    .. [1] Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014). CREMA-D:
       Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective
       Computing 5(4): 377-390.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_crema_d
    >>> with TemporaryDirectory() as folder:  # two empty files in place of the corpus
    ...     for name in ["1001_DFA_ANG_XX.wav", "1091_IEO_FEA_HI.wav"]:
    ...         Path(folder, name).touch()
    ...     corpus = load_crema_d(folder)
    >>> corpus.target.tolist(), corpus.groups.tolist()
    (['anger', 'fear'], ['crema_d-1001', 'crema_d-1091'])
    >>> corpus.frame[["intensity", "statement"]]
         intensity              statement
    0  unspecified  Don't forget a jacket
    1         high    It's eleven o'clock
    """
    find_actors = cache(_find_actors)  # once a folder, not once a clip

    return load_corpus(
        path,
        lambda file: _parse(file, find_actors),
        loader="load_crema_d",
        corpus="crema_d",
        form=_FORM,
        standard=_EMOTIONS,
        descr=_DESCR,
        labels=labels,
        emotions=emotions,
    )


def _parse(
    file: Path, find_actors: Callable[[Path], dict[str, tuple[str, int]]] = lambda _: {}
) -> Clip | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return None
    actor, sentence, emotion, intensity = match.group(0).upper().split("_")
    intensity = "XX" if intensity == "X" else intensity
    sex, age = find_actors(file.absolute().parent).get(actor, (None, None))
    return Clip(
        identity=f"{actor}_{sentence}_{emotion}_{intensity}",
        label=emotion,
        speaker=actor,
        facts={
            "sex": sex,
            "age": age,
            "intensity": _INTENSITIES[intensity],
            "statement": _STATEMENTS[sentence],
        },
    )


def _find_actors(folder: Path) -> dict[str, tuple[str, int]]:
    """Read sex and age of the actors from the table nearest to a folder of clips."""
    for near in (folder, *folder.parents[:2]):
        table = near / _DEMOGRAPHICS
        if not table.is_file():
            continue
        try:
            with open(table, newline="", encoding="utf-8-sig") as lines:
                return {
                    row["ActorID"]: (row["Sex"].lower(), int(row["Age"]))
                    for row in csv.DictReader(lines)
                }
        except (KeyError, ValueError, AttributeError) as error:
            raise ValueError(
                f"load_crema_d: {str(table)!r} is not the table of the actors as published, with "
                f"the columns ActorID, Age, Sex ({error!r}). Mend it, or take it away to load the "
                "corpus without sex and age."
            ) from error
    return {}


FACTS = Facts(
    name="crema_d",
    title="CREMA-D",
    n_clips=7442,
    n_speakers=91,
    language="English",
    licence="ODbL 1.0",
    source=_PAGE,
    fetch="fetch_crema_d",
    form=_FORM,
    parse=_parse,
    standard=_EMOTIONS,
)

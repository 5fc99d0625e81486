"""TESS: what its file names say. Finding files and building the Bunch is `_corpus`."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sersk.datasets import _fetching
from sersk.datasets._corpus import Clip, Facts, Labels, load_corpus

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# As the file names write the emotions, and ours.
_EMOTIONS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprise",  # pleasant surprise
    "sad": "sad",
}
_AGES = {"OAF": 64, "YAF": 26}  # older and younger adult female

_FORM = "talker_word_emotion, as in OAF_back_angry.wav"
# The archive names one file OA_bite_neutral.
_NAME = re.compile(r"(OAF?|YAF)_([a-z]+)_(angry|disgust|fear|happy|neutral|ps|sad)")

_DESCR = """\
TESS: Toronto Emotional Speech Set

Two actresses, 64 (OAF) and 26 (YAF) years old, say 200 words in the carrier phrase "Say the
word ..." in Canadian English: 2,800 clips, 7 emotions (angry, disgust, fear, happy, neutral,
ps for pleasant surprise, sad), 400 of each. 24.4 kHz, 16 bit.

With two speakers, a score on an unseen one is a score on one voice: combine TESS with others.

Licence: CC BY-NC-ND 4.0; see the source.
Source: https://doi.org/10.5683/SP2/E8H2MF
Citation: Pichora-Fuller MK, Dupuis K (2020). Toronto emotional speech set (TESS). Borealis.
https://doi.org/10.5683/SP2/E8H2MF
"""


_PAGE = "https://doi.org/10.5683/SP2/E8H2MF"
_SERVER = "https://borealisdata.ca"
_DOI = "10.5683/SP2/E8H2MF"


def fetch_tess(
    data_home: str | os.PathLike[str] | None = None,
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    download_if_missing: bool = True,
    url: str | None = None,
    verbose: int | bool = 1,
) -> "Bunch":
    """Fetch TESS from Borealis, the Canadian Dataverse repository, and load it.

    2 actresses, 2,800 clips; licence CC BY-NC-ND 4.0.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder for fetched corpora; None takes the environment variable ``SERSK_DATA_HOME``, or
        ``~/sersk_data``.
    emotions : list of str, default=None
        As in `load_tess`.
    labels : {"standard", "original"} or dict, default="standard"
        As in `load_tess`.
    download_if_missing : bool, default=True
        False raises an error where the corpus is not there, instead of fetching it.
    url : str, default=None
        Another address of the Dataverse server; None takes the publisher's.
    verbose : int or bool, default=1
        Whether to show progress on stderr.

    Returns
    -------
    corpus : Bunch
        As `load_tess` gives it.

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
    load_tess : The same from a folder that you have.

    Notes
    -----
    The server's list of files holds a checksum of each, and it is checked.

    A download that breaks off is gone on with, in the same call and in the next. The corpus's
    folder appears when all of it is there. Mind the licence, which `DESCR` tells.

    Examples
    --------
    >>> from sersk import fetch_tess
    >>> corpus = fetch_tess()  # doctest: +SKIP
    """
    server = _SERVER if url is None else url.rstrip("/")

    def list_files(_: Path) -> list[_fetching.Remote]:
        return _fetching.list_dataverse("fetch_tess", server, _DOI, _PAGE)

    folder = _fetching.fetch_files(
        "fetch_tess", "tess", list_files, _PAGE, data_home, download_if_missing, verbose
    )
    return load_tess(folder, emotions=emotions, labels=labels)


def load_tess(
    path: str | os.PathLike[str],
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
) -> "Bunch":
    """Load the file names of TESS: 2 actresses, 7 emotions.

    Parameters
    ----------
    path : str or path-like
        Folder that the archive unpacks to; the files may lie at any depth below it.
    emotions : list of str, default=None
        Emotions to keep, in the labels asked for; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" gives anger, disgust, fear, happy,
        neutral, sad, surprise;
        "original" the corpus's own angry, disgust, fear, happy, neutral, ps, sad; a dict maps the
        corpus's own to any other.

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, and
        `groups`, the actresses ("tess-OAF" and "tess-YAF"), alike; `frame`, a DataFrame with
        a row a clip: path, corpus, emotion, original_label, speaker, sex, age, statement;
        `target_names`; `DESCR`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `path` is a file.
    ValueError
        If the folder holds no audio, a name that is not of the corpus (all are reported), or
        a clip twice; if `emotions` or `labels` names what there is not.

    See Also
    --------
    combine : Join it with corpora of more speakers.

    Notes
    -----
    One of the archives in circulation holds the whole set twice, one folder in the other of
    the same name. A copy in another fold is leakage, so this is an error that says which
    folder to pass. The file that the archive names ``OA_bite_neutral`` is read as the older
    actress's. The files are not opened.

    References
    ----------
    .. [1] Dupuis K, Pichora-Fuller MK (2011). Recognition of emotional speech for younger and
       older talkers: Behavioural findings from the Toronto Emotional Speech Set. Canadian
       Acoustics 39(3): 182-183.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_tess
    >>> with TemporaryDirectory() as folder:  # two empty files in place of the corpus
    ...     for name in ["OAF_back_angry.wav", "YAF_voice_ps.wav"]:
    ...         Path(folder, name).touch()
    ...     corpus = load_tess(folder)
    >>> corpus.target.tolist(), corpus.groups.tolist()
    (['anger', 'surprise'], ['tess-OAF', 'tess-YAF'])
    >>> corpus.frame[["age", "statement"]]
       age           statement
    0   64   Say the word back
    1   26  Say the word voice
    """
    return load_corpus(
        path,
        _parse,
        loader="load_tess",
        corpus="tess",
        form=_FORM,
        standard=_EMOTIONS,
        descr=_DESCR,
        labels=labels,
        emotions=emotions,
    )


def _parse(file: Path) -> Clip | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return None
    talker, word, emotion = match.groups()
    speaker = "YAF" if talker == "YAF" else "OAF"
    return Clip(
        identity=f"{speaker}_{word}_{emotion}",
        label=emotion,
        speaker=speaker,
        facts={"sex": "female", "age": _AGES[speaker], "statement": f"Say the word {word}"},
    )


FACTS = Facts(
    name="tess",
    title="TESS",
    n_clips=2800,
    n_speakers=2,
    language="English",
    licence="CC BY-NC-ND 4.0",
    source=_PAGE,
    fetch="fetch_tess",
    form=_FORM,
    parse=_parse,
    standard=_EMOTIONS,
)

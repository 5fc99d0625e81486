"""EmoDB: what its file names say. Finding files and building the Bunch is `_corpus`."""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sersk.datasets import _fetching
from sersk.datasets._corpus import Clip, Facts, Labels, load_corpus

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# The letter in a file name is the first of the German word: Wut, Langeweile, Ekel, Angst,
# Freude, neutral, Trauer.
_EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happy",
    "N": "neutral",
    "T": "sad",
}
# Sex and age in years, from the corpus's documentation.
_SPEAKERS = {
    "03": ("male", 31),
    "08": ("female", 34),
    "09": ("female", 21),
    "10": ("male", 32),
    "11": ("male", 26),
    "12": ("male", 30),
    "13": ("female", 32),
    "14": ("female", 35),
    "15": ("male", 25),
    "16": ("female", 31),
}
_STATEMENTS = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",  # codespell:ignore
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",  # codespell:ignore
    "b02": (
        "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter."  # codespell:ignore
    ),
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",  # codespell:ignore
}

_FORM = "speaker, text, emotion and version in a row, as in 03a01Wa.wav"
_NAME = re.compile(rf"({'|'.join(_SPEAKERS)})({'|'.join(_STATEMENTS)})([WLEAFNT])([a-z])")

_DESCR = """\
EmoDB: Berlin Database of Emotional Speech

10 actors (5 women, 5 men) say 10 everyday sentences in German; 535 clips that listeners
recognised and found natural, 7 emotions (Wut anger, Langeweile boredom, Ekel disgust, Angst
fear, Freude joy, Trauer sadness, neutral). Recorded in an anechoic chamber, 16 kHz, 16 bit.

Licence: free of charge from its authors; see the source for the terms.
Source: http://emodb.bilderbar.info
Citation: Burkhardt F, Paeschke A, Rolfes M, Sendlmeier WF, Weiss B (2005). A database of
German emotional speech. Proc. Interspeech 2005, 1517-1520.
https://doi.org/10.21437/Interspeech.2005-446
"""


_PAGE = "http://emodb.bilderbar.info"
_ARCHIVE = _fetching.Remote("emodb.zip", "http://emodb.bilderbar.info/download/download.zip")


def fetch_emodb(
    data_home: str | os.PathLike[str] | None = None,
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    download_if_missing: bool = True,
    url: str | None = None,
    verbose: int | bool = 1,
) -> "Bunch":
    """Fetch EmoDB from its authors, and load it.

    About 40 MB, 10 actors, 535 clips in German.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder for fetched corpora; None takes the environment variable ``SERSK_DATA_HOME``, or
        ``~/sersk_data``.
    emotions : list of str, default=None
        As in `load_emodb`.
    labels : {"standard", "original"} or dict, default="standard"
        As in `load_emodb`.
    download_if_missing : bool, default=True
        False raises an error where the corpus is not there, instead of fetching it.
    url : str, default=None
        Another address of the archive; None takes the publisher's.
    verbose : int or bool, default=1
        Whether to show progress on stderr.

    Returns
    -------
    corpus : Bunch
        As `load_emodb` gives it.

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
    load_emodb : The same from a folder that you have.

    Notes
    -----
    No checksum is published: the archive is checked to be a sound zip, no more.

    A download that breaks off is gone on with, in the same call and in the next. The corpus's
    folder appears when all of it is there. Mind the licence, which `DESCR` tells.

    Examples
    --------
    >>> from sersk import fetch_emodb
    >>> corpus = fetch_emodb()  # doctest: +SKIP
    """
    folder = _fetching.fetch_archive(
        "fetch_emodb",
        "emodb",
        _ARCHIVE if url is None else replace(_ARCHIVE, url=url),
        _PAGE,
        data_home,
        download_if_missing,
        verbose,
    )
    return load_emodb(folder, emotions=emotions, labels=labels)


def load_emodb(
    path: str | os.PathLike[str],
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
) -> "Bunch":
    """Load the file names of EmoDB: 10 German actors, 7 emotions.

    Parameters
    ----------
    path : str or path-like
        Folder that the archive unpacks to; the files may lie at any depth below it.
    emotions : list of str, default=None
        Emotions to keep, in the labels asked for; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" gives anger, boredom, disgust, fear,
        happy, neutral, sad;
        "original" the letters of the file names, W, L, E, A, F, N, T; a dict maps the
        corpus's own to any other.

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, and
        `groups`, the actors ("emodb-03" to "emodb-16"), alike; `frame`, a DataFrame with a
        row a clip: path, corpus, emotion, original_label, speaker, sex, age, text (its code),
        statement, version; `target_names`; `DESCR`.

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
    load_ravdess : More actors, in English.

    Notes
    -----
    Takes are lettered from a; those that listeners did not recognise were left out by the
    authors, so letters are missing. The files are not opened.

    References
    ----------
    .. [1] Burkhardt F, Paeschke A, Rolfes M, Sendlmeier WF, Weiss B (2005). A database of
       German emotional speech. Proc. Interspeech 2005, 1517-1520.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_emodb
    >>> with TemporaryDirectory() as folder:  # two empty files in place of the corpus
    ...     for name in ["03a01Wa.wav", "16b10Lb.wav"]:
    ...         Path(folder, name).touch()
    ...     corpus = load_emodb(folder)
    >>> corpus.target.tolist(), corpus.groups.tolist()
    (['anger', 'boredom'], ['emodb-03', 'emodb-16'])
    >>> corpus.frame[["sex", "age", "text", "version"]]
          sex  age text version
    0    male   31  a01       a
    1  female   31  b10       b
    """
    return load_corpus(
        path,
        _parse,
        loader="load_emodb",
        corpus="emodb",
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
    speaker, text, emotion, version = match.groups()
    sex, age = _SPEAKERS[speaker]
    return Clip(
        identity=file.stem,
        label=emotion,
        speaker=speaker,
        facts={
            "sex": sex,
            "age": age,
            "text": text,
            "statement": _STATEMENTS[text],
            "version": version,
        },
    )


FACTS = Facts(
    name="emodb",
    title="EmoDB",
    n_clips=535,
    n_speakers=10,
    language="German",
    licence="free of charge, see the source",
    source=_PAGE,
    fetch="fetch_emodb",
    form=_FORM,
    parse=_parse,
    standard=_EMOTIONS,
)

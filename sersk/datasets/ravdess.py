"""RAVDESS: what its file names say. Finding files and building the Bunch is `_corpus`."""

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sersk.datasets import _fetching
from sersk.datasets._corpus import Clip, Facts, Labels, load_corpus

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# The corpus's words, in the order of their number in a file name, and ours.
_EMOTIONS = {
    "neutral": "neutral",
    "calm": "calm",
    "happy": "happy",
    "sad": "sad",
    "angry": "anger",
    "fearful": "fear",
    "disgust": "disgust",
    "surprised": "surprise",
}
_MODALITIES = {"01": "audio-video", "03": "audio"}  # 02 is video without sound
_CHANNELS = {"01": "speech", "02": "song"}
_INTENSITIES = {"01": "normal", "02": "strong"}
_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}

_FORM = (
    "modality-channel-emotion-intensity-statement-repetition-actor, as in 03-01-06-01-02-01-12.wav"
)
_NAME = re.compile(r"(0[13])-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")

_DESCR = """\
RAVDESS: Ryerson Audio-Visual Database of Emotional Speech and Song

24 professional actors (12 women, 12 men) say, and 23 of them sing, two matched statements
in North American English. Speech: 1,440 clips, 8 emotions (neutral, calm, happy, sad, angry,
fearful, disgust, surprised), each but neutral at two intensities, each twice. Song: 1,012
clips, 6 emotions (no disgust, no surprised). Studio recordings, 48 kHz, 16 bit.

Licence: CC BY-NC-SA 4.0.
Source: https://doi.org/10.5281/zenodo.1188976
Citation: Livingstone SR, Russo FA (2018). The Ryerson Audio-Visual Database of Emotional
Speech and Song (RAVDESS): A dynamic, multimodal set of facial and vocal expressions in
North American English. PLoS ONE 13(5): e0196391. https://doi.org/10.1371/journal.pone.0196391
"""


_PAGE = "https://doi.org/10.5281/zenodo.1188976"
_ARCHIVE = _fetching.Remote(
    "Audio_Speech_Actors_01-24.zip",
    "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip",
    "md5:bc696df654c87fed845eb13823edef8a",
)


def fetch_ravdess(
    data_home: str | os.PathLike[str] | None = None,
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    download_if_missing: bool = True,
    url: str | None = None,
    verbose: int | bool = 1,
) -> "Bunch":
    """Fetch the speech of RAVDESS from Zenodo, and load it.

    208 MB, 24 actors, 1,440 clips; licence CC BY-NC-SA 4.0.

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder for fetched corpora; None takes the environment variable ``SERSK_DATA_HOME``, or
        ``~/sersk_data``.
    emotions : list of str, default=None
        As in `load_ravdess`.
    labels : {"standard", "original"} or dict, default="standard"
        As in `load_ravdess`.
    download_if_missing : bool, default=True
        False raises an error where the corpus is not there, instead of fetching it.
    url : str, default=None
        Another address of the archive; None takes the publisher's.
    verbose : int or bool, default=1
        Whether to show progress on stderr.

    Returns
    -------
    corpus : Bunch
        As `load_ravdess` gives it.

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
    load_ravdess : The same from a folder that you have.

    Notes
    -----
    Zenodo publishes the archive's MD5, and it is checked.

    A download that breaks off is gone on with, in the same call and in the next. The corpus's
    folder appears when all of it is there. Mind the licence, which `DESCR` tells.

    Examples
    --------
    >>> from sersk import fetch_ravdess
    >>> corpus = fetch_ravdess()  # doctest: +SKIP
    """
    folder = _fetching.fetch_archive(
        "fetch_ravdess",
        "ravdess",
        _ARCHIVE if url is None else replace(_ARCHIVE, url=url),
        _PAGE,
        data_home,
        download_if_missing,
        verbose,
    )
    return load_ravdess(folder, emotions=emotions, labels=labels)


def load_ravdess(
    path: str | os.PathLike[str],
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
    channel: Literal["speech", "song", "both"] = "speech",
) -> "Bunch":
    """Load the file names of RAVDESS: 24 actors, 8 emotions.

    Parameters
    ----------
    path : str or path-like
        Folder that the archive unpacks to; the files may lie at any depth below it.
    emotions : list of str, default=None
        Emotions to keep, in the labels asked for; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" gives anger, calm, disgust, fear, happy, neutral,
        sad, surprise; "original" the corpus's own angry, calm, disgust, fearful, happy,
        neutral, sad, surprised; a dict maps the corpus's own to any other.
    channel : {"speech", "song", "both"}, default="speech"
        Whether to take the spoken clips, the sung ones, or both.

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, and
        `groups`, the actors ("ravdess-01" to "ravdess-24"), alike; `frame`, a DataFrame with
        a row a clip: path, corpus, emotion, original_label, speaker, sex, modality, channel,
        intensity, statement, repetition; `target_names`; `DESCR`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    NotADirectoryError
        If `path` is a file.
    ValueError
        If the folder holds no audio, a name that is not RAVDESS's (all are reported), or a
        clip twice; if `emotions`, `labels` or `channel` names what there is not.

    See Also
    --------
    load_audio_folder : Any corpus laid out as a folder an emotion.

    Notes
    -----
    One of the archives in circulation holds each clip twice, in ``Actor_NN/`` and again in
    ``audio_speech_actors_01-24/Actor_NN/``. A copy in another fold is leakage, so this is an
    error that says which folder to pass. The files are not opened.

    References
    ----------
    .. [1] Livingstone SR, Russo FA (2018). The Ryerson Audio-Visual Database of Emotional
       Speech and Song (RAVDESS). PLoS ONE 13(5): e0196391.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_ravdess
    >>> with TemporaryDirectory() as folder:  # two empty files in place of the corpus
    ...     for name in ["03-01-05-02-01-01-07.wav", "03-01-06-01-02-01-12.wav"]:
    ...         Path(folder, name).touch()
    ...     corpus = load_ravdess(folder)
    >>> corpus.target.tolist(), corpus.groups.tolist()
    (['anger', 'fear'], ['ravdess-07', 'ravdess-12'])
    >>> corpus.frame[["sex", "intensity", "statement"]]
          sex intensity                     statement
    0    male    strong  Kids are talking by the door
    1  female    normal  Dogs are sitting by the door
    """
    if channel not in ("speech", "song", "both"):
        raise ValueError(f'load_ravdess: channel is {channel!r}; it is "speech", "song" or "both".')
    return load_corpus(
        path,
        _parse,
        loader="load_ravdess",
        corpus="ravdess",
        form=_FORM,
        standard=_EMOTIONS,
        descr=_DESCR,
        labels=labels,
        emotions=emotions,
        select=None if channel == "both" else {"channel": channel},
    )


def _parse(file: Path) -> Clip | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return None
    modality, channel, emotion, intensity, statement, repetition, actor = match.groups()
    return Clip(
        # Without the modality: sound taken from the video is the same recording.
        identity=file.stem[3:],
        label=list(_EMOTIONS)[int(emotion) - 1],
        speaker=actor,
        facts={
            "sex": "male" if int(actor) % 2 else "female",
            "modality": _MODALITIES[modality],
            "channel": _CHANNELS[channel],
            "intensity": _INTENSITIES[intensity],
            "statement": _STATEMENTS[statement],
            "repetition": int(repetition),
        },
    )


FACTS = Facts(
    name="ravdess",
    title="RAVDESS",
    n_clips=1440,
    n_speakers=24,
    language="English",
    licence="CC BY-NC-SA 4.0",
    source=_PAGE,
    fetch="fetch_ravdess",
    form=_FORM,
    parse=_parse,
    standard=_EMOTIONS,
)

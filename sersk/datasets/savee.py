"""SAVEE: what its file names say. Finding files and building the Bunch is `_corpus`."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sersk.datasets._corpus import Clip, Facts, Labels, load_corpus

if TYPE_CHECKING:
    from sklearn.utils import Bunch

# As the file names write the emotions, and ours.
_EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}
_SPEAKERS = ("DC", "JE", "JK", "KL")

_FORM = "speaker, emotion and sentence, as in DC_sa07.wav or DC/sa07.wav"
_NAME = re.compile(rf"(?:({'|'.join(_SPEAKERS)})_)?(a|d|f|h|n|sa|su)(\d\d)")

_DESCR = """\
SAVEE: Surrey Audio-Visual Expressed Emotion

4 men, 27 to 31 years old, say 15 sentences for each of 6 emotions (anger, disgust, fear,
happiness, sadness, surprise) and 30 neutral ones in British English: 480 clips. Sentences are
from TIMIT, most of them of one emotion only. 44.1 kHz, 16 bit.

Licence: free of charge for research, on registration with its authors.
Source: http://kahlan.eps.surrey.ac.uk/savee/
Citation: Haq S, Jackson PJB (2010). Multimodal emotion recognition. In: Wang W (ed.), Machine
Audition: Principles, Algorithms and Systems. IGI Global, 398-423.
"""


def load_savee(
    path: str | os.PathLike[str],
    *,
    emotions: Iterable[str] | None = None,
    labels: Labels = "standard",
) -> "Bunch":
    """Load the file names of SAVEE: 4 men, 7 emotions.

    Parameters
    ----------
    path : str or path-like
        Folder that the archive unpacks to; the files may lie at any depth below it.
    emotions : list of str, default=None
        Emotions to keep, in the labels asked for; None keeps all.
    labels : {"standard", "original"} or dict, default="standard"
        Names of the emotions: "standard" gives anger, disgust, fear, happy,
        neutral, sad, surprise;
        "original" the letters of the file names, a, d, f, h, n, sa, su; a dict maps the
        corpus's own to any other.

    Returns
    -------
    corpus : Bunch
        `data`, the paths, ndarray of str of shape (n_clips,); `target`, the emotions, and
        `groups`, the speakers ("savee-DC", "savee-JE", "savee-JK", "savee-KL"), alike;
        `frame`, a DataFrame with a row a clip: path, corpus, emotion, original_label,
        speaker, sex, sentence (its number); `target_names`; `DESCR`.

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
    combine : Join it with corpora of more speakers, and of women.

    Notes
    -----
    The speaker is the beginning of the name (``DC_sa07.wav``) or, as the authors' archive
    unpacks, the folder (``DC/sa07.wav``). Most sentences belong to one emotion, so a model may
    learn the words in place of the emotion. The files are not opened.

    References
    ----------
    .. [1] Haq S, Jackson PJB (2010). Multimodal emotion recognition. In: Wang W (ed.), Machine
       Audition: Principles, Algorithms and Systems. IGI Global, 398-423.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.datasets import load_savee
    >>> with TemporaryDirectory() as folder:  # two empty files in place of the corpus
    ...     for name in ["DC_sa07.wav", "KL_n23.wav"]:
    ...         Path(folder, name).touch()
    ...     corpus = load_savee(folder)
    >>> corpus.target.tolist(), corpus.groups.tolist()
    (['sad', 'neutral'], ['savee-DC', 'savee-KL'])
    """
    return load_corpus(
        path,
        _parse,
        loader="load_savee",
        corpus="savee",
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
    speaker, emotion, sentence = match.groups()
    if speaker is None:
        # The whole path, not what is below the folder asked for: that may be "DC" itself.
        speaker = file.absolute().parent.name
    if speaker not in _SPEAKERS:
        return None
    return Clip(
        identity=f"{speaker}_{emotion}{sentence}",
        label=emotion,
        speaker=speaker,
        facts={"sex": "male", "sentence": int(sentence)},
    )


FACTS = Facts(
    name="savee",
    title="SAVEE",
    n_clips=480,
    n_speakers=4,
    language="English",
    licence="research, on registration",
    source="http://kahlan.eps.surrey.ac.uk/savee/",
    fetch=None,
    form=_FORM,
    parse=_parse,
    standard=_EMOTIONS,
)

"""The declaration of SAVEE."""

from __future__ import annotations

import re
from pathlib import Path

from sersk.datasets.corpus import Corpus
from sersk.datasets.parts import Clip

# The letters in the file names, and the emotions that they stand for.
_LABELS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}
_SPEAKERS = ("DC", "JE", "JK", "KL")
_NAME = re.compile(rf"(?:({'|'.join(_SPEAKERS)})_)?(a|d|f|h|n|sa|su)(\d\d)")


def _parse(file: Path) -> Clip | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return None
    speaker, emotion, sentence = match.groups()
    if speaker is None:
        # From the absolute path: the folder that the user passes may itself be "DC".
        speaker = file.absolute().parent.name
    if speaker not in _SPEAKERS:
        return None
    return Clip(
        identity=f"{speaker}_{emotion}{sentence}",
        label=emotion,
        speaker=speaker,
        facts={"sex": "male", "sentence": int(sentence)},
    )


SAVEE = Corpus(
    name="savee",
    title="SAVEE",
    full_name="Surrey Audio-Visual Expressed Emotion",
    labels=_LABELS,
    parse=_parse,
    form="speaker, emotion and sentence, as in DC_sa07.wav or DC/sa07.wav",
    examples=["DC_sa07.wav", "KL_n23.wav"],
    n_clips=480,
    n_speakers=4,
    language="English",
    licence="free for research, on registration",
    source="http://kahlan.eps.surrey.ac.uk/savee/",
    citation="""\
Haq S, Jackson PJB (2010). Multimodal emotion recognition. In: Wang W (ed.), Machine
Audition: Principles, Algorithms and Systems. IGI Global, 398-423.""",
    description="""\
4 men, 27 to 31 years old, say 15 sentences for each of 6 emotions (anger, disgust, fear,
happiness, sadness, surprise) and 30 neutral ones in British English: 480 clips. Sentences are
from TIMIT, most of them of one emotion only. 44.1 kHz, 16 bit.""",
    notes="""\
The speaker is the beginning of the name (``DC_sa07.wav``) or, as the authors' archive unpacks,
the folder (``DC/sa07.wav``). Most sentences belong to one emotion, so a model may learn the
words instead of the emotion. Combine the corpus with others that have more speakers, and
women.""",
)
load_savee = SAVEE.load

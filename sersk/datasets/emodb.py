"""The declaration of EmoDB."""

from __future__ import annotations

import re
from pathlib import Path

from sersk.datasets.corpus import Corpus
from sersk.datasets.parts import Clip, Remote

# The letter in a file name is the first of the German word: Wut, Langeweile, Ekel, Angst,
# Freude, neutral, Trauer.
_LABELS = {
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
_NAME = re.compile(rf"({'|'.join(_SPEAKERS)})({'|'.join(_STATEMENTS)})([WLEAFNT])([a-z])")


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


EMODB = Corpus(
    name="emodb",
    title="EmoDB",
    full_name="Berlin Database of Emotional Speech",
    labels=_LABELS,
    parse=_parse,
    form="speaker, text, emotion and version in a row, as in 03a01Wa.wav",
    examples=["03a01Wa.wav", "16b10Lb.wav"],
    n_clips=535,
    n_speakers=10,
    language="German",
    licence="free of charge, see the source",
    source="http://emodb.bilderbar.info",
    citation="""\
Burkhardt F, Paeschke A, Rolfes M, Sendlmeier WF, Weiss B (2005). A database of
German emotional speech. Proc. Interspeech 2005, 1517-1520.
https://doi.org/10.21437/Interspeech.2005-446""",
    description="""\
10 actors (5 women, 5 men) say 10 everyday sentences in German; 535 clips that listeners
recognised and found natural, 7 emotions (Wut anger, Langeweile boredom, Ekel disgust, Angst
fear, Freude joy, Trauer sadness, neutral). Recorded in an anechoic chamber, 16 kHz, 16 bit.""",
    notes="""\
Versions are lettered from a. Letters are missing, because the authors left out versions that
listeners did not recognise.""",
    archive=Remote("emodb.zip", "http://emodb.bilderbar.info/download/download.zip"),
    fetch_notes="""\
The archive has about 40 MB. No checksum is published; only that the zip archive is readable is
checked.""",
)
load_emodb, fetch_emodb = EMODB.load, EMODB.fetch

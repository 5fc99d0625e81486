"""The declaration of TESS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sersk.datasets.corpus import Corpus
from sersk.datasets.parts import Clip, Remote

# The words in the file names, and the emotions that they stand for.
_LABELS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprise",  # pleasant surprise
    "sad": "sad",
}
_AGES = {"OAF": 64, "YAF": 26}  # older and younger adult female
# The archive names one file OA_bite_neutral.
_NAME = re.compile(r"(OAF?|YAF)_([a-z]+)_(angry|disgust|fear|happy|neutral|ps|sad)")
_SOURCE = "https://doi.org/10.5683/SP2/E8H2MF"


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


def _list_files(url: str | None) -> Sequence[Remote]:
    from sersk.datasets._downloading import list_dataverse

    server = "https://borealisdata.ca" if url is None else url.rstrip("/")
    return list_dataverse("fetch_tess", server, "10.5683/SP2/E8H2MF", _SOURCE)


TESS = Corpus(
    name="tess",
    title="TESS",
    full_name="Toronto Emotional Speech Set",
    labels=_LABELS,
    parse=_parse,
    form="talker_word_emotion, as in OAF_back_angry.wav",
    examples=["OAF_back_angry.wav", "YAF_voice_ps.wav"],
    n_clips=2800,
    n_speakers=2,
    language="English",
    licence="CC BY-NC-ND 4.0",
    source=_SOURCE,
    citation="""\
Pichora-Fuller MK, Dupuis K (2020). Toronto emotional speech set (TESS). Borealis.
https://doi.org/10.5683/SP2/E8H2MF
Dupuis K, Pichora-Fuller MK (2011). Recognition of emotional speech for younger and older
talkers: Behavioural findings from the Toronto Emotional Speech Set. Canadian Acoustics 39(3):
182-183.""",
    description="""\
Two actresses, 64 (OAF) and 26 (YAF) years old, say 200 words in the carrier phrase "Say the
word ..." in Canadian English: 2,800 clips, 7 emotions (angry, disgust, fear, happy, neutral,
ps for pleasant surprise, sad), 400 of each. 24.4 kHz, 16 bit.

With two speakers, a test on an unseen speaker is a test on one: combine TESS with others.""",
    notes="""\
One of the archives in circulation holds the whole set twice, in a folder and in a folder of the
same name inside it. A copy in another fold is leakage, so such a folder is refused, and the error
says which folder to pass. The file ``OA_bite_neutral`` of the archive belongs to the older actress.
Combine the corpus with others that have more speakers.""",
    list_files=_list_files,
    fetch_notes="""\
The files are downloaded one by one from Borealis, the Canadian Dataverse repository. The checksum
of each file in its list is verified.""",
)
load_tess, fetch_tess = TESS.load, TESS.fetch

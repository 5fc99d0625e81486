"""The declaration of CREMA-D, with the table of its actors."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sersk.datasets.corpus import Corpus
from sersk.datasets.parts import Clip, Remote

# The codes in the file names, and the emotions that they stand for.
_LABELS = {
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
# In some copies of the corpus, the intensity of a clip is a single X.
_NAME = re.compile(
    rf"10(0[1-9]|[1-8]\d|9[01])_({'|'.join(_STATEMENTS)})_({'|'.join(_LABELS)})_(LO|MD|HI|XX?)",
    re.IGNORECASE,
)
_SOURCE = "https://github.com/CheyneyComputerScience/CREMA-D"
_FILES = "https://media.githubusercontent.com/media/CheyneyComputerScience/CREMA-D/master"
_LISTS = "https://raw.githubusercontent.com/CheyneyComputerScience/CREMA-D/master"


def _parse(file: Path) -> Clip | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return None
    actor, sentence, emotion, intensity = match.group(0).upper().split("_")
    intensity = "XX" if intensity == "X" else intensity
    return Clip(
        identity=f"{actor}_{sentence}_{emotion}_{intensity}",
        label=emotion,
        speaker=actor,
        facts={
            "sex": None,  # read from the table of the actors
            "age": None,
            "intensity": _INTENSITIES[intensity],
            "statement": _STATEMENTS[sentence],
        },
    )


def _read_actors(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read sex and age of the actors from the table nearest to a folder of clips."""
    for near in (folder, *folder.parents[:2]):
        table = near / _DEMOGRAPHICS
        if not table.is_file():
            continue
        try:
            with open(table, newline="", encoding="utf-8-sig") as lines:
                return {
                    row["ActorID"]: {"sex": row["Sex"].lower(), "age": int(row["Age"])}
                    for row in csv.DictReader(lines)
                }
        except (KeyError, ValueError, AttributeError) as error:
            raise ValueError(
                f"load_crema_d: {str(table)!r} is not the table of the actors as published, with "
                f"the columns ActorID, Age, Sex ({error!r}). Repair it, or remove it to load the "
                "corpus without sex and age."
            ) from error
    return {}


def _list_files(url: str | None) -> Sequence[Remote]:
    from sersk.datasets._downloading import get_text

    lists, files = (_LISTS, _FILES) if url is None else (url.rstrip("/"), url.rstrip("/"))
    answer = get_text("fetch_crema_d", f"{lists}/SentenceFilenames.csv", _SOURCE)
    names = [row["Filename"] for row in csv.DictReader(answer.splitlines())]
    return [
        Remote(_DEMOGRAPHICS, f"{lists}/{_DEMOGRAPHICS}"),
        *(Remote(f"{name}.wav", f"{files}/AudioWAV/{name}.wav") for name in names),
    ]


CREMA_D = Corpus(
    name="crema_d",
    title="CREMA-D",
    full_name="Crowd-sourced Emotional Multimodal Actors Dataset",
    labels=_LABELS,
    parse=_parse,
    form="actor_sentence_emotion_intensity, as in 1001_DFA_ANG_XX.wav",
    examples=["1001_DFA_ANG_XX.wav", "1091_IEO_FEA_HI.wav"],
    n_clips=7442,
    n_speakers=91,
    language="English",
    licence="ODbL 1.0",
    source=_SOURCE,
    citation="""\
Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014). CREMA-D:
Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on Affective Computing
5(4): 377-390. https://doi.org/10.1109/TAFFC.2014.2336244""",
    description="""\
91 actors (43 women, 48 men), 20 to 74 years old, of many backgrounds, say 12 sentences in
American English: 7,442 clips, 6 emotions (anger, disgust, fear, happy, neutral, sad), one
sentence at three intensities. Listeners recognised 40.9 % of the emotions from the voice
alone. 16 kHz, 16 bit. The licence of the database is the Open Database License 1.0, that of
its contents the Database Contents License 1.0.""",
    notes="""\
Sex and age are not part of the names. They are read from ``VideoDemographics.csv`` if it lies in
the folder of the clips or up to two folders above, as in the authors' repository. Without the
table the two columns are empty; a table of another form is a ValueError. The repository has each
clip as .wav and as .mp3: pass its folder ``AudioWAV``. One clip, ``1076_MTI_SAD_XX``, is known to
be silent.""",
    speaker_facts=_read_actors,
    list_files=_list_files,
    fetch_notes="""\
The list of clips is the repository's ``SentenceFilenames.csv``. The clips, which are stored with
Git LFS, are downloaded one by one. No checksums are published.""",
)
load_crema_d, fetch_crema_d = CREMA_D.load, CREMA_D.fetch

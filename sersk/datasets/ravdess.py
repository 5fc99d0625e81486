"""The declaration of RAVDESS."""

from __future__ import annotations

import re
from pathlib import Path

from sersk.datasets.corpus import Corpus
from sersk.datasets.parts import Choice, Clip, Remote

# The corpus's own labels, in the order of their number in a file name.
_LABELS = {
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
_NAME = re.compile(r"(0[13])-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")


def _parse(file: Path) -> Clip | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        return None
    modality, channel, emotion, intensity, statement, repetition, actor = match.groups()
    return Clip(
        # Without the modality: sound extracted from the video is the same recording.
        identity=file.stem[3:],
        label=list(_LABELS)[int(emotion) - 1],
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


RAVDESS = Corpus(
    name="ravdess",
    title="RAVDESS",
    full_name="Ryerson Audio-Visual Database of Emotional Speech and Song",
    labels=_LABELS,
    parse=_parse,
    form=(
        "modality-channel-emotion-intensity-statement-repetition-actor, as in "
        "03-01-06-01-02-01-12.wav"
    ),
    examples=["03-01-05-02-01-01-07.wav", "03-01-06-01-02-01-12.wav"],
    n_clips=1440,
    n_speakers=24,
    language="English",
    licence="CC BY-NC-SA 4.0",
    source="https://doi.org/10.5281/zenodo.1188976",
    citation="""\
Livingstone SR, Russo FA (2018). The Ryerson Audio-Visual Database of Emotional
Speech and Song (RAVDESS): A dynamic, multimodal set of facial and vocal expressions in
North American English. PLoS ONE 13(5): e0196391. https://doi.org/10.1371/journal.pone.0196391""",
    description="""\
24 professional actors (12 women, 12 men) say, and 23 of them sing, two matched statements
in North American English. Speech: 1,440 clips, 8 emotions (neutral, calm, happy, sad, angry,
fearful, disgust, surprised), each but neutral at two intensities, each twice. Song: 1,012
clips, 6 emotions (no disgust, no surprised). Studio recordings, 48 kHz, 16 bit.""",
    notes="""\
One of the archives in circulation holds each clip twice, in ``Actor_NN/`` and again in
``audio_speech_actors_01-24/Actor_NN/``. A copy in another fold is leakage, so such a folder is
refused, and the error says which folder to pass.""",
    choices=[
        Choice(
            "channel",
            values=("speech", "song"),
            default="speech",
            everything="both",
            description="Clips to load: the spoken ones, the sung ones, or both.",
        )
    ],
    archive=Remote(
        "Audio_Speech_Actors_01-24.zip",
        "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip",
        "md5:bc696df654c87fed845eb13823edef8a",
    ),
    fetch_notes="""\
The archive of the speech has 208 MB. Zenodo publishes its MD5 checksum, which is verified.""",
)
load_ravdess, fetch_ravdess = RAVDESS.load, RAVDESS.fetch

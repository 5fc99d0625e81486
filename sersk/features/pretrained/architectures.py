"""Which architectures of transformers there are, and what is special about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Architecture:
    """An architecture of transformers.

    Attributes
    ----------
    config, network : str
        Names of the classes of configuration and network in transformers.
    input : {"waveform", "mel"}
        What the network takes.
    masks_padding : bool
        Whether its positions can be masked. If not, padding in a batch changes the states.
    """

    config: str
    network: str
    input: str = "waveform"
    masks_padding: bool = True


# The classes are named here, and never taken from a model's files: those can name code of their
# own, which transformers would run with trust_remote_code=True.
ARCHITECTURES = {
    "wav2vec2": Architecture("Wav2Vec2Config", "Wav2Vec2Model"),
    "hubert": Architecture("HubertConfig", "HubertModel"),
    "wavlm": Architecture("WavLMConfig", "WavLMModel"),
    # Several convolutions with biases encode its positions; masks do not reach between them.
    "data2vec-audio": Architecture(
        "Data2VecAudioConfig", "Data2VecAudioModel", masks_padding=False
    ),
    "unispeech": Architecture("UniSpeechConfig", "UniSpeechModel"),
    "unispeech-sat": Architecture("UniSpeechSatConfig", "UniSpeechSatModel"),
    # The only class that loads the encoder without the decoder.
    "whisper": Architecture("WhisperConfig", "WhisperForAudioClassification", "mel"),
}


def takes_padding(config: Any) -> bool:
    """Return whether clips of different lengths can share a batch.

    Parameters
    ----------
    config : transformers.PreTrainedConfig
        The configuration of a network.

    Returns
    -------
    answer : bool
        False where padding would change the states: a group normalisation over time has no mask.
    """
    architecture = ARCHITECTURES[config.model_type]
    norm = getattr(config, "feat_extract_norm", "layer")
    return architecture.masks_padding and norm != "group"

"""Tiny models of random weights, to try and test `PretrainedEncoder` without a download."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sersk.features.pretrained.architectures import ARCHITECTURES
from sersk.features.pretrained.extra import check_extra, quiet_transformers

_WAVEFORM: dict[str, Any] = {
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "conv_dim": (8,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
_MEL: dict[str, Any] = {
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 32,
    "vocab_size": 8,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
}


def make_pretrained_folder(
    folder: str | os.PathLike[str],
    architecture: str = "wav2vec2",
    *,
    width: int = 16,
    n_blocks: int = 2,
    do_normalize: bool = True,
    random_state: int = 0,
    **config: Any,
) -> Path:
    """Write a small encoder with random weights, as transformers saves it.

    Parameters
    ----------
    folder : str or path-like
        The folder, which is made if it does not exist.
    architecture : str, default="wav2vec2"
        The architecture, as ``model_type`` of transformers: "wav2vec2", "hubert", "wavlm",
        "data2vec-audio", "unispeech", "unispeech-sat" or "whisper".
    width : int, default=16
        Numbers a state, a multiple of 2.
    n_blocks : int, default=2
        Number of blocks.
    do_normalize : bool, default=True
        Whether clips are standardised first; not of "whisper".
    random_state : int, default=0
        Seed of the weights. The state of PyTorch's own generator is kept.
    **config : object
        Further parameters of the configuration, such as ``feat_extract_norm="layer"``.

    Returns
    -------
    folder : pathlib.Path
        The folder, for the parameter `model` of `PretrainedEncoder`.

    Raises
    ------
    ImportError
        If PyTorch or transformers is not installed.
    ValueError
        If there is no such architecture.

    See Also
    --------
    sersk.PretrainedEncoder : Takes the folder.
    make_whisper_folder : A small Whisper without PyTorch.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.testing import make_pretrained_folder
    >>> with TemporaryDirectory() as folder:
    ...     sorted(file.name for file in make_pretrained_folder(folder, "hubert").iterdir())
    ['config.json', 'model.safetensors', 'preprocessor_config.json']
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(
            f"make_pretrained_folder: architecture={architecture!r}; expected one of "
            f"{', '.join(ARCHITECTURES)}."
        )
    check_extra()
    import torch
    import transformers

    names = ARCHITECTURES[architecture]
    if names.input == "mel":
        sizes = _MEL | {"d_model": width, "encoder_layers": n_blocks}
        network, extractor = "WhisperModel", transformers.WhisperFeatureExtractor()
    else:
        sizes = _WAVEFORM | {"hidden_size": width, "num_hidden_layers": n_blocks}
        network = names.network
        extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=do_normalize)
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_state)
        settings = getattr(transformers, names.config)(**sizes | config)
        getattr(transformers, network)(settings).save_pretrained(folder)
    extractor.save_pretrained(folder)
    return Path(folder)

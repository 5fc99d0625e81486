"""From a folder to a network in memory."""

from __future__ import annotations

import copy

from sersk.features.pretrained.architectures import ARCHITECTURES, takes_padding
from sersk.features.pretrained.description import Description
from sersk.features.pretrained.extra import quiet_transformers
from sersk.features.pretrained.network import Network
from sersk.features.pretrained.waveform_network import WaveformNetwork
from sersk.features.pretrained.whisper_network import WhisperNetwork

# Needed in training only, and absent from some published files.
_NOT_NEEDED = ("masked_spec_embed",)


def load_network(description: Description, n_blocks: int, device: str) -> Network:
    """Read the first blocks of a network.

    Parameters
    ----------
    description : Description
        Of the model.
    n_blocks : int
        How many blocks, at least 1.
    device : str
        Device of PyTorch.

    Returns
    -------
    network : Network
        In float32, not in training.

    Raises
    ------
    ValueError
        If the file is damaged or lacks weights, or there is no such device.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    _check_device(device)
    config = copy.deepcopy(description.config)
    config.num_hidden_layers = n_blocks
    architecture = ARCHITECTURES[config.model_type]
    folder = description.folder
    try:
        with quiet_transformers():
            model, report = getattr(transformers, architecture.network).from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise ValueError(
            f"PretrainedEncoder: the weights in {str(folder)!r} can't be read: {error}"
        ) from error
    missing = sorted(name for name in report["missing_keys"] if name not in _NOT_NEEDED)
    if architecture.input == "mel":
        missing = [name for name in missing if name.startswith("encoder.")]
        model = model.encoder
    if missing:
        raise ValueError(
            f"PretrainedEncoder: the weights in {str(folder)!r} are incomplete; they lack "
            f"{len(missing)}, such as {missing[0]!r}."
        )
    model = model.eval().requires_grad_(False).to(device)
    if description.frames is None:
        return WhisperNetwork(model, device)
    padding = takes_padding(config)
    return WaveformNetwork(model, description.frames, device, padding, description.normalizes)


def _check_device(device: str) -> None:
    import torch

    try:
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"PretrainedEncoder: device={device!r} can't be used ({reason}); 'cpu' always can."
        ) from error

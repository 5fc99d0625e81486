"""A tiny model of random weights, to try and test `WhisperEncoder` without a download."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from sersk._utils.paths import as_path
from sersk.features.whisper.maths import sinusoids

_N_POSITIONS = 1500


def make_whisper_folder(
    folder: str | os.PathLike[str],
    *,
    width: int = 16,
    n_blocks: int = 2,
    n_heads: int = 2,
    n_mels: int = 80,
    random_state: int = 0,
) -> Path:
    """Write the encoder of a small Whisper model with random weights, as transformers saves it.

    Parameters
    ----------
    folder : str or path-like
        The folder, which is made if it does not exist.
    width : int, default=16
        Numbers a state, an even multiple of `n_heads`.
    n_blocks : int, default=2
        Number of blocks.
    n_heads : int, default=2
        Number of heads of attention.
    n_mels : int, default=80
        Number of mel bands.
    random_state : int, default=0
        Seed of the weights.

    Returns
    -------
    folder : pathlib.Path
        The folder, for the parameter `model` of `WhisperEncoder`.

    See Also
    --------
    sersk.WhisperEncoder : Takes the folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sersk.testing import make_whisper_folder
    >>> with TemporaryDirectory() as folder:
    ...     sorted(file.name for file in make_whisper_folder(folder).iterdir())
    ['config.json', 'model.safetensors']
    """
    rng = np.random.default_rng(random_state)
    shapes: dict[str, tuple[int, ...]] = {
        "conv1.weight": (width, n_mels, 3),
        "conv1.bias": (width,),
        "conv2.weight": (width, width, 3),
        "conv2.bias": (width,),
        "layer_norm.weight": (width,),
        "layer_norm.bias": (width,),
    }
    for block in range(n_blocks):
        for part in ("self_attn_layer_norm", "final_layer_norm"):
            shapes |= {f"layers.{block}.{part}.{kind}": (width,) for kind in ("weight", "bias")}
        for part, rows, columns in (
            *((f"self_attn.{letter}_proj", width, width) for letter in "qkv"),
            ("self_attn.out_proj", width, width),
            ("fc1", 4 * width, width),
            ("fc2", width, 4 * width),
        ):
            shapes[f"layers.{block}.{part}.weight"] = (rows, columns)
            if part != "self_attn.k_proj":
                shapes[f"layers.{block}.{part}.bias"] = (rows,)
    tensors: dict[str, np.ndarray] = {
        name: rng.normal(scale=np.prod(shape[1:]) ** -0.5, size=shape) + ("norm.weight" in name)
        for name, shape in shapes.items()
    }
    tensors["embed_positions.weight"] = sinusoids(_N_POSITIONS, width)
    path = as_path(folder, "make_whisper_folder")
    path.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "whisper", "encoder_attention_heads": n_heads}
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (path / "model.safetensors").write_bytes(_pack(tensors))
    return path


def _pack(tensors: dict[str, np.ndarray]) -> bytes:
    """Return tensors as a safetensors file of float32."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts, size = [], 0
    for name in sorted(tensors):
        parts.append(tensors[name].astype("<f4").tobytes())
        header[f"model.encoder.{name}"] = {
            "dtype": "F32",
            "shape": tensors[name].shape,
            "data_offsets": [size, size := size + len(parts[-1])],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)

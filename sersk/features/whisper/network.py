"""Whisper's encoder: which tensors it needs, and the states of a clip after the chosen blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sersk.features.whisper.maths import attend, convolve, gelu, layer_norm

Array = NDArray[np.float32]
_START = ("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "embed_positions.weight")
_NORM = ("layer_norm.weight", "layer_norm.bias")
_BLOCK = tuple(
    f"{part}.{kind}"
    for part in (
        "self_attn_layer_norm",
        "self_attn.q_proj",
        "self_attn.k_proj",
        "self_attn.v_proj",
        "self_attn.out_proj",
        "final_layer_norm",
        "fc1",
        "fc2",
    )
    for kind in ("weight", "bias")
    if (part, kind) != ("self_attn.k_proj", "bias")
)


@dataclass(frozen=True)
class Size:
    """The size of an encoder.

    Attributes
    ----------
    width : int
        Numbers a state.
    n_blocks : int
        Number of blocks.
    n_heads : int
        Number of heads of attention, which share the width.
    n_mels : int
        Number of mel bands.
    """

    width: int
    n_blocks: int
    n_heads: int
    n_mels: int = 80


class Tensors(Protocol):
    """Where the tensors of an encoder come from.

    Attributes
    ----------
    size : Size
        The size of the encoder.
    """

    size: Size

    def read(self, names: Collection[str]) -> dict[str, Array]:
        """Read some tensors.

        Parameters
        ----------
        names : collection of str
            Their names, as in transformers without the prefix "model.encoder.".

        Returns
        -------
        tensors : dict of str to ndarray of float32
            The tensors by their names.
        """
        ...


def tensor_names(n_blocks: int, *, norm: bool = False) -> list[str]:
    """Name the tensors that the first blocks of an encoder need.

    Parameters
    ----------
    n_blocks : int
        Number of blocks.
    norm : bool, default=False
        Whether the last layer normalisation is needed.

    Returns
    -------
    names : list of str
        As in transformers without the prefix "model.encoder.".

    Examples
    --------
    >>> from sersk.features.whisper.network import tensor_names
    >>> len(tensor_names(2)), tensor_names(1)[-1]
    (35, 'layers.0.fc2.bias')
    """
    blocks = [f"layers.{i}.{name}" for i in range(n_blocks) for name in _BLOCK]
    return [*_START, *blocks, *(_NORM if norm else ())]


class Encoder:
    """Whisper's encoder. A part of it is read when it is first needed.

    Parameters
    ----------
    tensors : Tensors
        Where its tensors come from.

    Attributes
    ----------
    size : Size
        Its size.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sersk.features.whisper.folders import open_folder
    >>> from sersk.features.whisper.network import Encoder
    >>> from sersk.testing import make_whisper_folder
    >>> with TemporaryDirectory() as folder:
    ...     encoder = Encoder(open_folder(make_whisper_folder(folder)))
    ...     states = encoder.run(np.zeros((100, 80), np.float32), [1, "last"])
    >>> [state.shape for state in states]
    [(50, 16), (50, 16)]
    """

    def __init__(self, tensors: Tensors) -> None:
        self.size = tensors.size
        self._tensors = tensors
        self._parts: dict[int | str, list[Array]] = {}
        self._lock = Lock()

    def prepare(self, layers: Collection[int | str]) -> None:
        """Read what some layers need, at once.

        Parameters
        ----------
        layers : collection of int or "last"
            The layers.
        """
        n_blocks = self._count_blocks(layers)
        self._read(["start", *range(n_blocks), *(["norm"] if "last" in layers else [])])

    def weights(self, part: int | str) -> list[Array]:
        """Return the tensors of a part as they are multiplied.

        Parameters
        ----------
        part : "start", "norm" or int
            The two convolutions and the encoding of positions, the last layer normalisation, or
            the number of a block, from 0.

        Returns
        -------
        tensors : list of ndarray of float32
            Of convolutions and matrices the inputs are rows. Of a block: scale and shift of the
            first normalisation; queries (scaled), keys and values in one matrix, and their bias;
            output of the attention; second normalisation; both layers of the feed-forward part.
        """
        self._read([part])
        return self._parts[part]

    def _read(self, parts: list[int | str]) -> None:
        with self._lock:
            missing = [part for part in parts if part not in self._parts]
            if not missing:
                return
            wanted = {part: _names_of(part) for part in missing}
            found = self._tensors.read([name for names in wanted.values() for name in names])
            for part, names in wanted.items():
                self._parts[part] = _arrange([found[name] for name in names], part, self.size)

    def read(self, layers: Collection[int | str]) -> dict[str, Array]:
        """Read the tensors that some layers need, as they were published.

        Parameters
        ----------
        layers : collection of int or "last"
            The layers.

        Returns
        -------
        tensors : dict of str to ndarray of float32
            The tensors by their names.
        """
        return self._tensors.read(tensor_names(self._count_blocks(layers), norm="last" in layers))

    def run(self, mel: Array, layers: Collection[int | str]) -> list[Array]:
        """Return the states of a clip after some layers.

        Parameters
        ----------
        mel : ndarray of float32 of shape (n_mel_frames, n_mels)
            Log-mel spectrogram, at most 3,000 frames (30 s).
        layers : collection of int or "last"
            0 is before the first block, k after block k, "last" after the last block and its layer
            normalisation.

        Returns
        -------
        states : list of ndarray of float32 of shape (ceil(n_mel_frames / 2), width)
            The states for each of `layers`.
        """
        self.prepare(layers)
        found: dict[int | str, Array] = {}
        for k, state in enumerate(self._states(mel, self._count_blocks(layers))):
            if k in layers:
                found[k] = state
        if "last" in layers:
            found["last"] = layer_norm(state, *self._parts["norm"])
        return [found[layer] for layer in layers]

    def _states(self, mel: Array, n_blocks: int) -> Iterator[Array]:
        first, first_bias, second, second_bias, positions = self._parts["start"]
        x = convolve(convolve(mel, first, first_bias, 1), second, second_bias, 2)
        x += positions[: len(x)]
        yield x
        for k in range(n_blocks):
            before, shift, qkv, qkv_bias, out, out_bias, middle, middle_shift, *feed = self._parts[
                k
            ]
            up, up_bias, down, down_bias = feed
            projected = layer_norm(x, before, shift) @ qkv
            projected += qkv_bias
            x = x + attend(projected, self.size.n_heads) @ out
            x += out_bias
            hidden = layer_norm(x, middle, middle_shift) @ up
            hidden += up_bias
            x += gelu(hidden) @ down
            x += down_bias
            yield x

    def _count_blocks(self, layers: Collection[int | str]) -> int:
        return max(self.size.n_blocks if layer == "last" else int(layer) for layer in layers)


def _names_of(part: int | str) -> list[str]:
    if part == "start":
        return list(_START)
    return list(_NORM) if part == "norm" else [f"layers.{part}.{name}" for name in _BLOCK]


def _arrange(tensors: list[Array], part: int | str, size: Size) -> list[Array]:
    """Return the tensors of a part as `Encoder._states` multiplies them."""
    if part == "norm":
        return tensors
    if part == "start":  # (width, n_channels, 3) -> (3 * n_channels, width)
        return [
            np.ascontiguousarray(t.transpose(2, 1, 0)).reshape(-1, len(t)) if t.ndim == 3 else t
            for t in tensors
        ]
    norm, shift, q, q_bias, k, v, v_bias, out, out_bias, norm2, shift2, up, up_bias, down, bias = (
        tensors
    )
    scale = np.float32((size.width // size.n_heads) ** -0.5)
    # Rows of inputs, columns of outputs: BLAS is a few percent faster than with transposed views.
    qkv, out, up, down = (
        np.ascontiguousarray(matrix.T)
        for matrix in (np.concatenate([q * scale, k, v]), out, up, down)
    )
    qkv_bias = np.concatenate([q_bias * scale, np.zeros_like(q_bias), v_bias])
    return [norm, shift, qkv, qkv_bias, out, out_bias, norm2, shift2, up, up_bias, down, bias]

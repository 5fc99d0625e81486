"""The weights of an encoder as an object: part of a model file, with no folder behind them."""

from __future__ import annotations

import os
from collections.abc import Collection
from hashlib import sha256
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sersk._utils.model_files import get_reading, get_writing
from sersk.features.whisper.catalogue import MODELS
from sersk.features.whisper.models import check_layers, find_encoder, find_size
from sersk.features.whisper.network import Encoder, Size

_REFERENCE = "encoder_reference_"


class HeldWeights(os.PathLike):
    """The tensors of an encoder that some layers need, in memory.

    It stands where the name of a model or its folder would stand. Nothing changes it, so copies
    are the object itself.

    Parameters
    ----------
    name : str
        Name or folder of the model that they are of.
    size : Size
        The size of the whole encoder.
    tensors : dict of str to ndarray
        The tensors, in float16 where that loses nothing.

    Attributes
    ----------
    encoder : Encoder
        The encoder of these tensors.
    """

    def __init__(self, name: str, size: Size, tensors: dict[str, NDArray[np.floating]]) -> None:
        self.name = name
        self.tensors = tensors
        self._set_size(size)

    def _set_size(self, size: Size) -> None:
        self.size = size
        self.encoder = Encoder(self)

    def read(self, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """Read some tensors.

        Parameters
        ----------
        names : collection of str
            Their names.

        Returns
        -------
        tensors : dict of str to ndarray of float32
            The tensors by their names.

        Raises
        ------
        ValueError
            If one is not there.
        """
        missing = [name for name in names if name not in self.tensors]
        if missing:
            raise ValueError(
                f"WhisperEncoder: the model file holds the weights of the layers that it was saved "
                f"with; {missing[0]!r} is not among them. Set `model` to {self.name!r}."
            )
        return {name: self.tensors[name].astype(np.float32) for name in names}

    def __fspath__(self) -> str:
        return f"weights of {self.name} in a model file"

    def __repr__(self) -> str:
        return f"<{self.__fspath__()}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> dict[str, Any]:
        size = self.size
        numbers = [size.width, size.n_blocks, size.n_heads, size.n_mels]
        return {"name": self.name, "size": numbers, "tensors": self.tensors}

    def __setstate__(self, state: dict[str, Any]) -> None:
        width, n_blocks, n_heads, n_mels = state["size"]
        if not (0 < n_heads <= width < 1 << 16 and 0 < n_blocks < 1024 and 0 < n_mels < 4096):
            raise ValueError(f"WhisperEncoder: an encoder can't have the size {state['size']}.")
        self.name, self.tensors = str(state["name"]), dict(state["tensors"])
        if any(getattr(t, "dtype", np.dtype(object)).kind != "f" for t in self.tensors.values()):
            raise ValueError("WhisperEncoder: a tensor of the model file does not hold numbers.")
        self._set_size(Size(width, n_blocks, n_heads, n_mels))


def hold(model: str | os.PathLike[str], layers: Any) -> HeldWeights:
    """Read the weights of a model that some layers need.

    Parameters
    ----------
    model : str or path-like
        A name of OpenAI's, or a folder or file.
    layers : int, "last", or sequence of them
        The layers.

    Returns
    -------
    weights : HeldWeights
        The weights.
    """
    if isinstance(model, HeldWeights):
        return model
    tensors = {}
    for name, tensor in find_encoder(model).read(check_layers(layers, model)).items():
        with np.errstate(over="ignore"):
            half = tensor.astype(np.float16)
        tensors[name] = half if np.array_equal(half, tensor) else tensor
    return HeldWeights(os.fspath(model), find_size(model), tensors)


def refer(model: str | os.PathLike[str], layers: Any) -> dict[str, Any]:
    """Name the weights of a model so that others can be told from them.

    Parameters
    ----------
    model : str or path-like
        A name of OpenAI's, or a folder or file.
    layers : int, "last", or sequence of them
        The layers that are needed.

    Returns
    -------
    reference : dict of str to str
        ``name``; of a name of OpenAI's ``revision`` and ``sha256`` of the published file, else
        ``sha256_of_tensors``, over those that the layers need.
    """
    if isinstance(model, str) and model in MODELS:
        published = MODELS[model]
        return {"name": model, "revision": published.revision, "sha256": published.sha256}
    digest = sha256()
    tensors = find_encoder(model).read(check_layers(layers, model))
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor, "<f4"))
    return {"name": os.fspath(model), "sha256_of_tensors": digest.hexdigest()}


def to_file(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a `WhisperEncoder` as it stands in the file that is being written.

    Parameters
    ----------
    state : dict
        Its state in a pickle.

    Returns
    -------
    state : dict
        With weights, or with a reference to them; the same if no model file is written.
    """
    writing = get_writing()
    if writing is None:
        return state
    model, layers = state["model"], state["layers"]
    if writing.encoder == "inside" or isinstance(model, HeldWeights):
        return state | {"model": hold(model, layers)}
    return state | {"model": os.fspath(model), _REFERENCE: refer(model, layers)}


def from_file(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a `WhisperEncoder`, of which a model file names the weights.

    Parameters
    ----------
    state : dict
        Its state in the file.

    Returns
    -------
    state : dict
        Its state here.

    Raises
    ------
    ValueError
        If the weights here are other ones, or are not here.
    """
    state = dict(state)
    reference = state.pop(_REFERENCE, None)
    reading = get_reading()
    if reading is None:
        return state
    model = state.get("model")
    if isinstance(model, HeldWeights) and reading.encoder is None:
        # with the shapes that the size promises: a state of another width would be computed
        model.encoder.prepare(check_layers(state["layers"], model))
        return state
    if not isinstance(reference, dict) or not isinstance(model, str):
        raise ValueError("WhisperEncoder: the model file does not name the encoder's weights.")
    if reading.encoder is not None:
        model = state["model"] = os.fspath(reading.encoder)
    elif model.startswith(("//", "\\\\")):  # opening it would talk to another machine
        raise ValueError(f"WhisperEncoder: the model file names weights on a server, {model!r}.")
    if "revision" in reference and reading.encoder is not None:
        return state  # the same network by the user's word: the published file is not here
    try:
        here = refer(model, state["layers"])
    except (OSError, ValueError) as error:
        raise ValueError(
            f"WhisperEncoder: the weights {model!r} that the model file names can't be read "
            f"({error}). Say where they are: load_model(..., encoder=FOLDER)."
        ) from error
    if here | {"name": ""} != reference | {"name": ""}:
        raise ValueError(
            f"WhisperEncoder: the weights {model!r} here are not those that the model was trained "
            "with: their checksums differ."
        )
    return state

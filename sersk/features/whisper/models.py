"""The encoder behind a name or a folder, shared by all transformers of a process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from sersk.features import states
from sersk.features.whisper.cache import cache_home
from sersk.features.whisper.catalogue import MODELS
from sersk.features.whisper.folders import find_file, open_folder
from sersk.features.whisper.network import Encoder, Size
from sersk.features.whisper.published import PublishedTensors

_MOST = 4  # encoders kept in memory

_encoders: dict[tuple[Any, ...], Encoder] = {}
_lock = Lock()


def find_encoder(model: str | os.PathLike[str]) -> Encoder:
    """Return the encoder of a model, none of whose tensors need be in memory yet.

    Parameters
    ----------
    model : str or path-like
        A name of OpenAI's, or a folder or file.

    Returns
    -------
    encoder : Encoder
        The same object as long as the file is unchanged.

    Raises
    ------
    ValueError
        If there is no such name, folder or file, or the file holds no encoder of Whisper.
    """
    if isinstance(model, str) and model in MODELS:
        return _keep((model, cache_home()), lambda: Encoder(PublishedTensors(model)))
    held = getattr(model, "encoder", None)  # of HeldWeights: the weights are part of a model file
    if isinstance(held, Encoder):
        return held
    path = find_file(model)
    if path is None:
        raise ValueError(
            f"WhisperEncoder: model={os.fspath(model)!r} is neither a folder with weights "
            "(model.safetensors of transformers, model.bin of CTranslate2, *.pt of OpenAI) nor "
            f"one of the names {', '.join(MODELS)}."
        )
    stat = path.stat()
    key = (path.resolve(), stat.st_mtime_ns, stat.st_size)
    return _keep(key, lambda: Encoder(open_folder(path)))


def find_size(model: str | os.PathLike[str]) -> Size:
    """Return the size of a model's encoder; of a name without its weights.

    Parameters
    ----------
    model : str or path-like
        A name of OpenAI's, or a folder or file.

    Returns
    -------
    size : Size
        The size.
    """
    if isinstance(model, str) and model in MODELS:
        return MODELS[model].size
    return find_encoder(model).size


def check_layers(layers: Any, model: str | os.PathLike[str]) -> list[int | str]:
    """Return layers as a list.

    Parameters
    ----------
    layers : int, "last", or sequence of them
        Layers of the model's encoder.
    model : str or path-like
        A name of OpenAI's, or a folder or file.

    Returns
    -------
    layers : list of int or "last"
        At least one.

    Raises
    ------
    ValueError
        If the encoder has no such layer.
    """
    n_blocks = find_size(model).n_blocks
    return states.check_layers(layers, n_blocks, "WhisperEncoder", os.fspath(model))


def download_whisper(
    model: str = "tiny.en",
    layers: Any = 2,
    *,
    endpoint: str | None = None,
    verbose: int | bool = True,
) -> Path:
    """Download the weights that `WhisperEncoder` needs, for later use without a network.

    Parameters
    ----------
    model : str, default="tiny.en"
        Name of one of OpenAI's models.
    layers : int, "last", or sequence of them, default=2
        The layers, as in `WhisperEncoder`. Of "tiny.en" and "base" only the tensors that the
        layers need are downloaded, of other models the whole file.
    endpoint : str or None, default=None
        Address of the server; None takes the environment variable ``HF_ENDPOINT``, or
        ``https://huggingface.co``.
    verbose : int or bool, default=True
        Whether to show the progress on stderr.

    Returns
    -------
    folder : pathlib.Path
        Where the weights are: in the folder ``SERSK_CACHE_HOME``, if this environment variable is
        set, or in the user's cache.

    Raises
    ------
    OSError
        If they can't be downloaded. What was downloaded is kept, and the next call resumes.
    ValueError
        If there is no such model or layer, or the server sends something else than what was
        published.

    See Also
    --------
    sersk.WhisperEncoder : Downloads what is missing when it is fitted.
    """
    if model not in MODELS:
        raise ValueError(f"download_whisper: model={model!r}; expected one of {', '.join(MODELS)}.")
    tensors = PublishedTensors(model, endpoint, verbose)
    Encoder(tensors).prepare(check_layers(layers, model))
    return tensors.folder


def _keep(key: tuple[Any, ...], make: Callable[[], Encoder]) -> Encoder:
    with _lock:
        if key not in _encoders:
            while len(_encoders) >= _MOST:
                del _encoders[next(iter(_encoders))]
            _encoders[key] = make()
        return _encoders[key]

"""The encoder behind a name or a folder, shared by all transformers of a process."""

from __future__ import annotations

import os
from threading import Lock

from sersk.features.whisper.catalogue import MODELS
from sersk.features.whisper.folders import find_file, open_folder
from sersk.features.whisper.network import Encoder, Size

_MOST = 4  # encoders kept in memory

_encoders: dict[tuple, Encoder] = {}
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
    path = find_file(model)
    if path is None:
        raise ValueError(
            f"WhisperEncoder: model={os.fspath(model)!r} is neither a folder with weights "
            "(model.safetensors of transformers, model.bin of CTranslate2) nor one of the names "
            f"{', '.join(MODELS)}."
        )
    stat = path.stat()
    key = (path.resolve(), stat.st_mtime_ns, stat.st_size)
    with _lock:
        if key not in _encoders:
            while len(_encoders) >= _MOST:
                del _encoders[next(iter(_encoders))]
            _encoders[key] = Encoder(open_folder(path))
        return _encoders[key]


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

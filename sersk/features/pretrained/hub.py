"""The files of a model by its name: from the cache of the Hugging Face hub, or downloaded."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path

from sersk.features.pretrained.weights import find_weights

# No other file is downloaded: neither pickles nor code.
_FILES = (
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*.safetensors",
)


def find_snapshot(name: str, revision: str | None) -> Path:
    """Return the folder of a model of the hub, from the cache if it is there.

    Parameters
    ----------
    name : str
        The repository, as "owner/name".
    revision : str or None
        Branch, tag or commit; None is the main branch.

    Returns
    -------
    folder : pathlib.Path
        The folder in the cache of the hub, which other programs share.

    Raises
    ------
    OSError
        If it is not in the cache and can't be downloaded.
    ValueError
        If there is no such repository, or it has no weights in safetensors.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        found = snapshot_download(
            name, revision=revision, allow_patterns=list(_FILES), local_files_only=True
        )
    except LocalEntryNotFoundError:
        return _download(name, revision)
    except HFValidationError as error:
        raise _not_found(name) from error
    folder = Path(found)
    is_whole = (folder / "config.json").is_file() and find_weights(folder)
    return folder if is_whole else _download(name, revision)


def _download(name: str, revision: str | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    endpoint = os.environ.get("HF_ENDPOINT")
    at = f" at revision {revision!r}" if revision else ""
    try:
        info = HfApi(endpoint=endpoint).model_info(name, revision=revision)
        files = [file.rfilename for file in info.siblings or ()]
        has_weights = any(fnmatch(file, "model*.safetensors") for file in files)
        if has_weights:
            found = snapshot_download(
                name, revision=revision, endpoint=endpoint, allow_patterns=list(_FILES)
            )
    except RevisionNotFoundError as error:
        raise ValueError(
            f"PretrainedEncoder: {name!r} has no revision {revision!r} on the hub."
        ) from error
    except RepositoryNotFoundError as error:
        raise _not_found(name) from error
    except Exception as error:  # of the HTTP library that huggingface_hub uses, and that changes
        raise OSError(
            f"PretrainedEncoder: {name!r}{at} is not in the cache and could not be downloaded "
            f"({error}). Without a network, give a folder with {_FILES[0]}, {_FILES[1]} and "
            f"{_FILES[3]}, or copy the cache of the hub (HF_HOME) from another machine."
        ) from error
    if not has_weights:
        raise ValueError(
            f"PretrainedEncoder: {name!r}{at} has no weights in safetensors. Others are refused, "
            "because reading a pickle can run code. Look among the pull requests of the repository "
            "for a conversion and name it, as revision='refs/pr/1'; or convert the weights where "
            "you trust them, and give the folder."
        )
    return Path(found)


def _not_found(name: str) -> ValueError:
    return ValueError(
        f"PretrainedEncoder: model={name!r} is neither a folder nor a public repository of the "
        "Hugging Face hub."
    )

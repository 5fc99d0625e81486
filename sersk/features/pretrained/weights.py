"""Which files hold the weights of a folder; only safetensors, in one file or several."""

from __future__ import annotations

import json
from pathlib import Path

_ONE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def find_weights(folder: Path) -> list[Path]:
    """Return the files with weights in safetensors.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of a model, as transformers saves it.

    Returns
    -------
    files : list of pathlib.Path
        ``model.safetensors``, or the parts that ``model.safetensors.index.json`` lists; empty if
        one is absent.

    Raises
    ------
    ValueError
        If the index lists anything but safetensors in this folder.
    """
    if (folder / _ONE).is_file():
        return [folder / _ONE]
    if not (folder / _INDEX).is_file():
        return []
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        names = sorted(set(index["weight_map"].values()))
        right = all(Path(name).name == name and name.endswith(".safetensors") for name in names)
    except (ValueError, LookupError, TypeError, AttributeError):
        right = False
    if not right:
        raise ValueError(
            f"PretrainedEncoder: {_INDEX} in {str(folder)!r} does not list files of safetensors "
            "in that folder."
        )
    files = [folder / name for name in names]
    return files if all(file.is_file() for file in files) else []


def check_folder(folder: Path) -> None:
    """Check that a folder has a configuration and weights.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of a model.

    Raises
    ------
    ValueError
        If a file is missing, or the weights are pickled.
    """
    if not (folder / "config.json").is_file():
        raise ValueError(
            f"PretrainedEncoder: {str(folder)!r} has no config.json; expected a folder as "
            "transformers' save_pretrained writes it."
        )
    if find_weights(folder):
        return
    pickles = sorted(file.name for kind in _PICKLES for file in folder.glob(kind))
    if pickles:
        raise ValueError(
            f"PretrainedEncoder: the weights in {str(folder)!r} are pickled ({pickles[0]}), and "
            f"reading a pickle can run code; expected {_ONE}. Convert them where you trust them: "
            "from_pretrained and save_pretrained of transformers."
        )
    raise ValueError(
        f"PretrainedEncoder: {str(folder)!r} has no weights; expected {_ONE}, or {_INDEX} and all "
        "files that it lists."
    )

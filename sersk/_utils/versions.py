"""The versions of the packages that wrote a model file, and whether they matter here.

They stand in the card of the model, and once more behind the pickle, where they can be read even if
the pickle can't.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO

# The packages on which predictions depend.
_PACKAGES = ("sersk", "numpy", "scipy", "scikit-learn", "tensorflow", "keras", "scikeras")
# Those whose objects, or descriptions of objects, are in the file of a model; and of a network.
# Arrays of NumPy and SciPy are read by all of their versions; what they compute may change with the
# first number.
_OF_MODELS = ("sersk", "scikit-learn", "numpy", "scipy")
_BY_MAJOR = ("numpy", "scipy")
_OF_NETWORKS = ("tensorflow", "keras", "scikeras")

_MARK = b"\nsersk-versions "
_MOST_BYTES = 4096


def find_versions() -> dict[str, str]:
    """Return the installed versions of Python and of the packages that predictions depend on.

    Returns
    -------
    versions : dict of str to str
        By name; packages that are not installed are left out.
    """
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def compare_versions(written: dict[str, str], *, network: bool) -> list[str]:
    """Return how the versions that wrote a model differ from the installed ones.

    Parameters
    ----------
    written : dict of str to str
        Versions by name, as `find_versions` returned them when the model was written.
    network : bool
        Whether the model holds a network.

    Returns
    -------
    differences : list of str
        For instance ``"keras 3.8.0 (here 3.12.1)"``. Releases that differ in the third number only
        are left out, but for sersk itself; of NumPy and SciPy, those that differ in the second.

    Examples
    --------
    >>> from sersk._utils.versions import compare_versions
    >>> compare_versions({"scikit-learn": "0.24.2"}, network=False)
    ['scikit-learn 0.24.2 (here ...)']
    """
    here = find_versions()
    names = _OF_MODELS + (_OF_NETWORKS if network else ())
    return [
        f"{name} {written[name]} (here {here.get(name, 'not installed')})"
        for name in names
        if name in written and _kind(name, written[name]) != _kind(name, here.get(name, ""))
    ]


def tell_versions(written: dict[str, str]) -> str:
    """Return the versions that wrote a model as a sentence, with the installed ones if they differ.

    Parameters
    ----------
    written : dict of str to str
        Versions by name; may be empty, if they are unknown.

    Returns
    -------
    text : str
        A sentence, or an empty text.

    Examples
    --------
    >>> from sersk._utils.versions import tell_versions
    >>> tell_versions({"sersk": "0.0.1"})
    'It was written by sersk 0.0.1 (here ...).'
    """
    here = find_versions()
    told = [
        f"{name} {number}"
        + ("" if here.get(name) == number else f" (here {here.get(name, 'not installed')})")
        for name, number in written.items()
    ]
    return f"It was written by {', '.join(told)}." if told else ""


def append_versions(file: BinaryIO, versions: dict[str, str]) -> None:
    """Write versions behind a pickle, which ends before them for all who read it.

    Parameters
    ----------
    file : binary file
        Open for writing, at the end of the pickle.
    versions : dict of str to str
        Versions by name.
    """
    file.write(_MARK + json.dumps(versions).encode())


def read_versions(path: Path) -> dict[str, str]:
    """Return the versions that `append_versions` wrote, without reading the pickle.

    Parameters
    ----------
    path : pathlib.Path
        A model file.

    Returns
    -------
    versions : dict of str to str
        Versions by name; empty if the file has none.
    """
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MOST_BYTES))
            _, mark, text = file.read().rpartition(_MARK)
        found = json.loads(text) if mark else {}
    except (OSError, ValueError):
        return {}
    return keep_versions(found)


def keep_versions(found: Any) -> dict[str, str]:
    """Return what is a version among what a file holds in their place.

    Parameters
    ----------
    found : object
        Versions by name, unless the file was changed.

    Returns
    -------
    versions : dict of str to str
        Versions by name.
    """
    items = found.items() if isinstance(found, dict) else ()
    return {name: text for name, text in items if isinstance(name, str) and isinstance(text, str)}


def _kind(name: str, number: str) -> str:
    if name == "sersk":
        return number
    return ".".join(number.split(".")[: 1 if name in _BY_MAJOR else 2])

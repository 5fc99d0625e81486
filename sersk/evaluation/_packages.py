"""The versions of the packages that an evaluation used."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

# Every evaluation uses these; files are decoded and resampled by the next ones.
_ALWAYS = ("sersk", "numpy", "scipy", "scikit-learn")
_FOR_FILES = ("soundfile", "soxr")
# Import names whose distribution has another name, or which compute with further packages.
_BEHIND: dict[str, tuple[str, ...]] = {
    "sersk": (),
    "sklearn": (),
    "numpy": (),
    "scipy": (),
    "scikeras": ("scikeras", "keras", "tensorflow"),
}
_NO_PACKAGES = sys.stdlib_module_names | {"__main__"}


def find_versions(estimator: Any, reads_files: bool) -> dict[str, str]:
    """Return the versions of Python and of the packages that an evaluation used.

    Parameters
    ----------
    estimator : estimator
        The evaluated pipeline. Keras and TensorFlow are named if a step is a network, other
        packages if a step is of a class of theirs.
    reads_files : bool
        Whether clips are files.

    Returns
    -------
    versions : dict of str to str
        By name of the distribution.
    """
    names = dict.fromkeys(_ALWAYS + (_FOR_FILES if reads_files else ()))
    roots = dict.fromkeys(
        base.__module__.partition(".")[0]
        for part in _estimators(estimator)
        for base in type(part).__mro__
    )
    if any(type(part).__module__.startswith("sersk.features") for part in _estimators(estimator)):
        names["librosa"] = None  # computes the filters of mel bands
    others = [root for root in roots if root not in _BEHIND and root not in _NO_PACKAGES]
    known = packages_distributions() if others else {}  # reads the files of all packages
    for root in roots:
        names.update(dict.fromkeys(_BEHIND.get(root) or list(known.get(root, ()))))
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _estimators(estimator: Any) -> Iterator[Any]:
    """Yield an estimator, and all that are parameters of it."""
    yield estimator
    for value in estimator.get_params(deep=True).values():
        if hasattr(value, "get_params") and not isinstance(value, type):
            yield value

"""Speech emotion recognition as ordinary scikit-learn.

Only names live here, and they are lazy: ``import sersk`` loads neither TensorFlow, nor
matplotlib, nor numba, nor scikit-learn; the first use of a name loads what it needs. Their homes
and types are in the stub beside this file.
"""

from importlib.metadata import version as _version
from typing import Any

import lazy_loader as _lazy_loader

_load_name, _, __all__ = _lazy_loader.attach_stub(__name__, __file__)
__version__ = _version("sersk")


def __getattr__(name: str) -> Any:
    if name in __all__:
        return _load_name(name)
    if name.startswith(("load_", "fetch_")):  # of a corpus that was added or registered
        from sersk.datasets.registry import find_functions

        if function := find_functions().get(name):
            return function
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from sersk.datasets.registry import find_functions

    return sorted({*globals(), *__all__, *find_functions()})

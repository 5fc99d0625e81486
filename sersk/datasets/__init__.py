"""Corpora of emotional speech: load and fetch them, declare new ones, or synthesise one.

A corpus is a module of this package that declares one `Corpus`. `registry` finds it and defines
``load_<name>`` and ``fetch_<name>``. Names are lazy, so that listing the corpora imports nothing
heavy; the stub beside this file says where each name is defined.
"""

from typing import Any

import lazy_loader

_load_name, _, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return _load_name(name)
    if name.startswith(("load_", "fetch_")):
        from sersk.datasets.registry import find_functions

        if function := find_functions().get(name):
            return function
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from sersk.datasets.registry import find_functions

    return sorted({*globals(), *__all__, *find_functions()})

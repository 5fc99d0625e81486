"""The steps of a pipeline, and their parameters that differ from the defaults, as text.

The text is the same in every run: no address of a function, and no seed, as each fit sets its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.utils._pprint import _changed_params

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def describe_steps(estimator: Any) -> list[dict[str, Any]]:
    """Return the steps of a pipeline, also of the pipelines in it.

    Parameters
    ----------
    estimator : estimator
        A pipeline, or any other estimator, which is one step without a name.

    Returns
    -------
    steps : list of dict
        ``step``, the name as searches have it ("frontend__loader"); ``class``; and ``parameters``,
        a dict of those that differ from the defaults of the class, as in Python source.
    """
    return list(_steps("", estimator))


def _steps(name: str, estimator: Any) -> Iterator[dict[str, Any]]:
    parts = estimator.steps if _is_pipeline(estimator) else []
    own = {key: value for key, value in changed(estimator).items() if not parts or key != "steps"}
    if own or not parts:
        yield {
            "step": name,
            "class": type(estimator).__name__,
            "parameters": {key: write_value(value) for key, value in own.items()},
        }
    for part_name, part in parts:
        full_name = f"{name}__{part_name}" if name else part_name
        if hasattr(part, "get_params"):
            yield from _steps(full_name, part)
        else:  # "passthrough" or None
            yield {"step": full_name, "class": "passthrough", "parameters": {}}


def changed(estimator: Any) -> dict[str, Any]:
    """Return the parameters that differ from the defaults, but for the seed.

    Parameters
    ----------
    estimator : estimator
        Any object with `get_params`.

    Returns
    -------
    parameters : dict
        By name.
    """
    found = _changed_params(estimator)
    return {key: value for key, value in found.items() if key != "random_state"}


def write_value(value: Any) -> str:
    """Return a value as in Python source, without what changes from run to run.

    Parameters
    ----------
    value : object
        A parameter.

    Returns
    -------
    text : str
        One line.
    """
    if hasattr(value, "get_params") and not isinstance(value, type):
        inside = ", ".join(f"{key}={write_value(one)}" for key, one in changed(value).items())
        return f"{type(value).__name__}({inside})"
    if hasattr(value, "__qualname__"):  # a function or a class
        module = value.__module__
        known = module not in (None, "__main__", "builtins")
        return f"{module}.{value.__qualname__}" if known else value.__qualname__
    if isinstance(value, np.generic):
        return write_value(value.item())
    if hasattr(value, "shape") and getattr(value, "ndim", False):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    if isinstance(value, Mapping):
        pairs = (f"{write_value(key)}: {write_value(one)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if type(value) in (list, tuple):
        inside = ", ".join(map(write_value, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(write_value, value))) + "}"
    return re.sub(r"\s*\n\s*", " ", _ADDRESS.sub("", repr(value)))


def _is_pipeline(estimator: Any) -> bool:
    steps = getattr(estimator, "steps", None)
    return isinstance(steps, list) and all(isinstance(pair, tuple) for pair in steps)

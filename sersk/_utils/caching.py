"""Results of the steps of a pipeline, kept in a folder between fits: `memory=` of a pipeline.

It takes the place of `joblib.Memory`: a full disk costs a warning and not the fit, nothing
half-written stays, and what is damaged, or of other versions, is computed again.
"""

from __future__ import annotations

import functools
import inspect
import os
import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import joblib

from sersk._utils.files import replacing
from sersk._utils.paths import as_path
from sersk._utils.sealing import SealingWriter, is_damaged
from sersk._utils.versions import find_versions


class FeatureCache:
    """Calls of functions, kept in a folder: what `sklearn.pipeline.Pipeline` takes as `memory`.

    Parameters
    ----------
    folder : str or path-like
        The folder, made with the first file. Its files are pickles.

    Raises
    ------
    ValueError
        If `folder` is empty.

    Warns
    -----
    UserWarning
        If a result can't be kept, for instance because the disk is full.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sersk._utils.caching import FeatureCache
    >>> with TemporaryDirectory() as folder:
    ...     cached = FeatureCache(folder).cache(print)
    ...     cached("once")
    ...     cached("once")
    once
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = as_path(folder, "memory")

    def __repr__(self) -> str:
        return f"FeatureCache({os.fspath(self.folder)!r})"

    def cache(
        self, func: Callable[..., Any], ignore: Collection[str] | None = None
    ) -> Callable[..., Any]:
        """Return the function such that it computes a result only if it is not kept.

        Parameters
        ----------
        func : callable
            The function.
        ignore : collection of str or None, default=None
            Arguments on which the result does not depend.

        Returns
        -------
        cached : callable
            Takes the same arguments.
        """

        @functools.wraps(func)
        def cached(*args: Any, **kwargs: Any) -> Any:
            path = self.folder / f"{_identify(func, ignore, args, kwargs)}.pkl"
            found = _read(path)
            if found is not None:
                return found[0]
            result = func(*args, **kwargs)
            try:
                _write(path, result)
            except Exception as error:
                reason = error.strerror if isinstance(error, OSError) else error
                warnings.warn(
                    f"features can't be kept in {os.fspath(self.folder)!r}, the folder of "
                    f"memory: {reason or error}. They are computed again when they are needed.",
                    stacklevel=2,
                )
            return result

        return cached


def _identify(
    func: Callable[..., Any],
    ignore: Collection[str] | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> str:
    given: dict[str, Any] = {"args": args, "kwargs": kwargs}
    if ignore:
        given = dict(inspect.signature(func).bind(*args, **kwargs).arguments)
        given = {name: value for name, value in given.items() if name not in ignore}
    return str(joblib.hash((func.__module__, func.__qualname__, find_versions(), given)))


def _read(path: Path) -> tuple[Any] | None:
    """Return what a file holds, None if there is none or it is damaged."""
    try:
        if not is_damaged(path):
            return (joblib.load(path),)
    except MemoryError:
        raise
    except Exception:  # a pickle that is damaged can raise anything
        return None
    return None


def _write(path: Path, result: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        writer = SealingWriter(file)
        joblib.dump(result, writer)
        writer.seal()

"""The backend that runs the inner loops of spectra and effects: numpy, or numba's compiled loops.

This is the only access to compiled loops. `sersk.signal` calls the methods of `active_backend`, and
all other modules call `sersk.signal`. In both backends, scipy computes Fourier transforms and soxr
resamples.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from sersk.signal._compiled_backend import CompiledBackend
from sersk.signal._scipy_backend import ScipyBackend

_VARIABLE = "SERSK_BACKEND"

_BACKENDS: dict[str, type[ScipyBackend]] = {
    "scipy": ScipyBackend,
    "compiled": CompiledBackend,
}
_default: ScipyBackend | None = None  # of the process, None before the first use
_chosen: ContextVar[ScipyBackend | None] = ContextVar("sersk_backend", default=None)


def set_backend(name: str) -> None:
    """Choose the backend of spectra and effects for the whole process.

    Parameters
    ----------
    name : {"scipy", "compiled"}
        "scipy", the default, uses numpy and scipy only. "compiled" compiles a few loops with numba.
        The call takes some seconds, or less if an earlier process has stored the loops; afterwards
        features and views are computed faster. Use it for large corpora.

    Raises
    ------
    ValueError
        If there is no such backend.
    ImportError
        If `name` is "compiled" and numba can't be imported.
    RuntimeError
        If `name` is "compiled" and numba can't compile.

    See Also
    --------
    use_backend : The same for a block of code.
    get_backend : The backend in use.

    Notes
    -----
    The backends give the same numbers up to rounding. Without a call, the environment variable
    ``SERSK_BACKEND`` is read at the first use. Threads use the backend of the process. A
    `sersk.FrontEnd` passes the backend to its workers. For worker processes of other libraries,
    such as those of a `sklearn.model_selection.GridSearchCV` with ``n_jobs=2``, set
    ``SERSK_BACKEND``.

    Examples
    --------
    >>> import sersk
    >>> sersk.set_backend("scipy")
    >>> sersk.get_backend()
    'scipy'
    """
    global _default
    _default = _make_backend(name)


def get_backend() -> str:
    """Return the name of the backend in use.

    Returns
    -------
    name : {"scipy", "compiled"}
        The backend of the innermost `use_backend`, otherwise that of the process.

    Raises
    ------
    ValueError, ImportError, RuntimeError
        As `set_backend`, if ``SERSK_BACKEND`` is read for the first time and is wrong.

    See Also
    --------
    set_backend : Choose a backend.

    Examples
    --------
    >>> import sersk
    >>> with sersk.use_backend("scipy"):
    ...     sersk.get_backend()
    'scipy'
    """
    return active_backend().name


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Use a backend in a block of code.

    Parameters
    ----------
    name : {"scipy", "compiled"}
        As in `set_backend`, over which it takes precedence.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    ValueError, ImportError, RuntimeError
        As `set_backend` does.

    See Also
    --------
    set_backend : For the whole process.

    Examples
    --------
    >>> import numpy as np
    >>> import sersk
    >>> X = np.zeros((2, 22050), dtype=np.float32)
    >>> with sersk.use_backend("scipy"):
    ...     features = sersk.MelSpectrogramTransformer().fit_transform(X)
    """
    token = _chosen.set(_make_backend(name))
    try:
        yield
    finally:
        _chosen.reset(token)


def active_backend() -> ScipyBackend:
    """Return the backend in use.

    Returns
    -------
    backend : ScipyBackend or CompiledBackend
        An object whose methods write to arrays of the caller.

    Raises
    ------
    ValueError, ImportError, RuntimeError
        As `get_backend` does.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.signal.backend import active_backend
    >>> frames = np.empty((2, 4), np.float32)
    >>> window = np.ones(4, np.float32)
    >>> active_backend().window_frames(np.arange(6, dtype=np.float32), -1, 2, window, frames)
    >>> frames
    array([[0., 0., 1., 2.],
           [1., 2., 3., 4.]], dtype=float32)
    """
    global _default
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    if _default is None:
        name = os.environ.get(_VARIABLE) or ScipyBackend.name
        _default = _make_backend(name, _VARIABLE)
    return _default


def with_backend(function: Callable[..., Any]) -> Callable[..., Any]:
    """Bind a function to the backend in use, to be run in another thread or process.

    Parameters
    ----------
    function : callable
        The function.

    Returns
    -------
    bound : callable
        Calls the function with the backend in use now. It can be pickled if the function can.

    Examples
    --------
    >>> from sersk.signal.backend import get_backend, use_backend, with_backend
    >>> with use_backend("scipy"):
    ...     task = with_backend(get_backend)
    >>> task()
    'scipy'
    """
    return _Bound(function, get_backend())


class _Bound:
    def __init__(self, function: Callable[..., Any], backend: str) -> None:
        self._function = function
        self._backend = backend

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with use_backend(self._backend):
            return self._function(*args, **kwargs)


def _make_backend(name: str, variable: str | None = None) -> ScipyBackend:
    if name not in _BACKENDS:
        source = "set_backend: name" if variable is None else variable
        choices = " or ".join(repr(choice) for choice in _BACKENDS)
        raise ValueError(f"sersk: {source}={name!r} is no backend; choose {choices}.")
    return _instance(name)


@lru_cache(maxsize=len(_BACKENDS))
def _instance(name: str) -> ScipyBackend:
    return _BACKENDS[name]()

"""Loops that are compiled for the processor at hand, by numba.

Nobody needs them: what they compute, `sersk.signal` and its users compute with numpy and
scipy as well, several times slower. Nothing of numba is imported before `loops` is called.
"""

import warnings
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=1)
def loops() -> ModuleType | None:
    """Return the module of compiled loops, or None where there can be none.

    Returns
    -------
    module : module or None
        `sersk.signal._compiled.kernels`; None under ``NUMBA_DISABLE_JIT=1``, and with a warning
        where numba is absent or does not work.
    """
    try:
        import numba

        if numba.config.DISABLE_JIT:
            return None
        from sersk.signal._compiled import kernels as module

        module.level(np.ones((1, 1), np.float32), 0.0, 0.0, 0, 1.0, 0.0)  # does it compile?
    except Exception as error:  # whatever ails a compiler must not cost anybody the features
        warnings.warn(
            f"sersk: numba can't be used ({type(error).__name__}: {error}), so that features and "
            "effects are made by scipy instead, with the same numbers, several times slower. "
            "Install a numba that knows this Python, or set NUMBA_DISABLE_JIT=1 to be told no "
            "more.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return module


def loops_for(n_fft: int, dtype: Any) -> ModuleType | None:
    """Return the module of compiled loops if there are any for such a transform.

    Parameters
    ----------
    n_fft : int
        Samples a frame.
    dtype : dtype
        Type of the samples.

    Returns
    -------
    module : module or None
        As from `loops`; None also for double precision, and for frames other than of 512, 1024,
        2048, 4096 or 8192 samples.
    """
    if np.dtype(dtype) != np.float32 or n_fft not in (512, 1024, 2048, 4096, 8192):
        return None
    return loops()


def as_row(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a waveform as compiled loops take it: side by side in memory, where numbers may lie.

    Parameters
    ----------
    waveform : ndarray of float32 of shape (n_samples,)
        A waveform, perhaps a column of an array or part of a file in memory.

    Returns
    -------
    row : ndarray of float32 of shape (n_samples,)
        The waveform, not to be written to; a copy only where it must be.
    """
    row = np.require(waveform, np.float32, ["C", "A"]).view(np.ndarray)
    row.flags.writeable = False
    return row

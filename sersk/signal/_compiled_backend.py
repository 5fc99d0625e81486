"""The compiled backend of spectra and effects, which calls `sersk.signal._loops`.

numba is imported when the backend is created.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sersk.signal._scipy_backend import ScipyBackend


class CompiledBackend(ScipyBackend):
    """The loops of `ScipyBackend`, compiled by numba for float32; float64 is left to numpy.

    Raises
    ------
    ImportError
        If numba can't be imported.
    RuntimeError
        If numba is switched off or fails.
    """

    name = "compiled"

    def __init__(self) -> None:
        advice = (
            'Use the default, set_backend("scipy") or SERSK_BACKEND=scipy: it gives the same '
            "numbers, but more slowly."
        )
        try:
            import numba
        except ImportError as error:
            raise ImportError(
                f'sersk: backend "compiled" needs numba, which can\'t be imported ({error}). '
                f"Install a numba that supports this Python. {advice}"
            ) from error
        if numba.config.DISABLE_JIT:
            raise RuntimeError(
                'sersk: backend "compiled" needs numba, which NUMBA_DISABLE_JIT switches off. '
                f"Unset it. {advice}"
            )
        try:
            from sersk.signal import _loops

            probe = np.zeros((1, 2), np.float32)
            _loops.power(probe, probe[:, :1].copy())
        except Exception as error:
            raise RuntimeError(
                f'sersk: backend "compiled": numba fails ({type(error).__name__}: {error}). '
                f"Install a numba that supports this Python and processor. {advice}"
            ) from error
        self._loops = _loops

    def window_frames(
        self, samples: NDArray, start: int, hop_length: int, window: NDArray, out: NDArray
    ) -> None:
        """Write windowed frames, see `ScipyBackend.window_frames`."""
        if out.dtype != np.float32:
            super().window_frames(samples, start, hop_length, window, out)
            return
        n_frames, n_window = out.shape
        begin = min(max(start, 0), len(samples))
        end = max(start + (n_frames - 1) * hop_length + n_window, begin)
        # Compiled loops need contiguous, aligned samples. If the waveform is a column or a mapped
        # file, only the samples of this block are copied.
        part = np.require(samples[begin:end], np.float32, ["C", "A"]).view(np.ndarray)
        self._loops.window_frames(part, start - begin, hop_length, window, out)

    def power(self, spectra: NDArray, out: NDArray) -> None:
        """Write the squared magnitudes of the lowest bins, see `ScipyBackend.power`."""
        if out.dtype != np.float32:
            super().power(spectra, out)
            return
        self._loops.power(spectra.view(np.float32), out)

    def phase_advance(
        self,
        spectra: NDArray,
        tiny: float,
        previous: NDArray,
        advance: NDArray,
        magnitude: NDArray,
    ) -> None:
        """Write magnitudes and phase advances, see `ScipyBackend.phase_advance`."""
        if magnitude.dtype != np.float32:
            super().phase_advance(spectra, tiny, previous, advance, magnitude)
            return
        phasors = (array.view(np.float32) for array in (previous, advance))
        self._loops.phase_advance(spectra.view(np.float32), tiny, *phasors, magnitude)

    def interpolate(
        self,
        frames: NDArray[np.int64],
        weights: NDArray,
        phase: NDArray,
        advance: NDArray,
        magnitude: NDArray,
        out: NDArray,
    ) -> None:
        """Write spectra between frames, see `ScipyBackend.interpolate`."""
        if magnitude.dtype != np.float32:
            super().interpolate(frames, weights, phase, advance, magnitude, out)
            return
        phasors = (array.view(np.float32) for array in (phase, advance))
        self._loops.interpolate(frames, weights, *phasors, magnitude, out.view(np.float32))

    def overlap_add(
        self, frames: NDArray, first: int, hop_length: int, window: NDArray, total: NDArray
    ) -> None:
        """Add windowed frames, see `ScipyBackend.overlap_add`."""
        if not frames.dtype == total.dtype == np.float32:
            super().overlap_add(frames, first, hop_length, window, total)
            return
        self._loops.overlap_add(frames, first, hop_length, window, total)

"""What the encoders have in common: clips to windows, windows in batches, batches to states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.features.whisper.clips import find_end
from sersk.signal import resample

Array = NDArray[np.float32]
Layers = Sequence[int | str]


class Network(ABC):
    """An encoder in memory, perhaps without its last blocks.

    Parameters
    ----------
    n_blocks : int
        Blocks in memory.
    device : str
        Device of PyTorch that holds it.
    takes_padding : bool
        Whether windows of different lengths can share a batch.
    sample_rate : float
        Sample rate of its input (Hz).
    least : int
        Samples of the shortest input.
    """

    def __init__(
        self, n_blocks: int, device: str, takes_padding: bool, sample_rate: float, least: int
    ) -> None:
        self.n_blocks = n_blocks
        self.device = device
        self.takes_padding = takes_padding
        self.sample_rate = sample_rate
        self.least = least

    @abstractmethod
    def cut(self, sound: Array) -> list[Array] | None:
        """Return the input for each window of a clip.

        Parameters
        ----------
        sound : ndarray of float32 of shape (n_samples,)
            A clip without padding, at the sample rate of the network.

        Returns
        -------
        windows : list of ndarray of float32 of shape (length, ...) or None
            None if the numbers of the clip are too large.
        """

    @abstractmethod
    def run(self, windows: list[Array], layers: Layers) -> list[list[Array]]:
        """Return the states of windows that share a batch.

        Parameters
        ----------
        windows : list of ndarray of float32
            Windows, of one length if the network takes no padding.
        layers : sequence of int or "last"
            The layers.

        Returns
        -------
        states : list of list of ndarray of float32 of shape (n_frames, width)
            For each window, the states of each layer.
        """

    def encode(
        self, clips: Sequence[Array], sample_rate: float, layers: Layers, batch_size: int
    ) -> list[list[Array] | None]:
        """Return the states of some clips.

        Parameters
        ----------
        clips : sequence of ndarray of float32 of shape (n_samples,)
            The clips.
        sample_rate : float
            Their sample rate (Hz).
        layers : sequence of int or "last"
            The layers.
        batch_size : int
            Windows that the network takes at a time.

        Returns
        -------
        states : list of (list of ndarray of float32 of shape (n_frames, width), or None)
            For each clip the states of each layer; None if it has none that are finite.
        """
        cut = [self._cut(clip, sample_rate) for clip in clips]
        windows = [window for each in cut for window in each]
        states: list[Any] = [None] * len(windows)
        for batch in self._share(windows, batch_size):
            for i, found in zip(batch, self.run([windows[i] for i in batch], layers), strict=True):
                states[i] = found
        parts = iter(states)
        return [_join([next(parts) for _ in each]) for each in cut]

    def _cut(self, clip: Array, sample_rate: float) -> list[Array]:
        if not np.isfinite(clip).all():
            return []
        sound = clip[: find_end(clip)]
        if sample_rate != self.sample_rate:
            sound = resample(sound, sample_rate, self.sample_rate)
        if len(sound) < self.least:
            sound = np.pad(sound, (0, self.least - len(sound)))
        return self.cut(sound) or []

    def _share(self, windows: list[Array], batch_size: int) -> list[list[int]]:
        """Return which windows share a batch; of similar length, to compute little padding."""

        def length(i: int) -> int:
            return len(windows[i])

        order = sorted(range(len(windows)), key=length)
        groups = (
            [order] if self.takes_padding else [list(same) for _, same in groupby(order, length)]
        )
        return [
            group[begin : begin + batch_size]
            for group in groups
            for begin in range(0, len(group), batch_size)
        ]


def _join(windows: list[list[Array]]) -> list[Array] | None:
    states = [np.concatenate(parts) for parts in zip(*windows, strict=True)]
    return states if states and all(np.isfinite(state).all() for state in states) else None

"""Networks that take waveforms: wav2vec 2.0 and those with the same front end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

import numpy as np

from sersk.features.pretrained.frames import WaveformFrames
from sersk.features.pretrained.network import Array, Layers, Network
from sersk.features.pretrained.windows import cut_evenly

_WINDOW = 30  # s; the memory of attention grows with the square of it


class _Reached(Exception):
    """All states that are wanted are there; the blocks behind them need not be computed."""


@contextmanager
def _without_warning(mask: Any) -> Iterator[None]:
    """Leave out PyTorch's warning of how WavLM in transformers calls it with a mask."""
    if mask is None:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask", UserWarning)
        yield


class WaveformNetwork(Network):
    """An encoder of waveforms.

    Parameters
    ----------
    network : torch.nn.Module
        The network, without a head.
    frames : WaveformFrames
        Its frames.
    device : str
        Device of PyTorch.
    takes_padding : bool
        Whether windows of different lengths can share a batch.
    normalizes : bool
        Whether each clip is standardised first, ``do_normalize`` of its feature extractor.
    """

    def __init__(
        self,
        network: Any,
        frames: WaveformFrames,
        device: str,
        takes_padding: bool,
        normalizes: bool,
    ) -> None:
        blocks = network.encoder.layers
        super().__init__(len(blocks), device, takes_padding, frames.sample_rate, frames.width)
        self._network, self._frames, self._normalizes = network, frames, normalizes
        self._wanted = local()  # one network serves several threads
        blocks[0].register_forward_pre_hook(self._keep_input, with_kwargs=True)
        for number, block in enumerate(blocks, 1):
            block.register_forward_hook(self._make_hook(number))
        network.encoder.register_forward_hook(self._make_hook("last"))

    def cut(self, sound: Array) -> list[Array] | None:
        """Return the samples of each window.

        Parameters
        ----------
        sound : ndarray of float32 of shape (n_samples,)
            A clip without padding, at the sample rate of the network.

        Returns
        -------
        windows : list of ndarray of float32 of shape (n_samples,)
            Their frames follow each other as those of the whole clip.
        """
        if self._normalizes:
            exact = sound.astype(np.float64)  # the square of a large float32 is infinite
            sound = ((exact - exact.mean()) / np.sqrt(exact.var() + 1e-7)).astype(np.float32)
        frames = self._frames
        most = frames.count(round(_WINDOW * frames.sample_rate))
        windows = cut_evenly(frames.count(len(sound)), most)
        ends = [(end - 1) * frames.step + frames.width for _, end in windows]
        ends[-1] = len(sound)  # a normalisation over time also counts samples after the last frame
        return [
            sound[begin * frames.step : end] for (begin, _), end in zip(windows, ends, strict=True)
        ]

    def run(self, windows: list[Array], layers: Layers) -> list[list[Array]]:
        """Return the states of windows that share a batch.

        Parameters
        ----------
        windows : list of ndarray of float32 of shape (n_samples,)
            Windows, of one length if the network takes no padding.
        layers : sequence of int or "last"
            The layers.

        Returns
        -------
        states : list of list of ndarray of float32 of shape (n_frames, width)
            For each window, the states of each layer.
        """
        import torch

        lengths = np.array([len(window) for window in windows])
        batch = np.zeros((len(windows), lengths.max()), np.float32)
        for row, window in zip(batch, windows, strict=True):
            row[: len(window)] = window
        mask = None
        if lengths.min() < lengths.max():
            mask = torch.tensor(np.arange(lengths.max()) < lengths[:, np.newaxis]).long()
            mask = mask.to(self.device)
        found = self._wanted.states = {}
        self._wanted.layers = set(layers)
        try:
            with torch.inference_mode(), _without_warning(mask):
                # a copy, whose memory PyTorch aligns: the last bits may depend on that
                self._network(torch.tensor(batch).to(self.device), attention_mask=mask)
        except _Reached:
            pass
        finally:
            self._wanted.states = None
        n_frames = [self._frames.count(length) for length in lengths]
        return [
            [found[layer][i, :n].cpu().numpy() for layer in layers] for i, n in enumerate(n_frames)
        ]

    def _make_hook(self, layer: int | str) -> Any:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            self._keep(layer, output if layer != "last" else output.last_hidden_state)

        return hook

    def _keep_input(self, module: Any, inputs: Any, keywords: Any) -> None:
        self._keep(0, inputs or keywords["hidden_states"])

    def _keep(self, layer: int | str, value: Any) -> None:
        states = getattr(self._wanted, "states", None)
        if states is None or layer not in self._wanted.layers:
            return
        states[layer] = value[0] if isinstance(value, tuple) else value
        if len(states) == len(self._wanted.layers):
            raise _Reached

"""Whisper's encoder in PyTorch, for short input as in `WhisperEncoder`."""

from __future__ import annotations

from typing import Any

import numpy as np

from sersk.features.pretrained.network import Array, Layers, Network
from sersk.features.pretrained.windows import cut_evenly
from sersk.features.whisper.log_mel import N_FFT, SAMPLE_RATE, log_mel

_WINDOW = 3000  # mel frames, 30 s


class WhisperNetwork(Network):
    """The encoder of a Whisper model.

    Parameters
    ----------
    encoder : torch.nn.Module
        ``WhisperEncoder`` of transformers. Its own method ``forward`` takes nothing but 30 s.
    device : str
        Device of PyTorch.
    """

    def __init__(self, encoder: Any, device: str) -> None:
        super().__init__(len(encoder.layers), device, True, SAMPLE_RATE, N_FFT)
        self._encoder = encoder

    def cut(self, sound: Array) -> list[Array] | None:
        """Return the log-mel spectrogram of each window.

        Parameters
        ----------
        sound : ndarray of float32 of shape (n_samples,)
            A clip without padding, at the sample rate of the network.

        Returns
        -------
        windows : list of ndarray of float32 of shape (n_mel_frames, n_mels) or None
            None if the power of the clip is too large for a float32.
        """
        mel = log_mel(sound, self._encoder.conv1.in_channels)
        if not np.isfinite(mel).all():
            return None
        longest = min(_WINDOW, 2 * self._encoder.embed_positions.num_embeddings)
        return [mel[begin:end] for begin, end in cut_evenly(len(mel), longest, 2)]

    def run(self, windows: list[Array], layers: Layers) -> list[list[Array]]:
        """Return the states of windows that share a batch.

        Parameters
        ----------
        windows : list of ndarray of float32 of shape (n_mel_frames, n_mels)
            The windows.
        layers : sequence of int or "last"
            The layers.

        Returns
        -------
        states : list of list of ndarray of float32 of shape (n_frames, width)
            For each window, the states of each layer.
        """
        import torch

        lengths = np.array([len(window) for window in windows])
        batch = np.zeros((len(windows), windows[0].shape[1], lengths.max()), np.float32)
        for row, window in zip(batch, windows, strict=True):
            row[:, : len(window)] = window.T
        n_frames = -(-lengths // 2)
        with torch.inference_mode():
            found = self._states(torch.tensor(batch).to(self.device), lengths, n_frames, layers)
        return [
            [found[layer][i, :n].cpu().numpy() for layer in layers] for i, n in enumerate(n_frames)
        ]

    def _states(self, x: Any, lengths: Any, n_frames: Any, layers: Layers) -> dict[int | str, Any]:
        import torch
        from torch.nn.functional import gelu

        encoder, mask = self._encoder, None
        x = gelu(encoder.conv1(x))
        if lengths.min() < lengths.max():
            # The second convolution must find zeros behind a clip, as it does for one alone.
            x = x * _is_before(lengths, x.shape[2]).to(x)[:, np.newaxis]
            hidden = ~_is_before(n_frames, int(n_frames.max()))
            mask = hidden[:, np.newaxis, np.newaxis].to(x) * torch.finfo(x.dtype).min
        x = gelu(encoder.conv2(x)).transpose(1, 2)
        x = x + encoder.embed_positions.weight[: x.shape[1]]
        found: dict[int | str, Any] = {0: x}
        deepest = len(encoder.layers) if "last" in layers else max(map(int, layers))
        for number, block in enumerate(encoder.layers[:deepest], 1):
            x = block(x, mask)
            if number in layers:
                found[number] = x
        if "last" in layers:
            found["last"] = encoder.layer_norm(x)
        return found


def _is_before(lengths: Any, longest: int) -> Any:
    import torch

    return torch.tensor(np.arange(longest) < lengths[:, np.newaxis])

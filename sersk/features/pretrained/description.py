"""What a model is, from its configuration, without its weights."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sersk.features.pretrained.architectures import ARCHITECTURES
from sersk.features.pretrained.extra import check_extra
from sersk.features.pretrained.frames import WaveformFrames, find_frames
from sersk.features.pretrained.hub import find_snapshot
from sersk.features.pretrained.weights import check_folder
from sersk.features.whisper.clips import count_frames


@dataclass(frozen=True)
class Description:
    """A model whose weights need not be in memory.

    Attributes
    ----------
    folder : pathlib.Path
        Its files.
    config : transformers.PreTrainedConfig
        Its configuration.
    frames : WaveformFrames or None
        Its frames; None of Whisper.
    normalizes : bool
        Whether each clip is standardised first.
    """

    folder: Path
    config: Any
    frames: WaveformFrames | None
    normalizes: bool

    @property
    def n_blocks(self) -> int:
        """Number of its blocks.

        Returns
        -------
        n_blocks : int
            Of the encoder.
        """
        return self.config.num_hidden_layers

    @property
    def width(self) -> int:
        """Width of a state.

        Returns
        -------
        width : int
            The width of the encoder.
        """
        return self.config.hidden_size

    def locate_frames(self, n_samples: int, sample_rate: float) -> tuple[int, float, float]:
        """Return the frames of a clip without padding.

        Parameters
        ----------
        n_samples : int
            Samples of the clip.
        sample_rate : float
            Its sample rate (Hz).

        Returns
        -------
        n_frames : int
            How many there are.
        first, step : float
            The time at the middle of the first, and from each to the next (s).
        """
        if self.frames is None:
            return count_frames(n_samples, sample_rate), 0.0, 0.02
        rate = self.frames.sample_rate
        n_frames = self.frames.count(round(n_samples * rate / sample_rate))
        return n_frames, self.frames.width / 2 / rate, self.frames.step / rate


def describe_model(model: str | os.PathLike[str], revision: str | None) -> Description:
    """Return what a model is.

    Parameters
    ----------
    model : str or path-like
        A folder, or a repository of the Hugging Face hub as "owner/name".
    revision : str or None
        Revision of the repository.

    Returns
    -------
    description : Description
        Of the model.

    Raises
    ------
    ImportError
        If the extra "encoders" is not installed.
    OSError
        If a named model is not in the cache and can't be downloaded.
    ValueError
        If there is no such model, or it is of an unknown architecture.
    """
    check_extra()
    folder = _find_folder(os.fspath(model), revision)
    check_folder(folder)
    import transformers

    kind = _read_kind(folder)
    if kind not in ARCHITECTURES:
        raise ValueError(
            f"PretrainedEncoder: {os.fspath(model)!r} is of the architecture {kind!r}; expected "
            f"one of {', '.join(ARCHITECTURES)}. Code that comes with a model is never run."
        )
    try:
        config = getattr(transformers, ARCHITECTURES[kind].config).from_pretrained(
            folder, local_files_only=True
        )
        if kind == "whisper":
            return Description(folder, config, None, False)
        extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(
            folder, local_files_only=True
        )
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(
            f"PretrainedEncoder: config.json or preprocessor_config.json in {str(folder)!r} can't "
            f"be read: {error}"
        ) from error
    frames = find_frames(config.conv_kernel, config.conv_stride, extractor.sampling_rate)
    return Description(folder, config, frames, extractor.do_normalize)


def _find_folder(model: str, revision: str | None) -> Path:
    folder = Path(model).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise ValueError(
                f"PretrainedEncoder: revision={revision!r} is of a repository, but model={model!r} "
                "is a folder; expected revision=None."
            )
        return folder
    parts = model.split("/")
    if len(parts) != 2 or not all(parts) or parts[0] in (".", "..", "~") or folder.exists():
        raise ValueError(
            f"PretrainedEncoder: model={model!r} is neither a folder that exists nor a repository "
            'of the Hugging Face hub, "owner/name".'
        )
    return find_snapshot(model, revision)


def _read_kind(folder: Path) -> Any:
    try:
        return json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    except (ValueError, AttributeError) as error:
        raise ValueError(
            f"PretrainedEncoder: config.json in {str(folder)!r} can't be read: {error}"
        ) from error

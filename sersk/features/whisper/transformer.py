"""The transformer: its parameters, and the features of a clip from the states of the encoder."""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sersk._utils.blas import one_blas_thread
from sersk.base import StatelessTransformer
from sersk.features.registry import register_feature
from sersk.features.states import check_pooling, name_states, write_states
from sersk.features.whisper.clips import count_frames, encode
from sersk.features.whisper.held import from_file, to_file
from sersk.features.whisper.models import check_layers, find_encoder, find_size
from sersk.features.whisper.network import Encoder
from sersk.features.whisper.pooling import POOLINGS
from sersk.signal import bring_to_level

_STEP = 0.02  # s from one frame to the next


@register_feature("whisper")
class WhisperEncoder(StatelessTransformer, auto_wrap_output_keys=("transform",)):
    """Describe each clip by inner states of Whisper's encoder, a pretrained speech recogniser.

    Whisper [1]_ was trained to write down speech. The first blocks of its encoder keep how
    something is said: statistics over time of the states after one of them, and a linear
    discriminant, recognise emotion better than functionals. Nothing is trained or fine-tuned here.
    The encoder runs in numpy.

    Parameters
    ----------
    model : str or path-like, default="tiny.en"
        Name of one of OpenAI's models, such as "tiny.en" or "base"; or a folder (or its file) with
        weights in transformers' safetensors, in CTranslate2's or in OpenAI's format.
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz). They are resampled to Whisper's 16,000 Hz.
    layers : int, "last", or sequence of them, default=2
        After which blocks the states are taken. 0 is before the first block: the convolutions and
        the encoding of positions. "last" is the output of the whole encoder, the last block and
        its layer normalisation. Blocks after the highest of them are neither read nor computed.
    combine : {"concatenate", "mean"}, default="concatenate"
        How several layers make one feature: side by side, or averaged.
    pooling : {"mean", "std", "max", "attention"}, sequence of them or None, \
            default=("mean", "std")
        Statistics of the states over time, one after the other. "attention" is a mean that gives
        more weight to frames that stand out, without training. None gives the states over time.
    level_db : float or None, default=None
        Level that the speech of each clip is brought to first (dBFS), see
        `sersk.signal.bring_to_level`. Whisper's input keeps the absolute level: without this the
        states depend on the gain of the recording. None keeps the level.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.
    n_frames_ : int
        Number of frames, if `pooling` is None.
    frame_times_ : ndarray of shape (n_frames,)
        Time of each frame (s), one every 20 ms, if `pooling` is None.

    Raises
    ------
    OSError
        By `fit` and `transform`, if the weights of a named model are not in the cache and can't be
        downloaded.
    ValueError
        By `fit` and `transform`, if there is no such model, layer or statistic.

    See Also
    --------
    FunctionalsTransformer : Needs no weights.
    DiscriminantClassifier : Linear discriminant analysis of the vectors.
    FrontEnd : Runs it over many files, chunks in parallel.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_features)`` for waveforms of shape
    ``(..., n_samples)``, or ``(..., n_features, n_frames)`` if `pooling` is None. It learns nothing
    from data: the values of a clip are the same to the bit in any batch and with any number of
    threads, because the matrix products of a clip run on one thread. Use ``n_jobs`` of a
    `FrontEnd` for more.

    Clips are not padded to 30 s, as Whisper pads them. Padding at the end of a clip counts for
    nothing: samples after the last one that is less than 100 dB below the clip's peak are left
    out. States over time are 0 there. A clip of more than 30 s is cut into windows of one length.
    The memory for a clip grows with its length as its waveform does.

    Equal to transformers' ``hidden_states`` up to rounding, where 0 is the input of the first
    block, and the last is normalised, as "last" here. A clip that holds NaN gives NaN, and no
    other clip does.

    The weights are read when they are first needed, and shared by all transformers of a process.
    They are not part of a pickle. See the guide on encoders for where they come from.

    References
    ----------
    .. [1] A. Radford et al., "Robust speech recognition via large-scale weak supervision",
       International Conference on Machine Learning, 2023.

    Examples
    --------
    A tiny model of random weights, where a user writes "tiny.en":

    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sersk import WhisperEncoder
    >>> from sersk.testing import make_whisper_folder
    >>> X = np.random.default_rng(0).normal(size=(3, 22_050)).astype(np.float32)
    >>> with TemporaryDirectory() as folder:
    ...     encoder = WhisperEncoder(make_whisper_folder(folder), layers=[1, 2])
    ...     vectors = encoder.fit_transform(X)
    ...     names = encoder.get_feature_names_out()
    ...     frames = encoder.set_params(layers=2, pooling=None).fit_transform(X)
    >>> vectors.shape, frames.shape, names[0], names[-1]
    ((3, 64), (3, 16, 50), 'block1_mean_000', 'block2_std_015')
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [str, os.PathLike],
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "layers": [Interval(Integral, 0, None, closed="left"), StrOptions({"last"}), list, tuple],
        "combine": [StrOptions({"concatenate", "mean"})],
        "pooling": [StrOptions(set(POOLINGS)), list, tuple, None],
        "level_db": [Interval(Real, None, None, closed="neither"), None],
    }

    def __init__(
        self,
        model: str | os.PathLike[str] = "tiny.en",
        sample_rate: float = 22050,
        *,
        layers: Any = 2,
        combine: str = "concatenate",
        pooling: Any = ("mean", "std"),
        level_db: float | None = None,
    ) -> None:
        self.model = model
        self.sample_rate = sample_rate
        self.layers = layers
        self.combine = combine
        self.pooling = pooling
        self.level_db = level_db

    @property
    def output_kind(self) -> Any:  # type: ignore[override]
        """What `transform` gives.

        Returns
        -------
        kind : {"frames", "vector"}
            "frames" if `pooling` is None.
        """
        return "frames" if self.pooling is None else "vector"

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the features: the last axis of vectors, axis -2 of states over time.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            Layer, statistic and number, as "block2_mean_000".
        """
        layers = check_layers(self.layers, self.model)
        return name_states(layers, self.combine, self._kinds(), find_size(self.model).width)

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters and read the weights.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        self._prepare()
        if self.pooling is None:
            self.n_frames_ = count_frames(X.shape[-1], self.sample_rate)
            self.frame_times_ = np.arange(self.n_frames_) * _STEP

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Describe each clip by a vector, or by states over time.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.

        Returns
        -------
        features : ndarray of float32 of shape (n_clips, [n_views,] n_features[, n_frames])
            The features.
        """
        encoder, layers = self._prepare()
        kinds = self._kinds()
        n_parts = 1 if self.combine == "mean" else len(layers)
        shape: tuple[int, ...] = (n_parts * max(1, len(kinds)) * encoder.size.width,)
        if not kinds:
            shape = (*shape, count_frames(X.shape[-1], self.sample_rate))
        features = np.zeros((*X.shape[:-1], *shape), np.float32)
        with one_blas_thread():
            for index in np.ndindex(X.shape[:-1]):
                states = None
                if not np.isnan(X[index]).any():
                    states = encode(self._level(X[index]), self.sample_rate, encoder, layers)
                if states is None:
                    features[index] = np.nan
                    continue
                write_states(states, self.combine, kinds, features[index])
        return features

    def __getstate__(self) -> dict[str, Any]:
        return to_file(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(from_file(state))

    def _prepare(self) -> tuple[Encoder, list[int | str]]:
        """Check the parameters together, and read the weights that are needed."""
        self._kinds()
        layers = check_layers(self.layers, self.model)
        encoder = find_encoder(self.model)
        encoder.prepare(layers)
        return encoder, layers

    def _level(self, clip: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.level_db is None:
            return clip
        return bring_to_level(clip, self.sample_rate, self.level_db)

    def _kinds(self) -> tuple[str, ...]:
        return check_pooling(self.pooling, type(self).__name__)

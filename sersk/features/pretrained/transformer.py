"""The transformer: its parameters, and the features of a clip from the states of the encoder."""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from sersk.base import StatelessTransformer
from sersk.features.pretrained.description import Description, describe_model
from sersk.features.pretrained.models import find_network
from sersk.features.pretrained.threads import one_torch_thread
from sersk.features.states import check_layers, check_pooling, name_states, write_states
from sersk.features.whisper.clips import find_end
from sersk.features.whisper.pooling import POOLINGS


class PretrainedEncoder(StatelessTransformer, auto_wrap_output_keys=("transform",)):
    """Describe each clip by inner states of a pretrained speech encoder, through transformers.

    wav2vec 2.0 [1]_, HuBERT [2]_, WavLM [3]_, data2vec [4]_, UniSpeech, UniSpeech-SAT, and Whisper
    of any size, on a processor or a GPU. It needs the extra ``encoders``: PyTorch and
    transformers. Nothing is trained or fine-tuned here. `WhisperEncoder` runs Whisper without
    PyTorch.

    Parameters
    ----------
    model : str or path-like
        A folder as transformers saves it, with ``config.json``, ``preprocessor_config.json`` and
        ``model.safetensors``; or a repository of the Hugging Face hub, such as
        "microsoft/wavlm-large".
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz). They are resampled to the rate of the model.
    revision : str or None, default=None
        Branch, tag or commit of the repository; None is its main branch. Only a commit always
        names the same weights.
    layers : int, "last", or sequence of them, default="last"
        After which blocks the states are taken. 0 is before the first block: the convolutions and
        the encoding of positions. "last" is the output of the whole encoder, after its layer
        normalisation if it ends with one. Blocks after the highest of them are not computed.
    combine : {"concatenate", "mean"}, default="concatenate"
        How several layers make one feature: side by side, or averaged.
    pooling : {"mean", "std", "max", "attention"}, sequence of them or None, \
            default=("mean", "std")
        Statistics of the states over time, one after the other. "attention" is a mean that gives
        more weight to frames that stand out, without training. None gives the states over time.
    device : str, default="cpu"
        Device of PyTorch, such as "cpu", "cuda" or "mps".
    batch_size : int, default=1
        Clips, or windows of long ones, that the encoder takes at a time. More than 1 pays on a GPU
        only.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.
    n_frames_ : int
        Number of frames, if `pooling` is None.
    frame_times_ : ndarray of shape (n_frames,)
        Time at the middle of each frame (s), if `pooling` is None.

    Raises
    ------
    ImportError
        By `fit` and `transform`, if PyTorch or transformers is not installed.
    OSError
        By `fit` and `transform`, if a named model is not in the cache of the hub and can't be
        downloaded.
    ValueError
        By `fit` and `transform`, if there is no such model, layer, statistic or device, or the
        weights are pickled.

    See Also
    --------
    WhisperEncoder : Whisper in numpy, without PyTorch.
    DiscriminantClassifier : Linear discriminant analysis of the vectors.
    FrontEnd : Runs it over many files, chunks in parallel.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_features)`` for waveforms of shape
    ``(..., n_samples)``, or ``(..., n_features, n_frames)`` if `pooling` is None. It learns nothing
    from data. On a processor with a `batch_size` of 1, the values of a clip are the same to the bit
    in any batch, because PyTorch computes on one thread. Use ``n_jobs`` of a `FrontEnd` for more;
    each process holds the weights. Otherwise they are equal up to rounding.

    Padding at the end of a clip counts for nothing: samples after the last one that is less than
    100 dB below the clip's peak are left out. States over time are 0 there. Then the clip is
    standardised, if the model's feature extractor does so (``do_normalize``). A clip of more than
    30 s is cut into windows of one length. Clips of different lengths share a batch only where a
    mask keeps the padding out of the states; encoders whose convolutions end with a group
    normalisation over time (wav2vec 2.0 base, HuBERT base, WavLM base), and data2vec, take clips
    of one length together.

    Equal up to rounding to transformers' ``hidden_states``, where 0 is the input of the first
    block, and "last" to its ``last_hidden_state``. Whisper's input is not padded to
    30 s, as in `WhisperEncoder`. A clip that holds NaN gives NaN, and no other clip does.

    Of a named model only the configuration and weights in safetensors are downloaded, to the cache
    that all programs for the hub share (``HF_HOME``); once they are there, no network is used.
    Code that comes with a model is never run, and pickled weights are refused. The weights are read
    when they are first needed, and shared by all transformers of a process. They are not part of a
    pickle.

    References
    ----------
    .. [1] A. Baevski et al., "wav2vec 2.0: A framework for self-supervised learning of speech
       representations", Advances in Neural Information Processing Systems, 2020.
    .. [2] W.-N. Hsu et al., "HuBERT: Self-supervised speech representation learning by masked
       prediction of hidden units", IEEE/ACM Transactions on Audio, Speech, and Language
       Processing, 2021.
    .. [3] S. Chen et al., "WavLM: Large-scale self-supervised pre-training for full stack speech
       processing", IEEE Journal of Selected Topics in Signal Processing, 2022.
    .. [4] A. Baevski et al., "data2vec: A general framework for self-supervised learning in
       speech, vision and language", International Conference on Machine Learning, 2022.

    Examples
    --------
    A tiny model of random weights, where a user writes "microsoft/wavlm-large":

    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sersk import PretrainedEncoder
    >>> from sersk.testing import make_pretrained_folder
    >>> X = np.random.default_rng(0).normal(size=(3, 22_050)).astype(np.float32)
    >>> with TemporaryDirectory() as folder:
    ...     encoder = PretrainedEncoder(make_pretrained_folder(folder, "wavlm"), layers=[1, 2])
    ...     vectors = encoder.fit_transform(X)
    ...     names = encoder.get_feature_names_out()
    ...     frames = encoder.set_params(layers="last", pooling=None).fit_transform(X)
    >>> vectors.shape, frames.shape, names[0], names[-1]
    ((3, 64), (3, 16, 49), 'block1_mean_000', 'block2_std_015')
    """

    _parameter_constraints: ClassVar[dict] = {
        "model": [str, os.PathLike],
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "revision": [str, None],
        "layers": [Interval(Integral, 0, None, closed="left"), StrOptions({"last"}), list, tuple],
        "combine": [StrOptions({"concatenate", "mean"})],
        "pooling": [StrOptions(set(POOLINGS)), list, tuple, None],
        "device": [str],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        model: str | os.PathLike[str],
        sample_rate: float = 22050,
        *,
        revision: str | None = None,
        layers: Any = "last",
        combine: str = "concatenate",
        pooling: Any = ("mean", "std"),
        device: str = "cpu",
        batch_size: int = 1,
    ) -> None:
        self.model = model
        self.sample_rate = sample_rate
        self.revision = revision
        self.layers = layers
        self.combine = combine
        self.pooling = pooling
        self.device = device
        self.batch_size = batch_size

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
        description, layers, kinds = self._check()
        return name_states(layers, self.combine, kinds, description.width)

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters and read the weights.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.
        """
        description, layers, _ = self._check()
        find_network(description, layers, self.device)
        if self.pooling is None:
            place = description.locate_frames(X.shape[-1], self.sample_rate)
            self.n_frames_, first, step = place
            self.frame_times_ = first + np.arange(self.n_frames_) * step

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
        description, layers, kinds = self._check()
        network = find_network(description, layers, self.device)
        n_parts = 1 if self.combine == "mean" else len(layers)
        shape: tuple[int, ...] = (n_parts * max(1, len(kinds)) * description.width,)
        if not kinds:
            shape = (*shape, description.locate_frames(X.shape[-1], self.sample_rate)[0])
        features = np.zeros((*X.shape[:-1], *shape), np.float32)
        indices = list(np.ndindex(X.shape[:-1]))
        if self.batch_size > 1:  # clips of similar length share a batch
            indices.sort(key=lambda index: find_end(X[index]))
        with one_torch_thread():
            for begin in range(0, len(indices), self.batch_size):
                group = indices[begin : begin + self.batch_size]
                clips = [X[index] for index in group]
                found = network.encode(clips, self.sample_rate, layers, self.batch_size)
                for index, states in zip(group, found, strict=True):
                    if states is None:
                        features[index] = np.nan
                    else:
                        write_states(states, self.combine, kinds, features[index])
        return features

    def _check(self) -> tuple[Description, list[int | str], tuple[str, ...]]:
        """Check the parameters together, and find the model."""
        kinds = check_pooling(self.pooling, "PretrainedEncoder")
        description = describe_model(self.model, self.revision)
        name = os.fspath(self.model)
        layers = check_layers(self.layers, description.n_blocks, "PretrainedEncoder", name)
        return description, layers, kinds

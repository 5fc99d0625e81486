"""Several features of the same clips as one step: stacked along the bands, or vectors joined."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import config_context
from sklearn.base import _fit_context, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import _BaseComposition

from sersk.base import StatelessTransformer, check_n_samples, check_waveforms
from sersk.features._together import transform_together
from sersk.features.spectral import is_spectral

# Clips whose features are computed before they are copied to the output: only these features exist
# twice.
_CHUNK_SIZE = 16


class FeatureStack(StatelessTransformer, _BaseComposition, auto_wrap_output_keys=("transform",)):
    """Stack several features of the same clips along the bands, or join vectors.

    The input of a network is then, for instance, mel bands and cepstral coefficients in one array:
    the rows of the first feature, below them those of the second, at the same frames. Features that
    are vectors, such as `WhisperEncoder` and `FunctionalsTransformer`, become one longer vector.

    Parameters
    ----------
    transformers : list of (str, transformer)
        Names and feature transformers that need no fitting, such as `MelSpectrogramTransformer`
        and `MFCCTransformer`. All must give the same number of frames, or all must give vectors.
        "drop" leaves a feature out, so that a search can try without it.

    Attributes
    ----------
    transformers_ : list of (str, transformer)
        The transformers as fitted, without those that are left out.
    n_frames_ : int
        Number of frames; not of vectors.
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    Raises
    ------
    ValueError
        If a transformer learns from data (its tag ``requires_fit`` is true), does not give
        features of shape ``(..., n_bands, n_frames)``, or another number of frames than the first;
        or if some give vectors and others do not.

    See Also
    --------
    sklearn.pipeline.FeatureUnion : The same for columns of a table.

    Notes
    -----
    `transform` gives float32 of shape ``(..., n_bands, n_frames)`` for waveforms of shape
    ``(..., n_samples)``, where `n_bands` is the sum over the features. The values are those that
    the transformers give one by one.

    Features built on `SpectralTransformer` (mel, MFCC, chroma) that have the same `n_fft` and
    `hop_length` are made from one power spectrum of each clip. Other features get the waveforms.

    Rows of different features should have similar ranges, because a network's first layer sums
    over them. By default all of them are normalised.

    For vectors, `transform` gives ``(..., n_features)``. Only then is `set_output` available.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import FeatureStack, MelSpectrogramTransformer, MFCCTransformer
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, size=(2, 88_200)).astype(np.float32)  # two clips of 4 s
    >>> stack = FeatureStack(
    ...     [("mel", MelSpectrogramTransformer(n_mels=64)), ("mfcc", MFCCTransformer(n_mfcc=20))]
    ... )
    >>> stack.fit_transform(X).shape
    (2, 84, 173)
    >>> stack.get_feature_names_out()[[0, 64]].tolist()
    ['mel__mel000_46Hz', 'mfcc__mfcc00']

    Parameters of the features are reached by name; a search over a pipeline of `make_ser_pipeline`
    calls this one ``frontend__features__mel__n_mels``:

    >>> stack.set_params(mel__n_mels=32, mfcc="drop").fit_transform(X).shape
    (2, 32, 173)

    Vectors are joined:

    >>> from sersk import FunctionalsTransformer
    >>> parts = [(group, FunctionalsTransformer(groups=(group,))) for group in ("pitch", "level")]
    >>> FeatureStack(parts).fit_transform(X).shape
    (2, 283)

    Different numbers of frames are refused:

    >>> stack.set_params(mfcc=MFCCTransformer(hop_length=256)).fit(X)
    Traceback (most recent call last):
        ...
    ValueError: FeatureStack: 'mel' gives 173 frames and 'mfcc' 345 of the same clips; ...
    """

    _parameter_constraints: ClassVar[dict] = {"transformers": [list]}

    def __init__(self, transformers: list[tuple[str, Any]]) -> None:
        self.transformers = transformers

    @property
    def output_kind(self) -> Literal["frames", "vector"]:  # type: ignore[override]
        """What `transform` gives.

        Returns
        -------
        kind : {"frames", "vector"}
            "vector" if all features are vectors.
        """
        try:
            parts = self.active_transformers()
        except ValueError:  # which fit raises
            return "frames"
        kinds = {getattr(part, "output_kind", None) for _, part in parts}
        return "vector" if kinds == {"vector"} else "frames"

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate the parameters of all features and their frames; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
            Waveforms.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The stack itself.
        """
        X = check_waveforms(X, self)
        self.n_features_in_ = X.shape[-1]
        self.transformers_ = [
            (name, clone(part).fit(X)) for name, part in self.active_transformers()
        ]
        first = self._stack(X[:1])
        if self.output_kind == "frames":
            self.n_frames_ = first.shape[-1]
        return self

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Name the rows, which are axis -2 of the output, or the numbers of a vector.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_bands,)
            Name of the feature and its own name of the row, as "mel__mel005_135Hz".
        """
        names = [
            f"{name}__{row}"
            for name, part in self.active_transformers()
            for row in part.get_feature_names_out()
        ]
        return np.array(names, dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters of the stack and, by name, of its features.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the features and their parameters.

        Returns
        -------
        params : dict
            Names and values.
        """
        return self._get_params("transformers", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the stack, its features, or theirs.

        Parameters
        ----------
        **params : dict
            As `get_params` names them: ``mel__n_mels=64`` sets a parameter of a feature,
            ``mfcc="drop"`` replaces the feature.

        Returns
        -------
        self : object
            The stack itself.
        """
        self._set_params("transformers", **params)
        return self

    def active_transformers(self) -> list[tuple[str, Any]]:
        """Return the features of the stack without those that are left out by "drop".

        Returns
        -------
        transformers : list of (str, transformer)
            Names and transformers, as in the parameter `transformers`.

        Raises
        ------
        ValueError
            If `transformers` is no list of names and feature transformers that need no fitting, or
            all of them are left out.
        """
        pairs = self.transformers
        if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            raise ValueError(
                f"FeatureStack: transformers={pairs!r}; a list of pairs (name, transformer) is "
                'expected, such as [("mel", MelSpectrogramTransformer())].'
            )
        self._validate_names([name for name, _ in pairs])
        parts = [
            (name, part) for name, part in pairs if not (isinstance(part, str) and part == "drop")
        ]
        if not parts:
            raise ValueError("FeatureStack: no feature is left; at least 1 is needed.")
        for name, part in parts:
            if not hasattr(part, "transform") or not hasattr(part, "fit"):
                raise ValueError(
                    f"FeatureStack: {name!r} is {part!r}; a transformer (an object with fit and "
                    'transform) or "drop" is expected.'
                )
            if get_tags(part).requires_fit:
                raise ValueError(
                    f"FeatureStack: {name!r} ({type(part).__name__}) learns from data, but "
                    "features are made of each clip by itself. Make it a step of its own after "
                    "the features; or, if it learns nothing, set its tag requires_fit to False "
                    "(as in a subclass of sersk.StatelessTransformer)."
                )
        return parts

    @property
    def hop_length(self) -> int | None:
        """Give the samples from one frame to the next.

        Returns
        -------
        hop_length : int or None
            None unless all features have the same `hop_length`.
        """
        found = {getattr(part, "hop_length", None) for _, part in self.active_transformers()}
        return found.pop() if len(found) == 1 else None

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the features of each clip, one below the other, or one after the other.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, [n_views,] n_samples)
            Waveforms.

        Returns
        -------
        features : ndarray of float32 of shape (n_clips, [n_views,] n_bands, n_frames), or \
                (n_clips, [n_views,] n_features)
            Features of all transformers.
        """
        if len(X) <= _CHUNK_SIZE:
            return self._stack(X)
        first = self._stack(X[:_CHUNK_SIZE])
        features = np.empty((len(X), *first.shape[1:]), np.float32)
        features[:_CHUNK_SIZE] = first
        for start in range(_CHUNK_SIZE, len(X), _CHUNK_SIZE):
            chunk = slice(start, start + _CHUNK_SIZE)
            features[chunk] = self._stack(X[chunk])
        return features

    def _stack(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        with config_context(transform_output="default"):  # parts give arrays
            return self._stack_arrays(X)

    def _stack_arrays(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = self.active_transformers()
        if self.output_kind == "vector":
            vectors = [self._transform(name, part, X, n_axes=1) for name, part in parts]
            return np.concatenate(vectors, axis=-1)
        spectral = [part for _, part in parts if is_spectral(part)]
        for part in spectral:  # the others do so in `transform`
            part._validate_params()
            check_n_samples(X, part)
        from_power = iter(transform_together(spectral, X))
        named = [
            (name, next(from_power) if is_spectral(part) else self._transform(name, part, X))
            for name, part in parts
        ]
        first, n_frames = named[0][0], named[0][1].shape[-1]
        for name, features in named:
            if features.shape[-1] != n_frames:
                raise ValueError(
                    f"FeatureStack: {first!r} gives {n_frames} frames and {name!r} "
                    f"{features.shape[-1]} of the same clips; all features of a stack must have "
                    "the same number of frames. Give them the same hop_length."
                )
        return np.concatenate([features for _, features in named], axis=-2)

    def _transform(
        self, name: str, part: Any, X: NDArray[np.float32], n_axes: int = 2
    ) -> NDArray[np.float32]:
        features = np.asarray(part.transform(X), dtype=np.float32)
        if features.ndim != X.ndim - 1 + n_axes or features.shape[: X.ndim - 1] != X.shape[:-1]:
            axes = ("n_features",) if n_axes == 1 else ("n_bands", "n_frames")
            raise ValueError(
                f"FeatureStack: {name!r} ({type(part).__name__}) gives shape {features.shape} "
                f"for waveforms of shape {X.shape}; features have shape {(*X.shape[:-1], *axes)}."
            )
        return features

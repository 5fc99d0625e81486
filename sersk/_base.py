"""What every stateless step shares: its tags, and how it reads waveforms.

Nothing that computes sound or pictures of sound belongs here.
"""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils.validation import check_array


class StatelessTransformer(TransformerMixin, BaseEstimator):
    """Base of the steps that treat each clip by itself and learn nothing from data.

    Such a step works on the last axis (the samples of a waveform), so that it serves
    clips of shape ``(n_clips, n_samples)`` and views of clips of shape
    ``(n_clips, n_views, n_samples)`` alike. ``fit`` validates parameters and input,
    and records ``n_features_in_``; ``transform`` needs no ``fit`` before it.

    Subclasses implement ``_transform_waveforms(X)`` for a float32 C-contiguous array of
    at least two dimensions, and may hook into ``_record(X)`` to set more attributes.

    Examples
    --------
    A feature of one's own: the level of each clip in dB, as one band and one frame.

    >>> import numpy as np
    >>> from sersk import StatelessTransformer
    >>> class Level(StatelessTransformer):
    ...     def _transform_waveforms(self, X):
    ...         power = np.mean(X**2, axis=-1, keepdims=True)
    ...         return 10 * np.log10(power + 1e-10)[..., None, :]
    >>> Level().fit_transform(np.full((2, 100), 0.1)).round(3).tolist()
    [[[-20.0]], [[-20.0]]]
    """

    _parameter_constraints: ClassVar[dict] = {}

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate the parameters and the waveforms; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
            Waveforms.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The transformer itself.
        """
        X = check_waveforms(X, self)
        self.n_features_in_ = X.shape[-1]
        self._record(X)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Transform each clip by itself.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
            Waveforms.

        Returns
        -------
        X_out : ndarray of float32
            One entry a clip along axis 0.
        """
        self._validate_params()
        X = check_waveforms(X, self)
        check_n_samples(X, self)
        return self._transform_waveforms(X)

    def _record(self, X: NDArray[np.float32]) -> None:
        """Set further attributes in ``fit``; by default none."""

    def _transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        # A clip that could not be read may travel as a row of NaN (AudioLoader(on_error="nan")).
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def check_waveforms(X: Any, estimator: BaseEstimator) -> NDArray[np.float32]:
    """Return `X` as float32, C-contiguous waveforms; NaN passes, infinity does not.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
        Waveforms. A float32 C-contiguous array, also a `numpy.memmap`, is not copied.
    estimator : estimator
        Whom an error message names.

    Returns
    -------
    X : ndarray of float32
        The same values.

    Raises
    ------
    ValueError
        If `X` has fewer than 2 or more than 3 dimensions, is empty, is not numeric, or
        holds infinite values.
    """
    X = check_array(
        X,
        dtype=np.float32,
        order="C",
        allow_nd=True,
        ensure_all_finite="allow-nan",
        estimator=estimator,
        input_name="X",
    )
    if X.ndim > 3:
        raise ValueError(
            f"{type(estimator).__name__}: X has shape {X.shape}; waveforms have shape "
            "(n_clips, n_samples) or (n_clips, n_views, n_samples)."
        )
    return X


def check_n_samples(X: NDArray[np.float32], estimator: BaseEstimator) -> None:
    """Raise where a fitted step meets clips of another length than it was fitted on."""
    expected = getattr(estimator, "n_features_in_", X.shape[-1])
    if X.shape[-1] != expected:
        raise ValueError(
            f"X has {X.shape[-1]} features, but {type(estimator).__name__} is expecting "
            f"{expected} features as input (samples a clip). Cut or pad the clips to one "
            "length first, as AudioLoader does."
        )

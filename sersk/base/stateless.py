"""The base of the steps that treat each clip by itself and learn nothing from data."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags

from sersk.base.frames import describe_refusal, refuse_frame
from sersk.base.views import as_views, has_views
from sersk.base.waveforms import check_n_samples, check_waveforms


class StatelessTransformer(TransformerMixin, BaseEstimator):
    """Base of the steps that treat each clip by itself and learn nothing from data.

    A subclass implements `transform_waveforms`. It may override `fit_waveforms` to check its
    parameters and to set attributes. It has from here: `fit` and `transform` with their checks,
    the tags, and the mark of views (`as_views`). `sersk.testing.check_feature` checks a feature
    that is built on this base. Features made from power spectra are built on
    `SpectralTransformer`.

    Attributes
    ----------
    output_kind : {"frames", "vector"} or None
        A class attribute that says what `transform` gives for clips of shape
        ``(n_clips, n_samples)``: features over time of shape ``(n_clips, n_bands, n_frames)``;
        one vector a clip, ``(n_clips, n_features)``; or something else, such as waveforms. Only
        a step that gives vectors and names them (``get_feature_names_out``) has `set_output`.
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    SpectralTransformer : Base of features made from power spectra.
    sersk.testing.check_feature : Check a feature.

    Notes
    -----
    What a subclass promises, and `sersk.testing.check_feature` checks:

    - It works on the last axis, the samples, for clips of shape ``(n_clips, n_samples)`` and for
      views of clips of shape ``(n_clips, n_views, n_samples)``.
    - The features of a clip depend on its samples and on the parameters alone, not on the other
      clips of a batch: equal to the bit.
    - A clip that holds NaN, because its file could not be read, gives features of NaN. No other
      clip does.
    - The output is float32. The input is not changed.

    `transform` needs no `fit` before it. Parameters are declared in `_parameter_constraints`, as
    in scikit-learn, and validated in both.

    Examples
    --------
    A feature of your own: the level of each clip in dB, as one band and one frame.

    >>> import numpy as np
    >>> from sersk import StatelessTransformer
    >>> class Level(StatelessTransformer):
    ...     output_kind = "frames"
    ...
    ...     def transform_waveforms(self, X):
    ...         power = np.mean(X**2, axis=-1, keepdims=True)
    ...         return 10 * np.log10(power + 1e-10)[..., None, :]
    >>> Level().fit_transform(np.full((2, 100), 0.1)).round(3).tolist()
    [[[-20.0]], [[-20.0]]]
    """

    output_kind: ClassVar[Literal["frames", "vector"] | None] = None

    _parameter_constraints: ClassVar[dict] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.output_kind != "vector":  # a data frame has two dimensions
            kwargs.setdefault("auto_wrap_output_keys", None)
        super().__init_subclass__(**kwargs)

    @property
    def set_output(self) -> Any:
        """Set the output container, as scikit-learn defines it; only vectors can be a data frame.

        Returns
        -------
        set_output : callable
            The method ``set_output(*, transform=None)``.

        Raises
        ------
        AttributeError
            If the output is not one vector a clip.
        """
        if self.output_kind != "vector":
            raise AttributeError(describe_refusal(self))
        return super().set_output

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
        self.fit_waveforms(X)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Transform each clip by itself.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
            Waveforms; with views a `ViewArray`, whose axis 1 is the views.

        Returns
        -------
        X_out : ndarray of float32
            One entry a clip along axis 0; a `ViewArray` if `X` is one.

        Raises
        ------
        ValueError
            If `X` is not of the shape of waveforms, or a data frame is asked for
            (`sklearn.set_config`) where the output is not one vector a clip.
        """
        self._validate_params()
        marked = has_views(X)
        if marked or self.output_kind != "vector":
            refuse_frame(self)
        X = check_waveforms(X, self)
        check_n_samples(X, self)
        out = self.transform_waveforms(X)
        return as_views(out) if marked else out

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check parameters and set attributes, as a part of `fit`; by default do nothing.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
            Waveforms, C-contiguous; a clip may hold NaN.
        """

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute the output for waveforms that are checked, as a part of `transform`.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
            Waveforms, C-contiguous; a clip may hold NaN. They must not be changed.

        Returns
        -------
        X_out : ndarray of float32 of shape (n_clips, ...) or (n_clips, n_views, ...)
            One entry a clip or view.
        """
        raise NotImplementedError

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        # A clip that could not be read may travel as a row of NaN (AudioLoader(on_error="nan")).
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

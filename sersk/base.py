"""The base of stateless steps, the checks of waveforms, and the mark of views.

Computing sound or features belongs into other modules.
"""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils.validation import check_array


class ViewArray(np.ndarray):
    """An array of clips whose axis 1 holds the views of each clip.

    Features with views, ``(n_clips, n_views, n_features)``, and a spectrogram without,
    ``(n_clips, n_bands, n_frames)``, have the same number of dimensions. The mark tells them
    apart. `as_views` sets it, `has_views` reads it.

    See Also
    --------
    as_views : Marks an array.
    has_views : Whether an array is marked.

    Notes
    -----
    The mark stays with a part of the clips (``X[clips]``, a slice along axis 0), a conversion by
    ``astype``, a copy by ``copy``, and a pickle. Any other result is not marked: arithmetic and
    reductions, an index beyond axis 0, `reshape`, `transpose`, `numpy.asarray`,
    `numpy.concatenate`.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import as_views, has_views
    >>> X = as_views(np.zeros((4, 3, 10)))  # four clips, three views of each
    >>> has_views(X[1:3]), has_views(X[:, 0]), has_views(X + 1)
    (True, False, False)
    """

    # The shape that was marked. An attribute of the instance: numpy copies it to no other array,
    # so only the methods below mark a result.
    _marked_shape: tuple[int, ...] | None = None

    def __getitem__(self, key: Any) -> Any:
        """Return a part of the array, marked if it is a choice of clips."""
        part = super().__getitem__(key)
        if not isinstance(part, ViewArray):
            return part
        chosen = _is_along_clips(key) and part.shape[1:] == self.shape[1:]
        return self._mark(part) if chosen else np.asarray(part)

    def __array_wrap__(
        self, array: NDArray[Any], context: Any = None, return_scalar: bool = False
    ) -> Any:
        """Return the result of arithmetic as a plain array; ``X += 1`` keeps `X` itself."""
        if array is self:
            return array
        return array[()] if return_scalar else np.asarray(array)

    def astype(self, *args: Any, **kwargs: Any) -> Any:
        """Return the array in another type, marked if it is.

        Parameters
        ----------
        *args, **kwargs
            As of `numpy.ndarray.astype`.

        Returns
        -------
        X : ndarray
            The converted array.
        """
        return self._mark(super().astype(*args, **kwargs))

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy, marked if the array is.

        Parameters
        ----------
        *args, **kwargs
            As of `numpy.ndarray.copy`.

        Returns
        -------
        X : ndarray
            The copy.
        """
        return self._mark(super().copy(*args, **kwargs))

    def __copy__(self) -> Any:
        """Return a copy, marked if the array is."""
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any] | None) -> Any:
        """Return a copy, marked if the array is."""
        return self._mark(super().__deepcopy__(memo).view(ViewArray))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the plain array and the mark: joblib then stores or maps it as any array."""
        return (as_views if has_views(self) else np.asarray), (np.asarray(self),)

    def _mark(self, other: Any) -> Any:
        if isinstance(other, ViewArray) and has_views(self):
            other._marked_shape = other.shape
        return other


def as_views(X: Any) -> ViewArray:
    """Mark an array of clips as one whose axis 1 holds the views of each clip.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_views, ...)
        Waveforms or features of all views, view 0 the clean clip.

    Returns
    -------
    X : ViewArray of shape (n_clips, n_views, ...)
        The same array, marked. Nothing is copied, also of a `numpy.memmap`.

    Raises
    ------
    ValueError
        If `X` has fewer than 2 dimensions.

    See Also
    --------
    has_views : Whether an array is marked.
    AudioAugmenter : Gives its views marked.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import DiscriminantClassifier, as_views
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["anger", "sad"], 10)
    >>> clean = rng.normal(size=(20, 5)) + (y == "anger")[:, None]
    >>> views = np.stack([clean, clean * 1.1], axis=1)
    >>> DiscriminantClassifier().fit(as_views(views), y).n_features_in_
    5
    """
    array = np.asarray(X)
    if array.ndim < 2:
        raise ValueError(
            f"as_views: X has shape {array.shape}; views of clips have shape "
            "(n_clips, n_views, ...)."
        )
    views = array.view(ViewArray)
    views._marked_shape = views.shape
    return views


def has_views(X: Any) -> bool:
    """Return whether axis 1 of an array is marked as the views of each clip.

    Parameters
    ----------
    X : object
        An array, or any other object.

    Returns
    -------
    marked : bool
        Whether `as_views` marked it.

    See Also
    --------
    as_views : Marks an array.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import AudioAugmenter, has_views
    >>> clips = np.random.default_rng(0).normal(size=(2, 22_050))
    >>> has_views(clips), has_views(AudioAugmenter(gain_db=(-6, 6)).fit_transform(clips))
    (False, True)
    """
    return isinstance(X, ViewArray) and X._marked_shape == X.shape


def _is_along_clips(key: Any) -> bool:
    """Return whether an index chooses along axis 0 and takes all of the other axes."""
    rest = key[1:] if isinstance(key, tuple) else ()
    whole = slice(None)
    return all(part is Ellipsis or (isinstance(part, slice) and part == whole) for part in rest)


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
        """
        self._validate_params()
        marked = has_views(X)
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


def check_waveforms(X: Any, estimator: BaseEstimator) -> NDArray[np.float32]:
    """Return `X` as float32, C-contiguous waveforms; NaN passes, infinity does not.

    Parameters
    ----------
    X : array-like of shape (n_clips, n_samples) or (n_clips, n_views, n_samples)
        Waveforms. A float32 C-contiguous array, also a `numpy.memmap`, is not copied.
    estimator : estimator
        Its class name begins the error message.

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
    """Raise if clips have another length than those that a step was fitted on."""
    expected = getattr(estimator, "n_features_in_", X.shape[-1])
    if X.shape[-1] != expected:
        raise ValueError(
            f"X has {X.shape[-1]} features, but {type(estimator).__name__} is expecting "
            f"{expected} features as input (samples a clip). Cut or pad the clips to one "
            "length first, as AudioLoader does."
        )

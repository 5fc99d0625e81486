"""The mark that tells views of clips from bands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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

    def __new__(cls, X: Any) -> Any:
        """Mark an array, as `as_views` does."""
        return as_views(X)

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

"""The base of the normalisers: checks of features, tags, and the output in memory or on disk."""

from __future__ import annotations

import os
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_array

from sersk._utils.storage import allocate, check_finite, is_on_disk
from sersk.base import as_views, has_views
from sersk.base.frames import to_frame


class Normalizer(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg]
    """Base of the normalisers: checks of features and allocation of the output.

    Subclasses have the parameter `storage`.
    """

    storage: str | os.PathLike[str] | None

    def check_features(self, X: Any) -> NDArray[Any]:
        """Check features and give them an axis of views.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_features) or (n_clips, n_bands, n_frames)
            Features; with views a `ViewArray`, whose axis 1 is the views.

        Returns
        -------
        views : ndarray of shape (n_clips, n_views, n_bands, n_frames)
            The features; of vectors, each feature is a band of one frame.
        """
        marked = has_views(X)
        # An array on disk may be larger than memory: it is not copied, and checked in parts.
        on_disk = is_on_disk(X)
        X = check_array(
            X,
            dtype=[np.float32, np.float16] if on_disk else np.float32,
            order="C",
            allow_nd=True,
            ensure_all_finite=False if on_disk else "allow-nan",
            estimator=self,
            input_name="X",
        )
        if on_disk:
            check_finite(X, self, allow_nan=True)
        views = X if marked else X[:, np.newaxis]
        if views.ndim not in (3, 4) or 0 in X.shape:
            hint = "" if marked else " If axis 1 holds views, mark them: sersk.as_views(X)."
            raise ValueError(
                f"{type(self).__name__}: X has shape {X.shape}; features have shape "
                f"(n_clips, {'n_views, ' if marked else ''}n_features) or "
                f"(n_clips, {'n_views, ' if marked else ''}n_bands, n_frames).{hint}"
            )
        return views[..., np.newaxis] if views.ndim == 3 else views

    def check_n_bands(self, views: NDArray[Any]) -> None:
        """Raise if features have another number of bands than in `fit`.

        Parameters
        ----------
        views : ndarray of shape (n_clips, n_views, n_bands, n_frames)
            As of `check_features`.
        """
        if views.shape[2] != self.n_features_in_:
            raise ValueError(
                f"X has {views.shape[2]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input (bands, axis -2)."
            )

    def allocate_like(self, X: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Make an array for the normalised features.

        Parameters
        ----------
        X : array-like
            The features.

        Returns
        -------
        out : ndarray of float32
            Of the shape of `X`; a `ViewArray` if `X` is one.
        views : ndarray of float32 of shape (n_clips, n_views, n_bands, n_frames)
            The same memory.
        """
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        out = allocate(shape, np.float32, self.storage)
        views = out if has_views(X) else out[:, np.newaxis]
        return (as_views(out) if has_views(X) else out), (
            views[..., np.newaxis] if views.ndim == 3 else views
        )

    def set_output(self, *, transform: str | None = None) -> Self:
        """Set the output container. Vectors can be a data frame, other features are refused then.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container, as of any scikit-learn transformer. Views stay an array.

        Returns
        -------
        self : object
            The normalizer itself.
        """
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def to_output(self, features: NDArray[np.float32], X: Any) -> Any:
        """Return normalised features in the container that is asked for.

        Parameters
        ----------
        features : ndarray of float32
            The normalised features.
        X : array-like
            The features before; a data frame keeps its index and the names of its columns.

        Returns
        -------
        features : ndarray or data frame
            The same values.
        """
        n_features = features.shape[-1]
        names = getattr(X, "columns", [f"x{i}" for i in range(n_features)])
        return to_frame(self, features, X, np.asarray(names, dtype=object))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

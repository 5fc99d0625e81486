"""Data frames as output: made of vectors, refused for all else, however they are asked for.

They are asked for by `set_output`, or for all transformers by `sklearn.set_config`.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._set_output import ADAPTERS_MANAGER, _get_output_config

from sersk.base.views import has_views


def describe_refusal(estimator: Any) -> str:
    """Say why the output of a transformer is no data frame.

    Parameters
    ----------
    estimator : transformer
        Its class name begins the message.

    Returns
    -------
    message : str
        With the remedy.
    """
    return (
        f"{type(estimator).__name__}: its output can't be a data frame, which has a row for each "
        "clip and a column for each feature; only vectors without views can, such as those of "
        "FunctionalsTransformer. Take the array: set_output(transform='default'), or "
        "sklearn.set_config(transform_output='default')."
    )


def asks_for_frame(estimator: Any) -> bool:
    """Return whether a transformer is to return data frames.

    Parameters
    ----------
    estimator : transformer
        Its own setting precedes the global one.

    Returns
    -------
    asked : bool
        True for "pandas" and "polars".
    """
    return _get_output_config("transform", estimator)["dense"] != "default"


def refuse_frame(estimator: Any) -> None:
    """Raise if a transformer that gives no vectors is to return data frames.

    Parameters
    ----------
    estimator : transformer
        The transformer.

    Raises
    ------
    ValueError
        If it is.
    """
    if asks_for_frame(estimator):
        raise ValueError(describe_refusal(estimator))


def to_frame(estimator: Any, out: Any, X: Any, names: Any) -> Any:
    """Return vectors as the data frame that a transformer is to return, if it is.

    Parameters
    ----------
    estimator : transformer
        The transformer.
    out : ndarray of shape (n_clips, ...)
        Its output. Views, which are for training only, stay an array.
    X : array-like
        Its input, of which a data frame has its index kept.
    names : ndarray of str of shape (n_features,)
        Names of the columns.

    Returns
    -------
    out : ndarray or data frame
        The same values.

    Raises
    ------
    ValueError
        If a data frame is asked for and `out` has an axis of time.
    """
    if has_views(out) or not asks_for_frame(estimator):
        return out
    if out.ndim != 2:
        raise ValueError(describe_refusal(estimator))
    adapter = ADAPTERS_MANAGER.adapters[_get_output_config("transform", estimator)["dense"]]
    return adapter.create_container(np.asarray(out), X, columns=lambda: names)


class OutputOfLastStep:
    """Mixin for a chain of steps that give arrays to each other: its output is the last step's.

    Attributes
    ----------
    steps : list of (str, transformer)
        The steps.
    """

    steps: list[tuple[str, Any]]

    def set_output(self, *, transform: str | None = None) -> Self:
        """Set the output container. It can be a data frame if the last step gives vectors.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container, as of any scikit-learn transformer. Views of clips, which
            `fit_transform` gives to train on, stay an array.

        Returns
        -------
        self : object
            The transformer itself.

        Raises
        ------
        ValueError
            If the last step gives no vectors.
        """
        if transform not in (None, "default") and not self._gives_frames():
            raise ValueError(describe_refusal(self))
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the features as the last step does.

        Parameters
        ----------
        input_features : None
            Ignored, present for API consistency; samples have no names.

        Returns
        -------
        names : ndarray of str of shape (n_features,) or (n_bands,)
            The names.

        Raises
        ------
        AttributeError
            If the last step has no names for its features.
        """
        return self._find_last().get_feature_names_out()

    def check_output(self) -> None:
        """Raise if a data frame is asked for and the last step gives no vectors."""
        if not self._gives_frames():
            refuse_frame(self)

    def to_output(self, features: NDArray[Any], X: Any) -> Any:
        """Return features in the container that is asked for.

        Parameters
        ----------
        features : ndarray
            Output of the last step.
        X : array-like
            Input of the first step.

        Returns
        -------
        features : ndarray or data frame
            The same values.
        """
        names = self.get_feature_names_out() if asks_for_frame(self) else None
        return to_frame(self, features, X, names)

    def _gives_frames(self) -> bool:
        last = self._find_last()
        return hasattr(last, "set_output") and hasattr(last, "get_feature_names_out")

    def _find_last(self) -> Any:
        used = (step for _, step in reversed(self.steps) if not isinstance(step, str))
        return next((step for step in used if step is not None), None)

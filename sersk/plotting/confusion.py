"""Confusion matrices of predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import confusion_matrix

from sersk.plotting.protocols import ScoredPredictions
from sersk.plotting.style import SHARES, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ConfusionDisplay:
    """Confusion matrix, each row in shares of its true class.

    The diagonal holds the recalls, whose mean is the UAR. The label of each row says how many
    clips the row counts.

    Parameters
    ----------
    confusion : ndarray of shape (n_classes, n_classes)
        Numbers of clips; rows are the true classes.
    classes : array-like of shape (n_classes,)
        Labels.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    text_ : ndarray of matplotlib.text.Text of shape (n_classes, n_classes)
        Texts of the cells: the shares.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : Draws the matrix, with more options.

    Examples
    --------
    >>> from sersk import ConfusionDisplay
    >>> display = ConfusionDisplay.from_predictions(
    ...     ["anger", "anger", "sad"], ["anger", "sad", "sad"]
    ... )
    >>> [text.get_text() for text in display.text_.ravel()]
    ['0.50', '0.50', '0.00', '1.00']
    """

    ax_: Axes
    figure_: Any
    text_: NDArray[Any]

    def __init__(self, confusion: NDArray[Any], classes: ArrayLike) -> None:
        self.confusion = confusion
        self.classes = classes

    @classmethod
    def from_report(cls, report: ScoredPredictions, *, ax: Axes | None = None) -> Self:
        """Draw the confusion matrix of a report.

        Parameters
        ----------
        report : EvaluationReport or ScoredPredictions
            Report of an evaluation.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ConfusionDisplay
            The display, drawn.
        """
        return cls(report.confusion, report.classes).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the confusion matrix of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            True labels.
        y_pred : array-like of shape (n_clips,)
            Predicted labels.
        classes : array-like of shape (n_classes,) or None, default=None
            Labels in the order of rows and columns; None means all, sorted.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ConfusionDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the lengths differ, or there is no clip.
        """
        both = np.concatenate([np.asarray(y_true), np.asarray(y_pred)])
        labels = np.unique(both) if classes is None else np.asarray(classes)
        return cls(confusion_matrix(y_true, y_pred, labels=labels), labels).plot(ax)

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, X: Any, y: ArrayLike, *, ax: Axes | None = None
    ) -> Self:
        """Draw the confusion matrix of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or pipeline.
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Clips of speakers outside its training set.
        y : array-like of shape (n_clips,)
            True labels.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ConfusionDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the lengths differ, or there is no clip.
        """
        return cls.from_predictions(y, estimator.predict(X), ax=ax)

    def plot(self, ax: Axes | None = None, *, cmap: str = SHARES) -> Self:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        cmap : str, default="Blues"
            Colour map for shares from 0 to 1.

        Returns
        -------
        self : ConfusionDisplay
            The display, with `ax_`, `figure_` and `text_`.

        Raises
        ------
        ValueError
            If the matrix does not fit the classes.
        TypeError
            If `ax` is not matplotlib axes.
        """
        from sklearn.metrics import ConfusionMatrixDisplay

        counts, classes = np.asarray(self.confusion), np.asarray(self.classes)
        if counts.shape != (len(classes), len(classes)) or counts.size == 0:
            raise ValueError(
                f"ConfusionDisplay: confusion has shape {counts.shape}; for {len(classes)} classes "
                f"it should be {(len(classes), len(classes))}, with at least 1 class."
            )
        side = max(4.8, 0.65 * len(classes) + 2)
        ax = axes_or_new(ax, "ConfusionDisplay", figsize=(side, side))
        support = counts.sum(axis=1)
        display = ConfusionMatrixDisplay(
            counts / np.maximum(support[:, np.newaxis], 1), display_labels=classes
        )
        display.plot(
            ax=ax,
            cmap=cmap,
            values_format=".2f",
            colorbar=False,
            im_kw={"vmin": 0, "vmax": 1},
            text_kw={"fontsize": "medium" if len(classes) <= 8 else "x-small"},
        )
        for text, share in zip(display.text_.flat, display.confusion_matrix.flat, strict=True):
            # black text on light cells, by the luminance of the cell
            red, green, blue, _ = display.im_.cmap(float(share))
            text.set_color("black" if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white")
        # slanted names end at their column
        ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(
            range(len(classes)),
            [f"{name} ({round(n)})" for name, n in zip(classes, support.tolist(), strict=True)],
        )
        ax.set(
            xlabel="predicted class",
            ylabel="true class (number of clips)",
            title="Confusion, as fractions of the true class",
        )
        self.ax_, self.figure_, self.text_ = ax, ax.figure, display.text_
        return self

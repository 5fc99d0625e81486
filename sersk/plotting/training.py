"""Curves of training: loss or a metric after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sersk.plotting.style import BLUE, CURVE, REFERENCE_LINE, VERMILION, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class TrainingDisplay:
    """Loss or a metric of a network by epoch, in training and validation.

    Parameters
    ----------
    history : dict of str to sequence of float
        Values after each epoch, as `SpeechEmotionClassifier` keeps them in ``history_``: of each
        metric in training ("loss", "accuracy", ...) and in validation ("val_loss", ...).

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curves, by their names in `history`.
    best_epoch_ : int or None
        Epoch of the lowest validation loss, counted from 1. Early stopping keeps the weights of
        this epoch. None without validation.

    See Also
    --------
    SpeechEmotionClassifier : Keeps the history.
    LearningCurveDisplay : UAR by the number of speakers trained on.

    Notes
    -----
    Training and validation loss are measured differently. The training loss is the mean over the
    epoch, while the weights change, over augmented views, with dropout and class weights. It can
    be above the validation loss although nothing is wrong.

    Examples
    --------
    >>> from sersk import TrainingDisplay
    >>> history = {"loss": [1.8, 1.2, 0.7], "val_loss": [1.7, 1.4, 1.5]}
    >>> display = TrainingDisplay.from_history(history)
    >>> display.best_epoch_
    2
    >>> display.ax_.get_ylabel()
    'loss'
    """

    ax_: Axes
    figure_: Any
    lines_: dict[str, Any]
    best_epoch_: int | None

    def __init__(self, history: dict[str, Any]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, metric: str = "loss", ax: Axes | None = None
    ) -> Self:
        """Draw the training history of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted `SpeechEmotionClassifier`, or a pipeline that ends in one.
        metric : str, default="loss"
            Metric to draw: "loss", or one of the classifier's metrics, such as "accuracy".
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : TrainingDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the estimator has no ``history_``, or the history no such metric.
        """
        last: Any = estimator
        while isinstance(last, Pipeline) and last.steps:
            last = last.steps[-1][1]
        if not hasattr(last, "history_"):
            raise ValueError(
                f"TrainingDisplay: {type(last).__name__} has no history_; a fitted "
                "SpeechEmotionClassifier, or a fitted pipeline that ends in one, is expected."
            )
        return cls.from_history(last.history_, metric=metric, ax=ax)

    @classmethod
    def from_history(
        cls, history: dict[str, Any], *, metric: str = "loss", ax: Axes | None = None
    ) -> Self:
        """Draw a training history.

        Parameters
        ----------
        history : dict of str to sequence of float
            Values after each epoch.
        metric : str, default="loss"
            Metric to draw.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : TrainingDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the history has no such metric.
        """
        return cls(history).plot(ax, metric=metric)

    def plot(self, ax: Axes | None = None, *, metric: str = "loss") -> Self:
        """Draw the curves of one metric.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        metric : str, default="loss"
            Metric to draw.

        Returns
        -------
        self : TrainingDisplay
            The display, with `ax_`, `figure_`, `lines_` and `best_epoch_`.

        Raises
        ------
        ValueError
            If the history has no such metric.
        TypeError
            If `ax` is not matplotlib axes.
        """
        from matplotlib.ticker import MaxNLocator

        if metric not in self.history or len(self.history[metric]) == 0:
            known = [name for name in self.history if not name.startswith("val_")]
            raise ValueError(
                f"TrainingDisplay: metric={metric!r}; the history has "
                f"{', '.join(known) or 'nothing'}."
            )
        ax = axes_or_new(ax, "TrainingDisplay", figsize=(5.6, 3.6))
        self.lines_ = {}
        styles = {
            metric: ("training", BLUE, "o-"),
            f"val_{metric}": ("validation", VERMILION, "s--"),
        }
        for key, (label, color, style) in styles.items():
            values = self.history.get(key, [])
            if len(values):
                epochs = np.arange(1, len(values) + 1)
                (self.lines_[key],) = ax.plot(
                    epochs, values, style, color=color, **CURVE, label=label
                )
        losses = np.asarray(self.history.get("val_loss", []), dtype=float)
        self.best_epoch_ = int(losses.argmin()) + 1 if len(losses) else None
        if self.best_epoch_ is not None:
            ax.axvline(
                self.best_epoch_,
                **REFERENCE_LINE,
                label=f"lowest validation loss: epoch {self.best_epoch_}",
            )
        ax.set(xlabel="epoch", ylabel=metric)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

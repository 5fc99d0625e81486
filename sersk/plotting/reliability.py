"""Reliability diagrams: accuracy by confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from sersk.metrics import top_confidence, wilson_interval
from sersk.plotting._probabilities import of_estimator, of_report
from sersk.plotting.protocols import ScoredPredictions
from sersk.plotting.style import BARS, BLUE, POINTS, REFERENCE_LINE, axes_or_new, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ReliabilityDisplay:
    """Reliability diagram: the fraction of correct predictions by confidence.

    The confidence of a prediction is the probability of the predicted class. On the diagonal, 7 of
    10 predictions with a confidence of 0.7 are correct. Points below the diagonal are
    overconfident. Bars show the fraction of all predictions in each bin of confidence.

    Parameters
    ----------
    confidence : ndarray of shape (n_predictions,)
        Probability of the predicted class.
    correct : ndarray of bool of shape (n_predictions,)
        Whether the predicted class is the true one.
    n_bins : int, default=15
        Bins of equal width between 0 and 1, as for the calibration error.
    confidence_level : float, default=0.95
        Level of the intervals of the fractions.
    clips : ndarray of shape (n_predictions,) or None, default=None
        Clip of each prediction, such that predictions of one clip, by models of several seeds, do
        not narrow the intervals. None means that each prediction is of another clip.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    points_ : matplotlib.lines.Line2D
        Mean confidence and fraction of correct predictions of each bin that is not empty.
    bars_ : matplotlib.container.BarContainer
        Fraction of all predictions in each bin.
    ece_ : float
        Expected calibration error: the mean vertical distance of the points from the diagonal,
        weighted by the bars.

    See Also
    --------
    expected_calibration_error : The same error without a figure.
    sklearn.calibration.CalibrationDisplay : The same for two classes.

    Notes
    -----
    The intervals (Wilson) assume independent clips. Clips of one speaker are not independent, so
    the true intervals are wider.

    Examples
    --------
    >>> from sersk import ReliabilityDisplay
    >>> y_true = ["anger", "anger", "anger", "sad"]
    >>> display = ReliabilityDisplay.from_predictions(y_true, [[0.75, 0.25]] * 4)
    >>> display.points_.get_xydata().tolist()
    [[0.75, 0.75]]
    >>> display.ece_
    0.0
    """

    ax_: Axes
    figure_: Any
    points_: Any
    bars_: Any
    ece_: float

    def __init__(
        self,
        confidence: NDArray[Any],
        correct: NDArray[Any],
        *,
        n_bins: int = 15,
        confidence_level: float = 0.95,
        clips: NDArray[Any] | None = None,
    ) -> None:
        self.confidence = confidence
        self.correct = correct
        self.n_bins = n_bins
        self.confidence_level = confidence_level
        self.clips = clips

    @classmethod
    def from_report(cls, report: ScoredPredictions, *, ax: Axes | None = None) -> Self:
        """Draw the confidence of a report's predictions.

        Parameters
        ----------
        report : EvaluationReport or ScoredPredictions
            Report of an evaluation.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ReliabilityDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the report has no probabilities.
        """
        proba = of_report(report, cls.__name__)
        true = report.predictions["y_true"].to_numpy()
        confidence, correct = top_confidence(true, proba, report.classes)
        return cls(
            confidence,
            correct,
            n_bins=report.n_bins,
            confidence_level=report.confidence_level,
            clips=report.predictions["clip"].to_numpy(),
        ).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        n_bins: int = 15,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the confidence of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            True labels.
        proba : array-like of shape (n_clips, n_classes)
            Probabilities of the classes.
        classes : array-like of shape (n_classes,) or None, default=None
            Labels of the columns of `proba`; None means the sorted labels of `y_true`.
        n_bins : int, default=15
            Bins of equal width between 0 and 1.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ReliabilityDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If shapes do not fit together, a label is not among `classes`, or a probability is not
            between 0 and 1.
        """
        confidence, correct = top_confidence(y_true, proba, classes)
        return cls(confidence, correct, n_bins=n_bins).plot(ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Any,
        y: ArrayLike,
        *,
        n_bins: int = 15,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the confidence of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or pipeline with `predict_proba`.
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Clips of speakers outside its training set.
        y : array-like of shape (n_clips,)
            True labels.
        n_bins : int, default=15
            Bins of equal width between 0 and 1.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : ReliabilityDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If it has no `predict_proba`, or `y` has a label that is not in its `classes_`.
        """
        proba = of_estimator(estimator, X, cls.__name__)
        return cls.from_predictions(
            y,
            proba,
            classes=estimator.classes_,
            n_bins=n_bins,
            ax=ax,
        )

    def plot(self, ax: Axes | None = None, *, color: str = BLUE) -> Self:
        """Draw the diagram.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        color : str, default="#0072B2"
            Colour of the points.

        Returns
        -------
        self : ReliabilityDisplay
            The display, with `ax_`, `figure_`, `points_`, `bars_` and `ece_`.

        Raises
        ------
        ValueError
            If lengths differ, there is no prediction, or fewer than 1 bin.
        TypeError
            If `ax` is not matplotlib axes.
        """
        confidence = np.clip(np.asarray(self.confidence, dtype=float), 0, 1)
        correct = np.asarray(self.correct, dtype=float)
        if confidence.ndim != 1 or confidence.shape != correct.shape or confidence.size == 0:
            raise ValueError(
                f"ReliabilityDisplay: confidence has shape {confidence.shape}, correct "
                f"{correct.shape}; both should be (n_clips,), with at least 1 clip."
            )
        if self.n_bins < 1:
            raise ValueError(f"ReliabilityDisplay: n_bins={self.n_bins}; at least 1 is needed.")
        ax = axes_or_new(ax, "ReliabilityDisplay", figsize=(5.2, 5.2))
        edges = np.linspace(0, 1, self.n_bins + 1)
        # open below and closed above, as for the calibration error
        bins = np.searchsorted(edges[1:-1], confidence)
        counts = np.bincount(bins, minlength=self.n_bins)
        held = counts > 0
        n = counts[held]
        mean = np.bincount(bins, confidence, minlength=self.n_bins)[held] / n
        share = np.bincount(bins, correct, minlength=self.n_bins)[held] / n
        n_clips = n if self.clips is None else _count_different(bins, np.asarray(self.clips))
        low, high = wilson_interval(share * n_clips, n_clips, self.confidence_level)
        self.ece_ = float(np.abs(mean - share) @ n / n.sum())

        self.bars_ = ax.bar(
            edges[:-1],
            counts / counts.sum(),
            width=1 / self.n_bins,
            align="edge",
            **BARS,
            label="fraction of predictions",
        )
        ax.plot([0, 1], [0, 1], **REFERENCE_LINE, label="calibrated")
        errors = [np.maximum(share - low, 0), np.maximum(high - share, 0)]
        level = f"{100 * self.confidence_level:g} %"
        bars = ax.errorbar(
            mean,
            share,
            yerr=errors,
            **POINTS,
            color=color,
            label=f"correct, {level} (Wilson)",
        )
        self.points_ = bars.lines[0]
        ax.set(
            xlim=(0, 1),
            ylim=(-0.02, 1.02),
            xlabel="confidence (probability of the predicted class)",
            ylabel="fraction correct",
            title=f"Reliability (ECE {self.ece_:.3f})",
        )
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _count_different(bins: NDArray[Any], clips: NDArray[Any]) -> NDArray[Any]:
    """Return the number of different clips in each bin that is not empty."""
    pairs = np.unique(np.stack([bins, np.unique(clips, return_inverse=True)[1]]), axis=1)
    return np.unique(pairs[0], return_counts=True)[1]

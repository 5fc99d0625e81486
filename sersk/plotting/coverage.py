"""Risk-coverage curves: how often answers are wrong if only the most confident are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from sersk.metrics import risk_coverage
from sersk.plotting._probabilities import of_estimator, of_report
from sersk.plotting.protocols import ScoredPredictions
from sersk.plotting.style import BLUE, REFERENCE_LINE, axes_or_new, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class RiskCoverageDisplay:
    """Share of wrong answers by the share of clips that are answered.

    From the right to the left only the more and more confident answers are given. A curve that
    falls to the left means that confidence says something; a flat one, that to abstain is of no
    use.

    Parameters
    ----------
    coverage : ndarray of shape (n_thresholds,)
        Share of the clips that are answered.
    risk : ndarray of shape (n_thresholds,)
        Share of wrong answers among these.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    line_ : matplotlib.lines.Line2D
        The curve.

    See Also
    --------
    sersk.metrics.risk_coverage : The same numbers without a figure.
    AbstainingClassifier : Gives the most confident answers only.

    Examples
    --------
    >>> from sersk import RiskCoverageDisplay
    >>> y_true = ["anger", "anger", "sad", "sad"]
    >>> proba = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]]
    >>> display = RiskCoverageDisplay.from_predictions(y_true, proba)
    >>> display.line_.get_xydata().tolist()
    [[0.25, 0.0], [0.5, 0.0], [0.75, 0.0], [1.0, 0.25]]
    """

    ax_: Axes
    figure_: Any
    line_: Any

    def __init__(self, coverage: NDArray[Any], risk: NDArray[Any]) -> None:
        self.coverage = coverage
        self.risk = risk

    @classmethod
    def from_report(cls, report: ScoredPredictions, *, ax: Axes | None = None) -> Self:
        """Draw the curve of a report's predictions.

        Parameters
        ----------
        report : EvaluationReport or ScoredPredictions
            Report of an evaluation.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : RiskCoverageDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the report has no probabilities.
        """
        proba = of_report(report, cls.__name__)
        true = report.predictions["y_true"].to_numpy()
        return cls.from_predictions(true, proba, classes=report.classes, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the curve of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            True labels.
        proba : array-like of shape (n_clips, n_classes)
            Probabilities of the classes.
        classes : array-like of shape (n_classes,) or None, default=None
            Labels of the columns of `proba`; None means the sorted labels of `y_true`.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : RiskCoverageDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If shapes do not fit together, a label is not among `classes`, or a probability is not
            between 0 and 1.
        """
        coverage, risk, _ = risk_coverage(y_true, proba, classes=classes)
        return cls(coverage, risk).plot(ax)

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, X: Any, y: ArrayLike, *, ax: Axes | None = None
    ) -> Self:
        """Draw the curve of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or pipeline with `predict_proba`.
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Clips of speakers outside its training set.
        y : array-like of shape (n_clips,)
            True labels.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : RiskCoverageDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If it has no `predict_proba`, or `y` has a label that is not in its `classes_`.
        """
        proba = of_estimator(estimator, X, cls.__name__)
        classes = estimator.classes_
        return cls.from_predictions(y, proba, classes=classes, ax=ax)

    def plot(self, ax: Axes | None = None, *, color: str = BLUE) -> Self:
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        color : str, default="#0072B2"
            Colour of the curve.

        Returns
        -------
        self : RiskCoverageDisplay
            The display, with `ax_`, `figure_` and `line_`.

        Raises
        ------
        ValueError
            If lengths differ or there is no threshold.
        TypeError
            If `ax` is not matplotlib axes.
        """
        coverage = np.asarray(self.coverage, dtype=float)
        risk = np.asarray(self.risk, dtype=float)
        if coverage.ndim != 1 or coverage.shape != risk.shape or coverage.size == 0:
            raise ValueError(
                f"RiskCoverageDisplay: coverage has shape {coverage.shape}, risk {risk.shape}; "
                "both should be (n_thresholds,), with at least 1 threshold."
            )
        ax = axes_or_new(ax, "RiskCoverageDisplay", figsize=(5.2, 4.2))
        ax.axhline(risk[-1], **REFERENCE_LINE, label=f"all answered: {risk[-1]:.2f} wrong")
        (self.line_,) = ax.plot(coverage, risk, color=color, label="most confident answered")
        ax.set(
            xlim=(0, 1.01),
            ylim=(-0.02, 1.02),
            xlabel="coverage (fraction of clips answered)",
            ylabel="risk (fraction of answers wrong)",
            title="Risk and coverage",
        )
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

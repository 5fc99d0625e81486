"""UAR by the number of training speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from sersk.plotting.protocols import ScoredPredictions
from sersk.plotting.style import BLUE, CURVE, SPREAD, VERMILION, axes_or_new, legend_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CURVES = (("train", "training clips", BLUE), ("test", "unseen speakers", VERMILION))
_COLUMNS = ("share", "seed", "fold", "n_speakers", "train_uar", "test_uar")


class LearningCurveDisplay:
    """UAR by the number of training speakers, on training clips and on unseen speakers.

    Parameters
    ----------
    curve : pandas.DataFrame
        One row for each fit, with the columns ``share`` (of the training speakers), ``seed``,
        ``fold``, ``n_speakers``, ``train_uar`` and ``test_uar``, as a report keeps it in
        ``learning_curve``.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    lines_ : dict of str to matplotlib.lines.Line2D
        The mean curves, ``"train"`` and ``"test"``.

    See Also
    --------
    TrainingDisplay : Loss by epoch of a single training.
    sklearn.model_selection.LearningCurveDisplay : The same by the number of clips.

    Notes
    -----
    Lines are means over folds and seeds, shaded bands one sample standard deviation (``ddof=1``)
    around them. If the curve of unseen speakers still rises at its end, more speakers would help.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import LearningCurveDisplay, evaluate_speaker_independent
    >>> y = np.tile(["anger", "sad"], 12)
    >>> X = np.random.default_rng(0).normal(size=(24, 2)) + (y == "sad")[:, np.newaxis]
    >>> report = evaluate_speaker_independent(
    ...     LogisticRegression(), X, y, np.repeat(list("ABC"), 8), cv=3, learning_curve=(0.5,)
    ... )
    >>> LearningCurveDisplay.from_report(report).lines_["test"].get_xdata()
    array([1., 2.])
    """

    ax_: Axes
    figure_: Any
    lines_: dict[str, Any]

    def __init__(self, curve: pd.DataFrame) -> None:
        self.curve = curve

    @classmethod
    def from_report(cls, report: ScoredPredictions, *, ax: Axes | None = None) -> Self:
        """Draw the learning curve of a report.

        Parameters
        ----------
        report : EvaluationReport or ScoredPredictions
            Report of an evaluation with ``learning_curve=...``.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : LearningCurveDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the report has no learning curve.
        """
        if report.learning_curve is None:
            raise ValueError(
                f"{cls.__name__}: the report has no learning curve; evaluate with, for instance, "
                "learning_curve=(0.25, 0.5)."
            )
        return cls(report.learning_curve).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        self : LearningCurveDisplay
            The display, with `ax_`, `figure_` and `lines_`.

        Raises
        ------
        ValueError
            If `curve` lacks a column or has no row.
        TypeError
            If `ax` is not matplotlib axes.
        """
        from matplotlib.ticker import MaxNLocator

        missing = [name for name in _COLUMNS if name not in self.curve]
        if missing or len(self.curve) == 0:
            raise ValueError(
                f"LearningCurveDisplay: curve has {len(self.curve)} rows and lacks the columns "
                f"{missing}; it needs at least 1 row, and {', '.join(_COLUMNS)}."
            )
        ax = axes_or_new(ax, "LearningCurveDisplay", figsize=(6.4, 4.0))
        by_share = self.curve.groupby("share")
        n_speakers = by_share["n_speakers"].mean()
        self.lines_ = {}
        for name, label, color in _CURVES:
            mean, std = by_share[f"{name}_uar"].mean(), by_share[f"{name}_uar"].std(ddof=1)
            (self.lines_[name],) = ax.plot(
                n_speakers, mean, "o-", color=color, **CURVE, label=f"{label}: mean"
            )
            if std.notna().any():  # a single fit has none
                band = {"color": color, "linewidth": 0, **SPREAD, "label": f"{label}: ± 1 SD"}
                ax.fill_between(n_speakers, mean - std, mean + std, **band)
        ax.set(xlabel="speakers in training", ylabel="UAR (0 to 1)", ylim=(0, 1.05))
        ax.set_title("Learning curve")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

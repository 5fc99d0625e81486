"""UAR of each speaker: the mean over speakers hides those on whom a model fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, column_or_1d

from sersk.metrics import bootstrap_by_speaker, uar_interval, unweighted_average_recall
from sersk.plotting.protocols import ScoredPredictions
from sersk.plotting.style import (
    BLACK,
    BLUE,
    CHANCE_LINE,
    MEAN_LINE,
    POINTS,
    SPREAD,
    axes_or_new,
    legend_below,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# With more speakers, names would overlap at any size that fits a page.
_MOST_NAMES = 60


class SpeakersDisplay:
    """UAR of each speaker and of all speakers together, with intervals, and chance.

    Parameters
    ----------
    speakers : pandas.DataFrame
        One row for each speaker, with the columns ``uar``, ``low`` and ``high``.
    uar : float
        UAR of all predictions together.
    interval : tuple of (float, float)
        Bounds of `uar` over speakers; NaN for a single speaker.
    n_classes : int
        Number of classes; chance is ``1 / n_classes``.
    confidence_level : float, default=0.95
        Level of the intervals.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    points_ : matplotlib.lines.Line2D
        The points, in the order of ``speakers`` sorted by UAR.

    See Also
    --------
    uar_interval : The interval of one speaker, over the speaker's clips.
    bootstrap_by_speaker : The interval of all speakers together, over speakers.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import SpeakersDisplay
    >>> y_true = ["anger", "sad"] * 8
    >>> y_pred = ["anger"] * 4 + ["anger", "sad"] * 6
    >>> display = SpeakersDisplay.from_predictions(y_true, y_pred, np.repeat(["Ann", "Bob"], 8))
    >>> [text.get_text() for text in display.ax_.get_yticklabels()]
    ['Ann', 'Bob']
    """

    ax_: Axes
    figure_: Any
    points_: Any

    def __init__(
        self,
        speakers: pd.DataFrame,
        *,
        uar: float,
        interval: tuple[float, float],
        n_classes: int,
        confidence_level: float = 0.95,
    ) -> None:
        self.speakers = speakers
        self.uar = uar
        self.interval = interval
        self.n_classes = n_classes
        self.confidence_level = confidence_level

    @classmethod
    def from_report(cls, report: ScoredPredictions, *, ax: Axes | None = None) -> Self:
        """Draw the UAR of each speaker in a report.

        Parameters
        ----------
        report : EvaluationReport or ScoredPredictions
            Report of an evaluation.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : SpeakersDisplay
            The display, drawn.
        """
        rows = report.predictions
        return cls(
            _by_speaker(rows, report.confidence_level),
            uar=report.uar,
            interval=report.intervals["uar"],
            n_classes=rows["y_true"].nunique(),
            confidence_level=report.confidence_level,
        ).plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        groups: ArrayLike,
        *,
        confidence_level: float = 0.95,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the UAR of each speaker, from one prediction for each clip.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            True labels.
        y_pred : array-like of shape (n_clips,)
            Predicted labels.
        groups : array-like of shape (n_clips,)
            Speaker of each clip.
        confidence_level : float, default=0.95
            Level of the intervals.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : SpeakersDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the lengths differ, or there is no clip.
        """
        true, predicted, speaker = (column_or_1d(values) for values in (y_true, y_pred, groups))
        check_consistent_length(true, predicted, speaker)
        interval = bootstrap_by_speaker(
            true, predicted, speaker, confidence_level=confidence_level
        )["uar"]
        rows = pd.DataFrame(
            {"clip": range(len(true)), "speaker": speaker, "y_true": true, "y_pred": predicted}
        )
        return cls(
            _by_speaker(rows, confidence_level),
            uar=unweighted_average_recall(true, predicted),
            interval=interval,
            n_classes=len(np.unique(true)),
            confidence_level=confidence_level,
        ).plot(ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: Any,
        y: ArrayLike,
        groups: ArrayLike,
        *,
        confidence_level: float = 0.95,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the UAR of a fitted classifier for each speaker.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or pipeline.
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Clips of speakers outside its training set.
        y : array-like of shape (n_clips,)
            True labels.
        groups : array-like of shape (n_clips,)
            Speaker of each clip.
        confidence_level : float, default=0.95
            Level of the intervals.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : SpeakersDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the lengths differ, or there is no clip.
        """
        predicted = estimator.predict(X)
        return cls.from_predictions(y, predicted, groups, confidence_level=confidence_level, ax=ax)

    def plot(self, ax: Axes | None = None, *, color: str = BLUE) -> Self:
        """Draw the speakers, sorted by UAR, the highest at the top.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        color : str, default="#0072B2"
            Colour of the points.

        Returns
        -------
        self : SpeakersDisplay
            The display, with `ax_`, `figure_` and `points_`.

        Raises
        ------
        ValueError
            If `speakers` lacks a column or has no row.
        TypeError
            If `ax` is not matplotlib axes.
        """
        missing = [name for name in ("uar", "low", "high") if name not in self.speakers]
        if missing or len(self.speakers) == 0:
            raise ValueError(
                f"SpeakersDisplay: speakers has {len(self.speakers)} rows and lacks the columns "
                f"{missing}; it needs at least 1 row, and uar, low, high."
            )
        table = self.speakers.sort_values("uar", kind="stable")
        n_shown = min(len(table), _MOST_NAMES)
        ax = axes_or_new(ax, "SpeakersDisplay", figsize=(6.4, max(3.2, 1.8 + 0.22 * n_shown)))
        positions = np.arange(len(table))
        level = f"{100 * self.confidence_level:g} %"
        errors = [table["uar"] - table["low"], table["high"] - table["uar"]]
        bars = ax.errorbar(
            table["uar"],
            positions,
            xerr=errors,
            **POINTS,
            color=color,
            label=f"speaker, {level} over clips (Wilson)",
        )
        self.points_ = bars.lines[0]
        low, high = self.interval
        over_speakers = f"all, {level} over speakers (bootstrap)"
        ax.axvline(self.uar, **MEAN_LINE, label=f"all: {self.uar:.3f}")
        if np.isfinite(low):
            ax.axvspan(low, high, color=BLACK, **SPREAD, label=over_speakers)
        chance = 1 / self.n_classes
        ax.axvline(chance, **CHANCE_LINE, label=f"chance: {chance:.3f}")
        if len(table) <= _MOST_NAMES:
            ax.set_yticks(positions, [str(name) for name in table.index])
            ax.set_ylabel("speaker")
        else:
            ax.set_yticks([])
            ax.set_ylabel(f"{len(table)} speakers, sorted by UAR")
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.8, len(table) - 0.2), xlabel="UAR (0 to 1)")
        ax.set_title("UAR of each speaker")
        ax.grid(axis="x", alpha=0.3)
        legend_below(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _by_speaker(rows: pd.DataFrame, confidence_level: float) -> pd.DataFrame:
    table = {}
    for speaker, own in rows.groupby("speaker"):
        true, predicted = own["y_true"].to_numpy(), own["y_pred"].to_numpy()
        low, high = uar_interval(
            true, predicted, clips=own["clip"].to_numpy(), confidence_level=confidence_level
        )
        uar = unweighted_average_recall(true, predicted)
        table[speaker] = {"uar": uar, "low": min(low, uar), "high": max(high, uar)}
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("speaker")

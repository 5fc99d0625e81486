"""A report's plots, with scikit-learn's displays where it has them.

matplotlib is imported by the first plot. Pages that show the plots are made in `_html`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from sersk.evaluation.metrics import top_confidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sersk.evaluation.report import EvaluationReport


def plot_confusion(report: "EvaluationReport", ax: "Axes | None" = None) -> "Axes":
    """Draw the confusion matrix, each row in shares of its true class.

    Parameters
    ----------
    report : EvaluationReport
        What to draw.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the plot.
    """
    from sklearn.metrics import ConfusionMatrixDisplay

    ax = _axes(ax)
    counts = report.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    display = ConfusionMatrixDisplay(shares, display_labels=report.classes)
    display.plot(
        ax=ax,
        cmap="Blues",
        values_format=".2f",
        xticks_rotation=45,
        colorbar=False,
        im_kw={"vmin": 0, "vmax": 1},
    )
    ax.set_title("Confusion, as shares of the true class")
    return ax


def plot_speakers(report: "EvaluationReport", ax: "Axes | None" = None) -> "Axes":
    """Draw the UAR of each speaker, beside that of all, its interval, and chance.

    Parameters
    ----------
    report : EvaluationReport
        What to draw.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the plot.
    """
    ax = _axes(ax)
    table = report.by_speaker.sort_values("uar", kind="stable")
    positions = np.arange(len(table))
    ax.barh(positions, table["uar"], color="tab:blue", alpha=0.7)
    ax.set_yticks(positions, [str(name) for name in table.index])
    ax.axvline(report.uar, color="black", label=f"all: {report.uar:.3f}")
    low, high = report.intervals["uar"]
    if np.isfinite(low):
        level = f"{100 * report.confidence_level:g}% interval"
        ax.axvspan(low, high, color="black", alpha=0.12, label=level)
    n_classes = len(np.unique(report.predictions["y_true"]))
    ax.axvline(1 / n_classes, color="tab:red", linestyle="--", label="chance")
    ax.set(xlim=(0, 1), xlabel="UAR", title="UAR of each speaker")
    ax.legend(loc="lower right")
    return ax


def plot_calibration(report: "EvaluationReport", ax: "Axes | None" = None) -> "Axes":
    """Draw the share of right predictions by the confidence they were made with.

    Parameters
    ----------
    report : EvaluationReport
        What to draw.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the plot.

    Raises
    ------
    ValueError
        If the report has no probabilities.
    """
    from sklearn.calibration import CalibrationDisplay, calibration_curve

    if report.proba is None:
        raise ValueError(
            "plot_calibration: the report has no probabilities; evaluate a classifier that has "
            "predict_proba."
        )
    ax = _axes(ax)
    true = report.predictions["y_true"].to_numpy()
    confidence, correct = top_confidence(true, report.proba, report.classes)
    confidence = confidence.clip(0, 1)
    share, mean = calibration_curve(correct, confidence, n_bins=report.n_bins)
    CalibrationDisplay(share, mean, confidence).plot(ax=ax, name="predictions")
    ax.set(
        xlabel="confidence (mean in the bin)",
        ylabel="share of right predictions",
        title=f"Calibration (ECE {report.ece:.3f})",
    )
    return ax


def plot_learning_curve(report: "EvaluationReport", ax: "Axes | None" = None) -> "Axes":
    """Draw the UAR by the number of speakers trained on.

    Parameters
    ----------
    report : EvaluationReport
        What to draw.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the plot.

    Raises
    ------
    ValueError
        If the report has no learning curve.
    """
    from sklearn.model_selection import LearningCurveDisplay

    curve: Any = report.learning_curve
    if curve is None:
        raise ValueError(
            "plot_learning_curve: the report has no learning curve; evaluate with, for instance, "
            "learning_curve=(0.25, 0.5)."
        )
    ax = _axes(ax)
    by_fit = curve.pivot(index="share", columns=["seed", "fold"])
    LearningCurveDisplay(
        train_sizes=by_fit["n_speakers"].mean(axis=1).to_numpy(),
        train_scores=by_fit["train_uar"].to_numpy(),
        test_scores=by_fit["test_uar"].to_numpy(),
        score_name="UAR",
    ).plot(ax=ax, score_type="both", line_kw={"marker": "o"})
    ax.set(xlabel="speakers in training", ylim=(0, 1.02), title="Learning curve")
    return ax


def _axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(layout="constrained")[1]

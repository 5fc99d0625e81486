"""A report's plots as functions that take and give axes.

What is drawn, and how, is in the displays: `confusion`, `speakers`, `reliability`. matplotlib is
imported by the first plot. Pages that show the plots are made in `_html`.
"""

from typing import TYPE_CHECKING, Any

from sersk.plotting.confusion import ConfusionDisplay
from sersk.plotting.reliability import ReliabilityDisplay
from sersk.plotting.speakers import SpeakersDisplay
from sersk.plotting.style import BLUE, VERMILION, axes_or_new

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

    See Also
    --------
    ConfusionDisplay : The same as a display, also from predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import evaluate_speaker_independent, plot_confusion
    >>> y = np.tile(["anger", "sad"], 12)
    >>> X = np.random.default_rng(0).normal(size=(24, 2)) + (y == "sad")[:, np.newaxis]
    >>> report = evaluate_speaker_independent(
    ...     LogisticRegression(), X, y, np.repeat(list("ABC"), 8), cv=3
    ... )
    >>> plot_confusion(report).get_xlabel()
    'predicted'
    """
    return ConfusionDisplay.from_report(report, ax=ax).ax_


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

    See Also
    --------
    SpeakersDisplay : The same as a display, also from predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import evaluate_speaker_independent, plot_speakers
    >>> y = np.tile(["anger", "sad"], 12)
    >>> X = np.random.default_rng(0).normal(size=(24, 2)) + (y == "sad")[:, np.newaxis]
    >>> report = evaluate_speaker_independent(
    ...     LogisticRegression(), X, y, np.repeat(list("ABC"), 8), cv=3
    ... )
    >>> plot_speakers(report).get_xlabel()
    'UAR'
    """
    return SpeakersDisplay.from_report(report, ax=ax).ax_


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

    See Also
    --------
    ReliabilityDisplay : The same as a display, also from predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import evaluate_speaker_independent, plot_calibration
    >>> y = np.tile(["anger", "sad"], 12)
    >>> X = np.random.default_rng(0).normal(size=(24, 2)) + (y == "sad")[:, np.newaxis]
    >>> report = evaluate_speaker_independent(
    ...     LogisticRegression(), X, y, np.repeat(list("ABC"), 8), cv=3
    ... )
    >>> plot_calibration(report).get_xlabel()
    'confidence (probability of the predicted class)'
    """
    return ReliabilityDisplay.from_report(report, ax=ax).ax_


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

    See Also
    --------
    plot_training : Loss by epoch of a single training.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sersk import evaluate_speaker_independent, plot_learning_curve
    >>> y = np.tile(["anger", "sad"], 12)
    >>> X = np.random.default_rng(0).normal(size=(24, 2)) + (y == "sad")[:, np.newaxis]
    >>> report = evaluate_speaker_independent(
    ...     LogisticRegression(), X, y, np.repeat(list("ABC"), 8), cv=3, learning_curve=(0.5,)
    ... )
    >>> plot_learning_curve(report).get_xlabel()
    'speakers in training'
    """
    from matplotlib.ticker import MaxNLocator
    from sklearn.model_selection import LearningCurveDisplay

    curve: Any = report.learning_curve
    if curve is None:
        raise ValueError(
            "plot_learning_curve: the report has no learning curve; evaluate with, for instance, "
            "learning_curve=(0.25, 0.5)."
        )
    ax = axes_or_new(ax, "plot_learning_curve", figsize=(6.4, 4.0))
    ax.set_prop_cycle(color=[BLUE, VERMILION])
    by_fit = curve.pivot(index="share", columns=["seed", "fold"])
    LearningCurveDisplay(
        train_sizes=by_fit["n_speakers"].mean(axis=1).to_numpy(),
        train_scores=by_fit["train_uar"].to_numpy(),
        test_scores=by_fit["test_uar"].to_numpy(),
        score_name="UAR",
    ).plot(ax=ax, score_type="both", line_kw={"marker": "o"}, fill_between_kw={"alpha": 0.2})
    ax.set(xlabel="speakers in training", ylim=(0, 1.05), title="Learning curve")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="lower right")
    return ax

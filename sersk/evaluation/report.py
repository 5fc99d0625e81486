"""The report of an evaluation: predictions, their scores, and the formats to save them in.

Scores are computed in `_scoring`, text and Markdown made in `_writing`, HTML in `_html`, figures in
`sersk.plotting`. The predictions come from `cross_validation` and `corpora`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sersk._utils.endings import ending_of
from sersk._utils.files import replacing
from sersk.evaluation._content import to_content
from sersk.evaluation._html import to_html
from sersk.evaluation._scoring import Scorer
from sersk.evaluation._writing import to_markdown, to_text
from sersk.evaluation.conditions import tabulate_predictions
from sersk.evaluation.findings import Leak

_COLUMNS = ("seed", "fold", "clip", "speaker", "y_true", "y_pred")
_WRITERS = {".html": "to_html", ".txt": "to_text", ".md": "to_markdown", ".json": "to_json"}


def check_suffix(path: Path) -> str:
    """Return the name of the method that writes such a file, or raise.

    Parameters
    ----------
    path : pathlib.Path
        File to write.

    Returns
    -------
    name : str
        Name of a method of `EvaluationReport`.

    Raises
    ------
    ValueError
        If no format has this suffix.
    """
    if ending_of(path) not in _WRITERS:
        raise ValueError(
            f"EvaluationReport: {path.name!r} ends in {path.suffix!r}; it should end in "
            f"{', '.join(_WRITERS)}."
        )
    return _WRITERS[ending_of(path)]


class EvaluationReport:
    """Scores of predictions of unseen speakers, with the predictions and probabilities.

    `evaluate_speaker_independent` and `cross_corpus` return it. Made directly, it scores
    predictions from any source.

    Parameters
    ----------
    predictions : pandas.DataFrame
        One row for each clip, fold and seed, with the columns ``seed``,
        ``fold``, ``clip`` (position in X), ``speaker``, ``y_true``, ``y_pred``. Further columns
        are kept; ``path`` is the file of the clip, where clips are files.
    proba : ndarray of shape (n_predictions, n_classes) or None, default=None
        Probabilities, row by row as in `predictions`.
    classes : array-like of shape (n_classes,) or None, default=None
        Labels, in the order of the columns of `proba`. None means the sorted labels of
        `predictions`.
    timings : pandas.DataFrame or None, default=None
        ``fit_time`` and ``predict_time`` in s, by ``seed`` and ``fold``.
    learning_curve : pandas.DataFrame or None, default=None
        ``train_uar`` and ``test_uar`` by ``share`` of the training speakers, ``seed`` and
        ``fold``; with ``n_speakers`` and ``n_clips`` trained on.
    leaks : sequence of Leak or None, default=None
        Problems of the data; None if the data was not checked.
    notes : sequence of str, default=()
        Notes on how the scores were obtained.
    title : str, default="Speaker-independent evaluation"
        Heading.
    n_resamples : int, default=2000
        Number of sets of speakers drawn for the intervals.
    confidence_level : float, default=0.95
        Level of the intervals.
    n_bins : int, default=15
        Number of bins of the calibration error.
    about : dict or None, default=None
        What was evaluated: ``date``, ``corpora``, ``folds``, ``pipeline``, ``versions``, as
        `evaluate_speaker_independent` fills it in, and ``command``. Entries of other names are
        written too. None leaves it empty.

    Attributes
    ----------
    scores : dict of str to float
        All scores of all predictions together.
    uar, accuracy, macro_f1 : float
        Scores of all predictions together.
    log_loss, ece : float or None
        Scores of all probabilities together; None without probabilities.
    intervals : dict of str to (float, float)
        Bounds of ``"uar"``, ``"accuracy"`` and ``"macro_f1"``, by bootstrap over speakers.
    by_class : pandas.DataFrame
        Precision, recall, F1 and support (number of clips) of each class.
    by_speaker : pandas.DataFrame
        UAR, accuracy and number of clips of each speaker.
    by_fold : pandas.DataFrame
        All scores and the number of clips of each seed and fold.
    by_condition : pandas.DataFrame or None
        ``uar``, ``changed`` (the share of labels that are another one than for the clean clip) and
        ``n_clips`` by condition, if clips were tested in noise, by telephone and so on.
    confusion : ndarray of shape (n_classes, n_classes)
        Clips; rows are the true classes. With several seeds, the mean over the seeds.

    Raises
    ------
    ValueError
        If there are no predictions, a column is missing, or shapes do not fit together.

    See Also
    --------
    evaluate_speaker_independent : Cross-validation by speaker.
    cross_corpus : Training on one corpus, test on another.

    Notes
    -----
    Each metric equals scikit-learn's on the same predictions, those of all seeds together. Numbers
    of clips do not grow with the seeds. UAR and macro F1 are means over the classes among the true
    labels. In a small fold, or for one speaker, these can be fewer than all classes.

    A predicted label that is none of `classes`, as "uncertain" of an `AbstainingClassifier`, is an
    error. `scores` then has the ``coverage`` too: the share of answers that are none of these.

    Reports are equal if everything but `timings` and the date is equal. Both differ between two
    runs with the same seed: timings are written only with ``timings=True``, and the date is that of
    the environment variable SOURCE_DATE_EPOCH (s since 1970), if it is set.

    Standard deviations over fits, `to_dict`'s ``std``, are those of a sample (``ddof=1``).

    Examples
    --------
    >>> import pandas as pd
    >>> from sersk import EvaluationReport
    >>> y_true = ["anger", "sad"] * 4
    >>> y_pred = ["anger", "sad"] * 3 + ["sad", "sad"]
    >>> report = EvaluationReport(
    ...     pd.DataFrame(
    ...         {
    ...             "seed": 0,
    ...             "fold": 1,
    ...             "clip": range(8),
    ...             "speaker": list("AABBCCDD"),
    ...             "y_true": y_true,
    ...             "y_pred": y_pred,
    ...         }
    ...     )
    ... )
    >>> report.uar
    0.875
    >>> report.confusion.tolist()
    [[3, 1], [0, 4]]
    """

    def __init__(
        self,
        predictions: pd.DataFrame,
        proba: NDArray[Any] | None = None,
        *,
        classes: Any = None,
        timings: pd.DataFrame | None = None,
        learning_curve: pd.DataFrame | None = None,
        leaks: Sequence[Leak] | None = None,
        notes: Sequence[str] = (),
        title: str = "Speaker-independent evaluation",
        n_resamples: int = 2000,
        confidence_level: float = 0.95,
        n_bins: int = 15,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        missing = [name for name in _COLUMNS if name not in predictions]
        if missing or len(predictions) == 0:
            raise ValueError(
                f"EvaluationReport: predictions has {len(predictions)} rows and lacks the columns "
                f"{missing}; it needs at least 1 row, and {', '.join(_COLUMNS)}."
            )
        self.predictions = predictions.reset_index(drop=True)
        both = np.concatenate([self.predictions["y_true"], self.predictions["y_pred"]])
        self.classes = np.unique(both) if classes is None else np.asarray(classes)
        if proba is not None and np.shape(proba) != (len(predictions), len(self.classes)):
            raise ValueError(
                f"EvaluationReport: proba has shape {np.shape(proba)}; it should be "
                f"{(len(predictions), len(self.classes))}, by predictions and classes."
            )
        self.proba = proba
        self.timings = timings
        self.learning_curve = learning_curve
        self.leaks = None if leaks is None else list(leaks)
        self.notes = list(notes)
        self.title = title
        self.n_resamples = n_resamples
        self.confidence_level = confidence_level
        self.n_bins = n_bins
        self.about = dict(about or {})

        scorer = Scorer(self.predictions, proba, self.classes, n_bins)
        self.scores: dict[str, float] = scorer.scores()
        self.uar: float = self.scores["uar"]
        self.accuracy: float = self.scores["accuracy"]
        self.macro_f1: float = self.scores["macro_f1"]
        self.log_loss: float | None = self.scores.get("log_loss")
        self.ece: float | None = self.scores.get("ece")
        self.confusion = scorer.confusion()
        self.intervals = scorer.intervals(n_resamples, confidence_level)
        self.by_class = scorer.by_class()
        self.by_speaker = scorer.by_speaker()
        self.by_fold = scorer.by_fold()
        self.by_condition = tabulate_predictions(self.predictions)

    def to_dict(self, *, timings: bool = False) -> dict[str, Any]:
        """Return the report as plain dicts, lists, numbers and strings.

        Parameters
        ----------
        timings : bool, default=False
            Whether to include the time of fits and predictions, which differs from run to run.

        Returns
        -------
        report : dict
            Undefined values are None.
        """
        return to_content(self, timings)

    def to_json(self, *, timings: bool = False) -> str:
        """Return the report as JSON.

        Parameters
        ----------
        timings : bool, default=False
            Whether to include the time of fits and predictions, which differs from run to run.

        Returns
        -------
        text : str
            One JSON object, indented.
        """
        return json.dumps(self.to_dict(timings=timings), indent=2, allow_nan=False, default=str)

    def to_text(self, *, timings: bool = False) -> str:
        """Return the report as text for a terminal.

        Parameters
        ----------
        timings : bool, default=False
            Whether to include the time of fits and predictions, which differs from run to run.

        Returns
        -------
        text : str
            Lines, without a line break at the end.
        """
        return to_text(self, timings)

    def to_markdown(self, *, timings: bool = False) -> str:
        """Return the report as Markdown.

        Parameters
        ----------
        timings : bool, default=False
            Whether to include the time of fits and predictions, which differs from run to run.

        Returns
        -------
        text : str
            Lines, with tables in GitHub's form.
        """
        return to_markdown(self, timings)

    def to_html(self, *, timings: bool = False) -> str:
        """Return the report as one HTML page with its figures.

        Parameters
        ----------
        timings : bool, default=False
            Whether to include the time of fits and predictions, which differs from run to run.

        Returns
        -------
        html : str
            A page that loads nothing from elsewhere.
        """
        return to_html(self, timings, page=True)

    def save(self, path: str | Path, *, timings: bool = False) -> Path:
        """Write the report to a file, in the format of its suffix.

        Parameters
        ----------
        path : str or pathlib.Path
            File to write, ending in .html, .txt, .md or .json.
        timings : bool, default=False
            Whether to include the time of fits and predictions, which differs from run to run.

        Returns
        -------
        path : pathlib.Path
            The file.

        Raises
        ------
        OSError
            If the file can't be written; no partial file is left.
        ValueError
            If the suffix is none of these.
        """
        path = Path(path)
        text = getattr(self, check_suffix(path))(timings=timings) + "\n"
        with replacing(path) as file:  # an older report stays if writing fails
            file.write(text.encode("utf-8"))
        return path

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return to_html(self, timings=False, page=False)

    def __repr__(self) -> str:
        low, high = self.intervals["uar"]
        return f"EvaluationReport(uar={self.uar:.3f} [{low:.3f}, {high:.3f}])"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EvaluationReport):
            return NotImplemented
        mine, others = self.to_dict(), other.to_dict()
        for content in (mine, others):
            content["about"].pop("date", None)
        return (
            mine == others
            and self.predictions.equals(other.predictions)
            and np.array_equal(
                np.asarray(self.proba, float), np.asarray(other.proba, float), equal_nan=True
            )
        )

    __hash__ = None  # type: ignore[assignment]

"""The attributes that displays read from results.

Results of any class with these attributes can be drawn, so displays import neither evaluation nor
inference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


class ScoredPredictions(Protocol):
    """Predictions and their scores, as an `EvaluationReport` holds them.

    Attributes
    ----------
    predictions : pandas.DataFrame
        One row for each prediction, with the columns ``clip``, ``speaker``, ``y_true`` and
        ``y_pred``.
    proba : ndarray of shape (n_predictions, n_classes) or None
        Probabilities, row by row as in `predictions`.
    classes : ndarray of shape (n_classes,)
        Labels, in the order of the columns of `proba` and of `confusion`.
    confusion : ndarray of shape (n_classes, n_classes)
        Counts; rows are the true classes.
    uar : float
        Unweighted average recall of all predictions.
    intervals : dict of str to (float, float)
        Bounds of ``"uar"`` over speakers.
    confidence_level : float
        Level of all intervals.
    n_bins : int
        Number of confidence bins of the calibration error.
    learning_curve : pandas.DataFrame or None
        As `LearningCurveDisplay` takes it.

    See Also
    --------
    sersk.EvaluationReport : Has these attributes.
    """

    predictions: pd.DataFrame
    proba: NDArray[Any] | None
    classes: NDArray[Any]
    confusion: NDArray[Any]
    uar: float
    intervals: dict[str, tuple[float, float]]
    confidence_level: float
    n_bins: int
    learning_curve: pd.DataFrame | None


class EmotionOverTime(Protocol):
    """Probabilities window by window, and the envelope of the waveform, as a `Timeline` holds them.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, in the order of the columns of `probabilities`.
    probabilities : ndarray of shape (n_windows, n_classes)
        Probability of each class in each window; NaN in windows without speech.
    speech : ndarray of bool of shape (n_windows,)
        Whether a window has speech.
    stretches : ndarray of shape (n_stretches, 2)
        Begin and end (s) of each stretch of speech, in order.
    duration : float
        Length of the recording (s).
    window : float
        Length of the windows (s).
    hop : float
        Time from the beginning of one window to that of the next (s).
    envelope_times : ndarray of shape (n_bins,)
        Centres of the bins of `envelope` (s).
    envelope : ndarray of shape (n_bins, 2)
        Smallest and largest sample of each bin.
    name : str
        Path of the recording; empty where it has none.
    threshold : float
        Least probability of the best class that is answered; 0 if all are.
    uncertain : object
        The label below it.

    See Also
    --------
    sersk.Timeline : Has these attributes.
    """

    # Properties, as a timeline is frozen.
    @property
    def classes(self) -> NDArray[Any]: ...
    @property
    def probabilities(self) -> NDArray[np.float32]: ...
    @property
    def speech(self) -> NDArray[np.bool_]: ...
    @property
    def stretches(self) -> NDArray[np.float64]: ...
    @property
    def duration(self) -> float: ...
    @property
    def window(self) -> float: ...
    @property
    def hop(self) -> float: ...
    @property
    def envelope_times(self) -> NDArray[np.float64]: ...
    @property
    def envelope(self) -> NDArray[np.float32]: ...
    @property
    def name(self) -> str: ...
    @property
    def threshold(self) -> float: ...
    @property
    def uncertain(self) -> Any: ...

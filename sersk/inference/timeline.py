"""The result of `predict_timeline`: probabilities window by window, and stretches of speech."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sersk._utils.deciding import decide

if TYPE_CHECKING:
    import pandas as pd

    from sersk.plotting import TimelineDisplay


@dataclass(frozen=True, repr=False, eq=False)
class Timeline:
    """Emotion over time in one recording.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The model's labels, in the order of the columns of `probabilities`.
    start : ndarray of float64 of shape (n_windows,)
        Begin of each window (s).
    end : ndarray of float64 of shape (n_windows,)
        End of each window (s); the last window ends with the recording.
    probabilities : ndarray of float32 of shape (n_windows, n_classes)
        Probability of each class in each window; NaN in windows without speech.
    speech : ndarray of bool of shape (n_windows,)
        Whether the window has speech.
    stretches : ndarray of float64 of shape (n_stretches, 2)
        Begin and end (s) of each stretch of speech, in order. The whole recording, if no speech
        detector was used.
    duration : float
        Length of the recording (s).
    window : float
        Length of the windows (s).
    hop : float
        Time from the beginning of one window to that of the next (s).
    sample_rate : int
        Sample rate of the model (Hz), to which the recording was resampled.
    envelope_times : ndarray of float64 of shape (n_bins,)
        Centres of the bins of `envelope` (s).
    envelope : ndarray of float32 of shape (n_bins, 2)
        Smallest and largest sample in each of at most 4,000 equal parts of the recording.
    name : str, default=""
        Path of the recording, if it is a file.
    threshold : float, default=0.0
        Least probability of the best class that the model answers, of an `AbstainingClassifier`; 0
        of a model that answers all.
    uncertain : object, default="uncertain"
        Its label for windows below.
    labels : ndarray of object of shape (n_windows,)
        The most probable class of each window, or that it is uncertain; None in windows without
        speech.

    See Also
    --------
    predict_timeline : Returns a timeline.
    TimelineDisplay : Draws a timeline.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import Timeline
    >>> timeline = Timeline(
    ...     classes=np.array(["anger", "sad"]),
    ...     start=np.array([0.0, 1.0, 2.0]),
    ...     end=np.array([2.0, 3.0, 4.0]),
    ...     probabilities=np.array([[0.9, 0.1], [np.nan, np.nan], [0.2, 0.8]]),
    ...     speech=np.array([True, False, True]),
    ...     stretches=np.array([[0.0, 0.9], [3.1, 4.0]]),
    ...     duration=4.0, window=2.0, hop=1.0, sample_rate=22050,
    ...     envelope_times=np.array([1.0, 3.0]), envelope=np.array([[-0.1, 0.1], [-0.2, 0.2]]),
    ... )
    >>> timeline
    Timeline of 4.0 s: 3 windows of 2 s every 1 s, 1 without speech
      anger      1 window
      sad        1 window
    >>> timeline.labels
    array(['anger', None, 'sad'], dtype=object)
    >>> timeline.to_frame()
       start  end  speech  label  anger  sad
    0    0.0  2.0    True  anger    0.9  0.1
    1    1.0  3.0   False   None    NaN  NaN
    2    2.0  4.0    True    sad    0.2  0.8
    """

    classes: NDArray[Any]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    speech: NDArray[np.bool_]
    stretches: NDArray[np.float64]
    duration: float
    window: float
    hop: float
    sample_rate: int
    envelope_times: NDArray[np.float64]
    envelope: NDArray[np.float32]
    name: str = ""
    threshold: float = 0.0
    uncertain: Any = "uncertain"
    labels: NDArray[np.object_] = field(init=False)

    def __post_init__(self) -> None:
        labels = np.full(len(self.start), None, dtype=object)
        known = self.speech
        if known.any():
            labels[known] = decide(
                self.probabilities[known], self.classes, self.threshold, self.uncertain
            )
        object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return len(self.start)

    def __repr__(self) -> str:
        n_silent = int(np.count_nonzero(~self.speech))
        name = f" {str(self.name)!r}" if self.name else ""
        lines = [
            f"Timeline{name} of {self.duration:.1f} s: {_count(len(self))} of {self.window:.3g} s "
            f"every {self.hop:.3g} s, {n_silent} without speech"
        ]
        names = [*self.classes, *([self.uncertain] if self.threshold else [])]
        shares = [(int(np.sum(self.labels == label)), str(label)) for label in names]
        width = max(len(label) for _, label in shares)
        shares.sort(key=lambda share: (-share[0], share[1]))
        lines += [f"  {label:{width}s} {_count(n):>13s}" for n, label in shares if n]
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """Return the windows as a table.

        Returns
        -------
        frame : pandas.DataFrame of shape (n_windows, 4 + n_classes)
            Columns ``start`` and ``end`` (s), ``speech``, ``label``, and the probability of each
            class under its name. Label and probabilities are missing in windows without speech.
        """
        import pandas as pd

        columns = {
            "start": self.start,
            "end": self.end,
            "speech": self.speech,
            "label": pd.Series(self.labels, dtype=object),
        }
        probabilities = dict(zip(map(str, self.classes), self.probabilities.T, strict=True))
        return pd.DataFrame(columns | probabilities)

    def plot(self, **options: Any) -> TimelineDisplay:
        """Draw the probabilities above the waveform.

        Parameters
        ----------
        **options : dict
            Parameters of `TimelineDisplay.plot`, such as ``ax``.

        Returns
        -------
        display : TimelineDisplay
            The display, drawn; its figure is ``display.figure_``.
        """
        from sersk.plotting import TimelineDisplay

        return TimelineDisplay.from_timeline(self, **options)


def _count(n_windows: int) -> str:
    return "1 window" if n_windows == 1 else f"{n_windows} windows"

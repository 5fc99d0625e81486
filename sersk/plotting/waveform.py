"""The waveform of a clip over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sersk.plotting._clips import check_rate, read_clip
from sersk.plotting.style import BLUE, ENVELOPE, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of longer clips, only the lowest and highest sample of each stretch are drawn: a figure is some
# hundred pixels wide, and an hour of sound has 79 million samples.
_MOST_POINTS = 4000


class WaveformDisplay:
    """Waveform of a clip: samples over time (s).

    Parameters
    ----------
    waveform : ndarray of shape (n_samples,)
        Samples, full scale is [-1, 1].
    sample_rate : float
        Sample rate (Hz).
    name : str or None, default=None
        Title of the figure.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    artist_ : matplotlib.lines.Line2D or matplotlib.collections.PolyCollection
        The line. For more than 4,000 samples, the band between the lowest and the highest sample
        of each stretch, which keeps every peak.

    See Also
    --------
    FeaturesDisplay : Features of the clip.

    Examples
    --------
    >>> from sersk import WaveformDisplay, make_emotional_speech
    >>> corpus = make_emotional_speech(n_speakers=1, n_repetitions=1)
    >>> display = WaveformDisplay.from_clip(corpus.data[0], name=corpus.target[0])
    >>> display.plot().ax_.get_xlabel()
    'time (s)'
    """

    ax_: Axes
    figure_: Any
    artist_: Any

    def __init__(
        self, waveform: NDArray[Any], sample_rate: float, *, name: str | None = None
    ) -> None:
        self.waveform = waveform
        self.sample_rate = sample_rate
        self.name = name

    @classmethod
    def from_clip(
        cls,
        clip: Any,
        *,
        sample_rate: float = 22050,
        name: str | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw a waveform or a file.

        Parameters
        ----------
        clip : str, path-like or array-like of shape (n_samples,)
            File, or waveform.
        sample_rate : float, default=22050
            Sample rate of the waveform (Hz); a file is resampled to it.
        name : str or None, default=None
            Title of the figure.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        display : WaveformDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the file can't be read, the waveform is not finite or not 1-D, or `sample_rate` is
            not positive.
        """
        waveform = read_clip(clip, sample_rate, cls.__name__)
        return cls(waveform, float(sample_rate), name=name).plot(ax)

    def plot(self, ax: Axes | None = None, *, color: str = BLUE) -> Self:
        """Draw the waveform.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        color : str, default="#0072B2"
            Colour of the line.

        Returns
        -------
        self : WaveformDisplay
            The display, with `ax_`, `figure_` and `artist_`.

        Raises
        ------
        ValueError
            If `waveform` is not finite or not 1-D, or `sample_rate` is not positive.
        TypeError
            If `ax` is not matplotlib axes.
        """
        rate = check_rate(self.sample_rate, type(self).__name__)
        waveform = read_clip(self.waveform, rate, type(self).__name__)
        ax = axes_or_new(ax, type(self).__name__, figsize=(6.4, 2.4))
        duration = len(waveform) / rate
        if len(waveform) <= _MOST_POINTS:
            times = np.arange(len(waveform)) / rate
            (self.artist_,) = ax.plot(times, waveform, color=color, linewidth=0.8)
        else:
            times, low, high = _envelope(waveform, rate)
            self.artist_ = ax.fill_between(times, low, high, color=color, **ENVELOPE)
        # symmetric around 0; at least 0.01, so that noise does not look loud
        top = max(1.05 * float(np.abs(waveform).max()), 0.01)
        ax.set(xlim=(0, duration), ylim=(-top, top), xlabel="time (s)")
        ax.set_ylabel("amplitude (full scale: 1)")
        if self.name is not None:
            ax.set_title(self.name)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _envelope(
    waveform: NDArray[np.float32], rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]:
    """Return times, lowest and highest samples of stretches of equal length."""
    starts = np.linspace(0, len(waveform), _MOST_POINTS // 2, endpoint=False).astype(np.intp)
    low = np.minimum.reduceat(waveform, starts)
    high = np.maximum.reduceat(waveform, starts)
    return starts / rate, low, high

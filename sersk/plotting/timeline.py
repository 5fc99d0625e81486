"""Emotion over time in a recording: probabilities above the waveform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sersk.plotting.protocols import EmotionOverTime
from sersk.plotting.style import EDGE, ENVELOPE, NO_SPEECH, UNCERTAIN, emotion_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class TimelineDisplay:
    r"""Probabilities of emotions over time, above the waveform.

    Parameters
    ----------
    timeline : Timeline or EmotionOverTime
        Result of `predict_timeline`.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the probabilities. Their `patches` begin with an area for each class, in order.
    waveform_ax_ : matplotlib.axes.Axes
        Axes of the waveform.
    figure_ : matplotlib.figure.Figure
        Their figure.

    See Also
    --------
    predict_timeline : Makes the timeline.
    Timeline.plot : Draws a timeline by this display.

    Notes
    -----
    The probabilities of a window are stacked in a column at its centre, as wide as the hop. Where
    an `AbstainingClassifier` does not answer, the column is pale and cross-hatched. A
    window without speech has no column, and stretches without speech are hatched. The first and
    the last half window are dotted: a window around such a time would reach beyond the recording,
    so there is no column, or one of a shorter window. Each emotion has one colour in all figures
    (see `sersk.plotting.style`); the legend lists the emotions in the order of the columns.

    matplotlib is imported by the first plot.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import Timeline, TimelineDisplay
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
    >>> display = TimelineDisplay.from_timeline(timeline)
    >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
    ['no full window:\nless than 1 s from an end', 'no speech', 'sad', 'anger']
    """

    def __init__(self, timeline: EmotionOverTime) -> None:
        self.timeline = timeline

    @classmethod
    def from_timeline(
        cls,
        timeline: EmotionOverTime,
        *,
        ax: Axes | Sequence[Axes] | None = None,
        title: str | None = None,
    ) -> TimelineDisplay:
        """Draw a timeline.

        Parameters
        ----------
        timeline : Timeline or EmotionOverTime
            Result of `predict_timeline`.
        ax : matplotlib.axes.Axes, sequence of two or None, default=None
            Axes to draw on, as in `plot`.
        title : str or None, default=None
            Title, as in `plot`.

        Returns
        -------
        display : TimelineDisplay
            The display, drawn.
        """
        return cls(timeline).plot(ax=ax, title=title)

    def plot(
        self, ax: Axes | Sequence[Axes] | None = None, *, title: str | None = None
    ) -> TimelineDisplay:
        """Draw probabilities and waveform.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, sequence of two or None, default=None
            Axes to draw on. The lower part of a single one is used for the waveform; of two, the
            second is used for the waveform. None makes a figure.
        title : str or None, default=None
            Title; None takes the name of the file, if there is one.

        Returns
        -------
        display : TimelineDisplay
            The display, with `ax_`, `waveform_ax_` and `figure_`.
        """
        upper, lower, legend = _axes(ax)
        self.ax_, self.waveform_ax_, self.figure_ = upper, lower, upper.get_figure()
        self._plot_probabilities(upper)
        self._plot_waveform(lower)
        self._hatch(upper, lower)
        self._mark_ends(upper, lower)
        handles, labels = upper.get_legend_handles_labels()
        place: dict[str, Any] = {"loc": "upper left", "frameon": False, "borderaxespad": 0}
        if legend is upper:
            place["bbox_to_anchor"] = (1.01, 1.0)
        # from top to bottom as in the columns
        legend.legend(handles[::-1], labels[::-1], handlelength=1.2, **place)
        name = self.timeline.name.replace("\\", "/").rpartition("/")[2]
        if text := name if title is None else title:
            upper.set_title(text.replace("$", r"\$"), loc="left")
        return self

    def _plot_probabilities(self, ax: Axes) -> None:
        timeline = self.timeline
        first = timeline.window / 2 - timeline.hop / 2
        edges = first + timeline.hop * np.arange(len(timeline.speech) + 1)
        if len(timeline.speech) == 1 and timeline.duration <= timeline.window:
            edges = np.array([0.0, timeline.duration])  # the window is the whole recording
        tops = np.cumsum(timeline.probabilities, axis=1)
        bottom = np.where(timeline.speech, 0.0, np.nan)
        for i, (label, color) in enumerate(emotion_colors(timeline.classes.tolist()).items()):
            ax.stairs(
                tops[:, i], edges, baseline=bottom, fill=True, color=color, label=str(label),
                linewidth=0, zorder=2,
            )  # fmt: skip
            bottom = tops[:, i]
        unsure = timeline.speech & ~(timeline.probabilities.max(axis=1) >= timeline.threshold)
        if unsure.any():
            ax.stairs(
                np.where(unsure, 1.0, np.nan), edges, baseline=np.where(unsure, 0.0, np.nan),
                fill=True, label=f"{timeline.uncertain}:\nbelow {timeline.threshold:.2f}", zorder=3,
                **UNCERTAIN,
            )  # fmt: skip
        ax.set(ylim=(0, 1), ylabel="probability")
        ax.tick_params(labelbottom=False)

    def _plot_waveform(self, ax: Axes) -> None:
        timeline = self.timeline
        low, high = timeline.envelope.T
        ax.fill_between(timeline.envelope_times, low, high, color="0.33", **ENVELOPE)
        peak = max(float(np.abs(timeline.envelope).max(initial=0)), 1e-6)
        ax.set(
            xlim=(0, timeline.duration),
            ylim=(-1.1 * peak, 1.1 * peak),
            ylabel="amplitude\n(1: full scale)",
        )
        ax.locator_params(axis="y", nbins=3)
        if timeline.duration > 180:
            ax.xaxis.set_major_formatter(lambda time, _: _as_clock(time))
            ax.set_xlabel("time (min:s)" if timeline.duration < 3600 else "time (h:min:s)")
            ax.locator_params(axis="x", nbins=8, steps=[1, 1.2, 1.5, 2, 3, 6, 10])
        else:
            ax.set_xlabel("time (s)")

    def _hatch(self, *axes: Axes) -> None:
        """Hatch the stretches without speech."""
        timeline = self.timeline
        edges = np.concatenate([[0.0], timeline.stretches.ravel(), [timeline.duration]])
        label = "no speech"
        for begin, end in edges.reshape(-1, 2):
            if end - begin <= 0:
                continue
            for ax in axes:
                ax.axvspan(begin, end, **NO_SPEECH, zorder=0, label=label)
                label = ""

    def _mark_ends(self, *axes: Axes) -> None:
        """Mark where a window would reach beyond the recording."""
        duration, half = self.timeline.duration, self.timeline.window / 2
        first, last = min(half, duration), max(duration - half, 0.0)
        ends = [(0.0, first), (last, duration)] if first < last else [(0.0, duration)]
        label = f"no full window:\nless than {half:.3g} s from an end"
        if duration < self.timeline.window:
            label = f"shorter than\na window of {self.timeline.window:.3g} s"
        for begin, end in ends:
            for ax in axes:
                ax.axvspan(begin, end, **EDGE, zorder=0.5, label=label)
                label = ""


def _axes(ax: Any) -> tuple[Axes, Axes, Axes]:
    """Return the axes of the probabilities, of the waveform, and of the legend."""
    if ax is None:
        from matplotlib import pyplot as plt

        _, (upper, lower) = plt.subplots(
            2, sharex=True, figsize=(8, 4.5), height_ratios=(2.4, 1), layout="constrained"
        )
        return upper, lower, upper
    if hasattr(ax, "plot"):
        from mpl_toolkits.axes_grid1 import make_axes_locatable

        divider = make_axes_locatable(ax)
        lower = divider.append_axes("bottom", "40%", pad=0.1, sharex=ax)
        legend = divider.append_axes("right", "28%", pad=0.1)
        legend.set_axis_off()
        return ax, lower, legend
    upper, lower = ax
    if not upper.get_shared_x_axes().joined(upper, lower):
        upper.sharex(lower)
    return upper, lower, upper


def _as_clock(time: float) -> str:
    minutes, seconds = divmod(round(time), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

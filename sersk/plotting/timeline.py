"""A timeline as a picture: probabilities over time above the waveform."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sersk.inference.predicting import predict_timeline
from sersk.inference.timeline import Timeline
from sersk.plotting.colors import emotion_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class TimelineDisplay:
    """Draw emotion over time, above the waveform.

    Make one with `from_estimator` or `from_timeline`; the parameters are kept as attributes.

    Parameters
    ----------
    timeline : Timeline
        What to draw.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        With the probabilities; its `patches` begin with an area for each class, in order.
    waveform_ax_ : matplotlib.axes.Axes
        With the waveform.
    figure_ : matplotlib.figure.Figure
        With both.

    See Also
    --------
    predict_timeline : Makes the timeline.

    Notes
    -----
    The probabilities of a window are stacked in a column at its middle, as wide as the hop: the
    higher a colour's part, the more probable the class. Where nobody speaks both parts are
    hatched; a window without speech has no column. Colours are those of Paul Tol for readers with
    any sight of colours, and stand in the legend in the order of the columns.

    matplotlib is imported by the first plot.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import TimelineDisplay, make_emotional_speech, make_ser_pipeline
    >>> corpus = make_emotional_speech(1, 2, duration=1.0, sample_rate=16_000, random_state=0)
    >>> model = make_ser_pipeline(
    ...     sample_rate=16_000, duration=1.0, epochs=1, augmentation=False, model__filters=(4,),
    ...     model__dense_units=(), random_state=0,
    ... ).fit(corpus.data, corpus.target)
    >>> display = TimelineDisplay.from_estimator(model, np.concatenate(corpus.data[:3]))
    >>> display.ax_.get_ylabel()
    'probability'
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        audio: Any,
        *,
        ax: "Axes | Sequence[Axes] | None" = None,
        title: str | None = None,
        **options: Any,
    ) -> "TimelineDisplay":
        """Predict a recording and draw it.

        Parameters
        ----------
        estimator : Pipeline
            A fitted pipeline, as `predict_timeline` takes it.
        audio : path, array-like of shape (n_samples,) or iterable of such arrays
            The recording.
        ax : matplotlib.axes.Axes, sequence of two or None, default=None
            Where to draw, as in `plot`.
        title : str or None, default=None
            Title, as in `plot`.
        **options : dict
            Of `predict_timeline`, such as ``window`` and ``hop``.

        Returns
        -------
        display : TimelineDisplay
            With the picture drawn.
        """
        timeline = predict_timeline(estimator, audio, **options)
        return cls.from_timeline(timeline, ax=ax, title=title)

    @classmethod
    def from_timeline(
        cls,
        timeline: Timeline,
        *,
        ax: "Axes | Sequence[Axes] | None" = None,
        title: str | None = None,
    ) -> "TimelineDisplay":
        """Draw a timeline.

        Parameters
        ----------
        timeline : Timeline
            As `predict_timeline` gives it.
        ax : matplotlib.axes.Axes, sequence of two or None, default=None
            Where to draw, as in `plot`.
        title : str or None, default=None
            Title, as in `plot`.

        Returns
        -------
        display : TimelineDisplay
            With the picture drawn.
        """
        return cls(timeline).plot(ax=ax, title=title)

    def plot(
        self, ax: "Axes | Sequence[Axes] | None" = None, *, title: str | None = None
    ) -> "TimelineDisplay":
        """Draw.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, sequence of two or None, default=None
            Where to draw. Of one, the lower part is given to the waveform; of two, the second is
            for the waveform. None makes a figure.
        title : str or None, default=None
            Title above; None writes the name of the file, where there is one.

        Returns
        -------
        display : TimelineDisplay
            The display itself.
        """
        upper, lower, legend = _axes(ax)
        self.ax_, self.waveform_ax_, self.figure_ = upper, lower, upper.get_figure()
        self._plot_probabilities(upper)
        self._plot_waveform(lower)
        self._hatch(upper, lower)
        handles, labels = upper.get_legend_handles_labels()
        place: dict[str, Any] = {"loc": "upper left", "frameon": False, "borderaxespad": 0}
        if legend is upper:
            place["bbox_to_anchor"] = (1.01, 1.0)
        # Top to bottom as in the columns.
        legend.legend(handles[::-1], labels[::-1], handlelength=1.2, **place)
        name = self.timeline.name.replace("\\", "/").rpartition("/")[2]
        if text := name if title is None else title:
            upper.set_title(text.replace("$", r"\$"), loc="left")
        return self

    def _plot_probabilities(self, ax: "Axes") -> None:
        timeline = self.timeline
        first = timeline.window / 2 - timeline.hop / 2
        edges = first + timeline.hop * np.arange(len(timeline) + 1)
        tops = np.cumsum(timeline.probabilities, axis=1)
        bottom = np.where(timeline.speech, 0.0, np.nan)
        for i, (label, color) in enumerate(emotion_colors(timeline.classes.tolist()).items()):
            ax.stairs(
                tops[:, i], edges, baseline=bottom, fill=True, color=color, label=str(label),
                linewidth=0, zorder=2,
            )  # fmt: skip
            bottom = tops[:, i]
        ax.set(ylim=(0, 1), ylabel="probability")
        ax.tick_params(labelbottom=False)

    def _plot_waveform(self, ax: "Axes") -> None:
        timeline = self.timeline
        low, high = timeline.envelope.T
        ax.fill_between(timeline.envelope_times, low, high, color="#555555", linewidth=0.4)
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

    def _hatch(self, *axes: "Axes") -> None:
        """Mark where nobody speaks."""
        timeline = self.timeline
        edges = np.concatenate([[0.0], timeline.stretches.ravel(), [timeline.duration]])
        label = "no speech"
        for begin, end in edges.reshape(-1, 2):
            if end - begin <= 0:
                continue
            for ax in axes:
                ax.axvspan(
                    begin, end, facecolor="#f2f2f2", edgecolor="#b5b5b5", hatch="///", linewidth=0,
                    zorder=0, label=label,
                )  # fmt: skip
                label = ""


def _axes(ax: Any) -> tuple["Axes", "Axes", "Axes"]:
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

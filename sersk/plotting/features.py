"""Features of a clip: bands over time, with frequencies, names and units.

The labels of rows and values are made in `_labels`, the features in `_transforming`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sersk.plotting._colors import colors_of
from sersk.plotting._labels import Labels, labels_of
from sersk.plotting._transforming import features_of, prepare
from sersk.plotting.style import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class FeaturesDisplay:
    """Features of a clip, such as a spectrogram: bands over time (s).

    Parameters
    ----------
    features : ndarray of shape (n_bands, n_frames)
        Features of one clip.
    frame_times : ndarray of shape (n_frames,) or None, default=None
        Time of each frame's centre (s); None counts frames.
    row_ticks : sequence of (float, str) or None, default=None
        Positions and names of rows; None numbers the rows.
    row_label : str, default="row (number)"
        Label of the rows, with the unit.
    value_label : str, default="value"
        Label of the colour bar, with the unit.
    signed : bool or None, default=None
        Whether 0 is the middle of the values, such as of normalised features: then colours diverge
        from 0 and are limited symmetrically. None takes it from the values: whether there are
        negative and positive ones.
    separators : sequence of float, default=()
        Positions of the lines between the features of a stack.
    name : str or None, default=None
        Title of the figure.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    im_ : matplotlib.image.AxesImage
        The image.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        Its colour bar.

    See Also
    --------
    WaveformDisplay : The waveform.
    ViewsDisplay : The views of a clip that an augmenter makes, side by side.

    Examples
    --------
    >>> from sersk import FeaturesDisplay, MelSpectrogramTransformer, make_emotional_speech
    >>> clip = make_emotional_speech(n_speakers=1, n_repetitions=1).data[0]
    >>> display = FeaturesDisplay.from_estimator(MelSpectrogramTransformer(n_mels=64), clip)
    >>> display.features.shape
    (64, 87)
    >>> display.ax_.get_ylabel()
    'frequency (Hz, mel scale)'

    A mel spectrogram in decibels, as most papers show it:

    >>> mel = MelSpectrogramTransformer(normalization=None)
    >>> FeaturesDisplay.from_estimator(mel, clip).value_label
    'level (dB relative to the maximum)'
    """

    ax_: Axes
    figure_: Any
    im_: Any
    colorbar_: Any

    def __init__(
        self,
        features: NDArray[Any],
        *,
        frame_times: NDArray[Any] | None = None,
        row_ticks: Any = None,
        row_label: str = "row (number)",
        value_label: str = "value",
        signed: bool | None = None,
        separators: Any = (),
        name: str | None = None,
    ) -> None:
        self.features = features
        self.frame_times = frame_times
        self.row_ticks = row_ticks
        self.row_label = row_label
        self.value_label = value_label
        self.signed = signed
        self.separators = separators
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        clip: Any,
        *,
        sample_rate: float = 22050,
        name: str | None = None,
        ax: Axes | None = None,
        colorbar: bool = True,
    ) -> Self:
        """Draw the features that a transformer, a front end or a pipeline computes of a clip.

        Parameters
        ----------
        estimator : estimator
            A feature transformer, such as `MelSpectrogramTransformer`; a `FrontEnd`; or a
            pipeline that begins with one, as those of `make_ser_pipeline`. It is not
            changed and need not be fitted. No views are made, as in prediction.
        clip : str, path-like or array-like of shape (n_samples,)
            File, or waveform.
        sample_rate : float, default=22050
            Sample rate of the waveform (Hz), if the estimator has no `sample_rate`.
        name : str or None, default=None
            Title of the figure.
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        display : FeaturesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the estimator makes no features of shape ``(n_bands, n_frames)`` of a clip, or the
            clip can't be read.
        """
        step, waveforms, sample_rate = prepare(estimator, clip, sample_rate, cls.__name__)
        features = features_of(step, waveforms, cls.__name__)
        display = cls.from_features(features[0], step, sample_rate=sample_rate, name=name)
        return display.plot(ax, colorbar=colorbar)

    @classmethod
    def from_features(
        cls,
        features: NDArray[Any],
        estimator: BaseEstimator,
        *,
        sample_rate: float = 22050,
        name: str | None = None,
    ) -> Self:
        """Make a display of computed features, without drawing it.

        Parameters
        ----------
        features : ndarray of shape (n_bands, n_frames)
            Features of one clip.
        estimator : estimator
            The fitted transformer that computed them; it labels rows, frames and values.
        sample_rate : float, default=22050
            Sample rate (Hz), if the transformer has no `sample_rate`.
        name : str or None, default=None
            Title of the figure.

        Returns
        -------
        display : FeaturesDisplay
            The display.
        """
        labels: Labels = labels_of(estimator, np.shape(features), sample_rate)
        return cls(features, name=name, **labels._asdict())

    def plot(
        self,
        ax: Axes | None = None,
        *,
        cmap: str | None = None,
        colorbar: bool = True,
        **im_kw: Any,
    ) -> Self:
        """Draw the features.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Axes to draw on; None makes a figure.
        cmap : str or None, default=None
            Colour map. None takes "RdBu_r" for signed features and "magma" for all others, which
            also prints in grey; both are safe for colour-blind readers.
        colorbar : bool, default=True
            Whether to draw a colour bar.
        **im_kw : dict
            Further arguments of `matplotlib.axes.Axes.imshow`, such as ``vmin`` and ``vmax``.

        Returns
        -------
        self : FeaturesDisplay
            The display, with `ax_`, `figure_`, `im_` and `colorbar_`.

        Raises
        ------
        ValueError
            If the features have another shape, or do not fit `frame_times`.
        TypeError
            If `ax` is not matplotlib axes.
        """
        from matplotlib.patheffects import withStroke

        features = np.asarray(self.features)
        if features.ndim != 2 or features.size == 0:
            raise ValueError(
                f"FeaturesDisplay: features has shape {features.shape}; those of one clip have "
                "shape (n_bands, n_frames). Of several clips or views, pass one: features[0]."
            )
        n_bands, n_frames = features.shape
        if self.frame_times is not None and len(self.frame_times) != n_frames:
            raise ValueError(
                f"FeaturesDisplay: {len(self.frame_times)} frame_times for {n_frames} frames; one "
                "time a frame is expected."
            )
        ax = axes_or_new(ax, "FeaturesDisplay", figsize=(6.4, 3.6))
        times = np.arange(n_frames) if self.frame_times is None else np.asarray(self.frame_times)
        # frames are centred at their times, bands at their numbers
        half = (times[1] - times[0]) / 2 if n_frames > 1 else 0.5
        extent = (times[0] - half, times[-1] + half, -0.5, n_bands - 0.5)
        options = {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "none"}
        self.im_ = ax.imshow(features, **colors_of(features, self.signed, cmap) | options | im_kw)
        if self.row_ticks is not None:
            ax.set_yticks([row for row, _ in self.row_ticks], [text for _, text in self.row_ticks])
        for row in self.separators:
            # with a margin, so that it shows on light and on dark colours
            margin = [withStroke(linewidth=2.4, foreground="white")]
            ax.axhline(row, color="black", linewidth=0.8, path_effects=margin)
        ax.set_ylabel(self.row_label)
        ax.set_xlabel("frame (number)" if self.frame_times is None else "time (s)")
        if self.name is not None:
            ax.set_title(self.name)
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = ax.figure.colorbar(self.im_, ax=ax, label=self.value_label)
        self.ax_, self.figure_ = ax, ax.figure
        return self

"""What a network sees of a clip: bands over time, with frequencies, names and units.

How rows and values are labelled by the transformer that made them is in `_labels`.
"""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sersk.plotting._clips import read_clip
from sersk.plotting._labels import Labels, labels_of
from sersk.plotting.style import LEVELS, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class FeaturesDisplay:
    """Features of a clip as a picture: bands over time in seconds.

    Parameters
    ----------
    features : ndarray of shape (n_bands, n_frames)
        What a feature transformer gives for one clip.
    frame_times : ndarray of shape (n_frames,) or None, default=None
        Time of each frame's centre (s); None counts frames.
    row_ticks : sequence of (float, str) or None, default=None
        Rows to name, and their names; None numbers them.
    row_label : str, default="row"
        What the rows are.
    value_label : str, default="value"
        What the colours are.
    separators : sequence of float, default=()
        Rows between which a line parts one feature of a stack from the next.
    name : str or None, default=None
        Title of the picture.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    im_ : matplotlib.image.AxesImage
        The picture.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        Its colour bar.

    See Also
    --------
    WaveformDisplay : The sound itself.
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
    """

    ax_: "Axes"
    figure_: Any
    im_: Any
    colorbar_: Any

    def __init__(
        self,
        features: NDArray[Any],
        *,
        frame_times: NDArray[Any] | None = None,
        row_ticks: Any = None,
        row_label: str = "row",
        value_label: str = "value",
        separators: Any = (),
        name: str | None = None,
    ) -> None:
        self.features = features
        self.frame_times = frame_times
        self.row_ticks = row_ticks
        self.row_label = row_label
        self.value_label = value_label
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
        ax: "Axes | None" = None,
        colorbar: bool = True,
    ) -> Self:
        """Draw what a feature transformer, a front end or a pipeline makes of a clip.

        Parameters
        ----------
        estimator : estimator
            A feature transformer, such as `MelSpectrogramTransformer`; a `FrontEnd`; or a
            pipeline that begins with one, as those of `make_ser_pipeline`. It is left as it is
            and need not be fitted. No views are made: the clip is drawn as it is predicted.
        clip : str, path-like or array-like of shape (n_samples,)
            File, or waveform.
        sample_rate : float, default=22050
            Samples a second (Hz) of the waveform, where the estimator has no `sample_rate` of
            its own.
        name : str or None, default=None
            Title of the picture.
        ax : matplotlib.axes.Axes or None, default=None
            Where to draw; None makes a figure.
        colorbar : bool, default=True
            Whether to tell by a colour bar which colour is which value.

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
        features = picture_of(step, waveforms, cls.__name__)
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
        """Make a display of features that are there already; it is not drawn.

        Parameters
        ----------
        features : ndarray of shape (n_bands, n_frames)
            What the transformer gave for one clip.
        estimator : estimator
            The transformer, fitted, which says what rows, frames and values are.
        sample_rate : float, default=22050
            Samples a second (Hz), where the transformer has no `sample_rate` of its own.
        name : str or None, default=None
            Title of the picture.

        Returns
        -------
        display : FeaturesDisplay
            The display.
        """
        labels: Labels = labels_of(estimator, np.shape(features), sample_rate)
        return cls(features, name=name, **labels._asdict())

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        cmap: str = LEVELS,
        colorbar: bool = True,
        **im_kw: Any,
    ) -> Self:
        """Draw the features.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or None, default=None
            Where to draw; None makes a figure.
        cmap : str, default="magma"
            Colours; the default is told apart by everybody, and in grey.
        colorbar : bool, default=True
            Whether to tell by a colour bar which colour is which value.
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
            If `ax` is no axes.
        """
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
        # Frames stand around their times, bands around their numbers.
        half = (times[1] - times[0]) / 2 if n_frames > 1 else 0.5
        extent = (times[0] - half, times[-1] + half, -0.5, n_bands - 0.5)
        options = {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "none"}
        self.im_ = ax.imshow(features, **{"cmap": cmap} | options | im_kw)
        if self.row_ticks is not None:
            ax.set_yticks([row for row, _ in self.row_ticks], [text for _, text in self.row_ticks])
        for row in self.separators:
            ax.axhline(row, color="white", linewidth=1.2)
        ax.set_ylabel(self.row_label)
        ax.set_xlabel("frame" if self.frame_times is None else "time (s)")
        if self.name is not None:
            ax.set_title(self.name)
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = ax.figure.colorbar(self.im_, ax=ax, label=self.value_label)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def plot_features(
    estimator: BaseEstimator,
    clip: Any,
    *,
    sample_rate: float = 22050,
    name: str | None = None,
    ax: "Axes | None" = None,
    colorbar: bool = True,
) -> "Axes":
    """Draw what a feature transformer, a front end or a pipeline makes of a clip.

    Parameters
    ----------
    estimator : estimator
        As for `FeaturesDisplay.from_estimator`.
    clip : str, path-like or array-like of shape (n_samples,)
        File, or waveform.
    sample_rate : float, default=22050
        Samples a second (Hz) of the waveform, where the estimator has no `sample_rate`.
    name : str or None, default=None
        Title of the picture.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; None makes a figure.
    colorbar : bool, default=True
        Whether to tell by a colour bar which colour is which value.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the picture.

    Raises
    ------
    ValueError
        If the estimator makes no features of a clip, or the clip can't be read.

    See Also
    --------
    FeaturesDisplay : The same as a display.

    Examples
    --------
    >>> from sersk import ChromaTransformer, make_emotional_speech, plot_features
    >>> clip = make_emotional_speech(n_speakers=1, n_repetitions=1).data[0]
    >>> ax = plot_features(ChromaTransformer(), clip)
    >>> [text.get_text() for text in ax.get_yticklabels()][:3]
    ['C', 'C#', 'D']
    """
    return FeaturesDisplay.from_estimator(
        estimator, clip, sample_rate=sample_rate, name=name, ax=ax, colorbar=colorbar
    ).ax_


def plot_mel(
    clip: Any,
    *,
    sample_rate: float = 22050,
    name: str | None = None,
    ax: "Axes | None" = None,
    colorbar: bool = True,
    **mel_params: Any,
) -> "Axes":
    """Draw the mel spectrogram of a clip, in decibels below its loudest point.

    Parameters
    ----------
    clip : str, path-like or array-like of shape (n_samples,)
        File, or waveform.
    sample_rate : float, default=22050
        Samples a second (Hz) of the waveform; a file is resampled to it.
    name : str or None, default=None
        Title of the picture.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; None makes a figure.
    colorbar : bool, default=True
        Whether to tell by a colour bar which colour is which level.
    **mel_params : dict
        Further parameters of `MelSpectrogramTransformer`, such as ``n_mels=64``.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the picture.

    Raises
    ------
    ValueError
        If the clip can't be read, or a parameter does not fit.

    See Also
    --------
    FeaturesDisplay : The same for any features.

    Examples
    --------
    >>> from sersk import make_emotional_speech, plot_mel
    >>> ax = plot_mel(make_emotional_speech(n_speakers=1, n_repetitions=1).data[0])
    >>> ax.get_ylabel()
    'frequency (Hz, mel scale)'
    """
    from sersk.features.mel import MelSpectrogramTransformer

    mel = MelSpectrogramTransformer(
        **{"sample_rate": sample_rate, "normalization": None} | mel_params
    )
    return FeaturesDisplay.from_estimator(mel, clip, name=name, ax=ax, colorbar=colorbar).ax_


def prepare(
    estimator: Any, clip: Any, sample_rate: float, who: str
) -> tuple[Any, NDArray[np.float32], float]:
    """Return the step that makes features, what goes into it, and its rate in Hz.

    Parameters
    ----------
    estimator : estimator
        Feature transformer, front end, or pipeline that begins with one.
    clip : str, path-like or array-like of shape (n_samples,)
        The clip.
    sample_rate : float
        Samples a second (Hz), where the estimator does not say.
    who : str
        Whom an error message names.

    Returns
    -------
    step : estimator
        A copy, not fitted.
    waveforms : ndarray of float32 of shape (1, n_samples)
        The clip after the steps before, without views.
    sample_rate : float
        Samples a second (Hz).

    Raises
    ------
    ValueError
        If there is no such step, or the clip can't be read.
    """
    if isinstance(estimator, Pipeline) and estimator.steps:
        if isinstance(estimator.steps[0][1], Pipeline):
            estimator = estimator.steps[0][1]  # of a whole system, what stands before the network
        *before, step = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    else:
        before, step = [], estimator
    if not hasattr(step, "transform") or not hasattr(step, "get_params"):
        raise ValueError(
            f"{who}: {step!r} makes no features; a feature transformer, such as "
            "MelSpectrogramTransformer(), a FrontEnd, or a pipeline that begins with one is "
            "expected."
        )
    rate = _rate_of(step, sample_rate)
    if before:
        waveforms: Any = [clip]
        for part in before:
            part = clone(part)
            if "n_jobs" in part.get_params():
                part.set_params(n_jobs=None)
            waveforms = part.fit(waveforms).transform(waveforms)
    else:
        waveforms = read_clip(clip, rate, who)[np.newaxis]
    return clone(step), waveforms, rate


def picture_of(step: Any, waveforms: NDArray[np.float32], who: str) -> NDArray[np.float32]:
    """Return features of clips or views, having fitted the step, which learns nothing.

    Parameters
    ----------
    step : estimator
        Feature transformer.
    waveforms : ndarray of shape (n_clips, n_samples)
        Waveforms.
    who : str
        Whom an error message names.

    Returns
    -------
    features : ndarray of shape (n_clips, n_bands, n_frames)
        A picture each.

    Raises
    ------
    ValueError
        If the features have another shape.
    """
    features = np.asarray(step.fit(waveforms).transform(waveforms))
    if features.ndim != 3:
        raise ValueError(
            f"{who}: {type(step).__name__} gives shape {features.shape} for {len(waveforms)} "
            "clips; features to draw have shape (n_clips, n_bands, n_frames)."
        )
    return features


def _rate_of(step: Any, default: float) -> Any:
    """Return the sample rate that a feature, or the first of a stack, is set to."""
    params = step.get_params()
    rates = [value for key, value in params.items() if key.rpartition("__")[2] == "sample_rate"]
    return rates[0] if rates else default

"""The views of a clip that an augmenter makes for training, side by side."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sersk.audio.augmentation import AudioAugmenter
from sersk.features.mel import MelSpectrogramTransformer
from sersk.plotting._clips import read_clip
from sersk.plotting._colors import colors_of
from sersk.plotting._labels import Labels
from sersk.plotting._transforming import features_of, prepare
from sersk.plotting.features import FeaturesDisplay

_MOST_COLUMNS = 4  # more would be small on a page

# effect -> title of a view that has it
_NAMES = {
    "time_stretch": "{:.3g} times as fast",
    "pitch_shift": "{:+.2g} semitones",
    "speed": "at {:.3g} times the speed",
    "babble_snr_db": "babble at {:.2g} dB SNR",
    "room_rt60": "room of {:.2g} s",
    "noise_snr_db": "noise at {:.2g} dB SNR",
    "tilt_db": "{:+.2g} dB an octave",
    "microphone_db": "microphone of {:.2g} dB ripple",
    "gain_db": "{:+.2g} dB",
    "clipping_db": "clipped {:.2g} dB below the peak",
    "channel": "{}",
    "time_shift": "{:+.2g} s",
}


class ViewsDisplay:
    """Augmented views of a clip, side by side.

    Parameters
    ----------
    features : ndarray of shape (n_views, n_bands, n_frames)
        Features of each view, the clip itself first.
    names : sequence of str of length n_views
        Title of each view: its effects.
    labels : dict or None, default=None
        Parameters of `FeaturesDisplay` that label rows, frames and values.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_views,)
        Axes drawn on, one for each view.
    figure_ : matplotlib.figure.Figure
        Their figure.
    displays_ : list of FeaturesDisplay
        The display of each view.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        The colour bar; all views share one scale of colours.

    See Also
    --------
    AudioAugmenter : Makes the views.
    FeaturesDisplay : Features of a single clip.

    Examples
    --------
    >>> from sersk import AudioAugmenter, ViewsDisplay, make_emotional_speech
    >>> clip = make_emotional_speech(n_speakers=1, n_repetitions=1).data[0]
    >>> display = ViewsDisplay.from_estimator(AudioAugmenter(), clip)
    >>> [ax.get_title() for ax in display.axes_]
    ['as it is', '1.2 times as fast', '+2 semitones']
    """

    axes_: NDArray[Any]
    figure_: Any
    displays_: list[FeaturesDisplay]
    colorbar_: Any

    def __init__(
        self, features: NDArray[Any], names: Any, *, labels: dict[str, Any] | None = None
    ) -> None:
        self.features = features
        self.names = names
        self.labels = labels

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        clip: Any,
        *,
        features: BaseEstimator | None = None,
        ax: Any = None,
        colorbar: bool = True,
    ) -> Self:
        """Draw the views that an augmenter, or a pipeline with one, makes of a clip.

        Parameters
        ----------
        estimator : estimator
            An `AudioAugmenter`; or a `FrontEnd`, or a pipeline that begins with one, as those of
            `make_ser_pipeline`, which also provides the steps before and the features. It is not
            changed. With an integer `random_state`, the views drawn are those used in training.
        clip : str, path-like or array-like of shape (n_samples,)
            File, or waveform at the augmenter's sample rate.
        features : estimator or None, default=None
            Feature transformer; None takes that of the pipeline, or for an augmenter alone a mel
            spectrogram in decibels.
        ax : array-like of matplotlib.axes.Axes of shape (n_views,) or None, default=None
            Axes to draw on; None makes a figure.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        display : ViewsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no augmenter, the clip can't be read, or there is another number of axes
            than of views.
        """
        augmenter, step, waveform = _find(estimator, clip, features)
        drawn: list[dict[str, Any]] = []
        views = augmenter._fit_views(waveform[np.newaxis], drawn)[0]
        each = features_of(step, views, cls.__name__)
        one = FeaturesDisplay.from_features(each[0], step, sample_rate=augmenter.sample_rate)
        labels = {key: getattr(one, key) for key in Labels._fields}
        names = ["as it is", *map(_name, drawn)]
        return cls(each, names, labels=labels).plot(ax, colorbar=colorbar)

    def plot(self, ax: Any = None, *, cmap: str | None = None, colorbar: bool = True) -> Self:
        """Draw the views.

        Parameters
        ----------
        ax : array-like of matplotlib.axes.Axes of shape (n_views,) or None, default=None
            Axes to draw on; None makes a figure.
        cmap : str or None, default=None
            Colour map, as in `FeaturesDisplay.plot`.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        self : ViewsDisplay
            The display, with `axes_`, `figure_`, `displays_` and `colorbar_`.

        Raises
        ------
        ValueError
            If there is another number of axes or of names than of views.
        """
        features = np.asarray(self.features)
        if features.ndim != 3 or features.size == 0 or len(self.names) != len(features):
            raise ValueError(
                f"ViewsDisplay: features has shape {features.shape}, with {len(self.names)} names; "
                "shape (n_views, n_bands, n_frames) and a name for each view are expected."
            )
        axes = _axes(ax, len(features))
        labels = dict(self.labels or {})
        colors = colors_of(features, labels.get("signed"), cmap)  # one scale for all
        self.displays_ = []
        for number, (panel, view, name) in enumerate(zip(axes, features, self.names, strict=True)):
            display = FeaturesDisplay(view, name=name, **labels)
            display.plot(panel, colorbar=False, **colors)
            place = panel.get_subplotspec()
            if number and (place is None or not place.is_first_col()):
                panel.set_ylabel("")  # the rows are labelled at the first view
                panel.tick_params(labelleft=False)
            self.displays_.append(display)
        self.axes_, self.figure_ = axes, axes[0].figure
        self.colorbar_ = None
        if colorbar:
            last = self.displays_[-1]
            self.colorbar_ = self.figure_.colorbar(
                last.im_, ax=list(axes), label=last.value_label, pad=0.02
            )
        return self


def _find(estimator: Any, clip: Any, features: Any) -> tuple[Any, Any, NDArray[np.float32]]:
    """Return augmenter, feature step and the waveform that comes to the augmenter."""
    if isinstance(estimator, AudioAugmenter):
        waveform = read_clip(clip, estimator.sample_rate, "ViewsDisplay")
        if features is None:
            features = MelSpectrogramTransformer(
                sample_rate=estimator.sample_rate,
                fmax=min(8000.0, estimator.sample_rate / 2),
                normalization=None,
            )
        return clone(estimator), clone(features), waveform
    found = [step for _, step in _steps_of_front_end(estimator) if isinstance(step, AudioAugmenter)]
    if not found:
        raise ValueError(
            f"ViewsDisplay: {type(estimator).__name__} has no AudioAugmenter; pass one, or a front "
            "end or pipeline with one, as make_ser_pipeline() makes."
        )
    # In prediction an augmenter passes clips unchanged: the features get its input.
    step, waveforms, _ = prepare(estimator, clip, found[0].sample_rate, "ViewsDisplay")
    return clone(found[0]), step if features is None else clone(features), waveforms[0]


def _steps_of_front_end(estimator: Any) -> list[tuple[str, Any]]:
    if not isinstance(estimator, Pipeline) or not estimator.steps:
        return []
    first = estimator.steps[0][1]
    return first.steps if isinstance(first, Pipeline) else estimator.steps


def _name(settings: dict[str, Any]) -> str:
    named = [_NAMES[effect].format(value) for effect, value in settings.items()]
    return "\n".join(named) or "no effect drawn"


def _axes(ax: Any, n_views: int) -> NDArray[Any]:
    if ax is None:
        from matplotlib import pyplot as plt

        n_columns = min(n_views, _MOST_COLUMNS)
        n_rows = -(-n_views // n_columns)
        axes = plt.subplots(
            n_rows,
            n_columns,
            figsize=(1.4 + 2.4 * n_columns, 3.3 * n_rows),
            layout="constrained",
            squeeze=False,
        )[1].ravel()
        for unused in axes[n_views:]:
            unused.remove()
        return axes[:n_views]
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != n_views:
        raise ValueError(
            f"ViewsDisplay: {len(axes)} axes for {n_views} views; pass one a view, as "
            f"plt.subplots(1, {n_views})[1]."
        )
    return axes

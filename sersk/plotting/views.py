"""The views of a clip that an augmenter makes for training, side by side."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sersk.audio.augmentation import AudioAugmenter
from sersk.features.mel import MelSpectrogramTransformer
from sersk.plotting._clips import read_clip
from sersk.plotting._transforming import features_of, prepare
from sersk.plotting.features import FeaturesDisplay
from sersk.plotting.style import LEVELS

_MOST_COLUMNS = 4  # more would be small on a page

# effect -> how a view that has it is called
_NAMES = {
    "time_stretch": "{:.3g} times as fast",
    "pitch_shift": "{:+.2g} semitones",
    "noise_snr_db": "noise at {:.2g} dB SNR",
    "gain_db": "{:+.2g} dB",
    "time_shift": "{:+.2g} s",
}


class ViewsDisplay:
    """Views of a clip side by side, as a network gets them to train on.

    Parameters
    ----------
    features : ndarray of shape (n_views, n_bands, n_frames)
        Features of each view, the clip itself first.
    names : sequence of str of length n_views
        What was done to each.
    labels : dict or None, default=None
        What `FeaturesDisplay` takes to label rows, frames and values.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_views,)
        Axes drawn on, a view each.
    figure_ : matplotlib.figure.Figure
        Their figure.
    displays_ : list of FeaturesDisplay
        A display each.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        The colour bar of them all: colours mean the same in each.

    See Also
    --------
    AudioAugmenter : Makes the views.
    FeaturesDisplay : A single picture.

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
            `make_ser_pipeline`, which then also says what is done before and what the features
            are. It is left as it is. With an integer as its `random_state`, the views drawn are
            those that it trains on.
        clip : str, path-like or array-like of shape (n_samples,)
            File, or waveform at the augmenter's sample rate.
        features : estimator or None, default=None
            Transformer that makes the pictures; None takes the pipeline's, or for an augmenter
            by itself mel spectrograms in decibels.
        ax : array-like of matplotlib.axes.Axes of shape (n_views,) or None, default=None
            Where to draw; None makes a figure.
        colorbar : bool, default=True
            Whether to tell by a colour bar which colour is which value.

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
        drawn: list[dict[str, float]] = []
        views = augmenter._fit_views(waveform[np.newaxis], drawn)[0]
        pictures = features_of(step, views, cls.__name__)
        one = FeaturesDisplay.from_features(pictures[0], step, sample_rate=augmenter.sample_rate)
        labels = {
            key: getattr(one, key)
            for key in ("frame_times", "row_ticks", "row_label", "value_label", "separators")
        }
        names = ["as it is", *map(_name, drawn)]
        return cls(pictures, names, labels=labels).plot(ax, colorbar=colorbar)

    def plot(self, ax: Any = None, *, cmap: str = LEVELS, colorbar: bool = True) -> Self:
        """Draw the views.

        Parameters
        ----------
        ax : array-like of matplotlib.axes.Axes of shape (n_views,) or None, default=None
            Where to draw; None makes a figure.
        cmap : str, default="magma"
            Colours; the default is told apart by everybody, and in grey.
        colorbar : bool, default=True
            Whether to tell by a colour bar which colour is which value.

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
        low, high = float(np.nanmin(features)), float(np.nanmax(features))
        self.displays_ = []
        for number, (panel, picture, name) in enumerate(
            zip(axes, features, self.names, strict=True)
        ):
            display = FeaturesDisplay(picture, name=name, **(self.labels or {}))
            display.plot(panel, cmap=cmap, colorbar=False, vmin=low, vmax=high)
            place = panel.get_subplotspec()
            if number and (place is None or not place.is_first_col()):
                panel.set_ylabel("")  # the rows are those of the first
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
    # What predicts does not augment: the clip comes to the features as it comes to the augmenter.
    step, waveforms, _ = prepare(estimator, clip, found[0].sample_rate, "ViewsDisplay")
    return clone(found[0]), step if features is None else clone(features), waveforms[0]


def _steps_of_front_end(estimator: Any) -> list[tuple[str, Any]]:
    if not isinstance(estimator, Pipeline) or not estimator.steps:
        return []
    first = estimator.steps[0][1]
    return first.steps if isinstance(first, Pipeline) else estimator.steps


def _name(settings: dict[str, float]) -> str:
    return "\n".join(_NAMES[effect].format(value) for effect, value in settings.items())


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

"""Views of clips for training: which effects each view has, and with which values.

The effects are in `sersk.signal.effects`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval

from sersk.base import StatelessTransformer, ViewArray, as_views, check_waveforms
from sersk.base.frames import refuse_frame
from sersk.signal import (
    add_noise,
    analyze_motion,
    change_gain,
    change_speed,
    delay,
    fit_length,
    pitch_shift,
    time_stretch,
)

# The parameters that are effects, in the order of the views and of application.
EFFECTS = ("time_stretch", "pitch_shift", "speed", "noise_snr_db", "gain_db", "time_shift")
# Effects that are factors, above 0.
_FACTORS = ("time_stretch", "speed")

Effect = float | tuple[float, float] | None


class AudioAugmenter(StatelessTransformer):
    """Add augmented views of each clip while fitting: faster, higher, noisier, louder, later.

    Parameters
    ----------
    sample_rate : float, default=22050
        Samples a second of the waveforms (Hz).
    time_stretch : float, tuple of (low, high) or None, default=1.2
        Speed at unchanged pitch; 1.2 is a fifth faster. A stretched view is padded with zeros, or
        cut, at its end to the clip's length.
    pitch_shift : float, tuple of (low, high) or None, default=2.0
        Change of pitch at unchanged speed (semitones).
    speed : float, tuple of (low, high) or None, default=None
        Speed with its pitch: 1.1 is a tenth faster and 1.65 semitones higher, as in a smaller
        person who speaks faster. Padded or cut like a stretched view.
    noise_snr_db : float, tuple of (low, high) or None, default=None
        White Gaussian noise: power of the clip over that of the noise (dB).
    gain_db : float, tuple of (low, high) or None, default=None
        Change of level (dB). Nothing is clipped.
    time_shift : float, tuple of (low, high) or None, default=None
        Delay (s), negative for earlier. Zeros fill the gap, and samples beyond the end are lost.
    n_views : int or None, default=None
        Number of views of each clip, including the clean one. None makes one extra view for each
        effect, or a single extra view with ``combine=True``.
    combine : bool, default=False
        If True, each extra view has all effects, applied in the order of the parameters. If False,
        each extra view has one effect: the first view has the first effect, and so on, and after
        the last effect the first one again.
    random_state : int, RandomState instance or None, default=None
        Seed of the drawn values. Pass an int for the same views at each call of `fit_transform`.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples a clip seen in `fit`.

    See Also
    --------
    sersk.MelSpectrogramTransformer : The next step, which takes clips and views.
    sersk.signal.effects.time_stretch : The effect as a function.
    sersk.signal.effects.pitch_shift : The effect as a function.

    Notes
    -----
    ``fit_transform(X)`` does not equal ``fit(X).transform(X)``. `fit_transform` adds views,
    ``(n_clips, n_views, n_samples)``, and marks them (`as_views`); `transform` returns `X`
    unchanged, ``(n_clips, n_samples)``. A pipeline calls `fit_transform` in `fit`, after the split
    of a cross-validation, and `transform` in `predict`. So the views of a clip are always on the
    same side of a split as the clip, and scores are computed on clean clips. Axis 0 is the clip
    with any number of views: labels, weights and groups stay aligned.

    View 0 is equal to the clip, to the bit.

    None switches an effect off, a number is used for all clips, and from a range a value is drawn
    uniformly for each clip and view. The values for a clip depend only on `random_state` and on its
    samples: a clip has the same views in any order of clips, in any subset of them and with any
    number of jobs. Two clips with the same samples have the same views.

    A clip that holds NaN (one that could not be read) has NaN in all of its extra views.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import AudioAugmenter
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(2, 22_050)).astype(np.float32)
    >>> augmenter = AudioAugmenter()
    >>> views = augmenter.fit_transform(X)
    >>> views.shape  # clean, 1.2 times as fast, 2 semitones higher
    (2, 3, 22050)
    >>> np.array_equal(views[:, 0], X)
    True

    In prediction, clips are unchanged:

    >>> augmenter.transform(X) is X
    True

    Four extra views of each clip, each with a drawn change of pitch, of level and of position:

    >>> augmenter = AudioAugmenter(
    ...     time_stretch=None, pitch_shift=(-2, 2), gain_db=(-6, 6), time_shift=(-0.1, 0.1),
    ...     n_views=5, combine=True, random_state=0,
    ... )
    >>> augmenter.fit_transform(X).shape
    (2, 5, 22050)

    Views that would be the same are refused:

    >>> AudioAugmenter(n_views=5).fit_transform(X)
    Traceback (most recent call last):
        ...
    ValueError: AudioAugmenter: n_views=5 would make several views with time_stretch=1.2, all the
    same. Give a range to draw from, as time_stretch=(low, high), or lower n_views to 3.
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Real, 0, None, closed="neither")],
        "time_stretch": [Interval(Real, 0, None, closed="neither"), tuple, list, None],
        "pitch_shift": [Interval(Real, None, None, closed="neither"), tuple, list, None],
        "speed": [Interval(Real, 0, None, closed="neither"), tuple, list, None],
        "noise_snr_db": [Interval(Real, None, None, closed="neither"), tuple, list, None],
        "gain_db": [Interval(Real, None, None, closed="neither"), tuple, list, None],
        "time_shift": [Interval(Real, None, None, closed="neither"), tuple, list, None],
        "n_views": [Interval(Integral, 1, None, closed="left"), None],
        "combine": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        time_stretch: Effect = 1.2,
        pitch_shift: Effect = 2.0,
        speed: Effect = None,
        noise_snr_db: Effect = None,
        gain_db: Effect = None,
        time_shift: Effect = None,
        n_views: int | None = None,
        combine: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.time_stretch = time_stretch
        self.pitch_shift = pitch_shift
        self.speed = speed
        self.noise_snr_db = noise_snr_db
        self.gain_db = gain_db
        self.time_shift = time_shift
        self.n_views = n_views
        self.combine = combine
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate the parameters and the waveforms; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples)
            Waveforms.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The augmenter itself.

        Raises
        ------
        ValueError
            As `fit_transform` does.
        """
        return super().fit(X, y)

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the clips unchanged.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples)
            Waveforms.

        Returns
        -------
        X_out : ndarray of float32 of shape (n_clips, n_samples)
            The same waveforms, `X` itself if it is a float32 array.

        Raises
        ------
        ValueError
            If `X` already has views, or clips of another length than in `fit`.
        """
        return super().transform(X)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> ViewArray:
        """Make the views of each clip for training.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_samples)
            Waveforms.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        views : ViewArray of float32 of shape (n_clips, n_views, n_samples)
            The clean clip, then its augmented views. Axis 1 is marked as views (`as_views`).

        Raises
        ------
        ValueError
            If `X` already has views, a range is not (low, high), several views would be the same,
            or `time_shift` is not shorter than the clips.
        """
        refuse_frame(self)
        return as_views(self._fit_views(X))

    def _fit_views(
        self, X: Any, drawn: list[dict[str, float]] | None = None
    ) -> NDArray[np.float32]:
        """Make the views; append the drawn values of each extra view to `drawn`, clip by clip."""
        X = check_waveforms(X, self)
        self.n_features_in_ = X.shape[-1]
        self.fit_waveforms(X)
        plan = self._plan()
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        views = np.empty((len(X), 1 + len(plan), X.shape[-1]), np.float32)
        views[:, 0] = X
        self._make_views(X, plan, seed, out=views[:, 1:], drawn=drawn)
        return views

    def fit_waveforms(self, X: NDArray[np.float32]) -> None:
        """Check the parameters, and that the clips have no views.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, n_samples)
            Waveforms.
        """
        self._check_2d(X)
        ranges = self._ranges()
        self._plan()
        farthest = max(map(abs, ranges.get("time_shift", (0, 0))))
        if round(farthest * self.sample_rate) >= X.shape[-1]:
            raise ValueError(
                f"AudioAugmenter: time_shift={self.time_shift} moves clips by up to {farthest} s, "
                f"but they are only {X.shape[-1] / self.sample_rate:.3g} s long; choose less."
            )

    def transform_waveforms(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the clips unchanged: views are made while fitting only.

        Parameters
        ----------
        X : ndarray of float32 of shape (n_clips, n_samples)
            Waveforms.

        Returns
        -------
        X : ndarray of float32 of shape (n_clips, n_samples)
            The same array.
        """
        self._check_2d(X)
        return X

    def _check_2d(self, X: NDArray[np.float32]) -> None:
        if X.ndim != 2:
            raise ValueError(
                f"AudioAugmenter: X has shape {X.shape}, so it already has views; clips of shape "
                "(n_clips, n_samples) are expected. Use one augmenter with the effects of both."
            )

    def _ranges(self) -> dict[str, tuple[float, float]]:
        """Return the (low, high) of each effect that is on; low equals high for a number."""
        ranges = {}
        for name in EFFECTS:
            value = getattr(self, name)
            if value is None:
                continue
            pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
            if (
                len(pair) != 2
                or not all(isinstance(end, Real) and np.isfinite(float(end)) for end in pair)
                or pair[0] > pair[1]
                or (name in _FACTORS and pair[0] <= 0)
            ):
                raise ValueError(
                    f"AudioAugmenter: {name}={value!r}; a range is (low, high), two finite numbers "
                    f"with low <= high{' and low > 0' if name in _FACTORS else ''}."
                )
            ranges[name] = (float(pair[0]), float(pair[1]))
        return ranges

    def _plan(self) -> list[tuple[str, ...]]:
        """Return the effects of each extra view."""
        ranges = self._ranges()
        names = tuple(ranges)
        turns: list[tuple[str, ...]] = (
            [names] if self.combine and names else [(name,) for name in names]
        )
        n_extra = len(turns) if self.n_views is None else self.n_views - 1
        if n_extra and not turns:
            raise ValueError(
                f"AudioAugmenter: n_views={self.n_views}, but all effects are off, so each view "
                f"would equal the clip. Switch an effect on ({', '.join(EFFECTS)}), or set n_views "
                "to 1 or None."
            )
        # Effects without randomness: a number or a range of one value. Noise is always random.
        fixed = {name for name in names if len({*ranges[name]}) == 1} - {"noise_snr_db"}
        for turn in turns[: max(n_extra - len(turns), 0)]:
            if fixed.issuperset(turn):
                n_possible = 1 + len(turns) + turns.index(turn)
                settings = ", ".join(f"{name}={getattr(self, name)}" for name in turn)
                raise ValueError(
                    f"AudioAugmenter: n_views={self.n_views} would make several views with "
                    f"{settings}, all the same. Give a range to draw from, as "
                    f"{turn[0]}=(low, high), or lower n_views to {n_possible}."
                )
        return [turns[view % len(turns)] for view in range(n_extra)]

    def _make_views(
        self,
        X: NDArray[np.float32],
        plan: Sequence[tuple[str, ...]],
        seed: int,
        out: NDArray[np.float32],
        drawn: list[dict[str, float]] | None = None,
    ) -> None:
        """Write the extra views of each clip; append their drawn values to `drawn`."""
        ranges = self._ranges()
        # The analysis is half of the vocoder's time. It is done once for all views that start from
        # the clean clip, in one buffer for all clips: allocating a new one takes as long again.
        motion, analyzed = None, None
        for clip, views in zip(X, out, strict=True):
            if np.isnan(clip).any():
                views[:] = np.nan
                continue
            rng = np.random.default_rng([seed, zlib.crc32(clip)])
            for names, view in zip(plan, views, strict=True):
                changed = clip
                settings: dict[str, float] = {}
                for name in names:
                    value = settings[name] = float(rng.uniform(*ranges[name]))
                    if name in ("time_stretch", "pitch_shift"):
                        if analyzed is not changed:
                            motion, analyzed = analyze_motion(changed, out=motion), changed
                        effect = time_stretch if name == "time_stretch" else pitch_shift
                        changed = fit_length(effect(changed, value, motion=motion), len(clip))
                    elif name == "speed":
                        changed = fit_length(change_speed(changed, value), len(clip))
                    elif name == "noise_snr_db":
                        changed = add_noise(changed, value, rng)
                    elif name == "gain_db":
                        changed = change_gain(changed, value)
                    else:
                        changed = delay(changed, round(value * self.sample_rate))
                view[:] = changed
                if drawn is not None:
                    drawn.append(settings)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = False
        return tags

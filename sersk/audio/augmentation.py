"""Views of clips for training: `AudioAugmenter`.

The table of effects is in `sersk.audio._effects`, the effects themselves in `sersk.signal`; which
view has which effects is decided in `sersk.audio._view_plan`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval

from sersk.audio._effects import EFFECTS, Tools, apply_effect
from sersk.audio._view_plan import Plan, make_plan
from sersk.base import StatelessTransformer, ViewArray, as_views, check_waveforms
from sersk.base.frames import refuse_frame

Effect = float | tuple[float, float] | None

_NUMBER = Interval(Real, None, None, closed="neither")
_ABOVE_0 = Interval(Real, 0, None, closed="neither")


class AudioAugmenter(StatelessTransformer):
    """Add augmented views of each clip while fitting: faster, noisier, in a room, by telephone.

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
    babble_snr_db : float, tuple of (low, high) or None, default=None
        Six voices in the background, made of the clip itself (`sersk.signal.add_babble`): power of
        the clip over that of the babble (dB).
    room_rt60 : float, tuple of (low, high) or None, default=None
        Reverberation time of a room (s), see `sersk.signal.room_response`.
    room_drr_db : float or tuple of (low, high), default=(-3, 9)
        With `room_rt60`: power of the direct sound over that of the reverberation (dB).
    noise_snr_db : float, tuple of (low, high) or None, default=None
        Gaussian noise: power of the clip over that of the noise (dB).
    noise_exponent : float or tuple of (low, high), default=0.0
        With `noise_snr_db`: colour of the noise, 0 for white, 1 for pink, 2 for brown.
    tilt_db : float, tuple of (low, high) or None, default=None
        Slope of the microphone (dB an octave), negative for a dull one.
    microphone_db : float, tuple of (low, high) or None, default=None
        Ripple of a random microphone (dB), see `sersk.signal.pass_microphone`.
    gain_db : float, tuple of (low, high) or None, default=None
        Change of level (dB). Nothing is clipped.
    clipping_db : float, tuple of (low, high) or None, default=None
        How far below the peak samples are cut off (dB).
    channel : str, tuple of str or None, default=None
        Telephone or codec, or several to draw from: "telephone", "narrowband", "mu-law", "a-law",
        "gsm", "opus", "mp3", see `sersk.signal.pass_channel`. "opus" takes a third of a second a
        clip, the others hundredths.
    time_shift : float, tuple of (low, high) or None, default=None
        Delay (s), negative for earlier. Zeros fill the gap, and samples beyond the end are lost.
    n_views : int or None, default=None
        Number of views of each clip, including the clean one. None makes one extra view for each
        effect, or a single extra view with ``combine=True``.
    combine : bool, default=False
        If True, each extra view has all effects, applied in the order of the parameters. If False,
        each extra view has one effect: the first view has the first effect, and so on, and after
        the last effect the first one again.
    probability : float or dict of str to float, default=1.0
        Probability that a view has an effect of its own; of each effect, or of some by name, as
        ``{"room_rt60": 0.5}``, the others 1. That of an effect that is off counts for nothing.
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
    sersk.signal.channels.pass_channel : The effect as a function.

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
    uniformly for each clip and view. With a probability below 1, a view may have no effect. The
    values for a clip depend only on `random_state` and on its samples: a clip has the same views
    in any order of clips, in any subset of them and with any number of jobs. Two clips with the
    same samples have the same views.

    Noise, babble, tilt, microphone and channel change the clip's sound, not the padding before and
    after it: samples 100 dB below the peak. Babble is made of the clip alone, so that no sound of
    another clip, let alone of a test clip, is in a view.

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

    Three further views, each through a room, a telephone or both, or neither:

    >>> augmenter = AudioAugmenter(
    ...     time_stretch=None, pitch_shift=None, room_rt60=(0.2, 0.8), channel=("telephone", "gsm"),
    ...     n_views=4, combine=True, probability=0.5, random_state=0,
    ... )
    >>> augmenter.fit_transform(X).shape
    (2, 4, 22050)

    Views that would be the same are refused:

    >>> AudioAugmenter(n_views=5).fit_transform(X)
    Traceback (most recent call last):
        ...
    ValueError: AudioAugmenter: n_views=5 would make several views with time_stretch=1.2, all the
    same. Give a range to draw from, as time_stretch=(low, high), or lower n_views to 3.
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [_ABOVE_0],
        **{
            name: [
                *([str] if effect.names else [_ABOVE_0 if effect.positive else _NUMBER]),
                tuple,
                list,
                None,
            ]
            for name, effect in EFFECTS.items()
        },
        **{
            setting: [_NUMBER, tuple, list]
            for effect in EFFECTS.values()
            for setting in effect.settings
        },
        "n_views": [Interval(Integral, 1, None, closed="left"), None],
        "combine": ["boolean"],
        "probability": [Interval(Real, 0, 1, closed="both"), Mapping],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        sample_rate: float = 22050,
        *,
        time_stretch: Effect = 1.2,
        pitch_shift: Effect = 2.0,
        speed: Effect = None,
        babble_snr_db: Effect = None,
        room_rt60: Effect = None,
        room_drr_db: float | tuple[float, float] = (-3.0, 9.0),
        noise_snr_db: Effect = None,
        noise_exponent: float | tuple[float, float] = 0.0,
        tilt_db: Effect = None,
        microphone_db: Effect = None,
        gain_db: Effect = None,
        clipping_db: Effect = None,
        channel: str | tuple[str, ...] | None = None,
        time_shift: Effect = None,
        n_views: int | None = None,
        combine: bool = False,
        probability: float | dict[str, float] = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.time_stretch = time_stretch
        self.pitch_shift = pitch_shift
        self.speed = speed
        self.babble_snr_db = babble_snr_db
        self.room_rt60 = room_rt60
        self.room_drr_db = room_drr_db
        self.noise_snr_db = noise_snr_db
        self.noise_exponent = noise_exponent
        self.tilt_db = tilt_db
        self.microphone_db = microphone_db
        self.gain_db = gain_db
        self.clipping_db = clipping_db
        self.channel = channel
        self.time_shift = time_shift
        self.n_views = n_views
        self.combine = combine
        self.probability = probability
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
            If `X` already has views, a range is not (low, high), there is no such channel, several
            views would be the same, or `time_shift` is not shorter than the clips.
        """
        refuse_frame(self)
        return as_views(self._fit_views(X))

    def _fit_views(self, X: Any, drawn: list[dict[str, Any]] | None = None) -> NDArray[np.float32]:
        """Make the views; append the drawn values of each extra view to `drawn`, clip by clip."""
        X = check_waveforms(X, self)
        self.n_features_in_ = X.shape[-1]
        self.fit_waveforms(X)
        plan = self._plan()
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        views = np.empty((len(X), 1 + len(plan.views), X.shape[-1]), np.float32)
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
        values = self._plan().values
        farthest = max(map(abs, values["time_shift"].choices)) if "time_shift" in values else 0
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

    def _plan(self) -> Plan:
        return make_plan(self.get_params(deep=False))

    def _make_views(
        self,
        X: NDArray[np.float32],
        plan: Plan,
        seed: int,
        out: NDArray[np.float32],
        drawn: list[dict[str, Any]] | None = None,
    ) -> None:
        """Write the extra views of each clip; append their drawn values to `drawn`."""
        tools = Tools(self.sample_rate)
        for clip, views in zip(X, out, strict=True):
            if np.isnan(clip).any():
                views[:] = np.nan
                continue
            rng = tools.rng = np.random.default_rng([seed, zlib.crc32(clip)])
            for names, view in zip(plan.views, views, strict=True):
                changed = clip
                settings: dict[str, Any] = {}
                for name in names:
                    effect, values = EFFECTS[name], plan.values[name]
                    if values.probability < 1 and rng.random() >= values.probability:
                        continue
                    value = settings[name] = values.draw(rng)
                    tools.settings = {key: plan.values[key].draw(rng) for key in effect.settings}
                    changed = apply_effect(effect, changed, value, tools)
                view[:] = changed
                if drawn is not None:
                    drawn.append(settings)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = False
        return tags

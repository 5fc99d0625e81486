"""The checker of feature transformers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags

from sersk.base import as_views, has_views
from sersk.features import RunningFeatures, SpectralTransformer, is_incremental
from sersk.signal import power_spectrogram

_N_DIMENSIONS = {"frames": 3, "vector": 2}


def check_feature(transformer: BaseEstimator, *, n_samples: int = 22_050) -> None:
    """Check that a feature transformer keeps the contract of features.

    The contract is stated in `StatelessTransformer` and, for features made from power spectra, in
    `SpectralTransformer`. Clips of noise, a buzz, silence and NaN are transformed; nothing is
    returned if all is well.

    Parameters
    ----------
    transformer : estimator
        An instance of the feature's class.
    n_samples : int, default=22050
        Samples of the clips that are made for the check. Frames must fit into them.

    Raises
    ------
    AssertionError
        If the transformer breaks the contract. The message says what is wrong and what is right.

    See Also
    --------
    sersk.StatelessTransformer : Base of features made from waveforms.
    sersk.SpectralTransformer : Base of features made from power spectra.
    sklearn.utils.estimator_checks.check_estimator : The checks of scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import MelSpectrogramTransformer, StatelessTransformer
    >>> from sersk.testing import check_feature
    >>> check_feature(MelSpectrogramTransformer())

    A feature that subtracts the mean of all clips depends on the neighbours of a clip:

    >>> class Level(StatelessTransformer):
    ...     output_kind = "vector"
    ...
    ...     def transform_waveforms(self, X):
    ...         level = np.sqrt(np.mean(X**2, axis=-1, keepdims=True))
    ...         return level - np.nanmean(level)
    ...
    ...     def get_feature_names_out(self, input_features=None):
    ...         return np.array(["level"], dtype=object)
    >>> check_feature(Level())
    Traceback (most recent call last):
        ...
    AssertionError: Level: the features of a clip depend on the other clips of the batch; ...
    """
    clips = _make_clips(transformer, n_samples)
    _check_parameters(transformer)
    _check_declarations(transformer)
    _check_output(transformer, clips)
    _check_names(transformer, clips)
    _check_silence(transformer, clips)
    _check_state(transformer, clips)
    _check_neighbours(transformer, clips)
    _check_nan(transformer, clips)
    _check_views(transformer, clips)
    if isinstance(transformer, SpectralTransformer):
        _check_frames(transformer, clips)
    if is_incremental(transformer):
        _check_stream(transformer, n_samples)


def _make_clips(transformer: Any, n_samples: int) -> NDArray[np.float32]:
    """Return five clips: a buzz of some pitch in noise, of different levels."""
    rng = np.random.default_rng(0)
    times = np.arange(n_samples) / getattr(transformer, "sample_rate", 22_050)
    buzz = (times * rng.uniform(90, 300, (5, 1)) % 1) - 0.5
    clips = buzz * np.hanning(n_samples) + rng.normal(scale=0.05, size=buzz.shape)
    return (clips * [[1.0], [0.3], [0.1], [1.0], [0.03]]).astype(np.float32)


def _check_parameters(transformer: Any) -> None:
    try:
        copy = clone(transformer)
        copy.set_params(**copy.get_params(deep=False))
    except Exception as error:
        raise _failure(
            transformer,
            f"clone, get_params and set_params fail ({error})",
            "__init__ takes each parameter by name and stores it unchanged",
        ) from error
    before, after = (repr(each.get_params(deep=False)) for each in (transformer, copy))
    _require(
        before == after,
        transformer,
        f"a clone has the parameters {after} instead of {before}",
        "__init__ takes each parameter by name and stores it unchanged",
    )


def _check_declarations(transformer: Any) -> None:
    kind = getattr(transformer, "output_kind", None)
    _require(
        kind in _N_DIMENSIONS,
        transformer,
        f"the class attribute output_kind is {kind!r}",
        "output_kind = 'frames' for features of shape (n_clips, n_bands, n_frames), or 'vector' "
        "for (n_clips, n_features)",
    )
    _require(
        not get_tags(transformer).requires_fit,
        transformer,
        "its tag requires_fit is True",
        "features learn nothing from data, and transform needs no fit before it; a "
        "StatelessTransformer has the right tag",
    )


def _check_output(transformer: Any, clips: NDArray[np.float32]) -> None:
    given = clips.copy()
    features = clone(transformer).fit_transform(given)
    _require(
        np.array_equal(given, clips),
        transformer,
        "transform changes the waveforms that it is given",
        "the input stays as it is; copy what must be changed",
    )
    kind = transformer.output_kind
    shape = "(n_clips, n_bands, n_frames)" if kind == "frames" else "(n_clips, n_features)"
    _require(
        isinstance(features, np.ndarray) and features.dtype == np.float32,
        transformer,
        f"transform gives {getattr(features, 'dtype', type(features).__name__)}",
        "an array of float32, as by features.astype(np.float32)",
    )
    _require(
        features.ndim == _N_DIMENSIONS[kind] and len(features) == len(clips),
        transformer,
        f"transform gives shape {features.shape} for clips of shape {clips.shape}",
        f"output_kind {kind!r} stands for the shape {shape}",
    )
    _require(
        bool(np.isfinite(features).all()),
        transformer,
        "transform gives NaN or infinity for clips of ordinary sound",
        "finite features for finite clips",
    )


def _check_names(transformer: Any, clips: NDArray[np.float32]) -> None:
    copy = clone(transformer)
    n_bands = copy.fit_transform(clips).shape[1]
    names = list(copy.get_feature_names_out()) if hasattr(copy, "get_feature_names_out") else []
    _require(
        len({*names}) == len(names) == n_bands,
        transformer,
        f"get_feature_names_out gives {len({*names})} different names for {n_bands} rows",
        "one name for each row of a clip's features",
    )


def _check_silence(transformer: Any, clips: NDArray[np.float32]) -> None:
    right = "finite features of a silent clip; add a small constant before a logarithm or division"
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            features = clone(transformer).fit_transform(np.zeros_like(clips))
        except RuntimeWarning as warning:
            raise _failure(
                transformer, f"a silent clip gives a warning: {warning}", right
            ) from None
    _require(
        bool(np.isfinite(features).all()),
        transformer,
        "a silent clip gives NaN or infinity",
        right,
    )


def _check_state(transformer: Any, clips: NDArray[np.float32]) -> None:
    expected = clone(transformer).fit_transform(clips)
    unfitted = clone(transformer)
    features = unfitted.transform(clips)
    same = np.array_equal(features, expected) and np.array_equal(
        clone(transformer).fit(clips[::-1] * 0.1).transform(clips), expected
    )
    _require(
        same and np.array_equal(unfitted.transform(clips), expected),
        transformer,
        "transform gives other features after fit, after fit on other clips, or the second time",
        "features depend on the samples of a clip and the parameters alone",
    )


def _check_neighbours(transformer: Any, clips: NDArray[np.float32]) -> None:
    expected = clone(transformer).fit_transform(clips)
    one_by_one = [clone(transformer).fit_transform(clips[i : i + 1])[0] for i in range(len(clips))]
    backwards = clone(transformer).fit_transform(clips[::-1])[::-1]
    _require(
        np.array_equal(one_by_one, expected) and np.array_equal(backwards, expected),
        transformer,
        "the features of a clip depend on the other clips of the batch",
        "they are equal to the bit in any batch and order. Compute over the axes of one clip only, "
        "and one clip at a time where rounding depends on the size of the batch, as in a matrix "
        "product",
    )


def _check_nan(transformer: Any, clips: NDArray[np.float32]) -> None:
    expected = clone(transformer).fit_transform(clips)
    spoilt = clips.copy()
    spoilt[1, -1], spoilt[3] = np.nan, np.nan
    try:
        features = clone(transformer).fit_transform(spoilt)
    except Exception as error:
        raise _failure(
            transformer,
            f"a clip that holds NaN raises {type(error).__name__}: {error}",
            "its features are NaN",
        ) from error
    _require(
        bool(np.isnan(features[[1, 3]]).all()),
        transformer,
        "a clip that holds NaN (here its last sample) has features that are not NaN",
        "all features of that clip are NaN",
    )
    _require(
        np.array_equal(features[[0, 2, 4]], expected[[0, 2, 4]]),
        transformer,
        "a clip that holds NaN changes the features of other clips",
        "each clip is treated by itself",
    )


def _check_views(transformer: Any, clips: NDArray[np.float32]) -> None:
    expected = clone(transformer).fit_transform(clips)
    views = np.stack([clips, clips[::-1]], axis=1)
    try:
        features = clone(transformer).fit_transform(as_views(views))
    except Exception as error:
        raise _failure(
            transformer,
            f"views of shape {views.shape} raise {type(error).__name__}: {error}",
            "features work on the last axis, and take (n_clips, n_views, n_samples) as well",
        ) from error
    _require(
        features.shape == (len(clips), 2, *expected.shape[1:])
        and np.array_equal(features[:, 0], expected)
        and np.array_equal(features[:, 1], expected[::-1]),
        transformer,
        "the features of a view are not those of the same waveform as a clip",
        f"shape (n_clips, n_views, ...), here {(len(clips), 2, *expected.shape[1:])}, with equal "
        "values",
    )
    _require(
        has_views(features) and not has_views(clone(transformer).fit_transform(clips)),
        transformer,
        "transform loses the mark of views, or marks clips without views",
        "sersk.as_views(features) where sersk.has_views(X) and only there; a StatelessTransformer "
        "does it",
    )


def _check_frames(transformer: Any, clips: NDArray[np.float32]) -> None:
    transformer = clone(transformer)
    power = power_spectrogram(
        clips[0],
        n_fft=transformer.n_fft,
        hop_length=transformer.hop_length,
        n_used_bins=transformer.n_used_bins,
    )
    power.flags.writeable = False
    whole = np.asarray(transformer.frames(power))
    _require(
        whole.ndim == 2 and whole.shape[1] == len(power),
        transformer,
        f"frames gives shape {whole.shape} for power of shape {power.shape}",
        f"shape (n_rows, n_frames), here (n_rows, {len(power)})",
    )
    for length in (1, 3):
        starts = range(0, len(power), length)
        blocks = [np.asarray(transformer.frames(power[i : i + length])) for i in starts]
        widths = [min(length, len(power) - start) for start in starts]
        _require(
            [block.shape for block in blocks] == [(len(whole), width) for width in widths]
            and _is_close(np.concatenate(blocks, axis=1), whole),
            transformer,
            f"frames gives other values for blocks of {length} frames than for all at once",
            "each frame's values come from that frame's power alone; what depends on the whole "
            "clip belongs into finish",
        )


def _check_stream(transformer: Any, n_samples: int) -> None:
    rng = np.random.default_rng(1)
    sound = rng.normal(scale=0.1, size=2 * n_samples) * np.linspace(0.1, 1, 2 * n_samples)
    sound = sound.astype(np.float32)
    hop = transformer.hop_length
    for n_window in (n_samples, n_samples * 3 // 4):
        running = RunningFeatures(transformer, n_window, n_samples)
        for begin in (0, 2 * hop, (n_samples // hop // 2) * hop):
            clip = np.zeros(n_samples, np.float32)
            clip[:n_window] = sound[begin : begin + n_window]
            expected = clone(transformer).fit_transform(clip[np.newaxis])[0]
            _require(
                _is_close(running(begin, clip[:n_window]), expected),
                transformer,
                "features of overlapping windows, computed from the frames that they share, are "
                "not those of the windows by themselves",
                "finish depends on its argument and the parameters alone",
            )


def _is_close(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    """Tell whether arrays are equal up to rounding, on the scale of their values."""
    tolerance = 1e-3 * float(np.abs(expected).max(initial=0))
    return found.shape == expected.shape and np.allclose(found, expected, rtol=0, atol=tolerance)


def _require(holds: bool, transformer: Any, wrong: str, right: str) -> None:
    if not holds:
        raise _failure(transformer, wrong, right)


def _failure(transformer: Any, wrong: str, right: str) -> AssertionError:
    return AssertionError(f"{type(transformer).__name__}: {wrong}; expected: {right}.")

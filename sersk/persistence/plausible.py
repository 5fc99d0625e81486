"""Whether a model that a file gave can be one: parameters and shapes, before it predicts."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from sersk.persistence.schema import FOLDERS

# No recording, front end or search needs more; a larger value only takes memory or threads.
_MOST = {"n_jobs": 1024, "sample_rate": 1_000_000, "duration": 1e6, "n_fft": 1 << 22}
_MOST |= {"hop_length": 1 << 22, "n_mels": 1 << 16, "batch_size": 1 << 20, "chunk_size": 1 << 20}
_MOST_SAMPLES = 1 << 31
_MOST_OF_ALL = 1e18
# Keras builds whatever a dict in place of a name says, as soon as the network is trained on.
_OF_KERAS = ("callbacks", "loss", "metrics", "model", "optimizer")
_MAY_BE_NAN = ("error_score", "fill_value", "missing_values")  # of scikit-learn


def check_plausible(model: Any) -> None:
    """Refuse a model whose parameters or learned arrays no training could have left.

    Parameters
    ----------
    model : object
        What a file gave.

    Raises
    ------
    ValueError
        If a parameter has a value that its class refuses or that is absurd, or an array has
        another shape or type than its class needs.
    """
    for estimator in _iterate(model, set()):
        who = type(estimator).__name__
        _check_parameters(estimator, who)
        classes = getattr(estimator, "classes_", None)
        if classes is not None and not isinstance(classes, list) and not _is_classes(classes):
            raise ValueError(f"the classes of its {who} are no labels")
        for name, shape in _find_shapes(estimator).items():
            array = getattr(estimator, name, None)
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "fi":
                raise ValueError(f"{name} of its {who} is no array of numbers")
            if array.shape != shape:
                raise ValueError(f"{name} of its {who} has shape {array.shape} in place of {shape}")
        if hasattr(estimator, "_n_support"):
            _check_support_vectors(estimator, who)


def _iterate(part: Any, seen: set[int]) -> Iterator[BaseEstimator]:
    """Yield the estimators of a model, however deep they are in others."""
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, BaseEstimator):
            yield part
            waiting += vars(part).values()
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, (list, tuple, set)):
            waiting += part
        elif isinstance(part, np.ndarray) and part.dtype == object:
            waiting += part.ravel().tolist()
        elif type(part).__module__.startswith("sklearn.") and hasattr(part, "__dict__"):
            waiting += vars(part).values()


def _check_parameters(estimator: BaseEstimator, who: str) -> None:
    parameters = estimator.get_params(deep=False)  # fails if one is missing
    if hasattr(estimator, "_parameter_constraints"):
        estimator._validate_params()
    for name, value in parameters.items():
        if name in FOLDERS and value is not None:
            raise ValueError(f"{name} of its {who} names a folder, {value!r}")
        most = _MOST.get(name, _MOST_OF_ALL)
        absurd = isinstance(value, Real) and not -most <= float(value) <= most
        if absurd and name not in _MAY_BE_NAN:
            raise ValueError(f"{name} of its {who} is {value}, which is no sensible value")
        if name.split("__")[0] in _OF_KERAS and hasattr(estimator, "model_") and _has_dict(value):
            raise ValueError(f"{name} of its {who} is a configuration of Keras, not a name")
    rate, duration = parameters.get("sample_rate"), parameters.get("duration")
    known = isinstance(rate, Real) and isinstance(duration, Real)
    if known and float(rate) * float(duration) > _MOST_SAMPLES:
        raise ValueError(f"its {who} makes clips of {duration} s at {rate} Hz")


def _has_dict(value: Any) -> bool:
    parts = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(part, dict) for part in parts)


def _is_classes(classes: Any) -> bool:
    return isinstance(classes, np.ndarray) and classes.ndim == 1 and len(classes) > 0


def _find_shapes(estimator: Any) -> dict[str, tuple[int, ...]]:
    """Return which arrays an estimator of sersk has learned, and of what shapes."""
    name = type(estimator).__name__
    if not type(estimator).__module__.startswith("sersk."):
        return {}
    if name in ("DiscriminantClassifier", "CorpusDiscriminant") and hasattr(estimator, "coef_"):
        n_classes, n = len(estimator.classes_), int(estimator.n_features_in_)
        one = {"mean_": (n,), "scale_": (n,), "intercept_": (n_classes,)}
        return {"coef_": (n_classes, n), **one}
    if name == "VectorClassifier" and hasattr(estimator, "estimator_"):
        n = int(estimator.n_features_in_)
        return {"mean_": (n,), "scale_": (n,)}
    if name == "FeatureNormalizer" and hasattr(estimator, "mean_"):
        shape = np.shape(estimator.mean_)
        return {"mean_": shape, "scale_": shape}
    return {}


def _check_support_vectors(machine: Any, who: str) -> None:
    """Refuse support vectors of which libsvm, which does not check, would read others."""
    n = len(machine.classes_)
    n_pairs, n_vectors = n * (n - 1) // 2, len(machine.support_)
    n_values = int(machine.n_features_in_)
    right = {
        "support_": ((n_vectors,), np.int32),
        "support_vectors_": ((n_vectors, n_values), np.float64),
        "_n_support": ((n,), np.int32),
        "_dual_coef_": ((n - 1, n_vectors), np.float64),
        "_intercept_": ((n_pairs,), np.float64),
    }
    for name in ("_probA", "_probB"):
        if np.size(getattr(machine, name)):
            right[name] = (n_pairs,), np.float64
    for name, (shape, dtype) in right.items():
        array = getattr(machine, name)
        if not isinstance(array, np.ndarray) or (array.shape, array.dtype) != (shape, dtype):
            raise ValueError(f"{name} of its {who} is not of shape {shape} and type {dtype}")
    counts = machine._n_support
    if (counts < 0).any() or counts.sum() != n_vectors or machine._sparse:
        raise ValueError(f"the support vectors of its {who} are not those of its classes")
    if machine.kernel not in ("linear", "poly", "rbf", "sigmoid"):
        raise ValueError(f"the kernel of its {who} is {machine.kernel!r}")
    if tuple(machine.shape_fit_)[1:] != (n_values,):
        raise ValueError(f"its {who} was trained on another number of features")

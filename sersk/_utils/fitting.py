"""An estimator whose `fit` did not end is not fitted, so that it predicts nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Fit = TypeVar("Fit", bound=Callable[..., Any])


def unfitted_unless_done(fit: Fit) -> Fit:
    """Wrap a method `fit`: if it is interrupted or fails, the estimator is not fitted.

    An error of the method before it has changed the estimator, for instance for wrong input, leaves
    an earlier fit. An interruption (Ctrl-C) does not: who interrupts a fit may not expect the
    predictions of an earlier one.

    Parameters
    ----------
    fit : callable
        The method.

    Returns
    -------
    fit : callable
        The same method.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from sersk._utils.fitting import unfitted_unless_done
    >>> class Learner(BaseEstimator):
    ...     @unfitted_unless_done
    ...     def fit(self, X, y=None):
    ...         self.mean_ = sum(X) / len(X)
    ...         self.range_ = max(X) - min(X)
    ...         return self
    >>> learner = Learner().fit([1, 2])
    >>> try:
    ...     learner.fit([1j, 2])  # complex numbers have no maximum
    ... except TypeError:
    ...     print(vars(learner))
    {}
    """

    @wraps(fit)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = _look_at(self)
        try:
            fitted = fit(self, *args, **kwargs)
            vars(self).pop("adaptation_", None)  # of an earlier fit, see sersk.adaptation
            return fitted
        except Exception:
            if not _are_same(before, _look_at(self)):
                forget(self)
            raise
        except BaseException:
            forget(self)
            raise

    return wrapper  # type: ignore[return-value]


def forget(estimator: Any) -> None:
    """Remove what `fit` learned from an estimator, and from the steps of a pipeline.

    Parameters
    ----------
    estimator : estimator
        Changed in place: its attributes whose names end in ``_`` are deleted, as scikit-learn
        names what is learned.
    """
    for step in _steps(estimator):
        forget(step)
    for name in list(vars(estimator)):
        if name.endswith("_") and not name.startswith("_"):
            delattr(estimator, name)


def _steps(estimator: Any) -> list[Any]:
    steps = getattr(estimator, "steps", None)
    pairs = steps if isinstance(steps, list) else []
    return [step for _, step in pairs if hasattr(step, "get_params")]


def _look_at(estimator: Any) -> dict[str, Any]:
    """Return the attributes of an estimator and of its steps by name."""
    found = dict(vars(estimator))
    for number, step in enumerate(_steps(estimator)):
        found |= {f"{number} {name}": value for name, value in _look_at(step).items()}
        found[f"{number}"] = step
    return found


def _are_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def is_same(a: Any, b: Any) -> bool:
        return a is b or (type(a) is type(b) and isinstance(a, (int, float, str)) and a == b)

    return one.keys() == other.keys() and all(is_same(one[name], other[name]) for name in one)

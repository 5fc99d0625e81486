"""How the parameters of two estimators differ."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_ABSENT = object()


def find_changes(estimator: Any, reference: Any, ignored: Collection[str] = ()) -> dict[str, Any]:
    """Return the parameters of an estimator that differ from those of another.

    Parameters
    ----------
    estimator, reference : estimator
        The two, such as pipelines with the same steps.
    ignored : collection of str, default=()
        Parameters that do not count, by the last part of their names, such as "n_jobs".

    Returns
    -------
    changes : dict of str to object
        Values of `estimator`, by the names of `set_params`. Of a part that is new or of another
        type there is the part itself, without its parameters; "steps" are the names of the steps if
        some are missing or in another order.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> from sersk._utils.comparing import find_changes
    >>> usual = make_pipeline(StandardScaler(), SVC())
    >>> find_changes(make_pipeline(StandardScaler(), SVC(C=3, verbose=True)), usual, {"verbose"})
    {'svc__C': 3}
    >>> find_changes(make_pipeline(StandardScaler()), usual)
    {'steps': ['standardscaler']}
    """
    theirs = reference.get_params()
    changes: dict[str, Any] = {}
    for name, value in estimator.get_params().items():
        is_of_a_change = any(name.startswith(f"{part}__") for part in changes)
        if is_of_a_change or name.rpartition("__")[2] in ignored:
            continue
        other = theirs.get(name, _ABSENT)
        if name.rpartition("__")[2] == "steps":
            value, other = ([step for step, _ in steps] for steps in (value, other))
            if [step for step in value if step in other] == other:
                continue  # new steps are parameters too
        if not _is_same(value, other):
            changes[name] = value
    return changes


def _is_same(one: Any, other: Any) -> bool:
    if hasattr(one, "get_params"):  # its parameters follow, each by its name
        return type(one) is type(other)
    try:
        return bool(one == other) or repr(one) == repr(other)
    except ValueError:  # arrays
        return repr(one) == repr(other)

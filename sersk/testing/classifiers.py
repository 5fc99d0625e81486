"""The checker of classifiers."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone, is_classifier

from sersk._utils.routing import takes
from sersk.base import as_views

_N_CLIPS, _N_VIEWS = 24, 3


def check_classifier(classifier: BaseEstimator, *, input_shape: tuple[int, ...] = (6,)) -> None:
    """Check that a classifier takes clips and views of clips, as the last step of a pipeline.

    It is fitted and asked for predictions on clips without views and with marked views, with
    weights and speakers if it takes them, cloned and pickled. Nothing is returned if all is well.

    Parameters
    ----------
    classifier : classifier
        An instance of the class. Clones of it are fitted.
    input_shape : tuple of int, default=(6,)
        Shape of one clip's features that it takes: (n_features,) for vectors, or
        (n_bands, n_frames).

    Raises
    ------
    AssertionError
        If the classifier breaks the contract. The message says what is wrong and what is right.

    See Also
    --------
    sersk.testing.check_network : The checker of networks.
    sersk.VectorClassifier : Makes a scikit-learn classifier take views.
    sklearn.utils.estimator_checks.check_estimator : The checks of scikit-learn.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sersk import VectorClassifier
    >>> from sersk.testing import check_classifier
    >>> check_classifier(VectorClassifier(GaussianNB()))

    By itself it does not take views:

    >>> check_classifier(GaussianNB())
    Traceback (most recent call last):
        ...
    AssertionError: GaussianNB: fit on marked views fails (...
    """
    name = type(classifier).__name__
    _require(
        is_classifier(classifier), name, "it is no classifier", "a subclass of ClassifierMixin"
    )
    labels = np.array(["sad", "anger", "neutral"])
    y = labels[np.arange(_N_CLIPS) % 3]
    X = _make_clips(input_shape, np.arange(_N_CLIPS) % 3)
    views = as_views(np.stack([X, X * 1.05, X * 0.95], axis=1))
    _check_clone(classifier, name)
    plain = _fit(classifier, name, "on clips without views", X, y)
    _check_predictions(plain, name, X, labels)
    _check_other_labels(classifier, name, X)
    viewed = _fit(classifier, name, "on marked views", views, y)
    _check_predictions(viewed, name, X, labels)
    _check_average(viewed, name, views)
    _check_unmarked(classifier, plain, name, views, y)
    _check_metadata(classifier, name, X, y)
    _check_pickle(plain, name, X)


def _make_clips(shape: tuple[int, ...], position: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return clips in which each class raises values of its own."""
    rng = np.random.default_rng(0)
    X = rng.normal(scale=0.5, size=(len(position), *shape))
    for clip, value in zip(X, position, strict=True):
        clip[value::3] += 3
    return X.astype(np.float32)


def _check_clone(classifier: Any, name: str) -> None:
    try:
        copy = clone(classifier)
        copy.set_params(**copy.get_params(deep=False))
    except Exception as error:
        raise _failure(
            name,
            f"clone, get_params and set_params fail ({error})",
            "__init__ takes each parameter by name and stores it unchanged",
        ) from error


def _fit(classifier: Any, name: str, where: str, X: Any, y: Any, **metadata: Any) -> Any:
    given = [np.array(part) for part in (X, y)]
    fitted = clone(classifier)
    try:
        result = fitted.fit(X, y, **metadata)
    except Exception as error:
        raise _failure(
            name,
            f"fit {where} fails ({error})",
            "clips of shape (n_clips, ...), and marked views of shape (n_clips, n_views, ...); "
            "for a classifier of vectors sersk.VectorClassifier(...) brings both",
        ) from error
    _require(result is fitted, name, f"fit returns {result!r}", "fit returns self")
    for before, after in zip(given, (X, y), strict=True):
        _require(
            np.array_equal(before, np.asarray(after)),
            name,
            "fit changes X or y",
            "it works on copies",
        )
    return fitted


def _check_predictions(fitted: Any, name: str, X: Any, labels: NDArray[Any]) -> None:
    _require(
        hasattr(fitted, "classes_") and list(fitted.classes_) == sorted(labels),
        name,
        f"classes_ is {getattr(fitted, 'classes_', None)!r}",
        "the sorted labels as they were in fit",
    )
    predicted = fitted.predict(X)
    _require(
        predicted.shape == (len(X),) and set(predicted) <= set(labels),
        name,
        f"predict gives {np.asarray(predicted)[:3]!r} and so on, of shape {np.shape(predicted)}",
        "one label for each clip, as it was in fit",
    )
    if hasattr(fitted, "predict_proba"):
        proba = fitted.predict_proba(X)
        _require(
            proba.shape == (len(X), len(labels)) and np.allclose(proba.sum(axis=1), 1, atol=1e-4),
            name,
            f"predict_proba has shape {proba.shape}, or rows that do not add up to 1",
            "probabilities of shape (n_clips, n_classes) in the order of classes_",
        )


def _check_other_labels(classifier: Any, name: str, X: Any) -> None:
    y = np.array([7, -1])[np.arange(len(X)) % 2]
    predicted = _fit(classifier, name, "on labels that are numbers", X, y).predict(X)
    _require(
        set(predicted.tolist()) <= {7, -1},
        name,
        f"of the labels 7 and -1, predict makes {sorted(set(predicted.tolist()))}",
        "labels come back as they went in",
    )


def _check_average(fitted: Any, name: str, views: Any) -> None:
    predicted = fitted.predict(views)
    _require(
        predicted.shape == (len(views),),
        name,
        f"predict of {len(views)} clips with {_N_VIEWS} views each has shape {predicted.shape}",
        "one label for each clip, from the average over its views",
    )
    if hasattr(fitted, "predict_proba"):
        # faint clips: of clear ones all probabilities would be near 0 and 1
        clean = np.asarray(views)[:, 0] / 10
        twice = as_views(np.stack([clean, clean], axis=1))
        proba, expected = fitted.predict_proba(twice), fitted.predict_proba(clean)
        _require(
            proba.shape == expected.shape and np.allclose(proba, expected, atol=1e-4),
            name,
            "predict_proba of a clip given twice, as two views, differs from that of the clip",
            "probabilities are averaged over views",
        )


def _check_unmarked(classifier: Any, plain: Any, name: str, views: Any, y: Any) -> None:
    """Check that an axis that is not marked is not taken for views."""
    unmarked = np.asarray(views)
    right = "a ValueError; only sersk.as_views(X), read by sersk.has_views(X), marks views"
    wrong = f"X of shape {unmarked.shape}, not marked, is taken for views"
    _require(_refuses(lambda: plain.predict(unmarked)), name, f"in predict {wrong}", right)
    try:
        fitted = clone(classifier).fit(unmarked, y)
    except ValueError:
        return
    # A network may take clips of this rank. It must not take clips of the lower rank then.
    _require(_refuses(lambda: fitted.predict(unmarked[:, 0])), name, f"in fit {wrong}", right)


def _refuses(call: Any) -> bool:
    try:
        call()
    except ValueError:
        return True
    return False


def _check_metadata(classifier: Any, name: str, X: Any, y: Any) -> None:
    if takes(classifier, "fit", "sample_weight"):
        weight = np.ones(len(X))
        _fit(classifier, name, "with sample_weight", X, y, sample_weight=weight)
        _require(
            _refuses(lambda: clone(classifier).fit(X, y, sample_weight=weight[1:])),
            name,
            "sample_weight of another length than X is taken",
            "a ValueError",
        )
    if takes(classifier, "fit", "groups"):
        groups = np.arange(len(X)) // 3 % 4  # each speaker has clips of each class
        _fit(classifier, name, "with groups", X, y, groups=groups)
        _require(
            _refuses(lambda: clone(classifier).fit(X, y, groups=groups[1:])),
            name,
            "groups of another length than X are taken",
            "a ValueError",
        )


def _check_pickle(fitted: Any, name: str, X: Any) -> None:
    try:
        # the state alone: a class of a notebook or of a page can't be imported
        loaded = clone(fitted)
        loaded.__setstate__(pickle.loads(pickle.dumps(fitted.__getstate__())))
        predicted = loaded.predict(X)
    except Exception as error:
        raise _failure(
            name,
            f"a pickle can't be written, read or used ({error})",
            "all attributes of the instance can be pickled",
        ) from error
    _require(
        np.array_equal(predicted, fitted.predict(X)),
        name,
        "a pickle predicts other labels",
        "all that fit learns is in attributes of the instance",
    )


def _require(condition: bool, name: str, wrong: str, right: str) -> None:
    if not condition:
        raise _failure(name, wrong, right)


def _failure(name: str, wrong: str, right: str) -> AssertionError:
    return AssertionError(f"{name}: {wrong}; right is: {right}.")

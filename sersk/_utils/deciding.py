"""From probabilities to answers, with an answer for where none of them is high enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def decide(
    proba: NDArray[Any], classes: NDArray[Any], threshold: float = 0.0, label: Any = "uncertain"
) -> NDArray[Any]:
    """Return the most probable class of each clip, or that it is uncertain.

    Parameters
    ----------
    proba : ndarray of shape (n_clips, n_classes)
        Probabilities.
    classes : ndarray of shape (n_classes,)
        Labels of the columns.
    threshold : float, default=0.0
        Least probability of the best class that is answered; 0 answers all.
    label : object, default="uncertain"
        The answer below it.

    Returns
    -------
    answers : ndarray of shape (n_clips,)
        Of the type of the classes, if that can hold `label`; otherwise of objects.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk._utils.deciding import decide
    >>> decide(np.array([[0.9, 0.1], [0.4, 0.6]]), np.array(["anger", "sad"]), 0.7).tolist()
    ['anger', 'uncertain']
    """
    labels = classes[proba.argmax(axis=1)]
    if threshold == 0:
        return labels
    unsure = ~(proba.max(axis=1) >= threshold)
    width = np.result_type(labels.dtype, np.asarray(label).dtype)
    answers = labels.astype(width if labels.dtype.kind == "U" else object)
    answers[unsure] = label
    return answers

"""How the clips that cannot be used are collected over many chunks, and reported at once."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

#: Clips that cannot be used: position in X -> (name of the clip, reason). The name is the path, or
#: "clip 3 of X" for a waveform; the reason continues a sentence that begins with the name.
Failures = dict[int, tuple[str, str]]

_MAX_LISTED = 20


def name_clip(clip: object, position: int) -> str:
    """Return the name of a clip in messages.

    Parameters
    ----------
    clip : object
        The clip.
    position : int
        Its position in X.

    Returns
    -------
    name : str
        Its path; for a waveform ``"clip 3 of X"``.
    """
    return clip if isinstance(clip, str) else f"clip {position} of X"


def list_failures(failures: Failures) -> str:
    """Return a line for each clip, at most 20, that begins with a line end and is indented.

    Parameters
    ----------
    failures : dict of int to (str, str)
        The clips.

    Returns
    -------
    lines : str
        The lines.

    Examples
    --------
    >>> from sersk.audio.failures import list_failures
    >>> print("These:" + list_failures({0: ("a.wav", "does not exist")}))
    These:
      'a.wav' does not exist
    """
    lines = [describe_failure(i, *failure) for i, failure in failures.items()]
    if len(lines) > _MAX_LISTED:
        lines[_MAX_LISTED:] = [f"... and {len(lines) - _MAX_LISTED} more"]
    return "\n  ".join(["", *lines])


def describe_failure(position: int, name: str, reason: str) -> str:
    """Return the sentence about one clip, without its full stop.

    Parameters
    ----------
    position : int
        Its position in X.
    name : str
        Its name, as `name_clip` gives it.
    reason : str
        What it is or does.

    Returns
    -------
    sentence : str
        Paths are quoted.
    """
    is_path = name != name_clip(None, position)
    return f"{name!r} {reason}" if is_path else f"{name} {reason}"


@runtime_checkable
class CollectsFailures(Protocol):
    """What a first step of a `FrontEnd` implements to report the bad clips of all chunks at once.

    A transformer that raises for a bad clip stops a front end at the first chunk with such a clip.
    A transformer with these two methods, beside ``fit`` and ``transform``, does not: the front end
    calls `transform_collecting` for each chunk, and at the end `report` once.

    See Also
    --------
    sersk.FrontEnd : Calls the methods.
    sersk.AudioLoader : Implements them.

    Notes
    -----
    Chunks run in parallel, perhaps in other processes: `transform_collecting` must not keep
    failures in the transformer. It is called before ``fit``.

    Examples
    --------
    A reader of recordings that are kept as NumPy files:

    >>> import numpy as np
    >>> from sersk import FrontEnd, StatelessTransformer
    >>> from sersk.audio import CollectsFailures
    >>> class NumpyReader(StatelessTransformer):
    ...     def fit(self, X, y=None):
    ...         return self
    ...
    ...     def transform(self, X):
    ...         rows, failures = self.transform_collecting(X)
    ...         self.report(failures, len(X))
    ...         return rows
    ...
    ...     def transform_collecting(self, X, first=0):
    ...         rows, failures = [], {}
    ...         for i, path in enumerate(X):
    ...             try:
    ...                 rows.append(np.load(path))
    ...             except OSError as error:
    ...                 failures[first + i] = path, error.strerror
    ...         return (None if failures else np.stack(rows)), failures
    ...
    ...     def report(self, failures, n_clips):
    ...         if failures:
    ...             names = ", ".join(name for name, reason in failures.values())
    ...             raise ValueError(f"{len(failures)} of {n_clips} clips cannot be read: {names}")
    >>> isinstance(NumpyReader(), CollectsFailures)
    True
    >>> frontend = FrontEnd([("reader", NumpyReader())], chunk_size=1)
    >>> frontend.transform(["nothing.npy", "nowhere.npy"])
    Traceback (most recent call last):
    ValueError: 2 of 2 clips cannot be read: nothing.npy, nowhere.npy
    """

    def transform_collecting(
        self, X: Any, first: int = 0
    ) -> tuple[NDArray[np.float32] | None, Failures]:
        """Transform one chunk of clips, and collect those that cannot be used.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            A chunk of the clips.
        first : int, default=0
            Position of the first clip of the chunk in the whole X.

        Returns
        -------
        rows : ndarray of float32 of shape (n_clips, ...) or None
            One row a clip. None if there are failures for which `report` will raise: the following
            steps then skip the chunk.
        failures : dict of int to (str, str)
            For each clip that cannot be used its position in the whole X, its name, and why.
        """
        ...

    def report(self, failures: Failures, n_clips: int) -> None:
        """Raise an error or warn, once for all clips.

        Parameters
        ----------
        failures : dict of int to (str, str)
            The failures of all chunks; perhaps none.
        n_clips : int
            Number of clips of the whole X.
        """
        ...

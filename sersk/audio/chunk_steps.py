"""The steps of a front end, run over one chunk of clips. Chunks are run in `sersk.frontend`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import clone

from sersk.audio.answerable import find_unanswerable
from sersk.audio.failures import CollectsFailures, Failures
from sersk.audio.loading import AudioLoader
from sersk.audio.truncation import measure_clips
from sersk.audio.unlike import FACTS, measure_sounds
from sersk.base import as_views, has_views

_AT_A_TIME = 32  # clips

Steps = list[tuple[str, Any]]


class Chunk(NamedTuple):
    """What the steps make of one chunk, and what they find out about its clips.

    Attributes
    ----------
    features : ndarray or None
        Output of the last step; None if clips can't be used, which `failures` says.
    failures : dict of int to (str, str)
        Clips that can't be used, by position in the whole X.
    steps : list
        The steps as fitted.
    lengths : ndarray of float64 of shape (n_clips,)
        Lengths of the clips (s); NaN where they are unknown.
    doubts : dict of int to (str, str)
        Clips in which there is nothing to hear.
    sounds : ndarray of float64 of shape (n_sounds, 4)
        Facts of `sersk.audio.unlike`, of each clip and view; none without an `AudioLoader`.
    heard_after : str
        Name of the step behind which they were measured.
    level_matters : bool
        Whether the features depend on the level; found out in training, by the first chunk.
    """

    features: NDArray[np.float32] | None
    failures: Failures
    steps: list[Any]
    lengths: NDArray[np.float64]
    doubts: Failures
    sounds: NDArray[np.float64]
    heard_after: str
    level_matters: bool


def run_steps(
    steps: Steps, X: Any, first: int, *, fitting: bool, heard_after: str | None = None
) -> Chunk:
    """Run the steps over one chunk, each of them with plain arrays.

    Parameters
    ----------
    steps : list of (str, transformer or None)
        The steps; None is left out.
    X : array-like of shape (n_clips,) or (n_clips, n_samples)
        The chunk.
    first : int
        Position of its first clip in the whole X.
    fitting : bool
        Whether to call ``fit_transform`` of clones of the steps, or ``transform``.
    heard_after : str or None, default=None
        Name of the step behind which sounds are measured; None measures none. In training it is
        found out: behind the step that makes views, or else the loader.

    Returns
    -------
    chunk : Chunk
        The features, and what was found out.

    Raises
    ------
    ValueError
        If a step returns another number of clips or views than it gets.
    """
    with config_context(transform_output="default"):
        return _run(steps, X, first, fitting, heard_after)


def listen(steps: Steps, heard_after: str, X: Any) -> NDArray[np.float64]:
    """Measure how clips sound to a fitted front end, without their features.

    Parameters
    ----------
    steps : list of (str, transformer or str or None)
        The steps of the front end, fitted.
    heard_after : str
        Name of the step behind which sounds are measured.
    X : sequence
        Paths or waveforms.

    Returns
    -------
    sounds : ndarray of float64 of shape (n_clips, 4)
        Facts of `sersk.audio.unlike`.

    Raises
    ------
    AudioFileError
        If clips can't be read.
    """
    used: Steps = [(name, None if step == "passthrough" else step) for name, step in steps]
    last = [name for name, _ in used].index(heard_after)
    sounds, failures = [], Failures()
    for start in range(0, len(X), _AT_A_TIME):
        part = X[start : start + _AT_A_TIME]
        chunk = run_steps(used[: last + 1], part, start, fitting=False, heard_after=heard_after)
        failures |= chunk.failures
        sounds.append(chunk.sounds)
    if failures:
        used[0][1].report(failures, len(X))
    return np.concatenate(sounds)


def _run(steps: Steps, X: Any, first: int, fitting: bool, heard_after: str | None) -> Chunk:
    failures: Failures = {}
    doubts: Failures = {}
    fitted: list[Any] = []
    lengths = np.full(len(X), np.nan)
    heard, heard_at, rows, rate = None, "", np.empty(0, np.float32), 0.0
    is_first = True
    for name, step in steps:
        if step is None:
            fitted.append(None)
        else:
            # Chunks run at the same time in threads, so they must not share fitted attributes.
            step = clone(step) if fitting else step
            fitted.append(step)
            collects = is_first and isinstance(step, CollectsFailures)
            is_first = False
            if collects:
                rows, failures = step.transform_collecting(X, first)
                if rows is None:  # the error is raised after the last chunk
                    return Chunk(
                        None, failures, fitted, lengths, doubts, np.empty((0, len(FACTS))), "", True
                    )
                if isinstance(step, AudioLoader):
                    lengths, rate = measure_clips(X, step), step.sample_rate
                    doubts = find_unanswerable(X, rows, rate, step.duration, first)
                    heard, heard_at = rows, name
                if fitting:
                    step.fit(X)
                X = rows
            else:
                given = X
                X = step.fit_transform(X) if fitting else step.transform(X)
                if has_views(given):
                    X = _with_mark(X, given.shape[:2], name, step)
                elif heard is not None and has_views(X) and X.shape[2:] == heard.shape[1:]:
                    # Views of the training count too: what they sound like is no surprise.
                    heard, heard_at = X, name
        if not fitting and rate and name == heard_after:
            heard, heard_at = X, name
    sounds, matters = np.empty((0, len(FACTS))), True
    if heard is not None and heard_after is not None:
        sounds = measure_sounds(heard, rate)
        if fitting and first == 0:
            used = [step for step in fitted if step is not None]
            matters = _depends_on_level(used[1:], rows[:1])
    return Chunk(X, failures, fitted, lengths, doubts, sounds, heard_at, matters)


def _depends_on_level(steps: list[Any], waveform: NDArray[np.float32]) -> bool:
    """Return whether the features of a clip change if it is 6 dB softer."""
    loud, soft = waveform, waveform * np.float32(0.5)
    for step in steps:
        loud, soft = step.transform(loud), step.transform(soft)
    loud, soft = np.asarray(loud, np.float64), np.asarray(soft, np.float64)
    return bool(np.isclose(loud, soft, rtol=0.01, atol=1e-3).mean() < 0.99)


def _with_mark(X: Any, n_clips_and_views: tuple[int, ...], name: str, step: Any) -> Any:
    """Mark the output of a step for views, because a step of the user may lose the mark."""
    if np.shape(X)[:2] != n_clips_and_views:
        raise ValueError(
            f"FrontEnd: step {name!r} ({type(step).__name__}) gives shape {np.shape(X)} for "
            f"{n_clips_and_views[0]} clips with {n_clips_and_views[1]} views each; its output must "
            "have shape (n_clips, n_views, ...). Work on the last axis, and keep the first two."
        )
    return as_views(X)

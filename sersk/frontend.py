"""From clips to features: all steps are run over one chunk of clips at a time, chunks in parallel.

The steps are in `sersk.audio` and `sersk.features`. Steps that learn from data come after the front
end, in the pipeline around it.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from joblib import cpu_count, delayed, effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, check_random_state, get_tags
from sklearn.utils._param_validation import Interval, StrOptions
from threadpoolctl import threadpool_limits

from sersk._utils.columns import check_columns
from sersk._utils.parallel import run_in_order
from sersk._utils.progress import track
from sersk._utils.storage import RELEASE_EVERY, allocate, release
from sersk.audio.answerable import warn_of_unanswerable
from sersk.audio.chunk_steps import Chunk, run_steps
from sersk.audio.clips import as_sequence
from sersk.audio.failures import Failures
from sersk.audio.truncation import warn_of_truncation
from sersk.audio.unlike import FEWEST, summarize_sounds, warn_of_unlike
from sersk.base import as_views, has_views
from sersk.base.frames import OutputOfLastStep
from sersk.signal import with_backend

# Chunks passed to the workers in one call, for backends where a call ends with its slowest chunk:
# enough to keep the workers busy, and few enough that the features that wait to be written are a
# small part of all.
_CHUNKS_PER_WORKER = 4
_FEWEST = 4  # clips in a chunk, if there are more


class FrontEnd(OutputOfLastStep, Pipeline):
    """Chain steps that treat clips one by one, over a chunk of clips at a time.

    A `sklearn.pipeline.Pipeline` runs its first step over all clips before the second begins:
    10,898 clips of 4 s with three views would be 11.5 GB of waveforms. A front end runs all of its
    steps over one chunk of clips, and chunks in parallel. It returns features only; a waveform is
    in memory only while its chunk is processed. The result equals that of a plain pipeline.

    Parameters
    ----------
    steps : list of (str, transformer)
        Names and transformers that need no fitting, such as `AudioLoader`, `AudioAugmenter` and
        `MelSpectrogramTransformer`. "passthrough" leaves a step out.
    chunk_size : int, default=32
        Number of clips in a chunk, at most: several jobs get smaller chunks of few clips. It bounds
        the memory. The result does not depend on it.
    n_jobs : int or None, default=None
        Number of chunks that are processed at a time, in threads unless a
        `joblib.parallel_config` names another backend. None means 1, -1 all processors. The result
        does not depend on it.
    storage : str, path-like or None, default=None
        Folder for features that are larger than memory. They are then a `numpy.memmap` on a file
        there, which is deleted when no reference to the array is left. None keeps them in memory.
    dtype : {"float32", "float16"}, default="float32"
        Type of the features. "float16" halves their size. A network can be trained on them: each
        batch is converted to float32.
    verbose : int, bool or None, default=None
        Whether to show progress, rate and remaining time on stderr. None: on a terminal and in a
        notebook, after two seconds; False: never; True: always.

    Attributes
    ----------
    named_steps : Bunch
        The steps by name.
    longest_clip_ : float
        Length of the longest clip that `fit_transform` got (s); NaN if the first step is no
        `AudioLoader`.
    training_sounds_ : dict
        How the clips that `fit_transform` got, and their views, were recorded: the range of their
        ``level`` (dBFS), ``snr`` (dB), ``bandwidth`` (Hz) and ``duration`` (s), whether the
        features depend on the level, and behind which step this was measured. Missing if they were
        fewer than 20, or the first step is no `AudioLoader`.

    Raises
    ------
    AudioFileError
        If an `AudioLoader` cannot use clips: one error names all of them, of all chunks.
    OSError
        If `storage` can't be written to, or has too little room left.
    ValueError
        If a step learns from data (its tag ``requires_fit`` is true), or returns another number of
        clips or views than it gets.

    Warns
    -----
    ClipTruncatedWarning
        In `transform`, once a call, if clips are longer than the part that an `AudioLoader` reads
        and than the clips that the front end was fitted on.
    UnanswerableClipWarning
        In both, once a call, if clips hold no sound to recognise an emotion in.
    UnlikeTrainingWarning
        In `transform`, once a call, if clips were recorded unlike those of `training_sounds_`.

    See Also
    --------
    make_ser_pipeline : Puts a front end before a classifier.

    Notes
    -----
    As in any pipeline, `fit_transform` calls ``fit_transform`` of the steps, and `transform` calls
    their ``transform``: views of clips are made while fitting only. Features with views are marked
    (`as_views`), also if a step of your own does not keep the mark.

    The front end runs in parallel and shows the progress itself: the parameters `n_jobs` and
    `verbose` of its steps, such as those of an `AudioLoader`, have no effect.

    If the first step implements `sersk.audio.CollectsFailures`, as `AudioLoader` does, the clips
    that cannot be used are collected over all chunks and reported once.

    Examples
    --------
    >>> from sersk import AudioLoader, FrontEnd, MelSpectrogramTransformer, make_emotional_speech
    >>> corpus = make_emotional_speech(n_speakers=1, n_repetitions=1)
    >>> frontend = FrontEnd(
    ...     [("loader", AudioLoader(duration=2.0)), ("features", MelSpectrogramTransformer())]
    ... )
    >>> frontend.fit_transform(corpus.data).shape
    (6, 128, 87)
    """

    _parameter_constraints: ClassVar[dict] = {
        "steps": [list],
        "chunk_size": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "storage": [str, os.PathLike, None],
        "dtype": [StrOptions({"float32", "float16"})],
        "verbose": ["verbose", None],
    }

    # A cache belongs to the pipeline around this one: Pipeline(memory=...) keeps the features.
    memory = None
    transform_input = None

    def __init__(
        self,
        steps: list[tuple[str, Any]],
        *,
        chunk_size: int = 32,
        n_jobs: int | None = None,
        storage: str | os.PathLike[str] | None = None,
        dtype: str = "float32",
        verbose: int | bool | None = None,
    ) -> None:
        self.steps = steps
        self.chunk_size = chunk_size
        self.n_jobs = n_jobs
        self.storage = storage
        self.dtype = dtype
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate the parameters of all steps on the first clip; nothing is learned.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Input of the first step: paths, or waveforms.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The front end itself.
        """
        self._check_steps()
        X = as_sequence(X, "FrontEnd")
        chunk = run_steps(self._chunk_steps(fitting=True), X[:1], 0, fitting=True)
        self._report(chunk.failures, 1)
        self._keep(chunk.steps)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X: Any, y: Any = None) -> NDArray[Any]:
        """Return the features of the clips, and of their views where a step makes views.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Input of the first step: paths, or waveforms.
        y : array-like of shape (n_clips,), default=None
            Labels of the steps that follow. Checked first, then ignored.

        Returns
        -------
        features : ndarray of shape (n_clips, [n_views,] n_bands, n_frames)
            Output of the last step, in the type `dtype`; with `storage` in a mapped file. With
            views a `ViewArray`.
        """
        self._check_steps()
        check_columns("FrontEnd", X, y)
        return self.to_output(self._run_chunks(X, fitting=True), X)

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the features of the clips.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Input of the first step: paths, or waveforms.

        Returns
        -------
        features : ndarray of shape (n_clips, n_bands, n_frames)
            Output of the last step, in the type `dtype`; with `storage` a `numpy.memmap`.
        """
        self._validate_params()
        self._check_steps()
        return self.to_output(self._run_chunks(X, fitting=False), X)

    def _run_chunks(self, X: Any, *, fitting: bool) -> NDArray[Any]:
        self.check_output()
        X = as_sequence(X, "FrontEnd")
        n_clips = len(X)
        failures, doubts = Failures(), Failures()
        features: NDArray[Any] | None = None
        chunks: list[Chunk] = []  # without their features
        marked, first, released = False, 0, 0
        for chunk in self._results(X, fitting):
            failures |= chunk.failures
            doubts |= chunk.doubts
            result = chunk.features
            chunks.append(chunk._replace(features=None, steps=chunk.steps if not chunks else []))
            if result is None:
                continue
            if features is None:
                features = allocate((n_clips, *result.shape[1:]), self.dtype, self.storage)
                marked = has_views(result)
            with np.errstate(over="raise"):
                try:
                    features[first : first + len(result)] = result
                except FloatingPointError:
                    raise ValueError(
                        f"FrontEnd: features reach {np.abs(result).max():.3g}, more than "
                        f"dtype={self.dtype!r} can hold; take 'float32'."
                    ) from None
            first += len(result)
            if features[released:first].nbytes >= RELEASE_EVERY:
                release(features)
                released = first
        self._report(failures, n_clips)
        warn_of_unanswerable(doubts, n_clips, "FrontEnd", fitting=fitting)
        lengths = np.concatenate([chunk.lengths for chunk in chunks])
        sounds = np.concatenate([chunk.sounds for chunk in chunks])
        if fitting:
            self._keep(chunks[0].steps)  # the steps as the first chunk fitted them
            self.longest_clip_ = float(np.fmax.reduce(lengths))
            self._keep_training(chunks[0], sounds, n_clips)
        else:
            longest = getattr(self, "longest_clip_", np.nan)
            warn_of_truncation(X, lengths, self.steps, longest)
            warn_of_unlike(X, sounds, getattr(self, "training_sounds_", None), doubts)
        assert features is not None  # as_sequence refuses an X without clips
        release(features)
        return as_views(features) if marked else features

    def _keep_training(self, first: Chunk, sounds: NDArray[np.float64], n_clips: int) -> None:
        training = summarize_sounds(sounds, n_clips) if n_clips >= FEWEST else None
        self.__dict__.pop("training_sounds_", None)  # of an earlier fit
        if training is not None:
            found = {"level_matters": first.level_matters, "heard_after": first.heard_after}
            self.training_sounds_: dict[str, Any] = training | found

    def _results(self, X: Sequence[Any], fitting: bool) -> Iterator[Chunk]:
        steps = self._chunk_steps(fitting=fitting)
        heard = getattr(self, "training_sounds_", {}).get("heard_after")
        if fitting:
            heard = "" if len(X) >= FEWEST else None
        how: dict[str, Any] = {"fitting": fitting, "heard_after": heard}
        if len(X) <= self.chunk_size and not self.verbose:
            # One chunk, often one clip: setting up workers would take longer than the features.
            yield run_steps(steps, X, 0, **how)
            return
        n_workers = effective_n_jobs(self.n_jobs)
        size = self.chunk_size
        if n_workers > 1:  # of few clips smaller chunks: all have work, and progress shows soon
            even = -(-len(X) // (_CHUNKS_PER_WORKER * n_workers))
            size = min(size, max(_FEWEST, even))
        starts = range(0, len(X), size)
        run = delayed(with_backend(run_steps))
        tasks = (run(steps, X[i : i + size], i, **how) for i in starts)
        # Workers times threads of a worker is at most the number of cores.
        n_threads = max(1, cpu_count() // n_workers)
        with threadpool_limits(n_threads, user_api="blas"):
            yield from track(
                run_in_order(tasks, self.n_jobs, n_waiting=_CHUNKS_PER_WORKER * n_workers),
                len(X),
                "Making features",
                self.verbose,
                size=size,
            )

    def _check_steps(self) -> None:
        self._validate_steps()
        for name, step in self.steps:
            if not _is_skipped(step) and get_tags(step).requires_fit:
                raise ValueError(
                    f"FrontEnd: step {name!r} ({type(step).__name__}) learns from data, but each "
                    "step sees one chunk of clips at a time. Put it after the front end, in the "
                    "pipeline around it; or, if it learns nothing, set its tag requires_fit to "
                    "False (a subclass of sersk.StatelessTransformer has it so)."
                )

    def _chunk_steps(self, *, fitting: bool) -> list[tuple[str, Any]]:
        """Return copies of the steps, with seeds, so that each chunk can be run by itself."""
        steps: list[tuple[str, Any]] = []
        for name, step in self.steps:
            if _is_skipped(step):
                steps.append((name, None))
                continue
            # Prediction needs the attributes that fit recorded, such as the length of clips.
            step = clone(step) if fitting else copy.copy(step)
            idle = {"n_jobs": None, "verbose": False}
            params = step.get_params(deep=False)
            step.set_params(**{name: idle[name] for name in idle if name in params})
            step._sklearn_output_config = {"transform": "default"}  # arrays within the front end
            # A new seed for this call, and the same one for all of its chunks.
            if getattr(step, "random_state", 0) is None:
                step.set_params(random_state=check_random_state(None).randint(2**31 - 1))
            steps.append((name, step))
        return steps

    def _keep(self, fitted: list[Any]) -> None:
        """Copy the attributes that fit recorded to the steps; keep the user's parameters."""
        for i, (name, step) in enumerate(self.steps):
            if not _is_skipped(step):
                kept = fitted[i]
                kept.set_params(**step.get_params(deep=False))
                del kept._sklearn_output_config  # a clone has none, unless the user chose one
                if hasattr(step, "_sklearn_output_config"):
                    kept._sklearn_output_config = step._sklearn_output_config
                self.steps[i] = (name, kept)

    def _report(self, failures: Failures, n_clips: int) -> None:
        if failures:
            first = next(step for _, step in self.steps if not _is_skipped(step))
            first.report(failures, n_clips)

    def __getitem__(self, ind: int | slice | str) -> Any:
        if isinstance(ind, slice):
            return Pipeline(self.steps[ind])
        return super().__getitem__(ind)

    def __sklearn_is_fitted__(self) -> bool:
        return True  # the steps need no fitting

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        # The input tags are those of the first step. Invalid steps are refused by fit; reading the
        # tags before must not fail.
        with suppress(StopIteration, ValueError, AttributeError, TypeError):
            first = next(step for _, step in self.steps if not _is_skipped(step))
            tags.input_tags = copy.deepcopy(get_tags(first).input_tags)
        return tags


def _is_skipped(step: BaseEstimator | str | None) -> bool:
    return step is None or (isinstance(step, str) and step == "passthrough")

"""Recordings that are longer than a model's clips: counted, or predicted as a whole."""

import warnings
from typing import TYPE_CHECKING, Any

from sersk._utils.progress import note
from sersk.cli._doubtful import DoubtfulRecordings

if TYPE_CHECKING:
    import numpy as np


class LongRecordings:
    """Predicts recordings, and counts those of which the model hears a part only.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or another classifier of recordings.
    window : float or None
        Length of the windows that are averaged (s); None predicts the beginning of a recording.
    """

    def __init__(self, model: Any, window: float | None) -> None:
        from sersk.audio.loading import AudioLoader
        from sersk.audio.truncation import ClipTruncatedWarning

        self.window = window
        self._model = model
        steps = getattr(getattr(model, "named_steps", {}).get("frontend"), "steps", [])
        self._loader = next((step for _, step in steps if isinstance(step, AudioLoader)), None)
        if self._loader is not None:
            self._loader.on_error = "raise"  # the command names files that can't be read itself
        self._n_long, self._longest = 0, 0.0
        self.doubtful = DoubtfulRecordings()
        # This class tells the same, once for all recordings.
        warnings.simplefilter("ignore", ClipTruncatedWarning)

    def predict_proba(self, paths: list[str]) -> "np.ndarray":
        """Return the probabilities of each class, of shape (n_recordings, n_classes)."""
        import numpy as np

        if self.window is not None:
            from sersk.inference import average_over_windows

            return np.array([average_over_windows(self._model, p, self.window) for p in paths])
        with self.doubtful.collecting():
            probas = self._model.predict_proba(paths)
        self._count(paths)
        return probas

    def _count(self, paths: list[str]) -> None:
        from sersk.audio.truncation import find_truncated, measure_clips

        if self._loader is None:
            return
        lengths = measure_clips(paths, self._loader)
        long = lengths[find_truncated(lengths, self._loader)]
        self._n_long += len(long)
        self._longest = max([self._longest, *long])

    def tell(self, n_done: int) -> None:
        """Say how many recordings were longer than what the model heard of them."""
        from sersk.audio.truncation import tell_part

        if not self._n_long or self._loader is None:
            return
        heard, seconds = tell_part(self._loader), f"{round(self._longest, 1):.10g} s"
        of = seconds if n_done == 1 else f"up to {seconds} of {self._n_long} of {n_done} recordings"
        note(
            f"Note: heard {heard} of {of}; see sersk timeline, or average over all of a recording "
            f"with --window {self._loader.duration:g}."
        )

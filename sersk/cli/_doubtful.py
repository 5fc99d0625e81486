"""Recordings whose answers are in doubt: collected over all, and told once for each reason."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sersk._utils.progress import note


class DoubtfulRecordings:
    """Collects recordings in which there is nothing to hear, and those unlike the training."""

    def __init__(self) -> None:
        self._unanswerable: dict[str, str] = {}
        self._unlike: dict[str, str] = {}

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Take the warnings of these kinds; the others are shown as before."""
        from sersk.audio.answerable import UnanswerableClipWarning
        from sersk.audio.unlike import UnlikeTrainingWarning

        with warnings.catch_warnings():
            show_others = warnings.showwarning

            def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
                if isinstance(message, UnanswerableClipWarning):
                    self._unanswerable |= dict(message.failures.values())
                elif isinstance(message, UnlikeTrainingWarning):
                    self._unlike |= dict(message.failures.values())
                else:
                    show_others(message, *args, **kwargs)

            warnings.simplefilter("always", UnanswerableClipWarning)
            warnings.simplefilter("always", UnlikeTrainingWarning)
            warnings.showwarning = show
            yield

    def tell(self, n_done: int, names: dict[str, str]) -> None:
        """Name the recordings on stderr; `names` has names for paths of temporary files."""
        if n_found := len(self._unanswerable):
            them = "it" if n_found == 1 else "them"
            note(
                f"Note: in {n_found} of {n_done} recordings there is nothing to recognise an "
                f"emotion in; what is predicted for {them} means nothing:"
                f"{_list(self._unanswerable, names)}"
            )
        unlike = {
            path: reason for path, reason in self._unlike.items() if path not in self._unanswerable
        }
        if n_found := len(unlike):
            are, answers = ("is", "its answer") if n_found == 1 else ("are", "their answers")
            recordings = "recording" if n_done == 1 else "recordings"
            note(
                f"Note: {n_found} of {n_done} {recordings} {are} unlike those that the model was "
                f"trained on, so {answers} may be wrong:{_list(unlike, names)}"
            )


def _list(reasons: dict[str, str], names: dict[str, str]) -> str:
    from sersk.audio.failures import list_failures

    found = [(names.get(path, path), reason) for path, reason in reasons.items()]
    return list_failures(dict(enumerate(found)))

"""Recordings in which there is nothing to hear: collected over all, and told once."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sersk._utils.progress import note


class UnanswerableRecordings:
    """Collects the recordings that a model answers, though there is nothing to hear in them."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Take the warnings of this kind; the others are shown as before."""
        from sersk.audio.answerable import UnanswerableClipWarning

        with warnings.catch_warnings():
            show_others = warnings.showwarning

            def show(message: Warning | str, *args: Any, **kwargs: Any) -> None:
                if isinstance(message, UnanswerableClipWarning):
                    self._reasons |= dict(message.failures.values())
                else:
                    show_others(message, *args, **kwargs)

            warnings.simplefilter("always", UnanswerableClipWarning)
            warnings.showwarning = show
            yield

    def tell(self, n_done: int, names: dict[str, str]) -> None:
        """Name the recordings on stderr; `names` has names for paths of temporary files."""
        from sersk.audio.failures import list_failures

        if not self._reasons:
            return
        them = "it" if len(self._reasons) == 1 else "them"
        found = [(names.get(path, path), reason) for path, reason in self._reasons.items()]
        note(
            f"Note: in {len(found)} of {n_done} recordings there is nothing to recognise an "
            f"emotion in; what is predicted for {them} means nothing:"
            f"{list_failures(dict(enumerate(found)))}"
        )

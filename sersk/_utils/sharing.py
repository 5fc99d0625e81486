"""A setting of the process that several threads need at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class SharedSetting:
    """The first thread that needs a setting makes it, the last one undoes it.

    Parameters
    ----------
    make, undo : callable
        Make the setting, and undo it. Only one thread at a time calls them.

    Examples
    --------
    >>> from sersk._utils.sharing import SharedSetting
    >>> setting = SharedSetting(lambda: print("made"), lambda: print("undone"))
    >>> with setting.needed(), setting.needed():
    ...     print("inside")
    made
    inside
    undone
    """

    def __init__(self, make: Callable[[], object], undo: Callable[[], object]) -> None:
        self._make, self._undo = make, undo
        self._lock = Lock()
        self._n_users = 0

    @contextmanager
    def needed(self) -> Iterator[None]:
        """Have the setting for as long as this lasts.

        Yields
        ------
        None
            Nothing.
        """
        with self._lock:
            if self._n_users == 0:
                self._make()
            self._n_users += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_users -= 1
                if self._n_users == 0:
                    self._undo()

    def forget_users(self) -> bool:
        """Forget the threads of the parent, in a process that was forked; `undo` is not called.

        Returns
        -------
        made : bool
            Whether the setting was made when the process was forked.
        """
        made = self._n_users > 0
        self._lock, self._n_users = Lock(), 0
        return made

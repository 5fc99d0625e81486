"""Ctrl-C during a training ends it within a batch, and leaves a classifier that is not fitted.

While TensorFlow traces a network, its C++ code calls Python code and discards the exceptions of
some calls. `KeyboardInterrupt` is raised wherever Python code happens to run, and is lost there.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import keras

from sersk._utils.fitting import Fit, unfitted_unless_done


class _Handler:
    """Handles Ctrl-C as before, and notes what the earlier handler raises."""

    def __init__(self, before: Callable[..., Any]) -> None:
        self.before = before
        self.raised: BaseException | None = None

    def __call__(self, number: int, frame: Any) -> None:
        try:
            self.before(number, frame)
        except BaseException as error:
            self.raised = error
            raise


@contextmanager
def honouring_interrupts() -> Iterator[None]:
    """Raise an interruption that is lost inside, at the latest at the end.

    It concerns the main thread, the only one that Python interrupts. The handler of the signal
    stays the one that was there, but what it raises is noted.

    Yields
    ------
    None
        Nothing.
    """
    before = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or not callable(before) or isinstance(before, _Handler):
        yield
        return
    handler = _Handler(before)
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    except Exception as error:  # perhaps because of the interruption
        if handler.raised is not None:
            raise handler.raised from error
        raise
    else:
        if handler.raised is not None:
            raise handler.raised
    finally:
        if signal.getsignal(signal.SIGINT) is handler:
            signal.signal(signal.SIGINT, before)


def raise_lost_interrupt() -> None:
    """Raise an interruption that was lost inside of `honouring_interrupts`, if there was one."""
    handler = signal.getsignal(signal.SIGINT)
    if (
        isinstance(handler, _Handler)
        and handler.raised is not None
        and threading.current_thread() is threading.main_thread()
    ):
        raise handler.raised


class RaiseLostInterrupt(keras.callbacks.Callback):
    """Raise an interruption that was lost, after the batch in which it was."""

    # Keras need not wait for the result of each batch.
    async_safe = True

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise it in training.

        Parameters
        ----------
        batch : int
            Number of the batch.
        logs : dict or None, default=None
            Not used.
        """
        raise_lost_interrupt()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise it in validation.

        Parameters
        ----------
        batch : int
            Number of the batch.
        logs : dict or None, default=None
            Not used.
        """
        raise_lost_interrupt()


def trains(fit: Fit) -> Fit:
    """Wrap a method that trains: Ctrl-C is not lost, and leaves the classifier not fitted.

    Parameters
    ----------
    fit : callable
        The method.

    Returns
    -------
    fit : callable
        The same method.
    """

    @unfitted_unless_done
    @wraps(fit)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with honouring_interrupts():
            return fit(*args, **kwargs)

    return wrapper  # type: ignore[return-value]

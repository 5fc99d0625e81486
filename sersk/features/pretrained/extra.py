"""The packages of the extra "encoders", which are imported when an encoder is first used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

_PACKAGES = ("torch", "transformers", "safetensors")


def check_extra() -> None:
    """Check that PyTorch and transformers are installed.

    Raises
    ------
    ImportError
        If one is not.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"PretrainedEncoder needs {' and '.join(missing)}: pip install 'sersk[encoders]'. "
            "WhisperEncoder needs no further package."
        )


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Leave out progress bars, and the report that heads and deeper blocks are not used.

    Yields
    ------
    None
        Nothing.
    """
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()

"""Results of a long computation: printed first, then written; what fails stops nothing else."""

import sys
from collections.abc import Callable
from pathlib import Path

from sersk._utils.progress import note
from sersk.cli._rescuing import Save, rescue
from sersk.cli._terminal import describe


def deliver(show: Callable[[], None], *files: tuple[str, Save, Path]) -> None:
    """Print a result, then write its files; at the end raise the first error.

    `files` are what is written ("The report"), a function that writes it to a path, and the path.
    """
    errors: list[Exception] = []
    try:
        show()
        sys.stdout.flush()
    except Exception as error:
        errors.append(error)
    for what, save, path in files:
        try:
            save(path)
        except Exception as error:
            rescue(what, save, path)
            errors.append(error)
    for other in errors[1:]:
        note(f"Error: {describe(other)}")
    if errors:
        raise errors[0]

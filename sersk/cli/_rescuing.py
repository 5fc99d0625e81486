"""A result whose file can't be written, for instance on a full disk, is kept elsewhere."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sersk._utils.progress import note

Save = Callable[[Path], object]


def rescue(what: str, save: Save, path: Path) -> None:
    """Write to the folder for temporary files what can't be written to a path, and say so."""
    folder = Path(tempfile.gettempdir())
    if folder.resolve() == path.parent.resolve():
        return
    try:
        with tempfile.NamedTemporaryFile(
            prefix="sersk-", suffix=f"-{path.name[-40:]}", dir=folder, delete=False
        ) as file:
            other = Path(file.name)
    except OSError:
        return
    try:
        save(other)
    except Exception:
        with suppress(OSError):
            other.unlink()
        return
    note(f"{what} was saved in {other} instead.")

"""The files of a folder, at any depth."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def walk(root: Path) -> Iterator[Path]:
    """Yield every file below a folder, but hidden ones; links are followed, each folder once."""
    visited = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in visited:
            subfolders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def sort_below(root: Path, files: list[Path]) -> list[Path]:
    """Return files in the order of their names, folder by folder."""
    return sorted(files, key=lambda file: file.relative_to(root).parts)


def list_names(names: list[str]) -> str:
    """Return names as lines of an error message, the first twenty of them."""
    lines = "".join(f"\n  {name}" for name in names[:20])
    more = len(names) - 20
    return f"{lines}\n  ... and {more} more" if more > 0 else lines

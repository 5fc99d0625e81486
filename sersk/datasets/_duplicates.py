"""Refuse folders with two copies of a recording, because one could be in training, one in test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sersk.datasets.parts import Clip


def refuse_duplicates(
    root: Path, files: Sequence[Path], clips: Sequence[Clip], loader: str
) -> None:
    """Raise if two files hold the same recording: a copy in another fold is leakage."""
    first: dict[str, Path] = {}
    pairs = []
    for file, clip in zip(files, clips, strict=True):
        relative = file.relative_to(root)
        if clip.identity in first:
            pairs.append((first[clip.identity], relative))
        first.setdefault(clip.identity, relative)
    if not pairs:
        return
    one, other = pairs[0]
    copies = find_folders_of_copies(one.parent.parts, other.parent.parts)
    if copies:
        folders = " or ".join(repr(str(root.joinpath(*copy))) for copy in copies)
        remedy = f"Pass a folder with one copy, {folders}"
    else:
        remedy = f"Keep one of the two files in the folder {str(root / one.parent)!r}"
    raise ValueError(
        f"{loader}: {len(pairs)} clips are there twice below {str(root)!r}, which would put the "
        f"same recording into training and test: {one.as_posix()!r} and {other.as_posix()!r}"
        f"{' first of all' if len(pairs) > 1 else ''}. {remedy}, or remove the other."
    )


def find_folders_of_copies(one: tuple[str, ...], other: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the topmost folders that each hold one of two copies of a clip.

    `one` and `other` are the parts of the folders of the two files. For ``Actor_01`` and
    ``speech/Actor_01`` the result is ``speech``; for ``wav`` and ``mp3`` it is both.
    """
    same = 0  # folders that both paths end in do not tell the copies apart
    while same < min(len(one), len(other)) and one[-1 - same] == other[-1 - same]:
        same += 1
    copies = []
    for mine, yours in ((one, other), (other, one)):
        depth = len(mine) - same
        if mine[:depth] == yours[: len(yours) - same][:depth]:
            continue  # the other copy is inside this one
        while mine[:depth] == yours[:depth]:
            depth += 1
        copies.append(mine[:depth])
    return copies

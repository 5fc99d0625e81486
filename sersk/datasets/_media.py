"""Files of formats that only an engine reads, such as videos, beside the clips of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sersk.datasets.parts import Clip


def drop_needless(files: Sequence[Path], parse: Callable[[Path], Clip | None]) -> list[Path]:
    """Return the files without media files that are no clips, or hold a clip of another file.

    So a folder gives the same clips with and without an engine, if they are all in formats that
    libsndfile reads: a video of a clip, or the recording that it was converted from, is not read
    again, and the videos of a holiday are no error. `parse` returns the clip of a path, or None.
    """
    from sersk.audio.formats import MEDIA_SUFFIXES

    media = {file for file in files if file.suffix.lower() in MEDIA_SUFFIXES}
    if not media:
        return list(files)
    clips = {file: parse(file) for file in files}
    others = {clip.identity for file, clip in clips.items() if clip and file not in media}
    return [file for file, clip in clips.items() if file not in media or _is_needed(clip, others)]


def _is_needed(clip: Clip | None, others: set[str]) -> bool:
    return clip is not None and clip.identity not in others

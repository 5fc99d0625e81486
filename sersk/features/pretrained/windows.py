"""Long clips are cut into windows of one length, so that the last is not a fragment."""

from __future__ import annotations


def cut_evenly(n_frames: int, longest: int, multiple: int = 1) -> list[tuple[int, int]]:
    """Return windows that follow each other.

    Parameters
    ----------
    n_frames : int
        Frames of a clip, at least 1.
    longest : int
        Frames of the longest window.
    multiple : int, default=1
        A window other than the last has a multiple of so many frames; divides `longest`.

    Returns
    -------
    windows : list of (int, int)
        First frame of each and the frame after its last.

    Examples
    --------
    >>> from sersk.features.pretrained.windows import cut_evenly
    >>> cut_evenly(100, 40), cut_evenly(9, 6, 2)
    ([(0, 34), (34, 68), (68, 100)], [(0, 6), (6, 9)])
    """
    n_windows = -(-n_frames // longest)
    step = multiple * -(-n_frames // (multiple * n_windows))
    return [(begin, min(begin + step, n_frames)) for begin in range(0, n_frames, step)]

"""What is wrong with data before any model sees it: the same sound twice, a speaker on both sides.

Nothing is repaired here, and nothing dropped: what is found is named.
"""

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.validation import _num_samples

from sersk._utils.progress import track
from sersk.audio._clips import Clip, check_clips
from sersk.audio.reading import ClipReader, UnusableClipError
from sersk.evaluation._near_duplicates import NearDuplicate, find_near_duplicates
from sersk.evaluation.findings import Leak, Unreadable, find_leaks

# Whole clips, each at its own rate; the rate given is not looked at. 1e6 s is eleven days.
_READER = ClipReader(sample_rate=22050, duration=1e6, allow_silence=True)


def check_leaks(
    X: Any,
    y: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    *,
    folds: Iterable[tuple[ArrayLike, ArrayLike]] | None = None,
    near_duplicates: bool = True,
    n_jobs: int | None = None,
    verbose: int | bool = 0,
) -> list[Leak]:
    """Find what would make a score on this data better, or worse, than the truth.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms of any lengths, or an array with one clip along axis 0.
    y : array-like of shape (n_clips,), default=None
        Labels, to find a sound that has two.
    groups : array-like of shape (n_clips,), default=None
        Speakers, to find a sound that is said to come from two, or a speaker on both sides.
    folds : iterable of (train, test), default=None
        Positions of the clips of both sides of each fold, as a splitter gives them.
    near_duplicates : bool, default=True
        Whether to look for copies that differ in bits as well. It takes several times as long.
    n_jobs : int or None, default=None
        How many files to read at a time, in threads. The result does not depend on it.
    verbose : int or bool, default=0
        Whether to show progress on stderr.

    Returns
    -------
    leaks : list of Leak
        One entry for each set of clips that are the same sound (``"same audio"``) and for each
        pair that is in part (``"near duplicate"``), further entries if it has ``"two labels"``
        or ``"two speakers"``, one for each fold in which a speaker or a sound is on both sides,
        and one for all files that are unreadable. Empty if nothing was found.

    Raises
    ------
    TypeError
        If X is a corpus as a whole.
    ValueError
        If X is empty, or y or groups are of another length.

    See Also
    --------
    evaluate_speaker_independent : Looks for leaks first, and names them in its report.

    Notes
    -----
    Sounds are the same if their decoded samples are, mixed down to mono, to the last bit, but
    for zeros at their ends. So a copy under another name is found, also one that was encoded
    anew without loss (WAV as FLAC) or padded, and two takes of one sentence are told apart.

    Files are near duplicates if half a second or more of their sound is the same recording:
    resampled, louder or softer, cut at the ends, compressed with loss (MP3, Ogg), or pieces cut
    so that they overlap. Words of the spectrum propose pairs [1]_, correlation of the waveforms
    decides, so that takes of one sentence by one speaker are told apart here too. Copies of
    another tempo or pitch are not found, nor are near duplicates among arrays, of which it is
    not known whether they are sound.

    Files that do not exist or cannot be decoded count as unlike all others.

    References
    ----------
    .. [1] J. Haitsma, T. Kalker (2002). A highly robust audio fingerprinting system. ISMIR.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk import check_leaks
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=100) for _ in range(4)]
    >>> X.append(X[0].copy())
    >>> for leak in check_leaks(X, ["sad", "sad", "calm", "calm", "calm"]):
    ...     print(leak)
    same audio: clip 0 of X, clip 4 of X
    two labels: clip 0 of X ('sad'), clip 4 of X ('calm')
    """
    if isinstance(X, Mapping):
        raise TypeError(
            f"check_leaks: X is of type {type(X).__name__}; of a corpus pass its parts: "
            "check_leaks(corpus.data, corpus.target, corpus.groups)."
        )
    n_clips = _num_samples(X)
    if n_clips == 0:
        raise ValueError("check_leaks: X has 0 clips; at least 1 is needed.")
    labels = _column(y, "y", n_clips)
    speakers = _column(groups, "groups", n_clips)
    prints = fingerprint(X, n_jobs, verbose)
    pairs = [(np.asarray(train), np.asarray(test)) for train, test in folds or ()]
    near = compare(files_of(X), prints, n_jobs, verbose) if near_duplicates else []
    return find_leaks(prints, clip_names(X), labels, speakers, pairs, near)


def fingerprint(X: Any, n_jobs: int | None = None, verbose: int | bool = 0) -> list[Hashable]:
    """Return a value for each clip that is the same for the same sound, and only for that.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms of any lengths, or an array with one clip along axis 0.
    n_jobs : int or None, default=None
        How many files to read at a time, in threads.
    verbose : int or bool, default=0
        Whether to show progress on stderr.

    Returns
    -------
    prints : list
        A digest, or an `Unreadable`.
    """
    if issparse(X):
        X = X.tocsr()
        return [_digest(X[i].toarray()) for i in range(X.shape[0])]
    if hasattr(X, "iloc") or not isinstance(X, (list, tuple)):
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.ndim > 1:
        return [_digest(row) for row in X]
    try:
        clips = check_clips(X, "check_leaks")
    except (TypeError, ValueError):  # features of one's own in a list: compared as they are
        return [_digest(np.asarray(x)) for x in X]
    parallel = Parallel(n_jobs, prefer="threads", return_as="generator")
    prints = parallel(delayed(_of_clip)(clip, i) for i, clip in enumerate(clips))
    return list(track(prints, len(clips), "Comparing clips", verbose))


def files_of(X: Any) -> list[str | None]:
    """Return the path of each clip, None for one that is no file.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms, or features.

    Returns
    -------
    files : list of str or None
        One entry a clip.
    """
    if not isinstance(X, (list, tuple)):
        if not hasattr(X, "__array__") or np.ndim(X) != 1:
            return [None] * _num_samples(X)
        X = np.asarray(X)
    return [os.fspath(x) if isinstance(x, (str, os.PathLike)) else None for x in X]


def compare(
    files: Sequence[str | None],
    prints: Sequence[Hashable],
    n_jobs: int | None = None,
    verbose: int | bool = 0,
) -> list[NearDuplicate]:
    """Return the pairs of files of which a part is the same recording, exact copies left out.

    Parameters
    ----------
    files : sequence of (str or None)
        Paths, as `files_of` returns them.
    prints : sequence of shape (n_clips,)
        Fingerprints, as `fingerprint` returns them.
    n_jobs : int or None, default=None
        How many files to read at a time, in threads.
    verbose : int or bool, default=0
        Whether to show progress on stderr.

    Returns
    -------
    pairs : list of NearDuplicate
        By positions, of each exact sound the first.
    """
    paths: dict[int, str] = {}
    known: set[Hashable] = set()
    for i, (path, one) in enumerate(zip(files, prints, strict=True)):
        if path is not None and not isinstance(one, Unreadable) and one not in known:
            paths[i] = path
            known.add(one)
    return find_near_duplicates(paths, n_jobs, verbose)


def _of_clip(clip: Clip, position: int) -> Hashable:
    try:
        samples, _ = _READER.read_part(clip)
    except UnusableClipError as reason:
        return Unreadable(position, str(reason))
    return _digest(np.trim_zeros(samples, "b"))


def _digest(values: NDArray[Any]) -> bytes:
    if values.dtype.kind == "O":
        return blake2b(repr(values.tolist()).encode(), digest_size=16).digest()
    if values.dtype.kind == "f":
        values = values + 0.0  # -0.0 is the same sound as 0.0
    return blake2b(np.ascontiguousarray(values).tobytes(), digest_size=16).digest()


def clip_names(X: Any) -> list[str]:
    """Return what messages call the clips of X.

    Parameters
    ----------
    X : array-like of shape (n_clips, ...)
        Paths, waveforms, or features.

    Returns
    -------
    names : list of str
        The paths, in quotes, or ``"clip 3 of X"``.
    """
    if hasattr(X, "__array__") and np.ndim(X) == 1:
        X = list(np.asarray(X))
    if isinstance(X, (list, tuple)):
        return [
            f"{str(x)!r}" if isinstance(x, str) or hasattr(x, "__fspath__") else f"clip {i} of X"
            for i, x in enumerate(X)
        ]
    return [f"clip {i} of X" for i in range(_num_samples(X))]


def _column(values: ArrayLike | None, name: str, n_clips: int) -> NDArray[Any] | None:
    if values is None:
        return None
    column: NDArray[Any] = column_or_1d(values)
    if len(column) != n_clips:
        raise ValueError(
            f"check_leaks: X has {n_clips} clips, but {name} has {len(column)} entries; pass one "
            "a clip."
        )
    return column

"""From file paths or waveforms of any length to one array of clips.

Files are decoded in `sersk.audio.reading`.
"""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data

from sersk.audio._rows import RowReader, read_rows
from sersk.audio.answerable import find_unanswerable, warn_of_unanswerable
from sersk.audio.clips import Clips, UnusableClipError, check_clips
from sersk.audio.failures import Failures, list_failures, name_clip
from sersk.base import StatelessTransformer
from sersk.base.frames import refuse_frame


class AudioFileError(ValueError):
    """Clips of X cannot be used; the message says which, why, and what to do.

    Parameters
    ----------
    message : str
        The message; it lists at most the first 20 clips.
    failures : dict of int to (str, str), optional
        For each bad clip its position in X: its path (for a waveform, ``"clip 3 of X"``)
        and the reason.

    Attributes
    ----------
    failures : dict of int to (str, str)
        All bad clips, as above.

    See Also
    --------
    AudioLoader : Raises it.

    Examples
    --------
    >>> from sersk.audio.loading import AudioFileError, AudioLoader
    >>> try:
    ...     AudioLoader().transform(["nowhere.wav", "nothing.flac"])
    ... except AudioFileError as error:
    ...     error.failures
    {0: ('nowhere.wav', 'does not exist'), 1: ('nothing.flac', 'does not exist')}
    """

    def __init__(self, message: str, failures: Failures | None = None):
        super().__init__(message)
        self.failures = dict(failures or {})


class AudioFileWarning(UserWarning):
    """Sound files or clips cannot be used; the message says which, why, and what to do.

    An `AudioLoader` with ``on_error="nan"`` gives it for the clips whose rows are NaN, and the
    loaders of corpora give it for files of formats that are not read.
    """


class AudioLoader(StatelessTransformer):
    """Read clips, files or waveforms, as rows of one sample rate and one length.

    Each clip is decoded, cut to the part between `offset` and ``offset + duration``,
    mixed down to mono by the mean of its channels, resampled, and padded at its end with
    zeros. The values are those of `librosa.load`, but every row has the same length.

    All clips that cannot be used are reported at once, by name.

    Parameters
    ----------
    sample_rate : int, default=22050
        Rate of the rows in Hz.
    duration : float, default=4.0
        Length of the rows in s. Longer clips are cut at the end, shorter ones padded.
    offset : float, default=0.0
        Duration to skip at the beginning of each clip, in s.
    input_sample_rate : int or None, default=None
        Rate of the waveforms in `X` in Hz; None means `sample_rate`. The rate of files is in
        their headers.
    on_error : {"raise", "nan"}, default="raise"
        What to do about clips that cannot be used: raise one `AudioFileError` that names
        all of them, or give each of them a row of NaN and warn once with an
        `AudioFileWarning`.
    allow_silence : bool, default=False
        Whether to accept clips whose samples are all zero. Such a clip has no level and
        no spectrum to normalise, and mostly comes from a fault in the recording.
    n_jobs : int or None, default=None
        Number of clips that are read at a time, in threads unless a `joblib.parallel_config`
        asks for processes. None means 1, -1 all processors. The result does not depend on it.
    verbose : int, bool or None, default=None
        Whether to show progress, rate and remaining time on stderr. None: on a terminal and in a
        notebook, after two seconds; False: never; True: always.

    Attributes
    ----------
    n_features_in_ : int
        Number of samples in a waveform, if `fit` was given a two-dimensional array.
        `transform` also takes waveforms of other lengths: a loader makes lengths equal.
    feature_names_in_ : ndarray of shape ``(n_features_in_,)``
        Names of the columns, if `fit` was given a `pandas.DataFrame` of waveforms.

    Raises
    ------
    AudioFileError
        In `transform`, if `on_error` is "raise" and clips cannot be used: a path that does
        not exist or is no regular file, a file that is empty, is not audio, states a rate or
        a number of channels that no recording has, was cut off or is damaged within the part
        that is read, or has samples far above full scale; a clip with 0 samples, shorter than
        `offset`, with NaN or infinite samples, or, unless `allow_silence`, with nothing
        but zeros in the part that is read.
    TypeError
        If `X` is of another kind, such as a single path, bytes or an open file.
    ValueError
        If `X` is empty, of the wrong number of dimensions, or of a dtype that holds no sound.

    See Also
    --------
    sersk.audio.read_sound : Read one file.
    librosa.load : Read one file, by librosa.

    Notes
    -----
    Files are decoded by libsndfile (media files such as M4A and WebM by PyAV, or else ffmpeg: see
    `sersk.audio.read_sound`), except WAV files of 16 bits, which Python's `wave` reads
    faster, and resampled by soxr's filter of high quality (HQ). Only the frames that are needed
    are read.

    As in `librosa.load`, ``int(offset * rate)`` frames are skipped and
    ``int(duration * rate)`` are read at the clip's own rate.

    Integer waveforms are scaled to [-1, 1] by the full scale of their dtype (32768 for
    int16); unsigned integers are centred first (128 for uint8). Integers of 64 bits are refused:
    no sound has that format, and at that scale samples of 16 bits would be nearly 0.
    Floats are taken as they are.

    libsndfile silently reads most files that were cut off as shorter clips. They are found
    here, and so are frames of MP3 and pages of Ogg that are missing or damaged (see
    `sersk.audio.read_sound`). A WAV file whose header does not contain its length, because it was
    written to a pipe, is read to its end.

    Examples
    --------
    >>> import numpy as np
    >>> from sersk.audio.loading import AudioLoader
    >>> loader = AudioLoader(sample_rate=8000, duration=0.5)
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(6000) / 8000)
    >>> loader.fit_transform([tone, tone[:2000]]).shape
    (2, 4000)

    Waveforms of another rate, as integers:

    >>> pcm = np.round(tone * 32767).astype(np.int16)
    >>> loader = AudioLoader(sample_rate=16000, duration=0.5, input_sample_rate=8000)
    >>> loader.fit_transform([pcm]).shape
    (1, 8000)

    Bad clips are named, all of them at once:

    >>> loader.transform([pcm, np.zeros(100), np.array([])])
    Traceback (most recent call last):
        ...
    sersk.audio.loading.AudioFileError: AudioLoader: 2 of 3 clips cannot be used:
      clip 1 of X is digital silence (every sample of the part that is read is 0); \
allow_silence=True would let it pass
      clip 2 of X has 0 samples; a clip needs at least 1
    Drop them from X (and from y); in prediction, on_error="nan" of the loader keeps their rows.
    """

    _parameter_constraints: ClassVar[dict] = {
        "sample_rate": [Interval(Integral, 1, None, closed="left")],
        "duration": [Interval(Real, 0, None, closed="neither")],
        "offset": [Interval(Real, 0, None, closed="left")],
        "input_sample_rate": [Interval(Integral, 1, None, closed="left"), None],
        "on_error": [StrOptions({"raise", "nan"})],
        "allow_silence": ["boolean"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose", None],
    }

    def __init__(
        self,
        sample_rate: int = 22050,
        duration: float = 4.0,
        *,
        offset: float = 0.0,
        input_sample_rate: int | None = None,
        on_error: str = "raise",
        allow_silence: bool = False,
        n_jobs: int | None = None,
        verbose: int | bool | None = None,
    ):
        self.sample_rate = sample_rate
        self.duration = duration
        self.offset = offset
        self.input_sample_rate = input_sample_rate
        self.on_error = on_error
        self.allow_silence = allow_silence
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate the parameters and the kind of `X`; nothing is learned, no file opened.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Paths (str or `pathlib.Path`), waveforms of any lengths, or an array of
            waveforms of one length.
        y : None
            Ignored, present for API consistency.

        Returns
        -------
        self : object
            The transformer itself.
        """
        clips, reader = self._prepare(X)
        validate_data(self, X, skip_check_array=True, ensure_2d=False)
        if isinstance(clips, np.ndarray):
            self.n_features_in_ = clips.shape[1]
            # Waveforms in memory are quickly checked, and scikit-learn expects fit to check them.
            if self.on_error == "raise":
                self.report(_find_bad_waveforms(clips, reader), len(clips))
        else:  # an earlier fit may have set it
            self.__dict__.pop("n_features_in_", None)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Read the clips.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            Paths (str or `pathlib.Path`), waveforms of any lengths, or an array of
            waveforms of one length.

        Returns
        -------
        X_out : ndarray of float32 of shape (n_clips, round(duration * sample_rate))
            The clips, one a row.

        Raises
        ------
        AudioFileError
            If clips cannot be used and `on_error` is "raise".
        TypeError
            If `X` is of another kind.
        ValueError
            If `X` is empty, of the wrong number of dimensions, or of a dtype that holds no sound.
        """
        refuse_frame(self)
        self._validate_params()
        if hasattr(self, "feature_names_in_"):
            validate_data(self, X, skip_check_array=True, ensure_2d=False, reset=False)
        rows, failures = self._load(X)
        self.report(failures, len(rows))
        doubts = find_unanswerable(X, rows, self.sample_rate, self.duration)
        warn_of_unanswerable(doubts, len(rows), type(self).__name__, fitting=False)
        return rows

    def transform_collecting(
        self, X: Any, first: int = 0
    ) -> tuple[NDArray[np.float32] | None, Failures]:
        """Read one chunk of clips, and collect those that cannot be used.

        Parameters
        ----------
        X : array-like of shape (n_clips,) or (n_clips, n_samples)
            A chunk of the clips.
        first : int, default=0
            Position of the first clip of the chunk in the whole X.

        Returns
        -------
        rows : ndarray of float32 of shape (n_clips, round(duration * sample_rate)) or None
            The clips, NaN for those that cannot be used; None if there are such clips and
            `on_error` is "raise".
        failures : dict of int to (str, str)
            For each clip that cannot be used its position in the whole X, its name, and why.
        """
        self._validate_params()
        rows, failures = self._load(X, first)
        return (None if failures and self.on_error == "raise" else rows), failures

    def report(self, failures: Failures, n_clips: int) -> None:
        """Raise an error or warn, as `on_error` says, if there are failures.

        Parameters
        ----------
        failures : dict of int to (str, str)
            Failures as `transform_collecting` returns them, of all chunks.
        n_clips : int
            Number of clips of the whole X.

        Raises
        ------
        AudioFileError
            If there are failures and `on_error` is "raise".
        """
        if not failures:
            return
        count = f"{type(self).__name__}: {len(failures)} of {n_clips} clips cannot be used"
        listing = list_failures(failures)
        if self.on_error == "nan":
            # The caller of transform is past this method, transform and scikit-learn's wrapper.
            warnings.warn(f"{count}; their rows are NaN:{listing}", AudioFileWarning, stacklevel=3)
            return
        # right alone, in a pipeline, and also in training, where it can't be followed otherwise
        advice = (
            'Drop {} from X (and from y); in prediction, on_error="nan" of the loader keeps {}.'
        )
        if len(failures) == 1:
            message = f"{type(self).__name__}: {listing.strip()}. {advice.format('it', 'its row')}"
        else:
            message = f"{count}:{listing}\n{advice.format('them', 'their rows')}"
        raise AudioFileError(message, failures)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = False
        tags.input_tags.allow_nan = self.on_error == "nan"
        return tags

    def _load(self, X: Any, first: int = 0) -> tuple[NDArray[np.float32], Failures]:
        """Return the rows, and the failures of the clips whose row is NaN."""
        clips, reader = self._prepare(X, first)
        rows = np.empty((len(clips), reader.n_samples), np.float32)
        failures: Failures = {}
        reasons = read_rows(reader, clips, rows, self.n_jobs, self.verbose)
        for i, reason in enumerate(reasons):
            if reason is not None:
                failures[first + i] = name_clip(clips[i], first + i), reason
        return rows, failures

    def _prepare(self, X: Any, first: int = 0) -> tuple[Clips, RowReader]:
        reader = RowReader(
            sample_rate=self.sample_rate,
            duration=self.duration,
            offset=self.offset,
            input_sample_rate=self.input_sample_rate,
            allow_silence=self.allow_silence,
        )
        if reader.n_samples < 1:
            raise ValueError(
                f"{type(self).__name__}: duration={self.duration!r} s is less than one sample "
                f"at sample_rate={self.sample_rate!r} Hz; pass a longer duration."
            )
        return check_clips(X, type(self).__name__, first), reader


def _find_bad_waveforms(waveforms: NDArray, reader: RowReader) -> Failures:
    failures: Failures = {}
    for i, waveform in enumerate(waveforms):
        try:
            reader.check(waveform)
        except UnusableClipError as reason:
            failures[i] = name_clip(waveform, i), str(reason)
    return failures

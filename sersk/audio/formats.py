"""The formats of sound files by the suffixes of their names: those that are read, and others."""

from __future__ import annotations

import os
import shlex
from pathlib import PurePath

import soundfile

_SUFFIXES_OF_FORMAT = {
    "WAV": (".wav", ".wave"),
    "FLAC": (".flac",),
    "OGG": (".ogg", ".oga", ".opus"),
    "MP3": (".mp3", ".mp2"),
    "AIFF": (".aiff", ".aif", ".aifc"),
    "AU": (".au", ".snd"),
    "NIST": (".sph", ".nist"),
    "CAF": (".caf",),
    "W64": (".w64",),
    "RF64": (".rf64",),
}

#: Suffixes of the sound files that a corpus may hold and that the installed libsndfile reads.
AUDIO_SUFFIXES: tuple[str, ...] = tuple(
    suffix
    for name, suffixes in _SUFFIXES_OF_FORMAT.items()
    if name in soundfile.available_formats()
    for suffix in suffixes
)

# Their rate and their encoding are known to their makers only.
_HEADERLESS = (".raw", ".pcm")

# Sound as telephones, messengers and browsers record it.
_FOREIGN = (
    *(".m4a", ".m4b", ".mp4", ".aac", ".3gp", ".3g2", ".amr", ".awb", ".webm", ".weba", ".wma"),
    *(".ac3", ".ape", ".wv", ".spx", ".mka", ".mkv", ".mov", ".qta", ".qcp", ".dss", ".ds2"),
    *(".gsm", *_HEADERLESS),
)

#: Suffixes of files that hold sound, or a film with sound, and that are not read.
UNREAD_SUFFIXES: tuple[str, ...] = tuple(
    suffix
    for suffix in (*_FOREIGN, *(one for some in _SUFFIXES_OF_FORMAT.values() for one in some))
    if suffix not in AUDIO_SUFFIXES
)


#: Between the reason why a file is not read and the command that converts it.
CONVERT = "; convert it: "


def is_unread(path: str | os.PathLike[str]) -> bool:
    """Tell by the suffix whether a file holds sound in a format that is not read.

    Parameters
    ----------
    path : str or path-like
        The file; it is not opened.

    Returns
    -------
    unread : bool
        Whether its suffix is one of `UNREAD_SUFFIXES`, in upper or lower case.

    Examples
    --------
    >>> from sersk.audio.formats import is_unread
    >>> is_unread("Sad/03.M4A"), is_unread("Sad/03.wav"), is_unread("notes.txt")
    (True, False, False)
    """
    return PurePath(path).suffix.lower() in UNREAD_SUFFIXES


def tell_conversion(path: str | os.PathLike[str]) -> str:
    """Return the command that converts a file to a format that is read.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    command : str
        A command of FFmpeg, for a shell.

    Examples
    --------
    >>> from sersk.audio.formats import tell_conversion
    >>> tell_conversion("Sad/my voice.m4a")
    "ffmpeg -i 'Sad/my voice.m4a' 'Sad/my voice.wav'"
    >>> tell_conversion("call.pcm")
    'ffmpeg -f s16le -ar RATE -ac CHANNELS -i call.pcm call.wav'
    """
    stem, suffix = os.path.splitext(os.fspath(path))
    what = " -f s16le -ar RATE -ac CHANNELS" if suffix.lower() in _HEADERLESS else ""
    return f"ffmpeg{what} -i {shlex.quote(stem + suffix)} {shlex.quote(stem + '.wav')}"

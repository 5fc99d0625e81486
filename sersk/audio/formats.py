"""The formats of sound files by the suffixes of their names: those that are read, and others.

The formats of the contents of files are in `sersk.audio._media_marks`.
"""

from __future__ import annotations

import os
import shlex
from pathlib import PurePath

import soundfile

from sersk.audio import engines

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

#: Suffixes of sound, and of films with sound, that an engine reads (see `sersk.audio.engines`): as
#: telephones, messengers and browsers record it.
MEDIA_SUFFIXES = (
    *(".m4a", ".m4b", ".mp4", ".aac", ".3gp", ".3g2", ".amr", ".awb", ".webm", ".weba", ".wma"),
    *(".ac3", ".ape", ".wv", ".spx", ".mka", ".mkv", ".mov", ".qta", ".qcp"),
)

#: Suffixes of files that hold sound, and that are not read with or without an engine.
UNREAD_SUFFIXES: tuple[str, ...] = tuple(
    suffix
    for suffix in (
        *(".dss", ".ds2", ".gsm", *_HEADERLESS),
        *(one for some in _SUFFIXES_OF_FORMAT.values() for one in some),
    )
    if suffix not in AUDIO_SUFFIXES
)

#: Between the reason why a file is not read and the command that converts it.
CONVERT = "; convert it: "


#: What installs an engine that reads more formats.
INSTALL = "pip install 'sersk[media]'"


def list_suffixes() -> tuple[str, ...]:
    """Return the suffixes of the sound files that are read on this machine.

    Returns
    -------
    suffixes : tuple of str
        `AUDIO_SUFFIXES`, and `MEDIA_SUFFIXES` if there is an engine.
    """
    return (*AUDIO_SUFFIXES, *(MEDIA_SUFFIXES if engines.find_engine() else ()))


def is_read(path: str | os.PathLike[str]) -> bool:
    """Tell by the suffix whether a file holds sound in a format that is read on this machine.

    Parameters
    ----------
    path : str or path-like
        The file; it is not opened.

    Returns
    -------
    read : bool
        Whether its suffix is one of `list_suffixes`, in upper or lower case.

    Examples
    --------
    >>> from sersk.audio.formats import is_read
    >>> is_read("Sad/03.WAV"), is_read("notes.txt")
    (True, False)
    """
    return PurePath(path).suffix.lower() in list_suffixes()


def is_unread(path: str | os.PathLike[str]) -> bool:
    """Tell by the suffix whether a file holds sound in a format that is not read.

    Parameters
    ----------
    path : str or path-like
        The file; it is not opened.

    Returns
    -------
    unread : bool
        Whether its suffix, in upper or lower case, is one of `UNREAD_SUFFIXES`; or of
        `MEDIA_SUFFIXES`, if there is no engine.

    Examples
    --------
    >>> from sersk.audio.formats import is_unread
    >>> is_unread("call.PCM"), is_unread("Sad/03.wav"), is_unread("notes.txt")
    (True, False, False)
    """
    suffix = PurePath(path).suffix.lower()
    return suffix in UNREAD_SUFFIXES or (suffix in MEDIA_SUFFIXES and not is_read(path))


def advise(path: str | os.PathLike[str]) -> str:
    """Return the end of a message about a file that is not read: the commands that help.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    ending : str
        The command that converts it; and the one that installs what reads it, if there is one.

    Examples
    --------
    >>> from sersk.audio.formats import advise
    >>> print(advise("a.m4a"))
    ; convert it: ffmpeg -i a.m4a a.wav, or install what reads it: pip install 'sersk[media]'
    """
    ending = f"{CONVERT}{tell_conversion(path)}"
    if PurePath(path).suffix.lower() in MEDIA_SUFFIXES:
        ending += f", or install what reads it: {INSTALL}"
    return ending


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

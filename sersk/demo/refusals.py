"""Every sentence that tells a visitor why a recording gets no answer.

The page, its door for uploads and `answer` take their words from here, so that the same refusal
reads the same wherever it is given.
"""

from __future__ import annotations

import json

NOT_FINITE = "This file can't be used: some of its samples are not finite numbers."
SILENT = "This recording is silent: every sample of it is zero."
NO_SPEECH = (
    "No speech was found in this recording, so there is no emotion to recognise. Is the "
    "microphone on and near enough?"
)
BUSY = "Too many recordings are waiting for their turn. Please try again in a minute."
SLOW_UPLOAD = (
    "This file came too slowly or not at all, so it was refused. Please try again over a faster "
    "connection, or with a shorter recording."
)
NO_ROOM = "The page's server has no room for this recording. Please try again later."
NO_REPLY = "The page's server gave no answer to this recording. Please try again in a minute."
WRONG_NAME = (
    "This page is not served under this name. Open it at the address that sersk demo --web "
    "printed, or start it with --allowed-host and the name."
)
OTHER_SITE = "This request comes from a page of another site, so it is refused."
NO_MICROPHONE = (
    "The browser gives no access to a microphone. Allow it for this page, or choose a file."
)
UNREACHABLE = "The page's server can't be reached. Is it still running?"


def too_large(n_bytes: int) -> str:
    """Refuse a file that has too many bytes.

    Parameters
    ----------
    n_bytes : int
        The largest file size (bytes).

    Returns
    -------
    sentence : str
        The reason.

    Examples
    --------
    >>> from sersk.demo.refusals import too_large
    >>> too_large(20 * 2**20)
    'This file is larger than 20 MB.'
    """
    return f"This file is larger than {n_bytes / 2**20:g} MB."


def too_long(duration: float) -> str:
    """Refuse a recording that lasts too long.

    Parameters
    ----------
    duration : float
        The longest recording (s).

    Returns
    -------
    sentence : str
        The reason.
    """
    return f"This recording is longer than {duration:g} s."


def too_slow(time: float) -> str:
    """Refuse a recording that takes too much working time.

    Parameters
    ----------
    time : float
        The longest working time (s).

    Returns
    -------
    sentence : str
        The reason.
    """
    return (
        f"This recording took longer than {time:g} s to process, so it was stopped. "
        "Try a shorter one."
    )


def unusable(reason: str) -> str:
    """Refuse a file that is no usable sound.

    Parameters
    ----------
    reason : str
        What the file is or does, such as "is not audio".

    Returns
    -------
    sentence : str
        The reason as a sentence.
    """
    return f"This file can't be used: it {reason}."


def unanswerable(reason: str) -> str:
    """Refuse a recording in which there is nothing to recognise an emotion in.

    Parameters
    ----------
    reason : str
        What it is or has, such as "is constant".

    Returns
    -------
    sentence : str
        The reason as a sentence.
    """
    return f"There is nothing to recognise an emotion in: this recording {reason}."


def failed(error: BaseException) -> str:
    """Say that the model could not answer; what the error says may not be for visitors.

    Parameters
    ----------
    error : BaseException
        The error of the model.

    Returns
    -------
    sentence : str
        The reason, with the error's type alone.
    """
    return f"This recording could not be answered ({type(error).__name__})."


def for_browser(n_bytes: int, duration: float) -> str:
    """Return the sentences that the browser says itself, before anything is uploaded.

    Parameters
    ----------
    n_bytes : int
        The largest file size (bytes).
    duration : float
        The longest recording (s).

    Returns
    -------
    sentences : str
        A JSON object of sentences by name.
    """
    return json.dumps(
        {
            "tooLarge": too_large(n_bytes),
            "tooLong": too_long(duration),
            "noMicrophone": NO_MICROPHONE,
            "unreachable": UNREACHABLE,
            "noReply": NO_REPLY,
            "busy": BUSY,
        }
    )

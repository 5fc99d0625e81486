"""From a recording to the HTML of its answer or refusal, whatever happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sersk.demo import refusals
from sersk.demo.answering import Limits, NoAnswerError, answer
from sersk.demo.rendering import render_answer, render_problem


def respond(model: Any, path: Path, limits: Limits, *, sound: bool = False) -> tuple[int, str]:
    """Answer a recording.

    Parameters
    ----------
    model : Pipeline
        The model.
    path : pathlib.Path
        The recording.
    limits : Limits
        The limits of a recording.
    sound : bool, default=False
        Whether the answer also holds the sound.

    Returns
    -------
    status : int
        Status of HTTP: 200 for an answer, 422 if the recording cannot be predicted, 500 if the
        model failed.
    html : str
        The answer, or the reason why there is none.
    """
    try:
        return 200, render_answer(answer(model, path, limits), sound=sound)
    except NoAnswerError as reason:
        return 422, render_problem(str(reason))
    except BaseException as error:  # one recording must not end the page, not even by sys.exit
        return 500, render_problem(refusals.failed(error))

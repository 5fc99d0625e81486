"""The ready models by name: where their files are, loading them, and their licence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sersk._utils.suggest import suggest
from sersk.persistence import load_model

#: Names of the models that come with sersk; the first is the default.
READY_MODELS = ("functionals", "pretrained")

_FOLDER = Path(__file__).parent


def load_default_model(
    name: str = "functionals", *, encoder: str | os.PathLike[str] | None = None
) -> Any:
    """Load a model that comes with sersk, so that a recording is answered without any training.

    It tells anger, disgust, fear, happiness, sadness and neutral speech apart. It was trained on
    the acted corpora RAVDESS (English) and EmoDB (German), and on URDU, from talk shows.

    Parameters
    ----------
    name : {"functionals", "pretrained"}, default="functionals"
        Which one. "functionals" needs nothing but its own file. "pretrained" is more accurate; its
        encoder, Whisper base, is downloaded at the first prediction (54 MB) and kept.
    encoder : str, path-like or None, default=None
        Of "pretrained": folder with the weights of Whisper base, in place of a download.

    Returns
    -------
    model : sklearn.pipeline.Pipeline
        A fitted pipeline from recordings to emotions.

    Raises
    ------
    ValueError
        If there is no such model, or `encoder` is given for "functionals".

    See Also
    --------
    describe_model : Its card: corpora, licences, scores, and what not to use it for.
    load_model : Reads a model file of your own.
    adapt : Adapts it to your recordings, without labels.

    Notes
    -----
    The models may be used for research and other purposes that are not commercial: RAVDESS, one of
    their corpora, is published under CC BY-NC-SA 4.0. The file ``sersk/models/LICENSE.md`` says
    more. On voices, rooms and languages that are not in these corpora, expect many wrong answers:
    the card has the scores on a corpus that was left out of the training.

    Examples
    --------
    >>> from sersk import load_default_model, make_emotional_speech
    >>> model = load_default_model()
    >>> model.classes_.tolist()
    ['anger', 'disgust', 'fear', 'happy', 'neutral', 'sad']
    >>> model.predict(make_emotional_speech(1, 1).data).shape
    (6,)
    """
    if encoder is not None and name == "functionals":
        raise ValueError(
            "load_default_model: the model 'functionals' has no encoder; leave it out."
        )
    return load_model(find_ready_model(name), encoder=encoder)


def find_ready_model(name: str) -> Path:
    """Return the file of a ready model.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    file : pathlib.Path
        The file, which is part of the installation.

    Raises
    ------
    ValueError
        If there is no such model.

    Examples
    --------
    >>> from sersk.models import find_ready_model
    >>> find_ready_model("functionals").name
    'functionals.sersk'
    """
    if name not in READY_MODELS:
        raise ValueError(
            f"load_default_model: there is no ready model {name!r}; there is: "
            f"{', '.join(READY_MODELS)}{suggest(str(name), READY_MODELS) or '.'}"
        )
    return _FOLDER / f"{name}.sersk"


def read_notice() -> str:
    """Return the first paragraph of the licence of the ready models, as one line.

    Returns
    -------
    notice : str
        Who may use them, and for what.

    Examples
    --------
    >>> from sersk.models import read_notice
    >>> "CC BY-NC-SA 4.0" in read_notice()
    True
    """
    text = (_FOLDER / "LICENSE.md").read_text(encoding="utf-8")
    return " ".join(text.split("\n\n")[1].split())

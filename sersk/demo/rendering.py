"""Answers, refusals and the facts about a model as HTML.

Figures and sound are embedded in it, so that no file is kept. All text that comes from a model or
a file passes through `html.escape`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import soundfile

from sersk.demo._trust import tell_trust
from sersk.demo.answering import Answer
from sersk.demo.pictures import UNCERTAIN_HUE, draw_mel, draw_timeline
from sersk.persistence import describe_model, tell_score
from sersk.plotting.style import emotion_colors

_TIE = 0.05  # a lead of less than this says little


def render_answer(answer: Answer, *, sound: bool = False) -> str:
    """Return an answer as HTML.

    Parameters
    ----------
    answer : Answer
        The prediction.
    sound : bool, default=False
        Whether the sound is embedded too, for browsers that cannot play the visitor's file.

    Returns
    -------
    html : str
        Label, bars, how much was heard, mel spectrogram, and the timeline if there are several
        windows.
    """
    label = str(answer.label)
    first, best = next(iter(answer.probabilities.items()))
    is_sure = answer.label in answer.probabilities
    hue = emotion_colors(sorted(answer.probabilities, key=str))[first] if is_sure else UNCERTAIN_HUE
    others = [other for other, p in answer.probabilities.items() if p > best - _TIE][1:]
    doubt = []
    if not is_sure:
        doubt = [
            f"The model does not answer below {answer.timeline.threshold:.0%}. Most probable: "
            f"{escape(str(first))}."
        ]
    elif others:
        doubt = [f"Nearly a tie with {escape(str(others[0]))}."]
    parts = [
        f'<div data-label="{escape(label)}">',
        '<p class="eyebrow">Predicted emotion</p>',
        f'<p class="best"><span class="dot" style="--hue:{hue}"></span>'
        f"<strong>{escape(label)}</strong> <span>{best:.0%}</span></p>",
        *(f'<p class="tie">{text}</p>' for text in doubt),
        _bars(answer.probabilities),
        f'<p class="heard quiet">{escape(tell_heard(answer))}</p>',
        f"<h3>Spectrogram</h3>{draw_mel(answer)}",
    ]
    if len(answer.timeline) > 1:
        parts.append(f"<h3>Over time</h3>{draw_timeline(answer.timeline)}")
    if sound:
        parts.append(f'<a hidden class="sound" href="{_sound(answer)}">The recording</a>')
    return "\n".join([*parts, "</div>"])


def tell_heard(answer: Answer) -> str:
    """Say how much of a recording the model heard, and in which windows.

    Parameters
    ----------
    answer : Answer
        The prediction.

    Returns
    -------
    sentence : str
        The part with speech, the whole, and the number and the length of the windows.
    """
    timeline = answer.timeline
    if len(timeline) == 1:
        return f"Heard all {answer.duration:.1f} s as one window."
    heard, whole = f"{answer.heard:.1f}", f"{answer.duration:.1f}"
    part = f"all {whole}" if heard == whole else f"{heard} of {whole}"
    windows = "window" if answer.n_windows == 1 else "windows"
    return (
        f"Heard {part} s: the mean over {answer.n_windows} {windows} of {timeline.window:g} s "
        "with speech."
    )


def render_problem(message: str) -> str:
    """Return the reason why there is no answer, as HTML.

    Parameters
    ----------
    message : str
        The reason.

    Returns
    -------
    html : str
        An alert.
    """
    return (
        '<div class="refusal"><p class="eyebrow">No answer</p>'
        f'<p role="alert">{escape(message)}</p></div>'
    )


def render_empty(classes: list[Any]) -> str:
    """Return what stands in the place of the answer before there is one.

    Parameters
    ----------
    classes : list
        The labels of the model.

    Returns
    -------
    html : str
        The emotions between which the model decides, with empty bars.
    """
    return (
        '<div class="empty"><p class="eyebrow">Predicted emotion</p>'
        '<p class="best">The answer appears here</p>'
        f"{_bars(dict.fromkeys(classes, None))}</div>"
    )


def render_model(model: Any, name: str) -> str:
    """Return the name, training corpus and scores of the model as HTML.

    Parameters
    ----------
    model : Pipeline
        The model.
    name : str
        The name of its file.

    Returns
    -------
    html : str
        A list of facts.
    """
    facts = describe_model(model)
    corpus = facts["corpus"] or {}
    trained = str(corpus.get("name") or "unknown")
    if "n_clips" in corpus:
        speakers = corpus["n_speakers"] or "unknown"
        trained += f", {corpus['n_clips']} clips, {speakers} speakers"
    rows = {
        "file": name,
        "speaker-independent UAR": tell_score(facts["score"]),
        "trained on": trained,
        "emotions": ", ".join(map(str, facts["classes"])),
    }
    if facts["created"]:
        rows["saved"] = facts["created"].replace("T", " ").replace("+00:00", " UTC")
    listed = "".join(
        f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in rows.items()
    )
    notes = tell_trust(facts)
    detail = [] if facts["score"] is None else facts["score"]["notes"]
    if corpus.get("name") == "synthetic":
        notes = [
            "This model was trained on synthetic babble from a program. It shows that the page "
            "works; it knows nothing about real speech.",
            *notes,
        ]
    said = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    return f"{said}<dl>{listed}</dl>{_fold('Scores in detail', detail)}"


def _fold(summary: str, texts: list[str]) -> str:
    """Return texts that are shown on a click; nothing without any."""
    if not texts:
        return ""
    listed = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return f"<details><summary>{escape(summary)}</summary>{listed}</details>"


def _bars(probabilities: Mapping[Any, float | None]) -> str:
    """Return a list of labels with their probabilities; None has an empty bar."""
    colors = emotion_colors(sorted(probabilities, key=str))
    rows = []
    for label, p in probabilities.items():
        filled = f'<span style="width:{100 * p:.1f}%;--hue:{colors[label]}"></span>' if p else ""
        number = "&ndash;" if p is None else f"{p:.1%}"
        rows.append(
            f"<li><span>{escape(str(label))}</span>"
            f'<span class="bar" aria-hidden="true">{filled}</span>'
            f'<span class="number">{number}</span></li>'
        )
    return f'<ul class="bars" aria-label="Probability of each emotion">{"".join(rows)}</ul>'


def _sound(answer: Answer) -> str:
    """Return the sound as a data URL, so that it can be played although no file is kept."""
    file = io.BytesIO()
    samples = np.clip(answer.samples, -1, 1)
    soundfile.write(file, samples, answer.sample_rate, format="FLAC", subtype="PCM_16")
    return f"data:audio/flac;base64,{base64.b64encode(file.getvalue()).decode()}"

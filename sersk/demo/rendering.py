"""Answers as HTML. Figures and sound are embedded in it, so that no file is kept.

All text that comes from an uploaded file passes through `html.escape`.
"""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from sersk.demo.answering import Answer
from sersk.features.mel import MelSpectrogramTransformer
from sersk.persistence import describe_model, tell_score
from sersk.plotting.offscreen import new_figure, to_img
from sersk.plotting.style import emotion_colors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
.sersk { color: var(--body-text-color); font-size: 1rem; line-height: 1.5; }
.sersk h2 { margin: 0 0 .5rem; font-size: 1.6rem; }
.sersk h3 { margin: 1.4rem 0 .4rem; font-size: 1.05rem; }
.sersk .quiet { opacity: .8; }
.sersk .bars { display: grid; grid-template-columns: max-content 1fr max-content;
  gap: .35rem .75rem; align-items: center; max-width: 40rem; }
.sersk .bar { background: var(--background-fill-secondary); border-radius: .25rem;
  height: 1.1rem; overflow: hidden; border: 1px solid var(--border-color-primary); }
.sersk .bar > span { display: block; height: 100%; }
.sersk .number { font-variant-numeric: tabular-nums; text-align: right; }
.sersk .picture { overflow-x: auto; max-width: 60rem; }
.sersk img { width: 100%; min-width: 34rem; background: #fff; border-radius: .25rem; }
.sersk audio { width: 100%; max-width: 40rem; margin-bottom: .5rem; }
.sersk .alert { border-left: .3rem solid #cc6677; padding: .6rem 1rem;
  background: var(--background-fill-secondary); }
.sersk .note { border-left: .3rem solid #ddcc77; padding: .4rem 1rem;
  background: var(--background-fill-secondary); margin: .6rem 0; }
.sersk dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
.sersk dt { font-weight: 600; } .sersk dd { margin: 0; }
"""


def render_answer(answer: Answer, name: str) -> str:
    """Return an answer as HTML.

    Parameters
    ----------
    answer : Answer
        The prediction.
    name : str
        The visitor's name for the recording.

    Returns
    -------
    html : str
        Label, bars, sound, mel spectrogram, and the timeline if there are several windows.
    """
    best = answer.probabilities[answer.label]
    if len(answer.timeline) > 1:
        how = (
            f"the mean over {answer.n_windows} windows of {answer.timeline.window:g} s with speech"
        )
    else:
        how = "one window"
    parts = [
        f'<div class="sersk" data-label="{escape(str(answer.label))}">',
        f"<h2>{escape(str(answer.label))} <small>({best:.0%})</small></h2>",
        f'<p class="quiet">{escape(name)}, {answer.duration:.1f} s, {how}</p>',
        _bars(answer),
        "<h3>The recording</h3>",
        f'<audio controls preload="metadata" src="{_sound(answer)}"></audio>',
        _image(draw_mel(answer), "Mel spectrogram of the recording"),
    ]
    if len(answer.timeline) > 1:
        parts += [
            "<h3>Over time</h3>",
            _image(
                draw_timeline(answer),
                "Probability of each emotion over time, above the waveform",
            ),
            '<p class="quiet">Hatched: no speech, so no prediction.</p>',
        ]
    return "\n".join([*parts, "</div>"])


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
    return f'<div class="sersk"><p class="alert" role="alert">{escape(message)}</p></div>'


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
        "model": name,
        "speaker-independent UAR": tell_score(facts["score"]),
        "trained on": trained,
        "emotions": ", ".join(map(str, facts["classes"])),
    }
    if facts["created"]:
        rows["saved"] = facts["created"].replace("T", " ").replace("+00:00", " UTC")
    listed = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows.items())
    notes = [] if facts["score"] is None else facts["score"]["notes"]
    if corpus.get("name") == "synthetic":
        notes = [
            "This model was trained on synthetic babble from a program. It shows that the page "
            "works; it knows nothing about real speech.",
            *notes,
        ]
    said = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    return f'<div class="sersk">{said}<dl>{listed}</dl></div>'


def draw_mel(answer: Answer) -> Figure:
    """Draw the mel spectrogram of a recording.

    Parameters
    ----------
    answer : Answer
        The prediction, which holds the samples.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Frequency (Hz, on the mel scale) over time (s); colours are dB below the maximum.
    """
    rate = answer.sample_rate
    # At least two windows of the transform, so that a very short recording has a spectrogram.
    samples = np.pad(answer.samples, (0, max(0, 4096 - len(answer.samples))))
    mel = MelSpectrogramTransformer(
        sample_rate=rate, n_mels=80, fmax=min(8000.0, rate / 2), normalization=None
    )
    decibels = mel.fit_transform(samples[np.newaxis])[0]
    figure = new_figure(9, 2.8)
    axes = figure.add_subplot()
    duration = len(samples) / rate
    image = axes.imshow(
        decibels - decibels.max(),
        origin="lower",
        aspect="auto",
        extent=(0, duration, -0.5, len(decibels) - 0.5),
        cmap="magma",
        vmin=-80,
        vmax=0,
        interpolation="nearest",
    )
    hertz = [f for f in (100, 300, 1000, 2000, 4000, 8000) if f <= mel.band_frequencies_[-1]]
    axes.set_yticks(
        np.interp(hertz, mel.band_frequencies_, np.arange(len(decibels))), [f"{f:,}" for f in hertz]
    )
    axes.set(xlabel="time (s)", ylabel="frequency (Hz)")
    figure.colorbar(image, ax=axes, label="level (dB)", pad=0.01)
    return figure


def draw_timeline(answer: Answer) -> Figure:
    """Draw the probabilities over time, above the waveform.

    Parameters
    ----------
    answer : Answer
        The prediction, which holds the timeline.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Two axes, one above the other.
    """
    from sersk.plotting import TimelineDisplay

    figure = new_figure(9, 4.2)
    TimelineDisplay.from_timeline(
        answer.timeline, ax=figure.subplots(2, sharex=True, height_ratios=(2.4, 1)), title=""
    )
    return figure


def _bars(answer: Answer) -> str:
    colors = emotion_colors(sorted(answer.probabilities, key=str))
    rows = [
        f"<span>{escape(str(name))}</span>"
        f'<span class="bar"><span style="width:{100 * p:.1f}%;background:{colors[name]}"></span>'
        f'</span><span class="number">{p:.1%}</span>'
        for name, p in answer.probabilities.items()
    ]
    return f'<div class="bars">{"".join(rows)}</div>'


def _sound(answer: Answer) -> str:
    """Return the sound as a data URL, so that it can be played although no file is kept."""
    file = io.BytesIO()
    samples = np.clip(answer.samples, -1, 1)
    soundfile.write(file, samples, answer.sample_rate, format="FLAC", subtype="PCM_16")
    return f"data:audio/flac;base64,{base64.b64encode(file.getvalue()).decode()}"


def _image(figure: Figure, description: str) -> str:
    image = to_img(figure, description, dpi=120)
    return f'<div class="picture">{image}</div>'  # scrolls on a phone, where it would be too small

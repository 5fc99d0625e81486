"""Figures of an answer as HTML and SVG, whose text stays readable at any width and in the dark.

matplotlib gives the colours only: a figure that it draws has one width and one background.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sersk.demo.answering import Answer
from sersk.features.mel import MelSpectrogramTransformer
from sersk.inference import Timeline
from sersk.plotting.style import LEVELS, emotion_colors

_FLOOR = -80.0  # dB
UNCERTAIN_HUE = "#b5b5b5"  # of windows in which the model does not answer
_HERTZ = (500, 1000, 2000, 4000, 8000)
_MOST_COLUMNS = 1200  # of a spectrogram: more pixels than any screen shows of it


def draw_mel(answer: Answer) -> str:
    """Draw the mel spectrogram of a recording.

    Parameters
    ----------
    answer : Answer
        The prediction, which holds the samples.

    Returns
    -------
    html : str
        Frequency (Hz, on the mel scale) over time (s); colours are dB below the maximum.
    """
    rate = answer.sample_rate
    # At least two windows of the transform, so that a very short recording has a spectrogram.
    samples = np.pad(answer.samples, (0, max(0, 4096 - len(answer.samples))))
    mel = MelSpectrogramTransformer(
        sample_rate=rate, n_mels=80, fmax=min(8000.0, rate / 2), normalization=None
    )
    decibels = mel.fit_transform(samples[np.newaxis])[0]
    hertz = [f for f in _HERTZ if f <= mel.band_frequencies_[-1]]
    bands = np.interp(hertz, mel.band_frequencies_, np.arange(len(decibels)))
    heights = (bands + 0.5) / len(decibels)
    duration = len(samples) / rate
    text = f"Mel spectrogram of the recording: {duration:.1f} s, 0 to {mel.fmax:,.0f} Hz"
    data = base64.b64encode(_to_png(decibels - decibels.max())).decode()
    image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    labels = [(height, f"{f:,}") for height, f in zip(heights, hertz, strict=True)]
    return (
        f"{_plot('frequency (Hz)', labels, image, duration)}"
        f'<p class="scale"><span>&minus;{-_FLOOR:g} dB</span><span class="ramp" style="background:'
        f'linear-gradient(to right,{",".join(_ramp())})"></span><span>0 dB</span>'
        "<span>level relative to the maximum</span></p>"
    )


def draw_timeline(timeline: Timeline) -> str:
    """Draw the probabilities over time, above the waveform.

    Parameters
    ----------
    timeline : Timeline
        The prediction for each window.

    Returns
    -------
    html : str
        A stack of the probabilities for each window, the waveform, and a legend.
    """
    labels = timeline.classes.tolist()
    colors = emotion_colors(labels)
    columns = []
    for begin, end, row in zip(timeline.start, timeline.end, timeline.probabilities, strict=True):
        if not np.isfinite(row).all():
            continue  # no speech
        left = (begin + end) / 2 - timeline.hop / 2
        told = ", ".join(f"{labels[i]} {row[i]:.0%}" for i in np.argsort(-row, kind="stable"))
        tops = np.cumsum(row)
        parts = [
            f'<rect x="{left:.3f}" y="{1 - top:.4f}" width="{timeline.hop:.3f}" '
            f'height="{share:.4f}" style="--hue:{colors[label]}"/>'
            for label, share, top in zip(labels, row, tops, strict=True)
        ]
        if not row.max() >= timeline.threshold:
            told = f"{timeline.uncertain} ({told})"
            parts.append(
                f'<rect x="{left:.3f}" y="0" width="{timeline.hop:.3f}" height="1" '
                f'style="--hue:{UNCERTAIN_HUE}" opacity="0.8"/>'
            )
        about = escape(f"{begin:.1f} to {end:.1f} s: {told}")
        columns.append(f"<g><title>{about}</title>{''.join(parts)}</g>")
    best, counts = np.unique([str(label) for label in timeline.labels[timeline.speech]],
                             return_counts=True)  # fmt: skip
    order = np.argsort(-counts, kind="stable")
    n_windows = int(counts.sum())
    leads = ", ".join(f"{best[i]} in {counts[i]}" for i in order)
    summary = f"Answers in windows with speech: {leads} of {n_windows}."
    quiet = _quiet(timeline)
    key = "".join(
        f'<li><span class="dot" style="--hue:{colors[label]}"></span>{escape(str(label))}</li>'
        for label in labels
    )
    if timeline.threshold:
        key += (
            f'<li><span class="dot" style="--hue:{UNCERTAIN_HUE}"></span>'
            f"{escape(str(timeline.uncertain))}, below {timeline.threshold:.0%}</li>"
        )
    silence = '<li><span class="dot silent"></span>no speech</li>' if quiet else ""
    ticks = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
    above = _svg(timeline.duration, quiet + "".join(columns), escape(summary))
    below = _svg(timeline.duration, quiet + _wave(timeline), "Waveform of the recording", "wave")
    return (
        f'<ul class="key">{key}{silence}</ul>'
        f"{_plot('probability', ticks, above + below, timeline.duration, 'timeline')}"
        f'<p class="quiet">{escape(summary)} Each column is the prediction for the '
        f"{timeline.window:g} s around it. The half window at each end has no column."
        "</p>"
    )


def _plot(
    name: str, labels: Iterable[tuple[float, str]], drawing: str, duration: float, kind: str = "mel"
) -> str:
    """Return a drawing between its axes; `labels` are shares of the height from the bottom."""
    vertical = "".join(
        f'<span style="bottom:{100 * height:.2f}%">{text}</span>' for height, text in labels
    )
    return (
        f'<div class="plot {kind}"><span class="axis">{name}</span>'
        f'<div class="ys" aria-hidden="true">{vertical}</div>'
        f'<div class="drawing">{drawing}</div>'
        f'<div class="xs" aria-hidden="true">{_times(duration)}</div>'
        '<span class="axis time">time (s)</span></div>'
    )


def _times(duration: float) -> str:
    """Return labels of at most seven round times."""
    steps = [m * 10.0**e for e in range(-3, 6) for m in (1, 2, 5)]
    step = next(step for step in steps if duration / step <= 6)
    times = np.arange(0, duration * 1.0001, step)
    spans = []
    for time in times:
        share = min(1.0, time / duration)
        edge = " first" if share < 0.02 else " last" if share > 0.97 else ""
        spans.append(f'<span class="x{edge}" style="left:{100 * share:.2f}%">{time:g}</span>')
    return "".join(spans)


def _svg(duration: float, content: str, text: str, kind: str = "stack") -> str:
    return (
        f'<svg class="{kind}" role="img" aria-label="{text}" preserveAspectRatio="none" '
        f'viewBox="0 0 {duration:.3f} 1">{content}</svg>'
    )


def _quiet(timeline: Timeline) -> str:
    edges = np.concatenate([[0.0], timeline.stretches.ravel(), [timeline.duration]])
    return "".join(
        f'<rect class="silent" x="{begin:.3f}" y="0" width="{end - begin:.3f}" height="1"/>'
        for begin, end in edges.reshape(-1, 2)
        if end - begin > 0
    )


def _wave(timeline: Timeline) -> str:
    low, high = timeline.envelope.T
    peak = max(float(np.abs(timeline.envelope).max(initial=0)), 1e-6)
    there = np.stack([timeline.envelope_times, 0.5 - 0.48 * high / peak], axis=1)
    back = np.stack([timeline.envelope_times, 0.5 - 0.48 * low / peak], axis=1)[::-1]
    points = " ".join(f"{x:.3f},{y:.3f}" for x, y in np.concatenate([there, back]))
    return f'<polygon points="{points}"/>'


def _to_png(decibels: NDArray[Any]) -> bytes:
    from matplotlib.image import imsave

    n_frames = decibels.shape[1]
    if n_frames > _MOST_COLUMNS:
        bounds = np.linspace(0, n_frames, _MOST_COLUMNS, endpoint=False).astype(int)
        decibels = np.maximum.reduceat(decibels, bounds, axis=1)
    file = io.BytesIO()
    # "Software" would be matplotlib's version.
    options: dict[str, Any] = {"origin": "lower", "metadata": {"Software": None}}
    imsave(file, decibels, format="png", cmap=LEVELS, vmin=_FLOOR, vmax=0, **options)
    return file.getvalue()


def _ramp() -> list[str]:
    """Return the colours of the spectrogram from the floor to the maximum."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps[LEVELS](share)) for share in np.linspace(0, 1, 9)]

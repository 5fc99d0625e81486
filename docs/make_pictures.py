"""Make the figures of the README and the guide.

    python docs/make_pictures.py [--output FOLDER]

- ``pipeline.png``: a clip in each stage of the pipeline, with computed data: synthetic
  speech, its views, their mel spectrograms, and the probabilities of a small network for an unseen
  speaker;
- ``views.png``: mel spectrograms of a clip and its views;
- ``gap.png``: the published system in three orders, from ``results/published_system.csv``.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

DOCS = Path(__file__).parent
ORDERS = {
    "published": "published order: augmented,\nsplit at random, stopped on the test set",
    "clips": "by clip: split first,\nsame speakers on both sides",
    "speakers": "by speaker:\nunseen speakers",
}


def draw_views() -> Any:
    """Draw the published views of a clip of synthetic speech."""
    from sersk import AudioAugmenter, ViewsDisplay, make_emotional_speech
    from sersk.plotting.offscreen import new_figure

    clip = make_emotional_speech(n_speakers=1, n_repetitions=1, emotions=("anger",)).data[0]
    figure = new_figure(8.6, 3.3)
    ViewsDisplay.from_estimator(AudioAugmenter(), clip, ax=figure.subplots(1, 3))
    return figure


def draw_gap() -> Any:
    """Draw the scores of the published system in each order, mean and spread over folds."""
    from sersk.plotting.offscreen import new_figure
    from sersk.plotting.style import BLUE, CHANCE_LINE, ORANGE, SKY

    results = pd.read_csv(DOCS / "results" / "published_system.csv")
    results = results[results["size"] == "eighth"]
    figure = new_figure(9, 4.1)
    axes = figure.subplots(1, 2, sharey=True)
    corpora = [
        ("ravdess", "RAVDESS, 16 speakers, 6 emotions", 6),
        ("urdu", "URDU, 29 speakers, 4 emotions", 4),
    ]
    for ax, (corpus, title, n_classes) in zip(axes, corpora, strict=True):
        table = results[results["corpus"] == corpus]
        networks = list(dict.fromkeys(table["network"]))
        for number, (order, color) in enumerate(zip(ORDERS, (ORANGE, SKY, BLUE), strict=True)):
            scores = table[table["order"] == order].groupby("network")["uar"]
            mean = 100 * scores.mean()[networks]
            spread = 100 * scores.std()[networks]
            places = np.arange(len(networks)) + 0.28 * (number - 1)
            ax.bar(places, mean, 0.26, yerr=spread, color=color, ecolor="0.3", label=ORDERS[order])
            for place, value in zip(places, mean, strict=True):
                ink = "white" if color == BLUE else "black"
                ax.text(place, 3, f"{value:.0f}", ha="center", fontsize=9, color=ink)
        chance = 100 / n_classes
        ax.axhline(chance, **CHANCE_LINE, label="chance")
        ax.set_xticks(range(len(networks)), networks)
        ax.set(title=title, ylim=(0, 100), xlabel="network")
    axes[0].set_ylabel("UAR (%), mean ± std over folds")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def draw_pipeline() -> Any:
    """Draw a clip in each stage of the pipeline, with computed data."""
    from matplotlib.patches import FancyBboxPatch, Rectangle

    from sersk import (
        AudioAugmenter,
        AudioLoader,
        FeaturesDisplay,
        MelSpectrogramTransformer,
        WaveformDisplay,
    )
    from sersk.plotting.offscreen import new_figure
    from sersk.plotting.style import BLUE, GREEN

    clip, classes, probabilities, truth = predict_unseen_speaker()
    waveform = AudioLoader(duration=2.0).fit_transform([clip])
    views = AudioAugmenter().fit_transform(waveform)[0]
    mel = MelSpectrogramTransformer(n_mels=64).fit(views)

    figure = new_figure(11, 4.2, layout=None)
    canvas = figure.add_axes((0, 0, 1, 1))
    canvas.set(xlim=(0, 11), ylim=(0, 4.2))
    canvas.axis("off")

    def box(x, y, width, height, text, color):
        canvas.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                height,
                "round,pad=0.02,rounding_size=0.1",
                facecolor=color,
                edgecolor="0.45",
                linewidth=1,
            )
        )
        canvas.text(x + 0.08, y + height - 0.02, text, va="top", fontsize=10, weight="bold")

    def panel(x, y, width, height):
        ax = figure.add_axes((x / 11, y / 4.2, width / 11, height / 4.2))
        ax.set(xticks=[], yticks=[])
        return ax

    def bare(ax):
        ax.set(xlabel="", ylabel="", title="", xticks=[], yticks=[])

    def stage(x, name, shape):
        canvas.text(x, 3.2, name, ha="center", va="bottom", fontsize=9.5, weight="bold")
        canvas.text(x, 0.42, shape, ha="center", va="bottom", fontsize=8.5, color="0.25")

    def arrow(x, end):
        canvas.annotate(
            "", (end, 2.0), (x, 2.0), arrowprops={"arrowstyle": "-|>", "color": "0.2", "lw": 1.4}
        )

    box(0.95, 0.12, 9.93, 3.98, "Pipeline", "#f7f7f7")
    box(1.1, 0.25, 6.15, 3.5, "frontend: FrontEnd, a chunk of clips at a time", "#eaf2f8")
    box(7.5, 0.25, 3.25, 3.5, "classifier", "#e9f5f0")

    canvas.text(0.45, 2.0, "files\nor\nwaveforms", ha="center", va="center", fontsize=10)
    canvas.text(0.45, 0.42, "(n_clips,)", ha="center", va="bottom", fontsize=8.5, color="0.25")
    arrow(0.85, 1.2)
    stage(2.05, "AudioLoader", "(n_clips, n_samples)")
    ax = panel(1.25, 1.6, 1.6, 0.8)
    WaveformDisplay(waveform[0], 22050).plot(ax)
    bare(ax)
    arrow(2.9, 3.2)
    stage(4.05, "AudioAugmenter", "(n_clips, n_views, n_samples)")
    stage(6.2, "features: mel", "(…, n_bands, n_frames)")
    for number, (view, name) in enumerate(
        zip(views, ("as it is", "1.2 times as fast", "+2 semitones"), strict=True)
    ):
        y = 2.33 - 0.79 * number
        ax = panel(3.25, y, 1.6, 0.58)
        WaveformDisplay(view, 22050).plot(ax, color=BLUE if number == 0 else "0.45")
        bare(ax)
        canvas.text(3.25, y + 0.6, name, fontsize=8, va="bottom", color="0.25")
        ax = panel(5.4, y, 1.6, 0.58)
        features = mel.transform(view[np.newaxis])[0]
        FeaturesDisplay.from_features(features, mel).plot(ax, colorbar=False)
        bare(ax)
        arrow_y = y + 0.29
        canvas.annotate(
            "",
            (5.35, arrow_y),
            (4.9, arrow_y),
            arrowprops={"arrowstyle": "-|>", "color": "0.2", "lw": 1.2},
        )
    canvas.text(
        4.05, 0.27, "views while fitting only", ha="center", va="bottom", fontsize=8, style="italic"
    )
    arrow(7.05, 7.6)
    canvas.text(8.15, 3.2, "network", ha="center", va="bottom", fontsize=9.5, weight="bold")
    for number in range(4):  # four blocks; each is smaller and has more layers than the last
        size = 1.1 * 0.72**number
        for layer in range(2 + number):
            x = 7.68 + 0.27 * number + 0.03 * layer
            canvas.add_patch(
                Rectangle(
                    (x, 2.0 - size / 2 - 0.03 * layer),
                    0.22,
                    size,
                    facecolor="white",
                    edgecolor=GREEN,
                    linewidth=1,
                )
            )
    arrow(8.95, 9.2)
    stage(9.95, "probabilities", "(n_clips, n_classes)")
    ax = panel(9.55, 1.35, 0.85, 1.4)
    positions = np.arange(len(classes))[::-1]
    colors = [GREEN if name == truth else "0.6" for name in classes]
    ax.barh(positions, probabilities, color=colors)
    ax.set_yticks(positions, classes, fontsize=7)
    ax.set_xticks([0, 1], ["0", "1"], fontsize=7)
    ax.set_xlim(0, 1)
    ax.tick_params(length=2, pad=1)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure


def predict_unseen_speaker() -> tuple[Any, list[str], Any, str]:
    """Train a small network; return a clip of an unseen speaker, and its probabilities."""
    from sersk import MelSpectrogramTransformer, make_emotional_speech, make_ser_pipeline

    corpus = make_emotional_speech(n_speakers=12, n_repetitions=3, random_state=0)
    pipeline = make_ser_pipeline(
        features=MelSpectrogramTransformer(n_mels=64),
        augmentation=False,
        duration=2.0,
        epochs=12,
        batch_size=16,
        plateau_patience=None,
        model__filters=(16, 32, 64),
        model__pool_size=4,
        model__dense_units=(),
        model__dropout=0.0,
        model__momentum=0.9,
        random_state=0,
    )
    known = corpus.groups != corpus.groups[0]
    pipeline.fit(corpus.data[known], corpus.target[known], classifier__groups=corpus.groups[known])
    clip = int(np.flatnonzero(~known)[0])
    probabilities = pipeline.predict_proba([corpus.data[clip]])[0]
    return corpus.data[clip], pipeline.classes_.tolist(), probabilities, corpus.target[clip]


def save(figure: Any, file: Path) -> None:
    """Write a PNG with 128 colours, which is a third of the size for these figures."""
    import io

    from PIL import Image

    from sersk.plotting.offscreen import to_png

    image = (
        Image.open(io.BytesIO(to_png(figure)))
        .convert("RGB")
        .quantize(128, dither=Image.Dither.NONE)
    )
    image.save(file, optimize=True)
    print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Make all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=DOCS / "images")
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    for name, draw in [("views", draw_views), ("gap", draw_gap), ("pipeline", draw_pipeline)]:
        save(draw(), output / f"{name}.png")


if __name__ == "__main__":
    main()

"""`sersk train`: a folder of recordings in, a model file out."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sersk.cli import _options as options
from sersk.cli._terminal import command, say


@command
def train(
    folder: options.Folder,
    output: Annotated[Path, typer.Option("--output", "-o", help="The model file to write.")] = Path(
        "model.joblib"
    ),
    corpus: options.Corpus = "auto",
    speaker: options.Speaker = None,
    emotions: options.Emotions = None,
    labels: options.Labels = "standard",
    network: options.Network = "cnn",
    epochs: options.Epochs = 30,
    filters: options.Filters = None,
    augmentation: options.Augmentation = True,
    duration: options.Duration = 4.0,
    sample_rate: options.SampleRate = 22050,
    jobs: options.Jobs = -1,
    seed: options.Seed = 0,
    settings: options.Settings = None,
    verbose: options.Verbosity = None,
    debug: options.Debug = False,
) -> None:
    """Train a model on a folder of recordings, and save it."""
    from sersk.cli._evaluation import fit
    from sersk.cli._models import check_writable, save_model

    start = time.monotonic()
    check_writable(output)
    found = options.load_corpus(folder, corpus, speaker, emotions, labels)
    # by default a line an epoch; with --verbose every batch
    progress = {None: 2, True: 1, False: 0}[verbose]
    pipeline = options.make_pipeline(
        network,
        epochs,
        filters,
        augmentation,
        duration,
        sample_rate,
        jobs,
        seed,
        settings,
        progress,
    )
    if found.groups is None and pipeline.named_steps["classifier"].validation_split:
        say(
            "Note: the speakers are not known (--speaker), so early stopping judges by other "
            "clips of the voices it trains on."
        )
    fit(pipeline, found.data, found.target, found.groups)
    classifier = pipeline.named_steps["classifier"]
    n_epochs, n_held = len(classifier.history_["loss"]), len(classifier.validation_indices_)
    save_model(pipeline, output)
    typer.echo(
        f"Learned from {options.describe_corpus(found)};\n"
        f"{n_held} of the clips were set apart for early stopping; {n_epochs} epochs, "
        f"{time.monotonic() - start:.0f} s in all.\n"
        f"Model: {output}"
    )
    say("Next: sersk evaluate, for an honest score; sersk predict, to use the model.")

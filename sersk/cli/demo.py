"""`sersk demo`: the whole way on synthetic speech, from clips to an honest score and a model."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk.cli._options import Debug, Seed
from sersk.cli._terminal import command, import_tensorflow_quietly, say

if TYPE_CHECKING:
    from sersk.evaluation import EvaluationReport


@command
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path(
        "sersk-demo"
    ),
    seed: Seed = 0,
    debug: Debug = False,
) -> None:
    """Try everything on synthetic speech: no recordings needed, about a minute or two.

    Makes a small corpus, cross-validates a small network by speaker, and saves a model, a few
    clips and a picture of the confusion matrix.
    """
    run_demo(output, seed)


def run_demo(
    output: Path,
    seed: int,
    *,
    n_speakers: int = 16,
    n_repetitions: int = 3,
    n_folds: int = 4,
    **pipeline_params: Any,
) -> "EvaluationReport":
    """Run the demonstration.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to; made if need be.
    seed : int
        Seed of corpus, folds and training.
    n_speakers : int, default=16
        Number of synthetic voices.
    n_repetitions : int, default=3
        Number of clips of each emotion by each voice.
    n_folds : int, default=4
        Number of folds.
    **pipeline_params : dict
        Parameters of `make_ser_pipeline` in place of the demonstration's own.

    Returns
    -------
    report : EvaluationReport
        Scores of the folds.
    """
    start = time.monotonic()
    output.mkdir(parents=True, exist_ok=True)
    from sersk._files import check_writable
    from sersk.cli._models import save_model

    check_writable(output / "model.joblib")
    say("Loading TensorFlow ...")
    import_tensorflow_quietly()
    from sersk import MelSpectrogramTransformer, make_emotional_speech, make_ser_pipeline
    from sersk.cli._evaluation import evaluate_corpus, fit, summarize
    from sersk.cli._options import describe_corpus

    say("Making synthetic speech ...")
    corpus = make_emotional_speech(n_speakers, n_repetitions, random_state=seed)
    typer.echo(f"Corpus: {describe_corpus(corpus)}.")
    typer.echo(
        "It is SYNTHETIC: babble from a program. The scores show that all works; they say "
        "nothing about real voices."
    )
    # Small, to be done soon; without dropout, and with averages that settle within the few steps
    # there are. The early epochs of so few clips say little: nothing is made to wait for them.
    params: dict[str, Any] = {
        "features": MelSpectrogramTransformer(n_mels=64),
        "augmentation": False,
        "duration": 2.0,
        "epochs": 12,
        "batch_size": 16,
        "plateau_patience": None,
        "model__filters": (16, 32, 64),
        "model__pool_size": 4,
        "model__dense_units": (),
        "model__dropout": 0.0,
        "model__momentum": 0.9,
        "n_jobs": -1,
        "random_state": seed,
    }
    pipeline = make_ser_pipeline(**(params | pipeline_params))
    say("Scoring by speaker ...")
    report = evaluate_corpus(pipeline, corpus, n_folds, range(seed, seed + 1), quiet=False)
    for number, (_, fold) in enumerate(report.by_fold.iterrows(), start=1):
        typer.echo(f"fold {number}  UAR {fold['uar']:.3f}  accuracy {fold['accuracy']:.3f}")
    typer.echo(summarize(report))

    say("Training on all speakers ...")
    fit(pipeline, corpus.data, corpus.target, corpus.groups)
    save_model(pipeline, output / "model.joblib", corpus, report)
    clips = _save_clips(corpus, output)
    _save_confusion_matrix(report, output / "confusion_matrix.png")
    typer.echo(
        f"Done in {time.monotonic() - start:.0f} s. In {output}: model.joblib, "
        f"confusion_matrix.png, and {clips.name}, one of the synthetic clips of each emotion.\n"
        f"Next: sersk predict {output / 'model.joblib'} {clips}\n"
        "With recordings of your own: sersk evaluate FOLDER, sersk train FOLDER."
    )
    return report


def _save_clips(corpus: Any, output: Path) -> Path:
    """Write one clip of each emotion by the first voice, to listen to and to predict."""
    import soundfile

    folder = output / "clips"
    folder.mkdir(exist_ok=True)
    for emotion in corpus.target_names:
        first = corpus.target.tolist().index(emotion)
        # make_emotional_speech's own default rate
        soundfile.write(folder / f"{emotion}.wav", corpus.data[first], 22050)
    return folder


def _save_confusion_matrix(report: "EvaluationReport", path: Path) -> None:
    """Draw what was taken for what, a row for each true emotion."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from sersk._files import replacing
    from sersk.evaluation.plots import plot_confusion

    # A figure of its own, without pyplot: no window, whatever the user's backend.
    figure = Figure(figsize=(7, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = plot_confusion(report, figure.add_subplot())
    axes.set_xlabel("predicted emotion")
    axes.set_ylabel("true emotion (rows sum to 1)")
    axes.set_title(f"Synthetic speech, unseen speakers: UAR {report.uar:.2f}")
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=120)

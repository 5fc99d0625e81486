"""`sersk demo`: a demonstration on synthetic speech, from clips to an evaluation and a model."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sersk._utils.progress import note
from sersk._utils.quiet_tensorflow import import_tensorflow_quietly
from sersk.cli._options import AllowPickle, Debug, Seed, Trust
from sersk.cli._printing import print_csv, print_result
from sersk.cli._terminal import WRONG_USE, command, fail

if TYPE_CHECKING:
    from sersk.evaluation import EvaluationReport


@command
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path(
        "sersk-demo"
    ),
    seed: Seed = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report of the cross-validation as JSON.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the scores as CSV, one row for each fold.")
    ] = False,
    web: Annotated[
        bool,
        typer.Option(
            "--web",
            help="Serve a web page that predicts the emotion of recordings, with the model that "
            "comes with sersk. Needs pip install 'sersk[web]'.",
        ),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME|FILE",
            help="With --web: functionals (the default) or pretrained, which come with sersk, or a "
            "model file.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="With --web: the address to listen on. The default is reachable from this machine "
            "only; 0.0.0.0 is reachable by everybody who can reach the machine."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="With --web: the port; by default the first free one from 7860 on.",
            show_default=False,
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            help="With --web: a further name under which browsers reach the page, such as that of "
            "a web server in front of it; may be repeated.",
            show_default=False,
        ),
    ] = None,
    max_size: Annotated[
        float, typer.Option(min=0.01, help="With --web: the largest file, in MB.")
    ] = 20.0,
    max_duration: Annotated[
        float, typer.Option(min=1, help="With --web: the longest recording, in s.")
    ] = 120.0,
    allow_pickle: AllowPickle = False,
    trust: Trust = None,
    debug: Debug = False,
) -> None:
    """Try everything on synthetic speech: no recordings needed, one to three minutes.

    Makes a small corpus, keeps one speaker aside, cross-validates a small network by speaker on
    the others, and predicts the clips of the one that was kept aside. Saves the model, these clips
    and a figure of the confusion matrix. With --web, nothing of this: serves a page in the browser
    that predicts the emotion of recordings.
    """
    if not web:
        if model is not None:
            raise fail(
                "--model needs --web. To use a model without the page, run sersk predict.",
                WRONG_USE,
            )

        def show(report: "EvaluationReport") -> None:
            if as_json:
                print_result(report.to_json())
            elif as_csv:
                folds = report.by_fold.reset_index()
                print_csv(list(folds.columns), folds.to_numpy().tolist())

        run_demo(output, seed, tell=not (as_json or as_csv), show=show)
        return
    from sersk.cli._models import READY_NAMES, load_model
    from sersk.demo.serving import check_gradio

    check_gradio()
    pipeline = load_model(model, allow_pickle, trust)
    name = f"{model or READY_NAMES[0]}, which comes with sersk"
    if model is not None and model not in READY_NAMES:
        name = model
    serve_page(pipeline, name, host, port, allowed_host or [], max_size, max_duration)


def serve_page(
    pipeline: Any,
    name: str,
    host: str,
    port: int | None,
    allowed_hosts: list[str],
    max_size: float,
    max_duration: float,
) -> None:
    """Serve the page until Ctrl-C."""
    from sersk.demo import Limits, serve

    note("Starting the page ...")
    limits = Limits(n_bytes=round(2**20 * max_size), duration=max_duration)
    server = serve(pipeline, name, host=host, port=port, limits=limits, allowed_hosts=allowed_hosts)
    typer.echo(f"Open {server.url} (Ctrl-C ends it)")
    server.wait()


def run_demo(
    output: Path,
    seed: int,
    *,
    n_speakers: int = 16,
    n_repetitions: int = 3,
    n_folds: int = 4,
    tell: bool = True,
    show: "Callable[[EvaluationReport], None] | None" = None,
    **pipeline_params: Any,
) -> "EvaluationReport":
    """Run the demonstration.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to, created if necessary.
    seed : int
        Seed of corpus, folds and training.
    n_speakers : int, default=16
        Number of synthetic speakers to train and score on; one more is kept aside.
    n_repetitions : int, default=3
        Number of clips of each emotion by each speaker.
    n_folds : int, default=4
        Number of folds.
    tell : bool, default=True
        Whether results are printed on stdout instead of stderr.
    show : callable or None, default=None
        Called with the report before anything is saved, which may fail.
    **pipeline_params : dict
        Parameters of `make_ser_pipeline` that replace the demonstration's own.

    Returns
    -------
    report : EvaluationReport
        Scores of the folds, without the speaker that is kept aside.
    """
    start = time.monotonic()
    told = typer.echo if tell else note
    output.mkdir(parents=True, exist_ok=True)
    from sersk._utils.files import check_writable
    from sersk.cli._models import save_model

    check_writable(output / "model.sersk")
    note("Loading TensorFlow ...")
    import_tensorflow_quietly()
    from sersk import MelSpectrogramTransformer, make_emotional_speech, make_ser_pipeline
    from sersk.cli._evaluation import evaluate_corpus, fit, summarize
    from sersk.cli._options import describe_corpus

    note("Making synthetic speech ...")
    everybody = make_emotional_speech(n_speakers + 1, n_repetitions, random_state=seed)
    corpus, unseen = _keep_one_aside(everybody)
    told(f"Corpus: {describe_corpus(corpus)}, and one more speaker to test on.")
    told(
        "It is SYNTHETIC: babble from a program. The scores show that the software works; they "
        "say nothing about real speech."
    )
    # A small network trains quickly. The corpus gives few training steps, so there is no dropout,
    # and the moving averages of batch normalisation adapt quickly.
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
    note("Scoring by speaker ...")
    report = evaluate_corpus(pipeline, corpus, n_folds, range(seed, seed + 1), quiet=False)
    for number, (_, fold) in enumerate(report.by_fold.iterrows(), start=1):
        told(f"fold {number}  UAR {fold['uar']:.3f}  accuracy {fold['accuracy']:.3f}")
    told(summarize(report))
    if show is not None:
        show(report)

    note("Training on these speakers ...")
    fit(pipeline, corpus.data, corpus.target, corpus.groups)
    save_model(pipeline, output / "model.sersk", corpus, report)
    files = _save_clips(unseen, output)
    _save_confusion_matrix(report, output / "confusion_matrix.png")
    told("One clip of each emotion by the speaker that the model did not see:")
    right = 0
    for file, proba in zip(files, pipeline.predict_proba(files), strict=True):
        predicted = pipeline.classes_[proba.argmax()]
        right += predicted == Path(file).stem
        told(f"  {Path(file).name:13s}  {predicted:8s} {proba.max():.2f}")
    told(f"{right} of {len(files)} are right (chance 1 of {len(pipeline.classes_)}).")
    told(
        f"Done in {time.monotonic() - start:.0f} s. In {output}: model.sersk, "
        f"confusion_matrix.png, and clips with these recordings.\n"
        f"Next: sersk predict {output / 'model.sersk'} {output / 'clips'}\n"
        "With real recordings: sersk corpora lists free corpora and how to get each; then "
        "sersk evaluate FOLDER and sersk train FOLDER, with such a folder or one of your own."
    )
    return report


def _keep_one_aside(corpus: Any) -> tuple[Any, Any]:
    """Return the corpus without its last speaker, and the clips of that speaker."""
    from sklearn.utils import Bunch

    aside = corpus.groups == corpus.groups[-1]
    parts = (
        Bunch(
            data=corpus.data[rows],
            target=corpus.target[rows],
            groups=corpus.groups[rows],
            frame=corpus.frame[rows],
            target_names=corpus.target_names,
            DESCR=corpus.DESCR,
        )
        for rows in (~aside, aside)
    )
    return next(parts), next(parts)


def _save_clips(corpus: Any, output: Path) -> list[str]:
    """Write one clip of each emotion, to listen to and to predict."""
    import soundfile

    from sersk._utils.files import replacing

    (output / "clips").mkdir(exist_ok=True)
    files = [str(output / "clips" / f"{emotion}.wav") for emotion in corpus.target_names]
    for emotion, file in zip(corpus.target_names, files, strict=True):
        first = corpus.target.tolist().index(emotion)
        # the default sample rate of make_emotional_speech
        with replacing(Path(file)) as written:
            soundfile.write(written, corpus.data[first], 22050, format="WAV")
    return files


def _save_confusion_matrix(report: "EvaluationReport", path: Path) -> None:
    """Plot the confusion matrix, one row for each true emotion."""
    from sersk._utils.files import replacing
    from sersk.plotting import ConfusionDisplay
    from sersk.plotting.offscreen import new_figure, to_png

    figure = new_figure(7, 6)
    axes = ConfusionDisplay.from_report(report, ax=figure.add_subplot()).ax_
    axes.set_xlabel("predicted emotion")
    axes.set_ylabel("true emotion (rows sum to 1)")
    axes.set_title(f"Synthetic speech, unseen speakers: UAR {report.uar:.2f}")
    with replacing(path) as file:
        file.write(to_png(figure, dpi=120))

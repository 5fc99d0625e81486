"""The `sersk` command: one small module a sub-command, arguments in, public calls, results out.

Nothing heavy is imported here: `sersk --help` answers at once. What the commands compute is
the library's.
"""

import os
import sys

import typer

from sersk.cli._terminal import EXIT_CODES, INTERRUPTED
from sersk.cli.corpora import corpora
from sersk.cli.demo import demo
from sersk.cli.evaluate import evaluate
from sersk.cli.info import info
from sersk.cli.listen import listen
from sersk.cli.predict import predict
from sersk.cli.timeline import timeline
from sersk.cli.train import train

app = typer.Typer(
    name="sersk",
    help="Speech emotion recognition: from recordings to emotions.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode="markdown",  # paragraphs as wide as the terminal
    context_settings={"help_option_names": ["-h", "--help"]},
    # The commands make one clear message of an error; with --debug Python's own traceback.
    pretty_exceptions_enable=False,
)
for _command in (demo, train, evaluate, predict, timeline, listen, info, corpora):
    app.command(epilog=EXIT_CODES)(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from sersk import __version__

        typer.echo(f"sersk {__version__}")
        raise typer.Exit()


@app.callback()
def _sersk(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def main() -> None:
    """Run the command."""
    try:
        app(prog_name="sersk")
    except KeyboardInterrupt:  # before a command has begun
        sys.exit(INTERRUPTED)
    finally:
        _let_go_of_output()


def _let_go_of_output() -> None:
    """Drop what could not be written: Python would try once more, and change the exit code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

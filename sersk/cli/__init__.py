"""The `sersk` command, with one module for each sub-command.

A sub-command reads its arguments, calls the library and prints the results. Nothing slow is
imported here, so that `sersk --help` answers at once.
"""

import os
import shlex
import sys

import typer

from sersk.cli._terminal import EXIT_CODES, INTERRUPTED, Command
from sersk.cli.adapt import adapt
from sersk.cli.convert import convert
from sersk.cli.corpora import corpora
from sersk.cli.demo import demo
from sersk.cli.evaluate import evaluate
from sersk.cli.export import export
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
    # The commands print one clear message for an error; with --debug, Python's own traceback.
    pretty_exceptions_enable=False,
)
for _command in (
    demo,
    train,
    adapt,
    evaluate,
    predict,
    timeline,
    listen,
    info,
    convert,
    export,
    corpora,
):
    app.command(epilog=EXIT_CODES, cls=Command)(_command)


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
        # a report states the command that made it
        app(prog_name="sersk", obj=shlex.join(["sersk", *sys.argv[1:]]))
    except KeyboardInterrupt:  # before a command has started
        sys.exit(INTERRUPTED)
    finally:
        _discard_unwritten_output()


def _discard_unwritten_output() -> None:
    """Discard output that can't be written: at exit Python would try again and change the code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

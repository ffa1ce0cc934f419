"""The commands, and the last resort for every error of theirs: one line and an exit code."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from sdnn import __version__
from sdnn.cli import signals
from sdnn.cli.calibrate import calibrate
from sdnn.cli.data import data
from sdnn.cli.demo import demo
from sdnn.cli.evaluate import evaluate
from sdnn.cli.finetune import finetune
from sdnn.cli.model import model
from sdnn.cli.read import read
from sdnn.cli.review import review
from sdnn.cli.runs import runs
from sdnn.cli.serve import serve
from sdnn.cli.synth import synth
from sdnn.cli.terminal import fail, fail_interrupted, print_line
from sdnn.cli.train import average, train
from sdnn.cli.tune import tune
from sdnn.errors import ExitCode, SdnnError
from sdnn.streams import prepare_streams, write_stdout


class Commands(TyperGroup):
    """The commands; a wrong call, an interruption and a full stdout end each of them with one line."""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        """Runs the command that is called, and exits."""
        try:
            code = super().main(*arguments, **{**options, "standalone_mode": False})
        except typer.TyperException as error:
            message = " ".join(error.format_message().split()).removesuffix(".")
            if not message:  # the help is printed, in place of a command
                sys.exit(error.exit_code)
            path = getattr(getattr(error, "ctx", None), "command_path", "sdnn")
            fail(f"{message}. Try '{path} --help'", ExitCode.USAGE)
        sys.exit(code or ExitCode.OK)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Parses the options before the command, among them --help."""
        with _ended_by_one_line():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Parses the options of the command that is called, and runs it."""
        with _ended_by_one_line():
            return super().invoke(ctx)


@contextlib.contextmanager
def _ended_by_one_line() -> Iterator[None]:
    """Ends the command on an interruption, or if stdout is closed or full, where help is printed, too."""
    try:
        yield
    except KeyboardInterrupt as error:
        fail_interrupted(error)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # rich ends so at a closed pipe, with exit code 1
            sys.exit(ExitCode.OK)
        raise
    except OSError:
        write_stdout("")  # what could not be written is still waiting: this fails if stdout was to blame
        raise


app = typer.Typer(
    name="sdnn",
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command()(read)
app.command()(train)
app.command()(finetune)
app.command()(average)
app.command()(tune)
app.command()(synth)
app.command(name="eval")(evaluate)
app.command()(calibrate)
app.command()(serve)
app.command()(review)
app.command()(demo)
app.add_typer(model, name="model")
app.add_typer(runs, name="runs")
app.add_typer(data, name="data")


def run() -> None:
    """Runs the command; an error becomes one line and an exit code."""
    prepare_streams()
    try:
        app(prog_name="sdnn")
    except SdnnError as error:
        fail(str(error), error.exit_code)
    except Exception as error:
        if signals.received:
            fail_interrupted(KeyboardInterrupt(signals.received[-1]))
        if os.environ.get("SDNN_TRACEBACK"):
            raise
        what = f"internal error: {type(error).__name__}: {error}"
        fail(f"{what}; run again with SDNN_TRACEBACK=1 and report it", ExitCode.INTERNAL)


def _version(wanted: bool) -> None:
    if wanted:
        print_line(__version__)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Reads handwritten digit strings with a space displacement neural network."""

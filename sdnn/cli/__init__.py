"""Command line, a module for each command: parse, call one function, print.

Results go to stdout, everything else to stderr. Heavy imports stand inside the commands, so that
`sdnn --help` is instant and `sdnn read` never loads torch.
"""

import io
import os
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from sdnn import __version__
from sdnn.cli.calibrate import calibrate
from sdnn.cli.evaluate import evaluate
from sdnn.cli.model import model
from sdnn.cli.read import read
from sdnn.cli.synth import synth
from sdnn.cli.terminal import fail, print_line, quick_exit
from sdnn.cli.train import average, train
from sdnn.errors import ExitCode, SdnnError


class Commands(TyperGroup):
    """The commands; an interruption ends each of them with one line."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was called."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            fail("interrupted", ExitCode.INTERRUPTED)


app = typer.Typer(
    name="sdnn",
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
app.command()(read)
app.command()(train)
app.command()(average)
app.command()(synth)
app.command(name="eval")(evaluate)
app.command()(calibrate)
app.add_typer(model, name="model")


def main() -> NoReturn:
    """Entry point: runs the command, and ends the process."""
    try:
        _run()
    except SystemExit as end:
        quick_exit(end.code if isinstance(end.code, int) else ExitCode.OK)
    quick_exit(ExitCode.OK)


def _run() -> None:
    """Runs the command; an error becomes one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")  # file names that are not text go out as they came
    try:
        app()
    except SdnnError as error:
        fail(str(error), error.exit_code)
    except Exception as error:
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

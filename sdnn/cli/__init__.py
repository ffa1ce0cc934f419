"""Command line, a module for each command: parse, call one function, print.

Results go to stdout, everything else to stderr. Heavy imports stand inside the commands, so that
`sdnn --help` is instant and `sdnn read` never loads torch. This module loads next to nothing, so that from
its first moment on the process ends with one line when it is interrupted.
"""

from sdnn.cli.signals import end_at_once, handled_by, interrupt

TYPE_CHECKING = False  # as in the module typing, which takes longer to load than all the rest
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from sdnn.cli.commands import app as app


def main() -> "NoReturn":
    """Entry point: runs the command, and ends the process."""
    with handled_by(end_at_once):
        from sdnn.cli import commands, terminal

        code = 0
        try:
            with handled_by(interrupt):
                commands.run()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except KeyboardInterrupt as error:  # while the command line was parsed, or its last line printed
            end_at_once(*error.args)
        terminal.quick_exit(code)


def __getattr__(name: str) -> "Any":
    if name != "app":
        raise AttributeError(f"module 'sdnn.cli' has no attribute {name!r}")
    from sdnn.cli.commands import app

    return app

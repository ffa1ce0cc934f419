"""`sdnn serve`."""

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import ModelOption, with_profile
from sdnn.cli.terminal import needs, note
from sdnn.errors import ExitCode
from sdnn.hardware import processors
from sdnn.parameters import CONSTRAINTS, MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY
from sdnn.profiles import Profile, reading_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastapi import APIRouter

SERVER = "Server"
"""Panel of the options of the server in the help."""
HostOption = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.", rich_help_panel=SERVER)
]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.", rich_help_panel=SERVER)
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="Another name of the server, such as that of a proxy.",
        rich_help_panel=SERVER,
    ),
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        min=0.1, max=3600, metavar="S", help="Limit of one picture in seconds.", rich_help_panel=SERVER
    ),
]
MaxPixelsOption = Annotated[
    int, typer.Option(min=1, help="Pixels of the largest page that is read.", rich_help_panel=SERVER)
]
DEFAULT_MAX_BYTES = 20_000_000
DEFAULT_MAX_PENDING = 64
DEFAULT_MAX_PIXELS = 50_000_000
"""An A4 page at 600 dots per inch has 35 million."""


@with_profile(*CONSTRAINTS.values(), MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY)
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    allow_host: AllowHostOption = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            max=256,
            help="Worker processes.",
            show_default="one per processor",
            rich_help_panel=SERVER,
        ),
    ] = None,
    timeout: TimeoutOption = 30.0,
    max_bytes: Annotated[
        int,
        typer.Option(min=1, max=1_000_000_000, help="Bytes of the largest picture.", rich_help_panel=SERVER),
    ] = DEFAULT_MAX_BYTES,
    max_pixels: MaxPixelsOption = DEFAULT_MAX_PIXELS,
    max_pending: Annotated[
        int,
        typer.Option(min=1, max=100_000, help="Requests at a time; others get 503.", rich_help_panel=SERVER),
    ] = DEFAULT_MAX_PENDING,
    model: ModelOption = None,
    *,
    profile: Profile,
) -> None:
    """Serve a page that shows the net at work, and readings over HTTP.

    POST /read takes a picture and answers with the records of sdnn read
    --format json; GET /health, /metrics and /openapi.json tell of the
    server. Constraints given here apply unless a request has its own.
    Ctrl-C and SIGTERM end it once the requests under way are answered.
    """
    check_packages("serving")
    run_server(
        profile,
        host=host,
        port=port,
        allow_host=allow_host or [],
        jobs=jobs or processors(),
        timeout_s=timeout,
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        max_pending=max_pending,
        model=model,
    )


def check_packages(purpose: str) -> None:
    """Checks that the packages of the extra `serve` are installed.

    Raises:
        MissingPackage: When one is not.
    """
    for package in ("fastapi", "uvicorn", "prometheus_client", "python_multipart"):
        with needs(package, purpose, extra="serve"):
            import_module(package)


def run_server(
    profile: Profile,
    *,
    host: str,
    port: int,
    allow_host: "Sequence[str]",
    jobs: int,
    timeout_s: float,
    max_pixels: int,
    max_bytes: int = DEFAULT_MAX_BYTES,
    max_pending: int = DEFAULT_MAX_PENDING,
    model: "Path | None" = None,
    path: str = "",
    routers: "Sequence[APIRouter]" = (),
) -> None:
    """Runs the server until a signal, with more routes, and the path of the page that is announced."""
    import signal

    from sdnn.reading.reader import Reader
    from sdnn.serving.app import ServerSettings, make_app
    from sdnn.serving.guard import Hosts, Limits
    from sdnn.serving.server import listen, run, url_of

    reader = Reader(model, reading_settings(profile, max_pixels=max_pixels))
    hosts = Hosts(host, frozenset(name.lower() for name in allow_host))
    limits = Limits(max_bytes, max_pending)
    settings = ServerSettings(reader, profile, jobs, timeout_s, hosts, limits)
    with listen(host, port) as opened:
        if not hosts.is_local:
            note(f"--host {host}: everybody who reaches this address can use the server")
        ready = f"serving on {url_of(opened)}{path}; Ctrl-C ends it"
        give_up_s = timeout_s * (1 + max_pending // settings.jobs)  # when all that wait take their time
        ended_by = run(make_app(settings, *routers), opened, give_up_s, lambda: note(ready))
    if ended_by == signal.SIGINT:
        raise typer.Exit(ExitCode.INTERRUPTED)

"""`sdnn tune`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sdnn.cli.options import DataOption
from sdnn.cli.terminal import fail_interrupted, needs, note, print_line
from sdnn.hardware import processors


def tune(
    grid: Annotated[
        Path,
        typer.Argument(metavar="GRID.toml", help="Options of `sdnn train`, and its recipe; lists are axes."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the run folders.", show_default="runs/TIME"),
    ] = None,
    data: DataOption = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Trainings side by side.", show_default="one per processor"),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Processors of each training.")] = 1,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT|auto", help="Ray cluster.", show_default="one of its own on this machine"
        ),
    ] = None,
) -> None:
    """Train a grid of recipes side by side on Ray Tune; print each run folder with its accuracy.

    The same command with the same --out goes on: finished trainings are kept, others continue.
    """
    with needs("torch", "tuning"), needs("ray", "tuning", "ray"), needs("pyarrow", "tuning", "ray"):
        from sdnn.scale.grid import read_grid
        from sdnn.scale.ray_session import ray_session
        from sdnn.scale.tune import check_folders, raise_failures, run_grid

    folder = (out or Path("runs") / time.strftime("%Y%m%d-%H%M%S")).absolute()
    trials = read_grid(grid)
    check_folders(trials, folder)
    note(f"training {len(trials)} recipes into {out or folder}")
    try:
        with ray_session(address, threads * (jobs or max(1, processors() // threads))) as ray:
            outcomes = run_grid(ray, trials, folder, data and data.absolute(), threads)
    except KeyboardInterrupt as error:
        fail_interrupted(error, f"; go on with: sdnn tune {grid} --out {out or folder}")
    for outcome in outcomes:
        accuracy = "failed" if outcome.accuracy is None else f"{outcome.accuracy:.4f}"
        print_line(f"{outcome.folder}\t{accuracy}")
    raise_failures(outcomes)

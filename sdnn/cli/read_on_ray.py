"""`sdnn read --engine ray`."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sdnn.cli.reporting import EXIT_CODES
from sdnn.cli.terminal import fail_interrupted, needs, note
from sdnn.enums import Engine, Format, PageMode, Status
from sdnn.errors import ExitCode, UsageError
from sdnn.hardware import processors
from sdnn.streams import is_terminal, write_stdout

if TYPE_CHECKING:
    from sdnn.reading.settings import ReadingSettings

STDOUT: Final = "-"
"""Name of stdout as an output."""


def check_engine(
    engine: Engine,
    form: Format | None,
    output: str | None,
    without_ray: dict[str, object],
    with_ray: dict[str, object],
) -> None:
    """Rejects options without effect on the engine.

    Args:
        engine: Engine chosen.
        form: Format asked for; Ray writes Parquet without one.
        output: Output, which Ray needs.
        without_ray: Values, by option, that only plain reading knows.
        with_ray: Values, by option, that only Ray knows.
    """
    given = [name for name, value in (with_ray if engine is Engine.LOCAL else without_ray).items() if value]
    if given and engine is Engine.LOCAL:
        raise UsageError(f"{given[0]} has an effect with --engine ray only; add that, or leave it out")
    if given:
        raise UsageError(f"{given[0]} has no effect with --engine ray; leave out one of them")
    if engine is Engine.RAY and (not output or output == STDOUT):
        raise UsageError("--engine ray writes a folder; add --output DIR")
    if engine is Engine.RAY and form not in {None, Format.JSON}:
        raise UsageError(f"--engine ray writes Parquet, or JSON lines with --json; leave out --format {form}")


def read_on_ray(
    names: list[str],
    output: str,
    *,
    is_json: bool,
    resume: bool,
    model: Path | None,
    settings: "ReadingSettings",
    page_mode: PageMode,
    batch_size: int,
    jobs: int | None,
    address: str | None,
    image_column: str | None,
    quiet: bool,
    verbose: bool,
) -> ExitCode:
    """Reads sources on Ray into a folder; returns the exit code of the worst row, kept ones too."""
    with needs("pyarrow", "--engine ray", "ray"), needs("ray", "--engine ray", "ray"):
        from sdnn.scale.part_folder import PartFolder
        from sdnn.scale.ray_reading import ReadingJob
        from sdnn.scale.ray_reading import read_on_ray as read
        from sdnn.scale.ray_session import ray_session
        from sdnn.scale.sources import list_sources
    from sdnn.reading.reader import Reader

    counts: Counter[Status] = Counter()
    try:
        listing = list_sources(names)
        reader = Reader(model, settings)
        metadata = {"name": reader.engine.metadata.name, "sha256": reader.engine.sha256}
        folder = PartFolder.at(output, metadata, is_json)
        own = None if address else jobs or processors()
        job = ReadingJob(reader, page_mode, batch_size, folder)
        with folder.locked():
            kept = folder.begin(resume)
            for (_, status), number in kept.items():
                counts[Status(status)] += number
            with ray_session(address, own or 1, not quiet and is_terminal(sys.stderr)) as ray:
                done = frozenset(source for source, _ in kept)
                for part in read(ray, listing, job, done, jobs or own, image_column):
                    counts.update(part)
            folder.finish()
    except KeyboardInterrupt as error:
        fail_interrupted(error, "; go on with the same command and --resume")
    if verbose:
        numbers = ", ".join(f"{number:,} {status}" for status, number in counts.items())
        note(numbers or "nothing to read")
    write_stdout(f"{folder.name}\n")
    return max((EXIT_CODES[status] for status in counts), default=ExitCode.OK)

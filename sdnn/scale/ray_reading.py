"""Reading on Ray Data: actors with a `Reader` each take units of pictures and write parts.

Only the units, lists of names and places, travel through Ray: an actor opens the pictures itself and writes
their rows itself. What comes back are the numbers of rows by status. Ray distributes the units, starts actors
in place of lost ones, and tries their units again.
"""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2

from sdnn.enums import PageMode, Status
from sdnn.errors import ExitCode, SdnnError, WorkerError
from sdnn.formats.record import reading_record
from sdnn.reading.reader import Reader
from sdnn.scale.archives import open_archive
from sdnn.scale.attempts import Attempts
from sdnn.scale.part_folder import PartFolder
from sdnn.scale.sources import Listing, NamedBytes, Picture, Unit

PART_PICTURES: Final = 512
"""Pictures of a part, at most: some seconds of work, which is what a lost worker loses."""
MAX_PART_BYTES: Final = 64_000_000
"""Bytes of encoded pictures from archives and object stores that complete a part."""
UNITS_EACH: Final = 4
"""Units of a small batch for each worker, so that they end together."""
MAX_TASKS: Final = 20_000
"""Tasks of a job; more units than that share them."""


@dataclass(frozen=True)
class ReadingJob:
    """Settings of a reading on Ray.

    Attributes:
        reader: Reader, sent to the actors by the paths of its models.
        page_mode: Whether one string is read of each picture, or all.
        batch_size: Lines that are read together.
        folder: Folder of the parts.
    """

    reader: Reader
    page_mode: PageMode
    batch_size: int
    folder: PartFolder


class PictureReader:
    """The actor: reads units and writes their parts."""

    def __init__(self, job: ReadingJob, done: frozenset[str]) -> None:
        """Takes the job, and the names of pictures that have rows already."""
        cv2.setNumThreads(1)  # the other processors have work of their own
        self._job = job
        self._done = _Known(job.folder, done)

    def __call__(self, batch: Mapping[str, Any]) -> Iterator[dict[str, list[Any]]]:
        """Reads units; yields a row of counts for each part.

        An error is a row, too: Ray would print its traceback, and try again.
        """
        for packed in batch["unit"]:
            try:
                for counts in self._parts(pickle.loads(packed)):
                    yield {"counts": [pickle.dumps(counts)], "error": [""], "exit_code": [0]}
            except Exception as error:
                code = error.exit_code if isinstance(error, SdnnError) else ExitCode.INTERNAL
                told = str(error) if isinstance(error, SdnnError) else f"internal error: {error!r}"
                yield {"counts": [b""], "error": [told], "exit_code": [int(code)]}

    def _parts(self, unit: Unit) -> Iterator[Counter[str]]:
        """The numbers of rows by status of each part of a unit."""
        job = self._job
        for pictures in part_batches(unit.pictures(self._done)):
            part = job.folder.part_name([name for name, _ in pictures])
            counts = job.folder.statuses(part)  # written by an actor that was lost since
            yield self._read(part, pictures) if counts is None else counts

    def _read(self, part: str, pictures: Sequence[Picture]) -> Counter[str]:
        """Reads the pictures of a part, and writes it."""
        job, attempts = self._job, Attempts(self._job.folder, part)
        batch_size = job.batch_size if attempts.is_first else 1
        sources = pictures if attempts.is_first else attempts.one_at_a_time(pictures)
        pages = job.reader.read_pages(
            (source for _, source in sources), page_mode=job.page_mode, batch_size=batch_size
        )
        readings = [reading for page in pages for reading in page]
        job.folder.write(part, [reading_record(each, dict(job.folder.model)) for each in readings])
        attempts.succeeded()
        return Counter(reading.status.value for reading in readings)


def part_batches(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    """The pictures in batches for one part each, so that neither many nor large ones fill the memory."""
    batch: list[Picture] = []
    size = 0
    for name, source in pictures:
        batch.append((name, source))
        size += source.getbuffer().nbytes if isinstance(source, NamedBytes) else 0
        if len(batch) >= PART_PICTURES or size >= MAX_PART_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True)
class _Known:
    """Names that are in the parts, as these have them."""

    folder: PartFolder
    names: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return self.folder.known_as(str(name)) in self.names


def read_on_ray(
    ray: Any,
    listing: Listing,
    job: ReadingJob,
    done: frozenset[str],
    workers: int | None = None,
    image_column: str | None = None,
) -> Iterator[Counter[Status]]:
    """Reads the sources, in no particular order.

    Args:
        ray: The module, connected to a cluster.
        listing: Sources.
        job: Settings.
        done: Names of pictures that have rows already.
        workers: Number of actors; None for as many as the cluster has processors, also those it gets later.
        image_column: Column of the pictures of tables; None for the one there is.

    Yields:
        Numbers of rows by status of each part that is written.

    Raises:
        SdnnError: When a part cannot be written, or a model is missing on another machine.
    """
    from ray.data import ActorPoolStrategy, from_items

    processors = int(ray.cluster_resources().get("CPU", 1))
    count = len(listing.files) + len(listing.stored)
    size = max(1, min(PART_PICTURES, -(-count // (UNITS_EACH * (workers or processors)))))
    opened = ray.remote(open_archive)
    tasks = [opened.remote(archive, PART_PICTURES, image_column) for archive in listing.archives]
    units = [*listing.units(size), *(unit for units in ray.get(tasks) for unit in units)]
    if not units:
        return
    pool = (
        ActorPoolStrategy(size=min(workers, len(units)))
        if workers
        else ActorPoolStrategy(min_size=1, max_size=len(units))
    )
    results = from_items(
        [{"unit": pickle.dumps(unit)} for unit in units], override_num_blocks=min(len(units), MAX_TASKS)
    ).map_batches(
        PictureReader,
        fn_constructor_args=(job, done),
        batch_size=1,
        compute=pool,
        num_cpus=1,
    )
    for row in results.iter_rows():
        if row["error"]:
            raise _error(row["error"], row["exit_code"])
        yield Counter({Status(status): number for status, number in pickle.loads(row["counts"]).items()})


def _error(message: str, code: int) -> SdnnError:
    """The error of an actor, of the class that has its exit code."""
    kinds = {kind.exit_code: kind for kind in SdnnError.__subclasses__()}
    return kinds.get(ExitCode(code), WorkerError)(message)

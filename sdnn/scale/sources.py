"""Sources of a large batch: folders, archives and tables, local or in an object store, cut into units.

A unit is what one task reads. It names its pictures in the same order every time, so that a task that is
tried again gives the same parts. Pictures of an archive are named after it: `strips.tar/0/7.png`; those of a
table by their row, from 0: `strips.parquet/7`.
"""

import io
import os
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final, NoReturn, Protocol, TypeVar

from pyarrow import ArrowException
from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from sdnn.errors import UnreadableInput, UsageError
from sdnn.inputs import STDIN, SUFFIXES, files_in, pictures
from sdnn.preprocessing.loading import MAX_BYTES, ImageSource
from sdnn.scale.part_names import JOB, PARQUET, is_part
from sdnn.validation import one_line

TAR_SUFFIXES: Final = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
TABLE_SUFFIXES: Final = (".parquet", ".pq")
ARCHIVE_SUFFIXES: Final = TAR_SUFFIXES + TABLE_SUFFIXES
"""Suffixes, in lower case, of the files that hold pictures."""
REQUESTS_AT_ONCE: Final = 16
"""Pictures of an object store that a worker fetches at a time."""
TOO_LARGE: Final = f"more than {MAX_BYTES:,} bytes; compress it or cut it into several files"
URI: Final = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)

Item = TypeVar("Item")
Picture = tuple[str, ImageSource]
"""Name and content of a picture."""


class Unit(Protocol):
    """Pictures that one task reads."""

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """The pictures that are not done, opened at their turn."""


@dataclass(frozen=True)
class Location:
    """A file, local or in an object store.

    Attributes:
        filesystem: File system.
        path: Path within it.
        name: Name in records.
    """

    filesystem: FileSystem
    path: str
    name: str


class NamedBytes(io.BytesIO):
    """Encoded picture with a name."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


@dataclass(frozen=True)
class BrokenSource:
    """Picture whose reading gives an error; also the unit of an archive that cannot be opened."""

    name: str
    reason: str

    def read(self, size: int = -1, /) -> NoReturn:
        """Raises UnreadableInput with the reason."""
        raise UnreadableInput(f"{self.name}: {self.reason}")

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """The one picture."""
        if self.name not in done:
            yield self.name, self


@dataclass(frozen=True)
class LocalFiles:
    """Pictures by their paths, read as plain reading does."""

    names: tuple[str, ...]

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """See `Unit`."""
        yield from ((name, name) for name in self.names if name not in done)


@dataclass(frozen=True)
class StoredFiles:
    """Pictures of an object store."""

    locations: tuple[Location, ...]

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """See `Unit`; several are fetched at a time, since a store answers late."""
        left = [location for location in self.locations if location.name not in done]
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            for part in chunks(left, REQUESTS_AT_ONCE):
                yield from zip((each.name for each in part), pool.map(_stored_picture, part), strict=True)


@dataclass(frozen=True)
class Listing:
    """Content of the sources given.

    Attributes:
        files: Paths of local pictures.
        stored: Pictures of object stores.
        archives: Archives and tables, not opened yet.
    """

    files: tuple[str, ...]
    stored: tuple[Location, ...]
    archives: tuple[Location, ...]

    def units(self, size: int) -> list[Unit]:
        """Units of the pictures outside archives, with at most `size` pictures each."""
        local = (LocalFiles(part) for part in chunks(self.files, size))
        return [*local, *(StoredFiles(part) for part in chunks(self.stored, size))]


def list_sources(names: Sequence[str]) -> Listing:
    """The pictures and archives that paths and URIs stand for, each once.

    Raises:
        UsageError: When a URI is none that pyarrow opens, or stdin is among the names.
        UnreadableInput: When an object store cannot be listed.
    """
    files: dict[str, None] = {}
    stored: dict[str, Location] = {}
    archives: dict[str, Location] = {}
    for name in names:
        if name == STDIN:
            raise UsageError("--engine ray reads pictures by their paths; give paths in place of -")
        if URI.match(name):
            for location in _list_store(name):
                (archives if _is_archive(location.name) else stored)[location.name] = location
            continue
        found = [name] if not os.path.isdir(name) and _is_archive(name) else [*_local_archives(name)]
        archives |= {path: Location(LocalFileSystem(), os.path.abspath(path), path) for path in found}
        inside = [path for path in pictures([name]) if path not in archives]
        if not (found and inside == [name]):  # a folder of archives alone is no picture
            files |= dict.fromkeys(inside)
    return Listing((*files,), (*stored.values(),), (*archives.values(),))


def _local_archives(folder: str) -> Iterator[str]:
    """Archives in a folder and in its folders, as `pictures` lists them, without results of reading."""
    # What cannot be looked at is among the pictures already.
    for path in filter(_is_archive, files_in(folder, _is_archive)):
        parent, name = os.path.split(path)
        if not (is_part(name, PARQUET) and os.path.exists(os.path.join(parent, JOB))):
            yield path


def _list_store(uri: str) -> Iterator[Location]:
    filesystem, path = open_store(uri)
    root = uri.split("?")[0].removesuffix("/")
    try:
        if filesystem.get_file_info(path).type is not FileType.Directory:
            yield Location(filesystem, path, root)  # a missing one gives the error when it is read
            return
        found = filesystem.get_file_info(FileSelector(path, recursive=True))
    except (OSError, ArrowException) as error:
        raise UnreadableInput(
            f"{uri}: cannot be listed ({reason_of(error)}); check address and rights"
        ) from error
    results = {os.path.dirname(info.path) for info in found if info.base_name == JOB}
    for info in sorted(found, key=lambda info: info.path):
        if is_part(info.base_name, PARQUET) and os.path.dirname(info.path) in results:
            continue
        below = info.path[len(path.rstrip("/")) + 1 :]
        is_hidden = any(part.startswith(".") for part in below.split("/"))
        is_wanted = os.path.splitext(below)[1].lower() in SUFFIXES or _is_archive(below)
        if info.type is FileType.File and is_wanted and not is_hidden:
            yield Location(filesystem, info.path, f"{root}/{below}")


def open_store(uri: str) -> tuple[FileSystem, str]:
    """File system and path of a URI; raises UsageError when pyarrow opens none such."""
    try:
        filesystem, path = FileSystem.from_uri(uri)
    except (OSError, ValueError, ArrowException, ImportError) as error:
        raise UsageError(
            f"{uri}: no address that can be opened ({reason_of(error)}); give s3://BUCKET/PATH, "
            "gs://BUCKET/PATH, or a path"
        ) from error
    return filesystem, path


def _stored_picture(location: Location) -> ImageSource:
    try:
        with location.filesystem.open_input_stream(location.path) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ArrowException) as error:
        return BrokenSource(location.name, f"cannot be opened ({reason_of(error)}); check the path")
    return encoded_picture(location.name, content)


def encoded_picture(name: str, content: bytes) -> NamedBytes | BrokenSource:
    """A picture by its bytes, unless they are too many."""
    return BrokenSource(name, TOO_LARGE) if len(content) > MAX_BYTES else NamedBytes(content, name)


def _is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def reason_of(error: BaseException) -> str:
    """The message of an error, for a line of ours."""
    return one_line(" ".join(str(error).split())) or type(error).__name__


def chunks(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """The items in tuples of a size; the last may be smaller."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk

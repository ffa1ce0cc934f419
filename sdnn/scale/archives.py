"""Archives of pictures: tar files, and Parquet tables with a column of pictures."""

import os
import tarfile
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from sdnn.inputs import SUFFIXES
from sdnn.preprocessing.loading import MAX_BYTES
from sdnn.scale.sources import (
    TABLE_SUFFIXES,
    TOO_LARGE,
    BrokenSource,
    Location,
    NamedBytes,
    Picture,
    Unit,
    chunks,
    encoded_picture,
    reason_of,
)

IMAGE_COLUMN: Final = "image"
"""Column of pictures that is preferred where a table has several."""
ROWS_READ: Final = 64
"""Rows of a table that are in memory at a time."""
ERRORS: Final = (OSError, tarfile.TarError, EOFError, pa.ArrowException, ValueError)
"""Errors of a damaged or missing archive."""


@dataclass(frozen=True)
class Member:
    """File in an uncompressed tar archive, by its bytes; with a reason, one that is none.

    Attributes:
        name: Name in records.
        offset: Offset of the first byte.
        size: Number of bytes.
        reason: Reason why it cannot be read, or None.
    """

    name: str
    offset: int
    size: int
    reason: str | None = None


@dataclass(frozen=True)
class TarMembers:
    """Pictures of an uncompressed tar archive, which are read where they lie."""

    location: Location
    members: tuple[Member, ...]

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """See `sources.Unit`; where the archive is gone by now, each picture has the error."""
        left = [member for member in self.members if member.name not in done]
        try:
            with self.location.filesystem.open_input_file(self.location.path) as file:
                while left:
                    picture = self._picture(file, left[0])
                    yield left.pop(0).name, picture
        except ERRORS as error:
            yield from (
                (member.name, replace(_broken(self.location, error), name=member.name)) for member in left
            )

    @staticmethod
    def _picture(file: pa.NativeFile, member: Member) -> NamedBytes | BrokenSource:
        if member.reason is not None:
            return BrokenSource(member.name, member.reason)
        file.seek(member.offset)
        content = file.read(member.size)
        if len(content) < member.size:
            return BrokenSource(member.name, "cut off; make the archive again")
        return NamedBytes(content, member.name)


@dataclass(frozen=True)
class TarStream:
    """Pictures of a compressed tar archive, from its beginning to its end."""

    location: Location

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """See `sources.Unit`; an archive that is cut off has an error of its own at the end."""
        try:
            with (
                self.location.filesystem.open_input_stream(self.location.path, compression=None) as stream,
                tarfile.open(fileobj=stream, mode="r|*") as archive,
            ):
                for entry, member in _members(archive, self.location.name):
                    if member.name in done:
                        continue
                    content = None if member.reason else archive.extractfile(entry)
                    if content is None:
                        yield member.name, BrokenSource(member.name, member.reason or "no file")
                    else:
                        yield member.name, NamedBytes(content.read(), member.name)
        except ERRORS as error:
            yield from _broken(self.location, error).pictures(done)


@dataclass(frozen=True)
class TableRows:
    """Pictures of a row group of a Parquet table.

    Attributes:
        location: The table.
        column: Column of the pictures, with a dot before a field of it.
        row_group: Number of the row group.
        first_row: Number of its first row in the table.
    """

    location: Location
    column: str
    row_group: int
    first_row: int

    def pictures(self, done: Container[str]) -> Iterator[Picture]:
        """See `sources.Unit`; a damaged row group has an error of its own."""
        row = self.first_row
        try:
            with (
                self.location.filesystem.open_input_file(self.location.path) as file,
                pq.ParquetFile(file) as table,
            ):
                groups = table.iter_batches(ROWS_READ, [self.row_group], [self.column])
                for value in (value for group in groups for value in group.column(0).to_pylist()):
                    name = f"{self.location.name}/{row}"
                    row += 1
                    content = value["bytes"] if isinstance(value, dict) else value
                    if name in done:
                        continue
                    if content is None:
                        yield name, BrokenSource(name, "no picture in this row; fill the column")
                    else:
                        yield name, encoded_picture(name, content)
        except ERRORS as error:
            where = Location(self.location.filesystem, self.location.path, f"{self.location.name}/{row}")
            yield from _broken(where, error).pictures(done)


def open_archive(location: Location, size: int, image_column: str | None = None) -> list[Unit]:
    """The units of an archive or table; of a broken one, a unit that gives the error.

    Args:
        location: File, which is told by its suffix.
        size: Largest number of pictures in a unit of an uncompressed archive. A compressed one is a single
            unit, and so is a row group of a table.
        image_column: Column of a table's pictures; None for the one there is.
    """
    try:
        if location.name.lower().endswith(TABLE_SUFFIXES):
            return _open_table(location, image_column)
        if not location.name.lower().endswith(".tar"):
            return [TarStream(location)]
        return _open_tar(location, size)
    except ERRORS as error:
        return [_broken(location, error)]


def _open_tar(location: Location, size: int) -> list[Unit]:
    members: list[Member] = []
    broken: list[Unit] = []
    with location.filesystem.open_input_file(location.path) as file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                members += (member for _, member in _members(archive, location.name))
        except tarfile.TarError as error:  # the members before are there
            broken.append(_broken(location, error))
    return [*(TarMembers(location, part) for part in chunks(members, size)), *broken]


def _members(archive: tarfile.TarFile, name: str) -> Iterator[tuple[tarfile.TarInfo, Member]]:
    """The pictures of an archive; of members with one name, the later ones have their number behind it."""
    times: Counter[str] = Counter()
    for entry in archive:
        parts = [part for part in entry.name.split("/") if part not in {"", "."}]
        is_picture = bool(parts) and os.path.splitext(parts[-1])[1].lower() in SUFFIXES
        if entry.isdir() or not is_picture or any(part.startswith(".") for part in parts if part != ".."):
            continue
        path = "/".join(parts)
        times[path] += 1
        shown = f"{name}/{path}" if times[path] == 1 else f"{name}/{path}#{times[path]}"
        reason = None
        if not entry.isreg() or entry.issparse():
            reason = "a link or a special file; write the archive with tar --dereference --hard-dereference"
        elif entry.size > MAX_BYTES:
            reason = TOO_LARGE
        yield entry, Member(shown, entry.offset_data, entry.size, reason)


def _open_table(location: Location, image_column: str | None) -> list[Unit]:
    with location.filesystem.open_input_file(location.path) as file, pq.ParquetFile(file) as table:
        metadata = table.metadata
        column = _image_column(table.schema_arrow, image_column)
        rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    return [TableRows(location, column, number, sum(rows[:number])) for number in range(len(rows))]


def _image_column(schema: pa.Schema, wanted: str | None) -> str:
    """Path of the column with encoded pictures: bytes, or a struct with a field `bytes`.

    Raises:
        ValueError: When there is none, or several and none of them is wanted or called `image`.
    """
    columns: dict[str, str] = {field.name: field.name for field in schema if _is_binary(field.type)}
    for field in schema:
        parts = {part.name: part.type for part in field.type} if pa.types.is_struct(field.type) else {}
        if "bytes" in parts and _is_binary(parts["bytes"]):
            columns[field.name] = f"{field.name}.bytes"
    chosen = wanted or (IMAGE_COLUMN if IMAGE_COLUMN in columns else None)
    if chosen is None and len(columns) == 1:
        (chosen,) = columns
    if chosen not in columns:
        there = ", ".join(columns) or "none"
        raise ValueError(f"columns with the bytes of pictures: {there}; choose one with --image-column")
    return columns[chosen]


def _is_binary(kind: Any) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _broken(location: Location, error: BaseException) -> BrokenSource:
    return BrokenSource(location.name, f"cannot be read as an archive ({reason_of(error)}); check the file")

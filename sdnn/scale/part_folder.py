"""Folder of results in parts, one for some hundred pictures, local or in an object store.

::

    _sdnn.json           format, record schema and model: what the parts have in common
    part-….parquet       rows of whole pictures, or part-….jsonl
    _SUCCESS             empty; written last

The name of a part follows from the names of its pictures, and a part appears whole or not at all. So a task
that is tried again writes the same part, and nothing is there twice.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType, LocalFileSystem

from sdnn.enums import Format
from sdnn.errors import OutputError, UsageError
from sdnn.escaping import as_text
from sdnn.formats.record import SCHEMA
from sdnn.part_file import lock_folder
from sdnn.scale.part_names import JOB, JSON_LINES, PARQUET, PREFIX, SUCCESS, UNFINISHED, is_part
from sdnn.scale.sources import URI, open_store, reason_of
from sdnn.scale.table import table_of


@dataclass(frozen=True)
class PartFolder:
    """A folder of parts.

    Attributes:
        filesystem: File system of the folder.
        path: Path of the folder within it.
        name: Name of the folder in messages.
        model: Name and checksum of the model.
        is_json: Whether parts are JSON lines, else Parquet.
    """

    filesystem: FileSystem
    path: str
    name: str
    model: Mapping[str, str]
    is_json: bool

    @classmethod
    def at(cls, name: str, model: Mapping[str, str], is_json: bool) -> "PartFolder":
        """The folder of a path or URI; raises UsageError when pyarrow opens none such."""
        filesystem, path = open_store(name) if URI.match(name) else (LocalFileSystem(), os.path.abspath(name))
        return cls(filesystem, path, name, model, is_json)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder, which no other command writes meanwhile; object stores have no locks.

        Raises:
            UsageError: When it is a file.
            OutputError: When another command writes it, or it cannot be made.
        """
        with ExitStack() as stack:
            self._make()
            if isinstance(self.filesystem, LocalFileSystem):
                with self._errors():
                    stack.enter_context(lock_folder(Path(self.path).resolve()))
            yield

    def begin(self, resume: bool) -> Counter[tuple[str, str]]:
        """Makes the folder, or checks the one to resume; `locked` keeps other commands out of it.

        Returns:
            Number of rows by source and status in the parts that are there.

        Raises:
            UsageError: When the folder is of another kind, or cannot be resumed with these settings.
            OutputError: When it cannot be written.
        """
        self._make()
        with self._errors():
            there = self._files()
        if there and not resume:
            raise UsageError(
                f"--output {self.name}: holds files already; go on with --resume, or give another folder"
            )
        if there:
            self._check_job()
        with self._errors():
            if not there:
                self._write(JOB, json.dumps(self._job(), indent=2).encode() + b"\n")
            for file in there:
                if file.base_name == SUCCESS or file.base_name.endswith(UNFINISHED):
                    self.filesystem.delete_file(file.path)
        return Counter(
            row for file in there if is_part(file.base_name, self._suffix) for row in self._sources(file.path)
        )

    def _make(self) -> None:
        with self._errors():
            if self.filesystem.get_file_info(self.path).type is FileType.File:
                raise UsageError(f"--output {self.name}: is a file; --engine ray writes a folder of parts")
            self.filesystem.create_dir(self.path, recursive=True)

    def part_name(self, names: Sequence[str]) -> str:
        """File name of the part with the pictures of these names."""
        digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape"))
        return f"{PREFIX}{digest.hexdigest()[:24]}{self._suffix}"

    def statuses(self, part: str) -> Counter[str] | None:
        """Number of rows of each status in a part; None where it is not there."""
        with self._errors():
            if self.filesystem.get_file_info(f"{self.path}/{part}").type is not FileType.File:
                return None
        counts: Counter[str] = Counter()
        for _, status in self._sources(f"{self.path}/{part}"):
            counts[status] += 1
        return counts

    def write(self, part: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Writes a part, which is there whole or not at all.

        Raises:
            OutputError: When it cannot be written.
        """
        if self.is_json:
            content = "".join(f"{json.dumps(record)}\n" for record in records).encode()
        else:
            sink = pa.BufferOutputStream()
            pq.write_table(table_of(records), sink, compression="zstd")
            content = sink.getvalue().to_pybytes()
        with self._errors():
            self._write(part, content)

    def note(self, part: str) -> str | None:
        """Note on the attempts at a part; None without one."""
        path = self._note_path(part)
        with self._errors():
            if self.filesystem.get_file_info(path).type is not FileType.File:
                return None
            with self.filesystem.open_input_stream(path) as stream:
                return str(stream.read().decode())

    def leave_note(self, part: str, text: str) -> None:
        """Writes the note on a part; raises OutputError when it cannot be written."""
        with self._errors():
            self._write(self._note_path(part).rpartition("/")[2], text.encode())

    def remove_note(self, part: str) -> None:
        """Removes the note on a part, if there is one."""
        with self._errors():
            if self.filesystem.get_file_info(self._note_path(part)).type is FileType.File:
                self.filesystem.delete_file(self._note_path(part))

    def _note_path(self, part: str) -> str:
        return f"{self.path}/.{part}.attempts{UNFINISHED}"

    def finish(self) -> None:
        """Marks the folder as complete; raises OutputError when it cannot be written."""
        with self._errors():
            self._write(SUCCESS, b"")

    def known_as(self, name: str) -> str:
        """The name of a source in the parts."""
        return name if self.is_json else as_text(name)

    def _write(self, name: str, content: bytes) -> None:
        temporary = f"{self.path}/.{name}.{os.getpid()}{UNFINISHED}"
        with self.filesystem.open_output_stream(temporary) as stream:
            stream.write(content)
        if isinstance(self.filesystem, LocalFileSystem):
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())  # else it might be empty after a power cut
        self.filesystem.move(temporary, f"{self.path}/{name}")

    def _files(self) -> list[FileInfo]:
        selector = FileSelector(self.path, allow_not_found=True)
        return sorted(self.filesystem.get_file_info(selector), key=lambda info: info.base_name)

    @property
    def _suffix(self) -> str:
        return JSON_LINES if self.is_json else PARQUET

    def _sources(self, path: str) -> Iterator[tuple[str, str]]:
        """Source and status of each row of a part.

        Raises:
            UsageError: When it is none.
        """
        try:
            with self.filesystem.open_input_file(path) as file:
                if self.is_json:
                    records = [json.loads(line) for line in file.read().splitlines()]
                    yield from ((str(record["source"]), str(record["status"])) for record in records)
                else:
                    columns = pq.read_table(file, columns=["source", "status"]).to_pydict()
                    yield from zip(columns["source"], columns["status"], strict=True)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise UsageError(
                f"{path}: no part of sdnn ({reason_of(error)}); remove it, and --resume reads its pictures"
            ) from error

    def _job(self) -> dict[str, Any]:
        kind = Format.JSON.value if self.is_json else "parquet"
        return {"format": kind, "schema": SCHEMA, "model": dict(self.model)}

    def _check_job(self) -> None:
        """Checks that the parts that are there go with those to come."""
        try:
            with self.filesystem.open_input_stream(f"{self.path}/{JOB}") as stream:
                job = json.loads(stream.read(1 << 20))
            before = {name: job[name] for name in self._job()}
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise UsageError(
                f"--output {self.name}: holds other files than those of --engine ray; give another folder"
            ) from error
        for name, value in self._job().items():
            if before[name] != value:
                raise UsageError(
                    f"--output {self.name}: begun with {name} {_shown(before[name])}, not {_shown(value)}; "
                    "resume with the same options, or give another folder"
                )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise OutputError(
                f"{self.name}: cannot be written ({reason_of(error)}); choose another place"
            ) from error


def _shown(value: Any) -> str:
    return f"{value['name']} ({value['sha256'][:8]})" if isinstance(value, dict) else str(value)

"""Archives of pictures, with members as odd as tar and Parquet allow."""

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_tar(path: Path, members: Sequence[tuple[str, bytes]], mode: str = "w") -> Path:
    """A tar archive with the members in order; names may repeat."""
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def write_table(path: Path, columns: Mapping[str, Sequence[object]], rows_per_group: int = 1000) -> Path:
    """A Parquet table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({**columns}), path, row_group_size=rows_per_group)
    return path

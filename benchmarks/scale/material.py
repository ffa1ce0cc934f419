"""The same strips as files, tar archives and a Parquet table."""

import os
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.strip_folder import write_folder
from sdnn.datasets.strips import Layout
from sdnn.enums import Source, Split

DRAWN: Final = 1000
"""Different strips; larger folders link to them."""
ROWS_PER_GROUP: Final = 1000
BROKEN: Final = 10


@dataclass(frozen=True)
class Material:
    """One batch of strips in three forms.

    Attributes:
        files: Folder of pictures, some of them broken.
        tar: The same pictures in an archive.
        table: The same pictures in a Parquet table, in the order of their names.
        names: Paths of the pictures below the folder, in order.
    """

    files: Path
    tar: Path
    table: Path
    names: tuple[str, ...]

    @property
    def bytes_each(self) -> float:
        """Mean size of a picture."""
        return sum((self.files / name).stat().st_size for name in self.names) / len(self.names)


def make_material(at: Path, strips: int) -> Material:
    """Draws strips, and writes them in three forms."""
    write_folder(at / "drawn", digit_source(Source.PEN, Split.TRAIN), Layout(), 0, min(strips, DRAWN), {})
    drawn = sorted((at / "drawn").glob("*.png"))
    names = []
    for number in range(strips):
        name = f"{number // DRAWN:03}/{number % DRAWN:04}.png"
        (at / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        if number < BROKEN:
            (at / "files" / name).write_bytes(drawn[0].read_bytes()[: 40 * number])
        else:
            os.link(drawn[number % len(drawn)], at / "files" / name)
        names.append(name)
    with tarfile.open(at / "strips.tar", "w") as archive:
        for name in names:
            entry = archive.gettarinfo(at / "files" / name, name)
            entry.type, entry.linkname = tarfile.REGTYPE, ""  # each strip whole, where tar would store links
            entry.size = (at / "files" / name).stat().st_size
            with open(at / "files" / name, "rb") as file:
                archive.addfile(entry, file)
    contents = [(at / "files" / name).read_bytes() for name in names]
    pq.write_table(pa.table({"image": contents}), at / "strips.parquet", row_group_size=ROWS_PER_GROUP)
    return Material(at / "files", at / "strips.tar", at / "strips.parquet", tuple(names))

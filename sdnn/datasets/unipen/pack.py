"""One compact file with the samples of all categories.

A NumPy archive without pickles with, for each category, the points as 16-bit integers, the lengths of strokes
and samples, and the texts as JSON. Reading one category leaves the others on disk.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sdnn.datasets.unipen.sample import ExcludedSegment, Sample
from sdnn.files import atomic_write

MAX_EXTENT: Final = np.iinfo(np.int16).max
"""Upper bound of a sample's extent in steps of the tablet."""
PACK_ERRORS: Final = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile)
"""Exceptions of reading a damaged or missing pack."""


@dataclass(frozen=True, eq=False)
class RawSample:
    """A sample in the form of a pack.

    Attributes:
        label: Its text.
        writer: `CONTRIBUTOR/WRITER`.
        strokes: (N, 2) int16 x and y of each stroke, y down, in steps of the tablet from the box's corner.
        unit: Lengths of one step of x and of y in the sample's unit.
    """

    label: str
    writer: str
    strokes: tuple[npt.NDArray[np.int16], ...]
    unit: tuple[float, float]

    def sample(self) -> Sample:
        """The sample with x and y in one unit."""
        unit = np.array(self.unit, np.float32)
        return Sample(self.label, self.writer, tuple(stroke * unit for stroke in self.strokes))


@dataclass(frozen=True, eq=False)
class RawCategory:
    """All of one category.

    Attributes:
        samples: Samples.
        excluded: Excluded segments.
        checksum: SHA-256 over the names and contents of all files read.
    """

    samples: Sequence[RawSample]
    excluded: Sequence[ExcludedSegment]
    checksum: str


def write_pack(path: Path, categories: Mapping[str, RawCategory]) -> None:
    """Writes all categories into one file.

    Raises:
        OutputError: When the file cannot be written.
    """
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_STORED) as archive:
        for name, category in categories.items():
            for key, array in _arrays(category).items():
                with archive.open(f"{name}.{key}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def read_samples(path: Path, category: str) -> list[Sample]:
    """Samples of one category in the order of packing.

    Raises:
        Exception: One of `PACK_ERRORS`, when the file is no whole pack.
    """
    with path.open("rb") as file, np.load(file, allow_pickle=False) as pack:
        points = pack[f"{category}.points"].astype(np.float32)
        stroke_points = pack[f"{category}.stroke_points"].tolist()
        sample_strokes = pack[f"{category}.sample_strokes"].tolist()
        units = pack[f"{category}.units"]
        texts = _texts(pack, category)
    labels, writers, names = texts["labels"], texts["writers"], texts["names"]
    if sum(stroke_points) != len(points) or sum(sample_strokes) != len(stroke_points):
        raise ValueError(f"{path}: lengths do not add up")
    points *= np.repeat(np.repeat(units, sample_strokes, axis=0), stroke_points, axis=0)
    strokes = iter(np.split(points, np.cumsum(stroke_points)[:-1]))
    return [
        Sample(label, names[writer], tuple(next(strokes) for _ in range(count)))
        for label, writer, count in zip(labels, writers, sample_strokes, strict=True)
    ]


def read_record(path: Path, category: str) -> tuple[str, list[ExcludedSegment]]:
    """Checksum of a category's files, and its excluded segments.

    Raises:
        Exception: One of `PACK_ERRORS`, when the file is no whole pack.
    """
    with path.open("rb") as file, np.load(file, allow_pickle=False) as pack:
        texts = _texts(pack, category)
    return str(texts["checksum"]), [ExcludedSegment(**each) for each in texts["left_out"]]


def _arrays(category: RawCategory) -> dict[str, npt.NDArray[Any]]:
    strokes = [stroke for sample in category.samples for stroke in sample.strokes]
    names = sorted({sample.writer for sample in category.samples})
    place = {name: index for index, name in enumerate(names)}
    texts = {
        "labels": [sample.label for sample in category.samples],
        "writers": [place[sample.writer] for sample in category.samples],
        "names": names,
        "left_out": [asdict(each) for each in category.excluded],
        "checksum": category.checksum,
    }
    return {
        "points": np.concatenate([np.empty((0, 2), np.int16), *strokes]),
        "stroke_points": np.array([len(stroke) for stroke in strokes], np.int32),
        "sample_strokes": np.array([len(sample.strokes) for sample in category.samples], np.int32),
        "units": np.array([sample.unit for sample in category.samples], np.float32).reshape(-1, 2),
        "texts": np.frombuffer(json.dumps(texts).encode(), np.uint8),
    }


def _texts(pack: Mapping[str, npt.NDArray[Any]], category: str) -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(pack[f"{category}.texts"].tobytes())
    return texts

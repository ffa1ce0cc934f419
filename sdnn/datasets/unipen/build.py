"""One category of the distribution, parsed, checked and ready to be packed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sdnn.datasets.unipen.format import Segment, read_segments
from sdnn.datasets.unipen.pack import RawCategory, RawSample
from sdnn.datasets.unipen.quality import (
    Candidate,
    is_placeholder,
    restore_sizes,
    sample_defects,
    segment_defect,
)
from sdnn.datasets.unipen.sample import ExcludedSegment
from sdnn.errors import UnreadableInput


def build_category(source: Path, category: str) -> RawCategory:
    """Parse all files of a category.

    Args:
        source: Folder with `data` and `include`.
        category: Folder below `data`.

    Raises:
        UnreadableInput: When a file cannot be read.
    """
    folder = source / "data" / category
    candidates, excluded, read = list[Candidate](), list[ExcludedSegment](), dict[Path, None]()
    for file in sorted(path for path in folder.rglob("*.dat") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        try:
            segments, files = read_segments(file, source / "include")
        except (OSError, ValueError) as error:
            raise UnreadableInput(f"{file}: cannot be read ({error}); unpack UNIPEN anew") from error
        read.update(dict.fromkeys(files))
        for segment in segments:
            writer = f"{name.split('/')[0]}/{segment.writer or file.stem}"
            origin = (category, name, segment.components, segment.label or "", writer)
            reason = segment_defect(segment)
            if reason is None:
                candidates.append(Candidate(_raw(segment, writer), segment.per_inch, origin))
            else:
                excluded.append(ExcludedSegment(*origin, reason))
    candidates = restore_sizes(candidates, category)
    reasons = sample_defects([candidate.raw.sample() for candidate in candidates], category)
    kept = []
    for candidate, reason in zip(candidates, reasons, strict=True):
        if reason is None:
            kept.append(candidate.raw)
        else:
            excluded.append(ExcludedSegment(*candidate.origin, reason))
    return RawCategory(kept, excluded, _checksum(read, source))


def _raw(segment: Segment, writer: str) -> RawSample:
    upright = np.array([1, -1], np.int32)
    strokes = [stroke * upright for stroke in segment.strokes if not is_placeholder(stroke)]
    corner = np.concatenate(strokes).min(axis=0)
    points = tuple((stroke - corner).astype(np.int16) for stroke in strokes)
    return RawSample(segment.label or "", writer, points, (segment.aspect, 1.0))


def _checksum(files: Iterable[Path], source: Path) -> str:
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(source).as_posix(), file) for file in files):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()

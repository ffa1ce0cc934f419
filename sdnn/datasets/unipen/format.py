r"""Parser of the UNIPEN 1.0 format: pen trajectories, and what was written with them.

A file is a list of statements, each a keyword at the beginning of a line and all that follows up to the next
one. `.PEN_DOWN` carries the points of a stroke, one a line, in the columns that `.COORD` names; `.INCLUDE`
stands for the statements of another file; `.SEGMENT` names strokes and says what they spell::

    .INCLUDE aga/data/amywldrp.dat
    .SEGMENT CHARACTER 169-170 ? "5"

Strokes ("components") are counted from 0 over the pen-down strokes alone, through all included files.
`70-70:26` is stroke 70 up to and including its point 26, `34:48-35` begins at point 48 of stroke 34, and a
comma joins such ranges. A label escapes `"` and `\` by a backslash.

Reference:
    Guyon et al. 1994, UNIPEN project of on-line data exchange and recognizer benchmarks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]

MAX_DEPTH: Final = 16
"""Includes inside one another; published files nest twice, and a file that includes itself would not end."""

_STATEMENT: Final = re.compile(rb"^\.([A-Z][A-Z0-9_]*)[ \t]*", re.MULTILINE)
_SEGMENT: Final = re.compile(r'(\S+)\s+(\S+)\s+(\S+)\s+"((?:[^"\\]|\\.)*)"', re.DOTALL)
_RANGE: Final = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")
_MM_PER_INCH: Final = 25.4
_COLUMNS: Final = ("X", "Y")
"""What `.COORD` names where a file lacks it."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Strokes with a label.

    Attributes:
        level: Place in the hierarchy: CHARACTER, WORD, TEXT.
        components: Delineation as written, such as `34-34:28,41`.
        label: What the strokes spell; None where the file does not say.
        writer: `.WRITER_ID` that held where the first stroke was written; None where none did.
        strokes: (N, 2) x and y of each stroke, as on the tablet: y up. Empty where `damage` says why.
        aspect: Length of one step of x over that of one step of y.
        per_inch: Steps of y in an inch; None where the file does not say.
        damage: What keeps the strokes from being found; None where nothing does.
    """

    level: str
    components: str
    label: str | None
    writer: str | None
    strokes: tuple[IntArray, ...]
    aspect: float = 1.0
    per_inch: float | None = None
    damage: str | None = None


@dataclass(frozen=True)
class _Component:
    """A pen-down stroke, read only when a segment names it.

    Attributes:
        body: Its lines of numbers.
        columns: Names of the columns.
        writer: `.WRITER_ID` that holds for it.
        aspect: Length of one step of x over that of one step of y.
        per_inch: Steps of y in an inch; None where the file does not say.
    """

    body: bytes
    columns: tuple[str, ...]
    writer: str | None
    aspect: float
    per_inch: float | None

    def points(self) -> IntArray:
        """(N, 2) x and y; lines that are no point of these columns are passed over."""
        x, y = (self.columns.index(name) for name in _COLUMNS)
        points = []
        for line in self.body.splitlines():
            row = line.split()
            if len(row) != len(self.columns):
                continue
            try:
                points.append((round(float(row[x])), round(float(row[y]))))
            except (ValueError, OverflowError):
                continue
        limit = np.iinfo(np.int32).max
        sane = [point for point in points if max(abs(point[0]), abs(point[1])) < limit]
        return np.array(sane, dtype=np.int32).reshape(-1, 2)


@dataclass
class _State:
    """What the statements so far have set."""

    columns: tuple[str, ...] = _COLUMNS
    writer: str | None = None
    per_inch: dict[str, float] = field(default_factory=dict)

    def component(self, body: bytes) -> _Component:
        x, y = self.per_inch.get("X"), self.per_inch.get("Y")
        return _Component(body, self.columns, self.writer, y / x if x and y else 1.0, y)


def read_segments(file: Path, include: Path) -> tuple[list[Segment], list[Path]]:
    """The labelled strokes of one file.

    Args:
        file: File with the segments.
        include: Folder that the names after `.INCLUDE` are relative to.

    Returns:
        The segments in the file's order, and every file that was read, each once. An included file that does
        not exist is passed over: the published distribution lacks two that hold no stroke.

    Raises:
        OSError: When a file cannot be read.
        ValueError: When files include one another without end.
    """
    state, components, segments = _State(), list[_Component](), list[str]()
    read: dict[Path, None] = {}
    for keyword, body in _statements(file, include, read):
        if keyword == b"PEN_DOWN":
            components.append(state.component(body))
        elif keyword == b"SEGMENT":
            segments.append(body.decode("latin-1"))
        else:
            _update(state, keyword.decode("latin-1"), body.decode("latin-1"))
    found = [_resolve(segment, components) for segment in segments]
    return [segment for segment in found if segment is not None], list(read)


def _statements(
    file: Path, include: Path, read: dict[Path, None], depth: int = 0
) -> Iterator[tuple[bytes, bytes]]:
    if depth > MAX_DEPTH:
        raise ValueError(f"{file}: included by itself")
    read[file] = None
    for keyword, body in _parse_file(file):
        if keyword != b"INCLUDE":
            yield keyword, body
            continue
        included = include / body.decode("latin-1").strip()
        if included.is_file():
            yield from _statements(included, include, read, depth + 1)


@lru_cache(maxsize=64)
def _parse_file(file: Path) -> tuple[tuple[bytes, bytes], ...]:
    """Statements of one file; the documentation of a contributor is included by hundreds."""
    content = file.read_bytes()
    found = list(_STATEMENT.finditer(content))
    ends = [match.start() for match in found[1:]] + [len(content)]
    return tuple((match[1], content[match.end() : end]) for match, end in zip(found, ends, strict=True))


def _update(state: _State, keyword: str, body: str) -> None:
    words = body.split()
    if keyword == "WRITER_ID":
        state.writer = words[0] if words else None
    elif keyword == "COORD":
        state.columns = tuple(words) if set(_COLUMNS) <= set(words) else _COLUMNS
    elif match := re.fullmatch("([XY])_POINTS_PER_(INCH|MM)", keyword):
        try:
            points = float(words[0])
        except (IndexError, ValueError):
            return
        if points > 0:
            state.per_inch[match[1]] = points * (_MM_PER_INCH if match[2] == "MM" else 1)


def _resolve(body: str, components: list[_Component]) -> Segment | None:
    """The segment with its strokes; None where the statement is none."""
    match = _SEGMENT.match(body)
    level, delineation, *_ = match.groups() if match else (*body.split(), "", "")
    if not delineation:
        return None
    label = re.sub(r"\\(.)", r"\1", match[4]) if match else None
    ranges = [_RANGE.fullmatch(each) for each in delineation.split(",")]
    pieces: list[tuple[int, int, int | None]] = []
    for each in ranges:
        if each is None:
            return Segment(level, delineation, label, None, (), damage="components cannot be parsed")
        first, start, last, stop = (None if group is None else int(group) for group in each.groups())
        assert first is not None
        if last is None:
            last, stop = first, start
        if last < first or last >= len(components):
            return Segment(level, delineation, label, None, (), damage="strokes are missing")
        for place in range(first, last + 1):
            begin = start or 0 if place == first else 0
            end = stop + 1 if place == last and stop is not None else None
            pieces.append((place, begin, end))
    strokes = tuple(components[place].points()[begin:end] for place, begin, end in pieces)
    leader = components[pieces[0][0]]
    return Segment(level, delineation, label, leader.writer, strokes, leader.aspect, leader.per_inch)

r"""Parser of the UNIPEN 1.0 format: labelled pen trajectories.

A file is a list of statements, each a keyword at the beginning of a line with all text up to the next one.
`.PEN_DOWN` has the points of a stroke, one a line, in the columns of `.COORD`; `.INCLUDE` stands for the
statements of another file; `.SEGMENT` labels strokes::

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
from dataclasses import dataclass, replace
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
"""Columns of files without `.COORD`."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Strokes with a label.

    Attributes:
        level: Place in the hierarchy: CHARACTER, WORD, TEXT.
        components: Delineation as written, such as `34-34:28,41`.
        label: Text of the strokes; None without a label.
        writer: `.WRITER_ID` at the first stroke; None without one.
        strokes: (N, 2) x and y of each stroke, y up as on the tablet; empty for damaged segments.
        aspect: Length of one step of x over that of one step of y.
        per_inch: Steps of y in an inch; None where unknown.
        damage: Reason why the strokes cannot be found; None for whole segments.
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
class _State:
    """State of the statements before a stroke.

    Attributes:
        columns: Names of the columns of its points.
        writer: `.WRITER_ID`; None without one.
        x_per_inch: Steps of x in an inch; None where unknown.
        y_per_inch: Steps of y in an inch.
    """

    columns: tuple[str, ...] = _COLUMNS
    writer: str | None = None
    x_per_inch: float | None = None
    y_per_inch: float | None = None

    def points(self, body: bytes) -> IntArray:
        """(N, 2) x and y; lines without a point of these columns are skipped."""
        x, y = (self.columns.index(name) for name in _COLUMNS)
        points = []
        for line in body.splitlines():
            row = line.split()
            if len(row) != len(self.columns):
                continue
            try:
                points.append((round(float(row[x])), round(float(row[y]))))
            except (ValueError, OverflowError):
                continue
        limit = np.iinfo(np.int32).max
        bounded = [point for point in points if max(abs(point[0]), abs(point[1])) < limit]
        return np.array(bounded, dtype=np.int32).reshape(-1, 2)


_Component = tuple[_State, bytes]
"""A pen-down stroke: its state, and its lines of numbers, parsed only for its segments."""


def read_segments(file: Path, include: Path) -> tuple[list[Segment], list[Path]]:
    """The labelled strokes of one file.

    Args:
        file: File with the segments.
        include: Base folder of the names after `.INCLUDE`.

    Returns:
        The segments in the file's order, and all files read, each once. Missing included files are skipped:
        the published distribution lacks two that hold no stroke.

    Raises:
        OSError: When a file cannot be read.
        ValueError: When files include one another without end.
    """
    state, components, segments = _State(), list[_Component](), list[str]()
    read: dict[Path, None] = {}
    for keyword, body in _statements(file, include, read):
        if keyword == b"PEN_DOWN":
            components.append((state, body))
        elif keyword == b"SEGMENT":
            segments.append(body.decode("latin-1"))
        else:
            state = _updated(state, keyword.decode("latin-1"), body.decode("latin-1"))
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
    """Statements of one file, cached: hundreds of files include the documentation of their contributor."""
    content = file.read_bytes()
    found = list(_STATEMENT.finditer(content))
    ends = [match.start() for match in found[1:]] + [len(content)]
    return tuple((match[1], content[match.end() : end]) for match, end in zip(found, ends, strict=True))


def _updated(state: _State, keyword: str, body: str) -> _State:
    words = body.split()
    if keyword == "WRITER_ID":
        return replace(state, writer=words[0] if words else None)
    if keyword == "COORD":
        return replace(state, columns=tuple(words) if set(_COLUMNS) <= set(words) else _COLUMNS)
    if match := re.fullmatch("([XY])_POINTS_PER_(INCH|MM)", keyword):
        try:
            points = float(words[0])
        except (IndexError, ValueError):
            return state
        if points > 0:
            points *= _MM_PER_INCH if match[2] == "MM" else 1
            return replace(state, x_per_inch=points) if match[1] == "X" else replace(state, y_per_inch=points)
    return state


def _resolve(body: str, components: list[_Component]) -> Segment | None:
    """The segment with its strokes; None for other statements."""
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
    strokes = tuple(
        state.points(body)[begin:end] for place, begin, end in pieces for state, body in [components[place]]
    )
    first_state, _ = components[pieces[0][0]]
    x, y = first_state.x_per_inch, first_state.y_per_inch
    return Segment(level, delineation, label, first_state.writer, strokes, y / x if x and y else 1.0, y)

"""Strings to be reviewed, from the records of `sdnn read --format json`."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sdnn.enums import Status
from sdnn.errors import UnreadableInput

MAX_LINE: Final = 10_000_000
"""Letters of a record, many times what a long text with all its alternatives has."""
MAX_CASES: Final = 100_000
"""Strings of a review, more than a person answers."""

_Pixel = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class _Digit(BaseModel):
    digit: Annotated[str, Field(pattern="^[0-9]$")]


class _Record(BaseModel):
    """The fields of a record that a review needs."""

    model_config = ConfigDict(strict=True)

    version: Annotated[int, Field(ge=2, alias="schema")]
    source: Annotated[str, Field(min_length=1)]
    page: Annotated[int, Field(ge=1, le=1_000_000)]
    box: tuple[_Pixel, _Pixel, _Pixel, _Pixel] | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    status: Annotated[Status, Field(strict=False)]
    reason: str | None
    unconstrained: str | None = None
    digits: list[_Digit]


@dataclass(frozen=True)
class Case:
    """A string to be reviewed.

    Attributes:
        key: Name of the case, the same whenever the same string of the same picture is reviewed.
        source: Name of the picture in its record.
        path: File of the picture.
        page: Number of the page, from 1.
        box: Left, top, right and bottom of the string in pixels of the page; None where nothing was read.
        guess: Digits that were read.
        confidence: Confidence of the reading.
        reason: Why it was rejected, or None.
    """

    key: str
    source: str
    path: Path
    page: int
    box: tuple[int, int, int, int] | None
    guess: str
    confidence: float
    reason: str | None

    @property
    def file_name(self) -> str:
        """Name of the file of its cut-out."""
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePath(self.source).stem)[:40].strip("-")
        return f"{stem}-{self.key}.png" if stem else f"{self.key}.png"


@dataclass(frozen=True)
class Cases:
    """Strings to be reviewed, worst first, and what was left out.

    Attributes:
        cases: The strings.
        left_out: Number of records that are not reviewed, by cause.
    """

    cases: list[Case]
    left_out: Counter[str]


def read_cases(results: Path, images: Path | None, below: float) -> Cases:
    """Selects the rejected strings, and those accepted with a low confidence.

    Args:
        results: File of `sdnn read --format json`.
        images: Folder of the pictures; None for the folder that the reading was started in, or that of the
            results.
        below: Accepted strings with a confidence below it are reviewed, too.

    Raises:
        UnreadableInput: When the file cannot be read, a line is no record, there is no picture of any
            string, or there are too many.
    """
    cases: dict[str, Case] = {}
    left_out: Counter[str] = Counter()
    missing = ""
    for record in _records(results):
        if record.status is Status.ERROR:
            left_out["unreadable pictures"] += 1
        elif record.status is Status.EMPTY:
            left_out["pictures without digits"] += 1
        elif record.status is Status.ACCEPTED and record.confidence >= below:
            left_out["sure strings"] += 1
        elif (path := _picture(record.source, results, images)) is None:
            left_out["strings whose picture is missing"] += 1
            missing = missing or record.source
        else:
            case = _case(record, path)
            cases[case.key] = case
    if len(cases) > MAX_CASES:
        raise UnreadableInput(
            f"{results}: {len(cases):,} strings to review, more than {MAX_CASES:,}; lower --below"
        )
    if missing and not cases:
        raise UnreadableInput(f"{results}: there is no picture {missing}; give their folder with --images")
    worst_first = sorted(cases.values(), key=lambda case: (case.confidence, case.source, case.key))
    return Cases(worst_first, left_out)


def _records(results: Path) -> Iterator[_Record]:
    try:
        with open(results, encoding="utf-8") as lines:
            number = 0
            while line := lines.readline(MAX_LINE):
                number += 1
                if not line.strip():
                    continue
                try:
                    yield _Record.model_validate_json(line)
                except ValidationError as error:
                    raise _no_record(f"{results}:{number}", error) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UnreadableInput(f"{results}: cannot be read ({reason}); check the file") from error


def _no_record(where: str, error: ValidationError) -> UnreadableInput:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    what = f"{field}: {first['msg']}" if field else first["msg"]
    what = " ".join(what.split())[:200]
    return UnreadableInput(f"{where}: is no record ({what}); give a file of sdnn read --format json")


def _picture(source: str, results: Path, images: Path | None) -> Path | None:
    """The file of a picture; None where there is none."""
    if "\0" in source:
        return None
    folders = [Path(), results.parent] if images is None else [images]
    places = [folder / source for folder in folders]
    if images is not None:
        places.append(images / PurePath(source).name)
    return next((place for place in places if os.path.isfile(place)), None)


def _case(record: _Record, path: Path) -> Case:
    place = f"{record.source}\0{record.page}\0{record.box}"
    guess = "".join(each.digit for each in record.digits)
    if not guess:
        guess = "".join(re.findall("[0-9]", record.unconstrained or ""))
    return Case(
        hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        record.source,
        path,
        record.page,
        record.box,
        guess,
        record.confidence,
        record.reason,
    )

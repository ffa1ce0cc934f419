"""Readings written to a file as `sdnn read` does it, and broken off."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from helpers.sample_readings import MODEL, of
from sdnn.enums import Format
from sdnn.formats import Formatter, formatter
from sdnn.output import Output
from sdnn.results import Reading

ODD = "\udcff\n'=\t.png"
TWICE = ["a.png", "a.png", "b.tiff", "b.tiff", "a.png"]
NAMES = ["a.png", "b.tiff", "c.png", "a.png", "empty.png", ODD, "b.tiff"]


def made(form: Format = Format.JSON) -> Formatter:
    return formatter(form, model=MODEL, source="a.png", named=True)


RESUMABLE = [form for form in Format if made(form).resumable]


def pages(name: str) -> list[list[Reading]]:
    """Two pages of two strings in a TIFF, no string at all on the empty picture, one on the others."""
    if name.endswith(".tiff"):
        return [[of(name, page, text) for text in ("1", "23")] for page in (1, 2)]
    return [[]] if name == "empty.png" else [[of(name)]]


def write(
    path: Path, form: Format, names: Sequence[str], resume: bool = False, kill_after: int | None = None
) -> None:
    """Does what `sdnn read` does, to be interrupted after so many pages."""
    with Output(path, made(form), resume) as output:
        remaining = (page for name in output.remaining(names) for page in pages(name))
        for count, page in enumerate(remaining):
            if count == kill_after:
                raise KeyboardInterrupt
            output.write(page)


def write_half(path: Path, interruption: type[BaseException]) -> None:
    with Output(path, made(Format.CSV)) as output:
        output.write([of("a.png")])
        raise interruption


def part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def refusal(caught: pytest.ExceptionInfo[BaseException]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message

"""Resumed outputs, and odd names on their way into rows and messages."""

import csv
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from helpers.sample_readings import EMPTY, ERROR, MODEL, READING, REJECTED, SIGNED

from fuzz.mutators import mutated_text
from fuzz.target import require, target
from sdnn.enums import Format
from sdnn.errors import UnreadableInput
from sdnn.formats import Formatter, formatter
from sdnn.inputs import pictures
from sdnn.output import Output
from sdnn.preprocessing.loading import load_page
from sdnn.results import Reading

_SAMPLES: Final = (READING, REJECTED, SIGNED, EMPTY, ERROR)
_NAMES: Final = ("a.png", "b.tiff", "b.tiff", "c:2.png", "d,e.png", "a.png", "=f.png", 'g".png', "h\t.png")
_TOKENS: Final = (
    *(
        ",",
        "\t",
        '"',
        '""',
        "'",
        "=",
        "a.png",
        "b.tiff",
        "c:2.png",
        "accepted",
        "error",
        "1",
        "schema",
        "source",
    ),
    *(
        '{"schema": 2, "source": "a.png"}',
        '{"schema": 3}',
        "null",
        "[]",
        "\r",
        "\\n",
        "\\",
        ":2",
        "0.5",
        "\ufeff",
    ),
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PARTS: Final = (
    *(
        "a",
        "b.png",
        ".png",
        "..",
        " ",
        "\t",
        "\n",
        "\r",
        "\x1b[31m",
        "\x1b]0;x\x07",
        "\x7f",
        "\x85",
        "\x9b2J",
    ),
    *(
        "\udcff",
        "\udc80",
        "é",
        "\u2028",
        "\u202e",
        '"',
        "'",
        "=1+1",
        "@",
        "-",
        "+",
        ",",
        ";",
        ":2",
        "\\",
        "\\n",
    ),
    *("%s", "{}", "[bold]", "<b>", "&", "*", "\U0001f600", "x" * 200),
)


def _formatter(form: Format) -> Formatter:
    return formatter(form, model=MODEL, source="a.png", named=True)


def _reading(name: str, number: int) -> Reading:
    """A reading of a picture, of a kind that depends on its name alone."""
    return replace(_SAMPLES[number % len(_SAMPLES)], source=name)


def _rows(form: Format, names: Sequence[str]) -> bytes:
    rows = _formatter(form)
    text = rows.start() + "".join(rows.rows([_reading(name, len(name))]) for name in names) + rows.end()
    return text.encode("utf-8", "surrogateescape")


def _resumed(rng: Random, _: Sequence[bytes], form: Format) -> bytes:
    """The content of FILE, FILE.part, or both, divided by a line of its own."""
    whole = _rows(form, _NAMES)
    parts = [mutated_text(rng, [whole[: rng.randint(0, len(whole))], whole], _TOKENS) for _ in range(2)]
    return _DIVIDER.join((b"", parts[0]) if rng.random() < 0.4 else (parts[0], rng.choice((b"", parts[1]))))


_DIVIDER: Final = b"\n====\n"


def _resume(data: bytes, folder: Path, form: Format) -> None:
    """Resumes an output to its end; the file then holds every name as often as it was asked for."""
    content, _, part = data.partition(_DIVIDER)
    out = folder / "out"
    if content:
        out.write_bytes(content)
    if part:
        (folder / "out.part").write_bytes(part)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    try:
        with Output(out, _formatter(form), resume=True) as output:
            for name in output.remaining(_NAMES):
                output.write([_reading(name, len(name))])
    except BaseException:
        after = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}
        require(before == after, "a refused file was changed")
        raise
    require({path.name for path in folder.iterdir()} <= {"out", "out.lock"}, "a stray file beside the output")
    rows, found, last = _formatter(form), Counter[str](), None
    for line in out.read_bytes().decode("utf-8", "surrogateescape").split("\n")[:-1]:
        source = rows.source_of(f"{line}\n")
        if source is not None and source != last:
            found[source] += 1
        last = source if source is not None else last
    # Consecutive rows of one picture count once.
    wanted = Counter(name for at, name in enumerate(_NAMES) if at == 0 or _NAMES[at - 1] != name)
    require(not set(wanted) - set(found), "a picture without a row")


for _form in (Format.CSV, Format.TSV, Format.JSON, Format.TEXT):
    target(f"resume-{_form.value}", partial(_resumed, form=_form), share=1.5)(partial(_resume, form=_form))


def _name(rng: Random, _: Sequence[bytes]) -> bytes:
    return "".join(rng.choices(_PARTS, k=rng.randint(1, 6))).encode("utf-8", "surrogateescape")


@target("name", _name, share=2.0)
def name_in_rows(data: bytes, _: Path) -> None:
    """Writes rows of a picture of an odd name: they stay rows, and say the name again when they are read."""
    name = os.fsdecode(data)
    for number in range(len(_SAMPLES)):
        reading = _reading(name, number)
        reading = replace(reading, reason=f"{name}: empty") if reading.reason else reading
        for form in (Format.TEXT, Format.TSV, Format.CSV, Format.JSON):
            rows = _formatter(form)
            text = rows.start() + rows.rows([reading]) + rows.end()
            lines = text.splitlines() if form is Format.JSON else text.split("\n")[:-1]
            require(len(lines) == 1 + bool(rows.start()), f"{form}: another number of lines")
            require(form is Format.CSV or not _CONTROL.search(text), f"{form}: a control character")
            require(rows.source_of(f"{lines[-1]}\n") == name, f"{form}: another source")
        table = _formatter(Format.CSV)
        cells = list(csv.reader(io.StringIO(table.start() + table.rows([reading]), newline="")))
        require(len(cells) == 2 and len(cells[0]) == len(cells[1]), "csv: another number of cells")
        alto = formatter(Format.ALTO, model=MODEL, source=name)
        ET.fromstring(alto.start() + alto.rows([reading]) + alto.end())
        json.loads(_formatter(Format.JSON).rows([reading]))


@target("name-file", _name)
def name_of_file(data: bytes, folder: Path) -> None:
    """Makes a broken picture of an odd name in a folder: it is listed, and its error names it on one line."""
    name = os.fsdecode(data[:200])
    if "/" in name or "\0" in name or name in (".", ".."):
        return
    inner = folder / "in"
    inner.mkdir()
    (inner / f"{name}.png").write_bytes(b"no picture")
    (inner / f"_{name}").mkdir()
    (inner / f"_{name}" / "z.png").write_bytes(b"")
    found = list(pictures([str(inner)]))
    hidden = name.startswith(".")
    require(len(found) == 2 - hidden, "a picture that is not listed")
    for path in found:
        try:
            load_page(path)
        except UnreadableInput as error:
            require(not path.endswith("z.png") or "z.png" in str(error), "an error without its file")
            if _CONTROL.search(str(error)) or "\n" in str(error):
                raise

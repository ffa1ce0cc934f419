"""Labels, lexicons, patterns and constraints together."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from fuzz.mutators import mutated_text
from fuzz.target import require, target
from sdnn.decoding.constraints import constraint
from sdnn.decoding.constraints.lexicon import read_lexicon
from sdnn.decoding.constraints.pattern import compile_pattern
from sdnn.evaluation.labels import read_labels

_TABLE: Final = (
    ",",
    '"',
    '""',
    ",,",
    "file,label",
    "..",
    "/",
    "a.png",
    "00417",
    "0",
    "\r\n",
    "\ufeff",
    "9" * 60,
    "'",
)
_LEXICON: Final = (
    ",",
    "0",
    "1",
    "12345",
    "9" * 50,
    "1e308",
    "0.5",
    "-1",
    "nan",
    "inf",
    "1e-320",
    "\r",
    " ",
    "\t",
    "#",
)
_PIECES: Final = (
    *(
        "0",
        "7",
        "[0-9]",
        "\\d",
        ".",
        "[135]",
        "[^05]",
        "(",
        ")",
        "(?:",
        "|",
        "?",
        "*",
        "+",
        "{3}",
        "{2,4}",
        "{2,}",
    ),
    *(
        "{64}",
        "{0}",
        "{,3}",
        "{64}{64}",
        "-",
        "/",
        "\\.",
        "\\(",
        " ",
        "^",
        "$",
        "[",
        "]",
        "{",
        "}",
        "\\",
        "a",
        "é",
    ),
    *(
        "(-[0-9]{4})?",
        "([0-9]{3}-?){2}",
        "(0|00)*",
        "[0-9]*[0-9]*",
        "\0",
        "\n",
        "((((",
        "))))",
        "[9-0]",
        "[--9]",
    ),
)
_CHECKS: Final = (
    "luhn",
    "damm",
    "verhoeff",
    "ean",
    "us.rtn",
    "iso7064.mod_97_10",
    "iso7064.mod_11_2",
    "isbn",
    "x",
    "",
)
_LENGTHS: Final = (
    "5",
    "4-6",
    "4-",
    "1-1000",
    "1000",
    "1001",
    "0",
    "-1",
    "6-4",
    "1-",
    "12-19",
    "999-1000",
    "٣",
    "5 ",
    "",
)
_VALUES: Final = (0, 1, 7, 99, 100, 12345, 10**9, 10**18, 10**49, 10**999, 10**1000, -1)
_PATTERNS: Final = (
    "[0-9]{5}(-[0-9]{4})?",
    "[1-9][0-9]{0,9}",
    "\\d+",
    "[0-9]{64}",
    "(1|2)*3",
    "0{64}",
    ".*1.{12}",
)


@target("labels", lambda rng, seeds: mutated_text(rng, seeds, _TABLE), share=2.0)
def labels(data: bytes, folder: Path) -> None:
    """Reads a table of labels; each names a file within the folder."""
    (folder / "labels.csv").write_bytes(data)
    for each in read_labels(folder):
        inside = os.path.normpath(each.path).startswith(f"{folder}{os.sep}")
        require(inside, "a file outside of the folder")
        require(not each.label or (each.label.isascii() and each.label.isdigit()), "a label of other signs")


@target("lexicon", lambda rng, seeds: mutated_text(rng, seeds, _LEXICON), share=2.0)
def lexicon(data: bytes, folder: Path) -> None:
    """Reads a lexicon."""
    path = folder / "lexicon.txt"
    path.write_bytes(data)
    require(not read_lexicon(path).automaton.is_empty, "an empty language")


def _pattern(rng: Random, _: Sequence[bytes]) -> bytes:
    return "".join(rng.choices(_PIECES, k=rng.randint(1, 12))).encode()


@target("pattern", _pattern, share=2.0)
def pattern(data: bytes, _: Path) -> None:
    """Compiles a pattern; an allowed string has one text."""
    compiled = compile_pattern(data.decode("utf-8", "surrogateescape"))
    require(not compiled.automaton.is_empty, "an empty language")


def options(rng: Random) -> dict[str, Any]:
    """Random values of some constraints, valid ones and others."""
    makers: dict[str, Callable[[], Any]] = {
        "length": lambda: (
            rng.choice(_LENGTHS) if rng.random() < 0.6 else f"{rng.randint(0, 40)}-{rng.randint(0, 60)}"
        ),
        "pattern": lambda: rng.choice(_PATTERNS) if rng.random() < 0.7 else _pattern(rng, ()).decode(),
        "check": lambda: rng.choice(_CHECKS),
        "min_value": lambda: rng.choice(_VALUES),
        "max_value": lambda: rng.choice(_VALUES),
    }
    return {name: makers[name]() for name in rng.sample(list(makers), rng.randint(1, 3))}


@target("constraint", lambda rng, _: json.dumps(options(rng)).encode(), share=2.0)
def together(data: bytes, _: Path) -> None:
    """Builds constraints together."""
    try:
        values = json.loads(data)
    except ValueError:
        return
    if not isinstance(values, dict) or values.keys() - {
        "length",
        "pattern",
        "check",
        "min_value",
        "max_value",
    }:
        return
    built = constraint(**values)
    require(built is None or not built.automaton.is_empty, "an empty language")
    require(built is None or "\n" not in built.description, "a description of two lines")

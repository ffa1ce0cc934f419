"""Command lines: random options of every command, with an exit code of the table and no traceback."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

from helpers.cli_runner import SAMPLES, sdnn

from fuzz.target import require, target
from sdnn.errors import ExitCode

_PATHS: Final = (
    *(
        "a.png",
        "a.png",
        "pictures",
        "pictures",
        "empty",
        "labels.csv",
        "missing",
        "",
        ".",
        "-",
        "a.png/b",
        "link",
    ),
    *("x" * 300, "new\nline", "e\x1b[31m", "/dev/null", "\udcff", "out.csv", "broken.png", "dir/"),
)
_OUTPUTS: Final = (
    *(
        "out.csv",
        "out.jsonl",
        "out.tsv",
        "out.txt",
        "out.xml",
        "out",
        "",
        ".",
        "..",
        "pictures",
        "missing/out.csv",
    ),
    *(
        "/dev/full",
        "/dev/null",
        "x" * 252 + ".csv",
        "a.png",
        "out.png",
        "-",
        "link",
        "new\nline.csv",
        "labels.csv",
    ),
)
_NUMBERS: Final = (
    "0",
    "1",
    "2",
    "5",
    "-1",
    "0.5",
    "1.5",
    "nan",
    "inf",
    "1e400",
    "9" * 30,
    "",
    "x",
    "٣",
    "1,2,3,4",
)
_TEXTS: Final = (
    *(
        "5",
        "4-6",
        "1-",
        "0",
        "luhn",
        "damm",
        "x",
        "",
        "[0-9]{5}",
        "(",
        "\\d+",
        "us-zip",
        "none",
        "a b",
        "\n",
        "\x1b",
    ),
    *("0,0,10,10", "5,5,1e9,3", "nan,0,1,1", "-5:5", "0:6", "3-8", "\udcff", "--"),
)
_OPTIONS: Final[dict[str, dict[str, tuple[str, ...] | None]]] = {
    "read": {
        **dict.fromkeys(("--json", "--page", "--line", "--deskew", "--handwritten", "--resume"), None),
        **dict.fromkeys(("--exit-zero", "--quiet", "--verbose", "--confidence", "--help"), None),
        **dict.fromkeys(("--output", "-o", "--explain"), _OUTPUTS),
        **dict.fromkeys(("--nbest", "--mask-below", "--max-pixels", "--batch-size", "--min-value"), _NUMBERS),
        **dict.fromkeys(("--max-value", "--min-confidence", "--min-constraint-probability"), _NUMBERS),
        **dict.fromkeys(("--length", "--pattern", "--check", "--region", "--profile"), _TEXTS),
        **{
            "--lexicon": (*_PATHS, "/dev/zero"),
            "--model": _PATHS,
            "--format": ("text", "tsv", "csv", "json", "alto", "x"),
        },
        **{"--polarity": ("auto", "dark", "light"), "--decoder": ("viterbi", "posterior", "nms")},
        **{"--topology": ("ctc", "strict")},
    },
    "eval": {
        **{
            "--json": None,
            "--failures": _OUTPUTS,
            "--rejection": _OUTPUTS,
            "--decoder": ("nms", "posterior"),
        },
        **{"--model": _PATHS, "--length": _TEXTS, "--lexicon": _PATHS, "--profile": _TEXTS},
    },
    "calibrate": {"--target-error": _NUMBERS, "--save": _TEXTS, "--json": None, "--length": _TEXTS},
    "synth": {
        **{
            "--digits": ("1", "5", "3-8", "0", "", "x", "8-3"),
            "--count": ("1", "3", "0", "-1"),
            "--out": _OUTPUTS,
        },
        **{"--seed": _NUMBERS, "--gap": ("0:6", "-5:5", "6:0", "x", "", "1e9:1e9"), "--source": ("pen", "x")},
        **{"--paper": None, "--data": _PATHS},
    },
    "model show": {"--json": None},
    "average": {"--share": _NUMBERS},
    "train --resume": {"--data": _PATHS},
    "": {"--version": None, "--help": None, "--bogus": None, "read": None, "model": None},
}
_ARGUMENTS: Final = {"read": 3, "eval": 2, "calibrate": 2, "model show": 1, "average": 1, "train --resume": 1}


def _arguments(rng: Random, seeds: Sequence[bytes]) -> bytes:
    command = rng.choice(("read", "read", "read", *_OPTIONS))
    arguments = command.split()
    for _ in range(rng.randint(0, _ARGUMENTS.get(command, 0))):
        arguments.append(rng.choice(_PATHS))
    for name in rng.sample(sorted(_OPTIONS[command]), rng.randint(0, min(4, len(_OPTIONS[command])))):
        values = _OPTIONS[command][name]
        arguments += [name] if values is None else [name, rng.choice(values)]
    return json.dumps(arguments).encode()


def _furnish(folder: Path) -> None:
    """Puts what command lines name into a folder."""
    pictures = folder / "pictures"
    pictures.mkdir()
    names = ["00000.png", "00001.png"]
    for name in names:
        os.symlink(SAMPLES / name, pictures / name)
    labels = (SAMPLES / "labels.csv").read_text().splitlines()
    kept = [line for line in labels if line.split(",")[0] in ("file", *names)]
    (pictures / "labels.csv").write_text("\n".join(kept) + "\n")
    shutil.copy(pictures / "labels.csv", folder / "labels.csv")
    shutil.copy(SAMPLES / names[0], folder / "a.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / "empty").mkdir()
    os.symlink(folder / "a.png", folder / "link")


@target("command", _arguments, cpu_s=5.0, share=2.0)
def command(data: bytes, folder: Path) -> None:
    """Runs a command in this process, in a furnished folder."""
    try:
        arguments = json.loads(data)
    except ValueError:
        return
    if not isinstance(arguments, list) or not all(isinstance(each, str) for each in arguments):
        return
    if any("\0" in each for each in arguments):
        return  # no command line can hold it
    import torch  # noqa: F401  # its libraries need more address space than a warm process is left

    _furnish(folder)
    picture = (folder / "a.png").read_bytes()
    result = sdnn(*arguments, cwd=folder)
    stderr = result.stderr.decode("utf-8", "surrogateescape")
    require("internal error" not in stderr, f"internal error: {stderr.partition('internal error: ')[2][:60]}")
    require("Traceback" not in stderr, "a traceback")
    require(result.returncode in {*ExitCode} - {ExitCode.INTERNAL}, f"exit code {result.returncode}")
    asked_for = {"a.png", "link"} & {
        value for option, value in pairwise(arguments) if option in ("-o", "--output", "--explain")
    }
    require(asked_for or (folder / "a.png").read_bytes() == picture, "a picture was changed")
    if stderr.lstrip().startswith("Usage: "):  # typer's own message, of several lines
        require(result.returncode == ExitCode.USAGE, f"exit code {result.returncode} for a usage error")
        return
    for line in stderr.split("\n")[:-1]:
        require(line.startswith("sdnn: "), "a line on stderr that is no message")
        require(not re.search("[\x00-\x08\x0b-\x1f\x7f]", line), "a control character on stderr")
    if result.returncode in (ExitCode.USAGE, ExitCode.MODEL, ExitCode.OUTPUT):
        require(stderr or result.stdout, f"exit code {result.returncode} without a message")

"""What somebody might take in place of sdnn, where this machine has it: Tesseract and RapidOCR.

`make bench-peers` installs RapidOCR, in an environment of its own, and says how to get Tesseract.
"""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from processes import environment

HERE = Path(__file__).parent
RAPIDOCR_SCRIPT: Final = HERE / "peers_rapidocr.py"
RAPIDOCR_PYTHON: Final = HERE.parent / "build" / "venv-peers" / "bin" / "python"


@dataclass(frozen=True)
class Batch:
    """What came of some files: how long that took, and the text of each."""

    seconds: float
    texts: Mapping[str, str]


def tesseract_command(image: Path) -> list[str]:
    """Tesseract on one line of digits, which it prints."""
    digits_alone = "tessedit_char_whitelist=0123456789"
    return ["tesseract", str(image), "stdout", "--psm", "7", "-c", digits_alone]


def rapidocr_command(out: str, *images: Path) -> list[str]:
    """RapidOCR's recogniser on lines, as JSON lines into `out` (- is stdout)."""
    return [str(RAPIDOCR_PYTHON), str(RAPIDOCR_SCRIPT), out, *map(str, images)]


@cache
def tesseract_version() -> str | None:
    """As it gives it; None where it is not found."""
    if shutil.which("tesseract") is None:
        return None
    said = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True)
    return (said.stdout or said.stderr).split()[1]


@cache
def rapidocr_version() -> str | None:
    """Of the package in the peers' environment; None where it is not found, or does not run."""
    asks = (
        "import rapidocr, importlib.metadata\n"  # which fails where a library of the system lacks
        "print(importlib.metadata.version('rapidocr'))"
    )
    try:
        said = subprocess.run([str(RAPIDOCR_PYTHON), "-c", asks], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()


def with_rapidocr(files: Sequence[Path]) -> Batch:
    """One process; its imports and the loading of its models do not count."""
    with tempfile.TemporaryDirectory() as at:
        out = Path(at) / "out.jsonl"
        said = subprocess.run(
            rapidocr_command(str(out), *files),
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return Batch(json.loads(said.stderr.splitlines()[-1])["seconds"], texts_of(out))


def with_tesseract(files: Sequence[Path], at_a_time: int) -> Batch:
    """A process for each file; of several at a time each has one thread, as the manual says."""
    environs = environment(OMP_THREAD_LIMIT="1") if at_a_time > 1 else environment()

    def text(file: Path) -> str:
        said = subprocess.run(
            tesseract_command(file),
            env=environs,
            capture_output=True,
            text=True,
            check=True,
        )
        return said.stdout

    started = time.perf_counter()
    with ThreadPoolExecutor(at_a_time) as pool:
        texts = dict(zip((file.name for file in files), map(_digits, pool.map(text, files)), strict=True))
    return Batch(time.perf_counter() - started, texts)


def texts_of(out: Path) -> dict[str, str]:
    """Digits by file name, of the JSON lines that sdnn and peers_rapidocr.py write."""
    records = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    return {
        Path(record.get("file") or record["source"]).name: _digits(record["text"] or "") for record in records
    }


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")

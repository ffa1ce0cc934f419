"""The installed command, as a user calls it: each call is a process of its own."""

import csv
import subprocess
import sys
from pathlib import Path

from PIL import Image

SDNN = Path(sys.executable).with_name("sdnn")
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
SAMPLE = SAMPLES / "00000.png"


def sdnn(
    *arguments: object, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [SDNN, *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, check=False
    )


def labels() -> dict[str, str]:
    with open(SAMPLES / "labels.csv", newline="") as file:
        return {row["file"]: row["label"] for row in csv.DictReader(file)}


def picture(folder: Path, name: str, size: tuple[int, int], grey: int = 255) -> Path:
    path = folder / name
    Image.new("L", size, grey).save(path)
    return path


def assert_one_line(stderr: bytes, *parts: str) -> None:
    lines = stderr.decode().splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("sdnn: ")
    for part in parts:
        assert part in lines[0]

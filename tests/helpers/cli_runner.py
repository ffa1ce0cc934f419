"""The command `sdnn` as a user calls it: in this process, or in one of its own."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from helpers.deadlines import run_process
from sdnn.cli import main

SDNN = Path(sys.executable).with_name("sdnn")
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
SAMPLE = SAMPLES / "00000.png"


def sdnn(
    *arguments: object, stdin: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The command in this process, where most that it loads is loaded already."""
    command = ["sdnn", *map(str, arguments)]
    streams = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin)),
        "stdout": io.TextIOWrapper(io.BytesIO(), "utf-8"),
        "stderr": io.TextIOWrapper(io.BytesIO(), "utf-8"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", command)
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        patch.setattr("sdnn.cli.terminal.quick_exit", sys.exit)  # the process goes on
        if cwd:
            patch.chdir(cwd)
        with pytest.raises(SystemExit) as end:
            main()
    code = end.value.code
    assert isinstance(code, int)
    stdout, stderr = (_written(streams[name]) for name in ("stdout", "stderr"))
    return subprocess.CompletedProcess(command, code, stdout, stderr)


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()


def sdnn_process(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """The installed command in a process of its own."""
    return run_process(SDNN, *arguments, cwd=cwd)


def labels() -> dict[str, str]:
    with open(SAMPLES / "labels.csv", newline="") as file:
        return {row["file"]: row["label"] for row in csv.DictReader(file)}


def records(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def without_times(output: bytes) -> list[bytes]:
    return [line.rpartition(b'"elapsed_ms"')[0] or line for line in output.splitlines()]


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

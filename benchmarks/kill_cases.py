"""The commands that write, for `bench_kills`: calls, resuming calls, and what the folder has to hold."""

import csv
import io
import json
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from processes import SDNN

HERE: Final = Path(__file__).parent
ROWS: Final = 3000
"""Rows of the output that is copied when it is resumed."""


@dataclass(frozen=True)
class Case:
    """A command that writes.

    Attributes:
        name: Name in the table.
        prepare: Puts its inputs, and files that it replaces, into a folder.
        command: Command, run in the folder.
        again: Command that goes on after a kill.
        content: What is in the finished folder, without times; equal for every way that led there.
        check: Raises when a final file is not whole; called after each kill.
        share: Weight among the kills.
    """

    name: str
    prepare: Callable[[Path], None]
    command: Sequence[str]
    again: Sequence[str]
    content: Callable[[Path], Any]
    check: Callable[[Path], None]
    share: float = 1.0


@cache
def _strips() -> dict[str, bytes]:
    """Drawn strips by name, and a broken one."""
    from sdnn.datasets.digit_sources import digit_source
    from sdnn.datasets.strip_folder import numbered_picture
    from sdnn.datasets.strips import Layout
    from sdnn.enums import Source, Split

    source = digit_source(Source.PEN, Split.TRAIN)
    strips, labels = {}, "file,label\n"
    for number in range(16):
        made, buffer = numbered_picture(source, Layout(), 1, number, False), io.BytesIO()
        made.picture.save(buffer, "PNG")
        strips[f"{number:02}.png"] = buffer.getvalue()
        labels += f"{number:02}.png,{made.text}\n"
    return strips | {"broken.png": b"\x89PNG broken", "labels.csv": labels.encode()}


def _pictures(folder: Path) -> None:
    (folder / "in").mkdir()
    for name, content in _strips().items():
        (folder / "in" / name).write_bytes(content)


def _labelled(folder: Path) -> None:
    _pictures(folder)
    (folder / "in" / "broken.png").unlink()
    for name in ("f.png", "r.png", "e.png"):  # what is replaced stays whole until then
        (folder / name).write_bytes(_strips()["00.png"])
    (folder / "sdnn.toml").write_text('# mine\n[profile.other]\nlength = "5"\n')


def _with_rows(suffix: str) -> Callable[[Path], None]:
    """A finished output of many pictures that are not asked for again."""

    def prepare(folder: Path) -> None:
        _pictures(folder)
        from sdnn.enums import Format, Status
        from sdnn.formats import formatter
        from sdnn.results import Reading

        form = Format.CSV if suffix == "csv" else Format.JSON
        rows = formatter(form, model={"name": "sdnn", "sha256": "0"}, named=True)
        readings = [
            Reading("1", 1.0, Status.ACCEPTED, source=f"before/{number}.png") for number in range(ROWS)
        ]
        text = rows.start() + "".join(rows.rows([each]) for each in readings) + rows.end()
        (folder / f"out.{suffix}").write_text(text, newline="")

    return prepare


def _sources(path: Path) -> list[tuple[Any, ...]]:
    """Rows of an output without times; ValueError where a line is not whole."""
    text = path.read_bytes().decode()
    if not text.endswith("\n"):
        raise ValueError(f"{path.name}: its last line is cut off")
    if path.suffix == ".jsonl":
        records = [json.loads(line) for line in text.splitlines()]
        return [(each["source"], each["text"], each["status"]) for each in records]
    if path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    else:
        rows = [line.split("\t") for line in text.split("\n")[:-1]]
    if len({len(row) for row in rows}) > 1:
        raise ValueError(f"{path.name}: rows of different lengths")
    return [tuple(row) for row in rows]


def _output(suffix: str) -> Callable[[Path], Any]:
    """Rows, each as often as it is there, in no order: rows of before may come first or last."""
    return lambda folder: Counter(_sources(folder / f"out.{suffix}"))


def _output_is_whole(suffix: str, fewest: int) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        path = folder / f"out.{suffix}"
        if fewest or path.exists():
            rows = _sources(path)
            if len(rows) < fewest:
                raise ValueError(f"{path.name}: {len(rows)} rows of at least {fewest}")

    return check


def _reading(suffix: str) -> Case:
    command = [SDNN, "read", "in", "-o", f"out.{suffix}", "-q", "--batch-size", "1", "--jobs", "1"]
    again = [*command, "--resume"]
    return Case(
        f"read -o out.{suffix}", _pictures, command, again, _output(suffix), _output_is_whole(suffix, 0), 2.0
    )


def _resuming(suffix: str) -> Case:
    command = [SDNN, "read", "in", "-o", f"out.{suffix}", "-q", "--jobs", "1", "--resume"]
    whole = _output_is_whole(suffix, ROWS)
    return Case(
        f"read --resume, {suffix} of {ROWS:,}",
        _with_rows(suffix),
        command,
        command,
        _output(suffix),
        whole,
        3.0,
    )


def _picture_sizes(*names: str) -> Callable[[Path], Any]:
    def sizes(folder: Path) -> Any:
        from PIL import Image

        found = {}
        for name in names:
            with Image.open(folder / name) as picture:
                picture.load()
                found[name] = picture.size
        return found

    return sizes


def _check_pictures(*names: str) -> Callable[[Path], None]:
    return lambda folder: _picture_sizes(*names)(folder) and None


def _profiles(folder: Path) -> Any:
    text = (folder / "sdnn.toml").read_text()
    profiles = tomllib.loads(text)["profile"]
    if "# mine" not in text or profiles["other"] != {"length": "5"}:
        raise ValueError("sdnn.toml: another profile was lost")
    return profiles


def _strip_folder(folder: Path) -> Any:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


def _check_strip_folder(folder: Path) -> None:
    if (folder / "out").exists() and len(_strip_folder(folder)) != 32:
        raise ValueError("out: not all strips are there")


def _weights(folder: Path) -> Any:
    """Weights, temperature and metrics of a finished training."""
    from safetensors.numpy import load_file

    run = folder / "run"
    name = "model" if (run / "model.onnx").exists() else "detector"
    tensors = load_file(run / f"{name}.safetensors")
    times = {"seconds", "examples_per_second"}
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    metrics = [{key: value for key, value in line.items() if key not in times} for line in lines]
    weights = {key: tensors[key].tobytes() for key in sorted(tensors)}
    return weights, metrics, _temperature(run / f"{name}.onnx")


def _temperature(path: Path) -> float | None:
    """Temperature of a model that loads; None of a detector."""
    from sdnn.detection.detector import Detector
    from sdnn.models.engine import Engine

    if path.stem == "detector":
        Detector(path, threads=1)
        return None
    return Engine(path, threads=1).metadata.temperature


def _check_run(folder: Path) -> None:
    """Every final file can be read; a model that has its name also has its temperature."""
    from safetensors.numpy import load_file

    run = folder / "run"
    for path in run.glob("[!.]*") if run.exists() else ():
        if path.suffix == ".safetensors":
            load_file(path)
        elif path.name == "run.json":
            json.loads(path.read_text())
        elif path.suffix == ".onnx" and _temperature(path) == 1.0:
            raise ValueError(f"{path.name}: has its final name before its temperature")


def _training(net: str) -> Case:
    command = [sys.executable, str(HERE / "tiny_training.py"), net, "run"]
    again = [*command, "--resume"]
    return Case(f"train, {net}", lambda _: None, command, again, _weights, _check_run, 1.5)


def cases() -> list[Case]:
    """All commands that write."""
    read = [SDNN, "read", "in/00.png", "--explain", "e.png", "-q", "--exit-zero"]
    evaluate = [SDNN, "eval", "in", "--failures", "f.png", "--rejection", "r.png", "--length", "4"]
    calibrate = [SDNN, "calibrate", "in", "--save", "own", "--target-error", "0.5"]
    synth = [SDNN, "synth", "--source", "pen", "--count", "30", "--seed", "5", "--out", "out"]
    return [
        *map(_reading, ("csv", "tsv", "jsonl", "txt")),
        *map(_resuming, ("csv", "jsonl")),
        Case("read --explain", _labelled, read, read, _picture_sizes("e.png"), _check_pictures("e.png")),
        Case(
            "eval",
            _labelled,
            evaluate,
            evaluate,
            _picture_sizes("f.png", "r.png"),
            _check_pictures("f.png", "r.png"),
        ),
        Case(
            "calibrate", _labelled, calibrate, calibrate, _profiles, lambda folder: _profiles(folder) and None
        ),
        Case("synth", lambda _: None, synth, synth, _strip_folder, _check_strip_folder),
        *map(_training, ("reader", "detector")),
    ]


def names_in(folder: Path) -> set[str]:
    """Paths of all entries of a folder; for stray files."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def copy_tree(source: Path, target: Path) -> None:
    """Copies a prepared folder."""
    shutil.copytree(source, target, symlinks=True)


def met(operations: list[str]) -> list[str]:
    """Operations of a log, without the lines of their ends."""
    return [line for line in operations if not line.startswith("- ")]

"""Runs of `sdnn read`, plain and on Ray, and whether their records are the same."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from processes import SDNN, environment

from scale.material import Material
from sdnn.scale.table import records_of


@dataclass(frozen=True)
class Outcome:
    """What came of one reading.

    Attributes:
        seconds: Wall time of all runs of the command together.
        sources: Number of sources with rows.
        twice: Number of sources whose rows are there more than once.
        differing: Number of sources whose records differ from those of plain reading, or are missing.
        bytes_each: Bytes of output for each strip.
    """

    seconds: float
    sources: int
    twice: int
    differing: int
    bytes_each: float


def read_plain(material: Material, out: Path, jobs: int) -> tuple[float, dict[str, list[str]]]:
    """Seconds of plain reading, and its records by the place of the picture."""
    seconds = _timed([SDNN, "read", str(material.files), "-o", str(out), "-q", "--jobs", str(jobs)])
    records = [json.loads(line) for line in out.read_text().splitlines()]
    return seconds, _by_place(records, material)


def read_on_ray(
    material: Material,
    source: Path,
    out: Path,
    workers: int,
    expected: dict[str, list[str]],
    disturb: Callable[[subprocess.Popen[bytes], Path], None] | None = None,
) -> Outcome:
    """One reading on Ray, and how its records compare with those of plain reading.

    Args:
        material: The strips.
        source: Folder, archive or table.
        out: New folder.
        workers: Number of workers.
        expected: Records of plain reading by place.
        disturb: What befalls the running command; the command is given again if it did not end well.
    """
    command = [SDNN, "read", str(source), "--engine", "ray", "-o", str(out), "-q", "--jobs", str(workers)]
    began = time.perf_counter()
    if disturb is not None:
        with subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL) as process:
            disturb(process, out)
    if disturb is None or process.returncode < 0:
        _timed([*command, "--resume"])
    seconds = time.perf_counter() - began
    return compared(out, material, expected, seconds)


def compared(out: Path, material: Material, expected: dict[str, list[str]], seconds: float) -> Outcome:
    """The rows of a folder beside those of plain reading."""
    parts = [*out.glob("part-*.parquet")]
    found = _by_place([record for part in parts for record in records_of(pq.read_table(part))], material)
    differing = sum(found.get(place) != records for place, records in expected.items())
    twice = sum(len(records) > len(expected.get(place, ())) for place, records in found.items())
    size = sum(part.stat().st_size for part in parts)
    return Outcome(seconds, len(found), twice, differing, size / max(1, len(found)))


def _timed(command: list[str]) -> float:
    began = time.perf_counter()
    result = subprocess.run(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    if result.returncode not in {0, 3, 4, 5}:
        sys.exit(f"{' '.join(command)} ended with {result.returncode}: {result.stderr.decode()}")
    return time.perf_counter() - began


def _by_place(records: list[dict[str, Any]], material: Material) -> dict[str, list[str]]:
    """The records of each picture, as text without times and without the name of the form they came in."""
    roots = [f"{root}/" for root in (material.files, material.tar, material.table)]
    by_place: dict[str, list[str]] = {}
    for record in records:
        root = next(root for root in roots if record["source"].startswith(root))
        place = record["source"].removeprefix(root)
        name = material.names[int(place)] if root == f"{material.table}/" else place
        text = json.dumps({**record, "elapsed_ms": 0}, sort_keys=True)
        by_place.setdefault(name, []).append(text.replace(record["source"], name))
    return {name: sorted(texts) for name, texts in by_place.items()}

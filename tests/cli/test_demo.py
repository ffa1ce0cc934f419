import csv
from pathlib import Path

from helpers.cli_runner import sdnn
from PIL import Image

import sdnn as package
from sdnn.cli.demo import EXPLAINED, SAMPLES
from sdnn.errors import ExitCode


def test_the_samples_are_read_and_one_is_explained(tmp_path: Path) -> None:
    result = sdnn("demo", "--explain", tmp_path / "demo.png")
    assert result.returncode == ExitCode.OK, result.stderr
    text = result.stdout.decode()
    with open(SAMPLES / "labels.csv", newline="") as file:
        labels = {row["file"]: row["label"] for row in csv.DictReader(file)}
    rows = [line.split() for line in text.splitlines()]
    assert all([name, label] in [row[:2] for row in rows] for name, label in labels.items())
    assert f": {labels[EXPLAINED]}" in text
    with Image.open(tmp_path / "demo.png") as picture:
        assert picture.height > 100


def test_the_samples_lie_in_the_package_and_are_small() -> None:
    assert SAMPLES.is_relative_to(Path(package.__file__).parent)
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 30_000


def test_without_a_picture_nothing_is_written(tmp_path: Path) -> None:
    assert sdnn("demo", cwd=tmp_path).returncode == ExitCode.OK
    assert [*tmp_path.iterdir()] == []

"""Strips as a folder of PNG files with their truth: what `sdnn synth` writes and `sdnn eval` reads.

::

    00000.png, …   dark digits on white paper
    labels.csv     file,label
    truth.jsonl    for each file: text, box and source of each digit, and how to make it again
"""

import csv
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip
from sdnn.errors import OutputError, UsageError

SYNTH_STREAM: Final = 1
"""Third word of the seed: sets these strips apart from those that training makes from the same seed."""


def numbered_strip(source: DigitSource, layout: Layout, seed: int, number: int) -> SyntheticStrip:
    """Strip of a given number in the endless series that a seed stands for."""
    return random_strip(source, layout, np.random.default_rng([seed, number, SYNTH_STREAM]))


def strip_picture(strip: SyntheticStrip) -> Image.Image:
    """The strip as paper: grey, dark ink on white."""
    return Image.fromarray(255 - strip.ink)


def write_folder(
    folder: Path, source: DigitSource, layout: Layout, seed: int, count: int, origin: Mapping[str, str]
) -> None:
    """Writes strips 0 to `count` - 1 of a seed with their truth; the folder appears when it is complete.

    Args:
        folder: Must not exist yet, or be empty.
        source: Where the digits come from.
        layout: How they are set.
        seed: Which series of strips.
        count: How many.
        origin: What to call the source in the truth, so that a strip can be made again.

    Raises:
        UsageError: When the folder holds something.
        OutputError: When it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: exists and is not an empty folder; give another --out")
    folder = folder.resolve()
    partial = folder.with_name(f".{os.getpid()}-{folder.name}")
    try:
        partial.mkdir(parents=True)
        _write(partial, source, layout, seed, count, origin)
        os.replace(partial, folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write(
    folder: Path, source: DigitSource, layout: Layout, seed: int, count: int, origin: Mapping[str, str]
) -> None:
    with (
        open(folder / "labels.csv", "w", encoding="utf-8", newline="") as labels,
        open(folder / "truth.jsonl", "w", encoding="utf-8") as truth,
    ):
        table = csv.writer(labels, lineterminator="\n")
        table.writerow(["file", "label"])
        for number in range(count):
            strip = numbered_strip(source, layout, seed, number)
            name = f"{number:05d}.png"
            strip_picture(strip).save(folder / name)
            table.writerow([name, strip.text])
            made = {"seed": [seed, number], **origin, "layout": asdict(layout)}
            truth.write(json.dumps({"file": name, **_truth(strip), **made}) + "\n")


def _truth(strip: SyntheticStrip) -> dict[str, Any]:
    return {
        "text": strip.text,
        "boxes": [box.rounded() for box in strip.boxes],
        "indices": [digit.index for digit in strip.digits],
    }

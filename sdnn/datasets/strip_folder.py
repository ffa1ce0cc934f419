"""Labelled pictures as a folder of PNG files, written by `sdnn synth` and read by `sdnn eval`.

::

    00000.png, …   grey pictures of one line
    labels.csv     file,label
    truth.jsonl    for each file: text, how to make it again; of clean strips each digit's box and source
"""

import csv
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.pages import PageRecipe, random_page
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.datasets.strips import Layout, random_strip
from sdnn.errors import OutputError, UsageError


@dataclass(frozen=True)
class LabelledPicture:
    """A picture with its label.

    Attributes:
        picture: Grey, 8 bits.
        text: Its digits.
        truth: Further truth in plain JSON types.
    """

    picture: Image.Image
    text: str
    truth: Mapping[str, Any]


def numbered_picture(
    source: DigitSource, layout: Layout, seed: int, number: int, degraded: bool
) -> LabelledPicture:
    """One picture of the endless series of a seed.

    Args:
        source: Source of the digits.
        layout: Layout of clean digits; for a degraded page only the number of digits counts.
        seed: Seed of the series.
        number: Place in the series.
        degraded: Whether to make a written line on degraded paper, as in string training, instead of clean
            digits.
    """
    rng = make_rng(seed, number, RngPurpose.SYNTH)
    if degraded:
        count = rng.integers(*layout.digits, endpoint=True)
        text = "".join(map(str, rng.integers(10, size=count)))
        page = random_page(source, PageRecipe(clean_share=0.0), rng, text)
        return LabelledPicture(Image.fromarray(np.rint(page.brightness * 255).astype(np.uint8)), text, {})
    strip = random_strip(source, layout, rng)
    truth = {
        "boxes": [box.rounded() for box in strip.boxes],
        "indices": [digit.index for digit in strip.digits],
    }
    return LabelledPicture(Image.fromarray(255 - strip.ink), strip.text, truth)


def write_folder(
    folder: Path,
    source: DigitSource,
    layout: Layout,
    seed: int,
    count: int,
    origin: Mapping[str, str],
    degraded: bool = False,
    advance: Callable[[int], None] = lambda done: None,
) -> None:
    """Writes pictures 0 to `count` - 1 of a seed with their truth; the folder appears when it is complete.

    Args:
        folder: A new or empty folder.
        source: Source of the digits.
        layout: Layout of the digits.
        seed: Seed of the series.
        count: Number of pictures.
        origin: Names of the source for the truth, from which a picture can be made again.
        degraded: See `numbered_picture`.
        advance: Called after every picture with the number of those written.

    Raises:
        UsageError: When the folder is not empty.
        OutputError: When it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: exists and is not an empty folder; give another --out")
    folder = folder.resolve()
    partial = folder.with_name(f".{os.getpid()}-{folder.name}")
    settings = {**origin, "paper": degraded, "layout": asdict(layout)}
    try:
        partial.mkdir(parents=True)
        with (
            open(partial / "labels.csv", "w", encoding="utf-8", newline="") as labels,
            open(partial / "truth.jsonl", "w", encoding="utf-8") as truth,
        ):
            table = csv.writer(labels, lineterminator="\n")
            table.writerow(["file", "label"])
            for number in range(count):
                made = numbered_picture(source, layout, seed, number, degraded)
                name = f"{number:05d}.png"
                made.picture.save(partial / name)
                table.writerow([name, made.text])
                line = {"file": name, "text": made.text, **made.truth, "seed": [seed, number], **settings}
                truth.write(json.dumps(line) + "\n")
                advance(number + 1)
        os.replace(partial, folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)

"""Labelled pictures as a folder of PNG files, written by `sdnn synth` and read by `sdnn eval`.

::

    00000.png, …   grey pictures of one line
    labels.csv     file,label
    truth.jsonl    for each file: text, how to make it again; of clean strips each digit's box and source
"""

import contextlib
import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.pages import PageRecipe, random_page
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.datasets.strips import Layout, random_strip
from sdnn.errors import OutputError, UsageError
from sdnn.files import output_errors
from sdnn.part_file import lock_folder, part_path

_NAMES: Final = re.compile(r"[0-9]{5,}\.png|labels\.csv|truth\.jsonl")
"""Names of the files that a folder holds."""


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
    check_new_folder(folder)
    folder = folder.resolve()
    partial = part_path(folder)
    settings = {**origin, "paper": degraded, "layout": asdict(layout)}
    with output_errors(folder), _locked_folder(partial):
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


def check_new_folder(folder: Path) -> None:
    """Checks that a folder is missing or empty.

    Raises:
        UsageError: When it is neither.
        OutputError: When it cannot be looked at.
    """
    with output_errors(folder):
        if os.path.lexists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
            raise UsageError(f"{folder}: exists and is not an empty folder; give another --out")


@contextlib.contextmanager
def _locked_folder(partial: Path) -> Iterator[None]:
    """A new folder, locked; removed at the end, unless it has been renamed.

    One that a killed call left is emptied first, and recognised by what is in it.

    Raises:
        OutputError: When another process writes it, or it is no such folder.
        OSError: When it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        partial.mkdir(parents=True)
    with lock_folder(partial):
        _check_rest(partial)
        try:
            for left in partial.iterdir():
                left.unlink()
            yield
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def _check_rest(partial: Path) -> None:
    """Checks that a folder holds nothing but files of an interrupted call."""
    with os.scandir(partial) as entries:
        is_rest = all(_NAMES.fullmatch(each.name) and each.is_file(follow_symlinks=False) for each in entries)
    if not is_rest:
        what = "is no folder of an interrupted call"
        raise OutputError(f"{partial}: is in the way, and {what}; move it away, or give another --out")

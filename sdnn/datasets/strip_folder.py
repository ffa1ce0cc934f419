"""Strips as a folder of PNG files with their truth: what `sdnn synth` writes and `sdnn eval` reads.

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
class Sample:
    """A picture to write.

    Attributes:
        picture: Grey, 8 bits.
        text: The digits on it.
        truth: What else is known, in plain JSON types.
    """

    picture: Image.Image
    text: str
    truth: Mapping[str, Any]


def numbered_sample(source: DigitSource, layout: Layout, seed: int, number: int, degrade: bool) -> Sample:
    """Sample of a given number in the endless series that a seed stands for.

    Args:
        source: Where the digits come from.
        layout: How they are set; on paper only the number of digits counts.
        seed: Which series.
        number: Which one of it.
        degrade: A line in someone's manner on paper, as string training sees it, instead of clean digits.
    """
    rng = make_rng(seed, number, RngPurpose.SYNTH)
    if degrade:
        count = rng.integers(*layout.digits, endpoint=True)
        text = "".join(map(str, rng.integers(10, size=count)))
        page = random_page(source, PageRecipe(clean_share=0.0), rng, text)
        return Sample(Image.fromarray(np.rint(page.brightness * 255).astype(np.uint8)), text, {})
    strip = random_strip(source, layout, rng)
    truth = {
        "boxes": [box.rounded() for box in strip.boxes],
        "indices": [digit.index for digit in strip.digits],
    }
    return Sample(Image.fromarray(255 - strip.ink), strip.text, truth)


def write_folder(
    folder: Path,
    source: DigitSource,
    layout: Layout,
    seed: int,
    count: int,
    origin: Mapping[str, str],
    degrade: bool = False,
    advance: Callable[[int], None] = lambda done: None,
) -> None:
    """Writes samples 0 to `count` - 1 of a seed with their truth; the folder appears when it is complete.

    Args:
        folder: Must not exist yet, or be empty.
        source: Where the digits come from.
        layout: How they are set.
        seed: Which series.
        count: How many.
        origin: What to call the source in the truth, so that a sample can be made again.
        degrade: See `numbered_sample`.
        advance: Called after every sample with the number of those written.

    Raises:
        UsageError: When the folder holds something.
        OutputError: When it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: exists and is not an empty folder; give another --out")
    folder = folder.resolve()
    partial = folder.with_name(f".{os.getpid()}-{folder.name}")
    how = {**origin, "paper": degrade, "layout": asdict(layout)}
    try:
        partial.mkdir(parents=True)
        with (
            open(partial / "labels.csv", "w", encoding="utf-8", newline="") as labels,
            open(partial / "truth.jsonl", "w", encoding="utf-8") as truth,
        ):
            table = csv.writer(labels, lineterminator="\n")
            table.writerow(["file", "label"])
            for number in range(count):
                sample = numbered_sample(source, layout, seed, number, degrade)
                name = f"{number:05d}.png"
                sample.picture.save(partial / name)
                table.writerow([name, sample.text])
                made = {"seed": [seed, number], **how}
                line = {"file": name, "text": sample.text, **sample.truth, **made}
                truth.write(json.dumps(line) + "\n")
                advance(number + 1)
        os.replace(partial, folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)

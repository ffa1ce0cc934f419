"""Real hands that no net has seen, on drawn paper: writes hands.json and hands.md.

    python benchmarks/bench_hands.py [--quick | --write DIR]

Strips of one to eight digits of UNIPEN's test writers, and strips of words and letters of theirs, on which
there is nothing to read. Final figures: nothing is chosen on them. With --write the pictures go into two
folders, DIR/digits with labels.csv and DIR/words, for other programs, or other versions, to read.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from bench_report import write_markdown
from PIL import Image

from sdnn.datasets.documents import WordWriter, word_source
from sdnn.datasets.pages import PageRecipe, random_page
from sdnn.datasets.paper import degrade
from sdnn.datasets.unipen import UnipenDigits, load_unipen
from sdnn.enums import Split, Status
from sdnn.evaluation.metrics import score
from sdnn.hardware import hardware
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import Box, FloatArray

HERE = Path(__file__).parent
SEED: Final = 2026
STRIPS: Final = 500
"""Of each number of digits."""
WORDS: Final = 2_000
LENGTHS: Final = range(1, 9)
PAPER: Final = PageRecipe(clean_share=0.0)
CAPITAL_PX: Final = (18.0, 42.0)
"""Bounds of the height of a capital."""


def digit_strips(length: int, count: int) -> Iterator[tuple[FloatArray, str]]:
    """Pictures of one line each, with their digits."""
    source = UnipenDigits(load_unipen("1a", Split.TEST))
    for number in range(count):
        rng = np.random.default_rng([SEED, length, number])
        text = "".join(map(str, rng.integers(10, size=length)))
        page = random_page(source, PAPER, rng, text)
        yield page.brightness, page.text


def word_strips(count: int) -> Iterator[FloatArray]:
    """Pictures of one to three words each, or of letters side by side."""
    hands = word_source(Split.TEST)
    for number in range(count):
        rng = np.random.default_rng([SEED, 0, number])
        yield _words_on_paper(hands.writer(rng), rng)


def _words_on_paper(hand: WordWriter, rng: np.random.Generator) -> FloatArray:
    capital = float(np.exp(rng.uniform(*np.log(CAPITAL_PX))))
    words = [hand.word(rng) for _ in range(int(rng.integers(1, 4)))]
    gap, margin = round(0.5 * capital), round(rng.uniform(0.3, 1.0) * capital)
    glyphs, feet = [], []
    for word in words:
        height = max(2, round(word.height * capital))
        width = max(2, round(word.ink.shape[1] * height / word.ink.shape[0]))
        glyphs.append(np.asarray(Image.fromarray(word.ink).resize((width, height)), dtype=np.float32) / 255)
        feet.append(round(word.drop * capital))
    above = max(glyph.shape[0] - foot for glyph, foot in zip(glyphs, feet, strict=True))
    below = max(feet)
    columns = sum(glyph.shape[1] for glyph in glyphs) + gap * (len(glyphs) - 1)
    ink = np.zeros((above + below + 2 * margin, columns + 2 * margin), np.float32)
    x = margin
    for glyph, foot in zip(glyphs, feet, strict=True):
        top = margin + above + foot - glyph.shape[0]
        ink[top : top + glyph.shape[0], x : x + glyph.shape[1]] = glyph
        x += glyph.shape[1] + gap
    box = Box(margin, margin, margin + columns, margin + above + below)
    return degrade(ink, box, PAPER.paper, rng, [])


def write(folder: Path) -> None:
    """All pictures as files."""
    rows = []
    (folder / "digits").mkdir(parents=True)
    (folder / "words").mkdir()
    for length in LENGTHS:
        for number, (picture, text) in enumerate(digit_strips(length, STRIPS)):
            name = f"{length}-{number:03}.png"
            _save(picture, folder / "digits" / name)
            rows.append((name, text))
    for number, picture in enumerate(word_strips(WORDS)):
        _save(picture, folder / "words" / f"{number:04}.png")
    with open(folder / "digits" / "labels.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("file", "label"), *rows])


def _save(picture: FloatArray, path: Path) -> None:
    Image.fromarray(np.rint(255 * picture).astype(np.uint8)).save(path)


def main() -> None:
    """Reads the pictures and writes the figures."""
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]))
        return
    share = 0.04 if "--quick" in sys.argv else 1.0
    sure = Reader()
    every = Reader(settings=ACCEPT_ALL)
    totals = []
    for length in LENGTHS:
        pictures, texts = zip(*digit_strips(length, round(STRIPS * share)), strict=True)
        readings = [every.read(picture) for picture in pictures]
        read = [found[0].text if len(found) == 1 else "" for found in readings]
        totals.append((length, score(zip(texts, read, strict=True))))
    nothing = [
        all(reading.status is not Status.ACCEPTED for reading in sure.read(picture))
        for picture in word_strips(round(WORDS * share))
    ]
    figures = {
        "hardware": hardware(),
        "model": every.engine.sha256,
        "lengths": [
            {"digits": length, "n": total.n, "right": total.accuracy, "interval": total.interval}
            for length, total in totals
        ],
        "words": {"n": len(nothing), "empty_or_rejected": float(np.mean(nothing))},
    }
    if share < 1:
        print(json.dumps(figures, indent=2))
        return
    (HERE / "hands.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "hands.md",
        ["digits of unseen writers, on drawn paper", "strips", "right %", "95 % interval"],
        [
            [
                str(length),
                str(total.n),
                f"{100 * total.accuracy:.1f}",
                f"{100 * total.interval[0]:.1f}–{100 * total.interval[1]:.1f}",
            ]
            for length, total in totals
        ],
        f"{len(nothing):,} strips of their words and letters, without digits: "
        f"{100 * float(np.mean(nothing)):.1f} % empty or rejected by default. {figures['hardware']}.",
    )


if __name__ == "__main__":
    main()

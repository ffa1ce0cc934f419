"""Sources of handwritten words: UNIPEN's pen strokes, and script fonts where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from sdnn.datasets.documents.distractors import WORD_PX, WORDS
from sdnn.datasets.rasterizer import Ink, crop_to_ink
from sdnn.datasets.typefaces import hershey_text
from sdnn.datasets.unipen import Sample, by_writer, draw_strokes, load_unipen, usual_height
from sdnn.enums import Split

MIN_LETTERS: Final = 12
"""Lower bound of the letters of a writer of words."""
DESCENDERS: Final = "gjpqy"
"""Letters that hang below the baseline."""
DESCENDER_SHARE: Final = 0.28
"""Share below the baseline of the height of writing with descenders."""
MAX_HEIGHT: Final = 2.5
"""Upper bound of the height of writing, in heights of a capital."""
SCRIPTS: Final = (5, 6, 0, 2)
"""Places in `HERSHEY` of the fonts that pass for handwriting."""


@dataclass(frozen=True, eq=False)
class WordImage:
    """A handwritten word.

    Attributes:
        ink: (h, w) uint8, cropped.
        height: Height of the ink, in heights of a capital.
        drop: Part of that height below the baseline.
    """

    ink: Ink
    height: float
    drop: float


class WordWriter(Protocol):
    """One writer of words."""

    def word(self, rng: np.random.Generator) -> WordImage:
        """A random word."""


class WordSource(Protocol):
    """A source of writers of words."""

    def writer(self, rng: np.random.Generator) -> WordWriter:
        """A random writer."""


class ScriptFonts:
    """Words in script fonts, as a source: a stand-in for pen strokes."""

    def __init__(self, font: int = 5, pen_px: int = 2) -> None:
        """Keeps a font's place in `HERSHEY` and the line width."""
        self._font, self._pen_px = font, pen_px

    def writer(self, rng: np.random.Generator) -> "ScriptFonts":
        """A random font with a random pen."""
        return ScriptFonts(int(rng.choice(SCRIPTS)), int(rng.integers(1, 4)))

    def word(self, rng: np.random.Generator) -> WordImage:
        """A random word of forms."""
        text = str(WORDS[rng.integers(len(WORDS))])
        ink, capital_px, depth_px = hershey_text(text, self._font, 1.0, self._pen_px)
        return WordImage(ink, ink.shape[0] / capital_px, depth_px / capital_px)


class UnipenWords:
    """UNIPEN's words, and words of single letters by one writer, as a source; there are no digits in them."""

    def __init__(self, words: Sequence[Sample], letters: Sequence[Sample]) -> None:
        """Keeps samples of UNIPEN's categories 7, and 1b and 1c, by writer."""
        without_digits = [sample for sample in words if not any(letter.isdigit() for letter in sample.label)]
        self._words = list(by_writer(without_digits).values())
        self._letters = [
            alphabet
            for alphabet in by_writer(letters).values()
            if sum(len(samples) for samples in alphabet.values()) >= MIN_LETTERS
        ]

    def writer(self, rng: np.random.Generator) -> "UnipenWordWriter":
        """A random writer of words or of letters, with a random pen."""
        pool = self._words if self._words and rng.random() < 0.55 else self._letters
        pen_px = float(np.clip(rng.lognormal(np.log(2.6), 0.4), 1.0, 6.0))
        return UnipenWordWriter(pool[int(rng.integers(len(pool)))], pen_px, pool is self._words)


class UnipenWordWriter:
    """One UNIPEN writer with one pen."""

    def __init__(self, samples: dict[str, list[Sample]], pen_px: float, whole: bool) -> None:
        """Keeps samples by label: words if they are whole, else letters."""
        self._samples, self._pen_px, self._whole = samples, pen_px, whole
        self._height = usual_height(sample for group in samples.values() for sample in group)

    def word(self, rng: np.random.Generator) -> WordImage:
        """A random word, or two to eight random letters side by side."""
        labels = list(self._samples)
        if self._whole:
            return self._drawn(labels[int(rng.integers(len(labels)))], rng)
        case = [label for label in labels if label.isupper()] if rng.random() < 0.5 else []
        case = case or [label for label in labels if label.islower()] or labels
        letters = [
            self._drawn(str(rng.choice(case)), rng, self._height) for _ in range(int(rng.integers(2, 9)))
        ]
        gap = max(1, round(float(rng.normal(0.12, 0.06)) * WORD_PX))
        height = max(letter.ink.shape[0] for letter in letters)
        canvas = np.zeros((2 * height, sum(letter.ink.shape[1] + gap for letter in letters)), np.uint8)
        x = 0
        for letter in letters:
            ink, foot = letter.ink, round(1.4 * height + letter.drop * WORD_PX)
            top = max(0, foot - ink.shape[0])
            part = canvas[top : top + ink.shape[0], x : x + ink.shape[1]]
            np.maximum(part, ink[: part.shape[0]], out=part)
            x += ink.shape[1] + gap
        word = crop_to_ink(canvas)
        foot = int(np.flatnonzero(canvas.any(axis=1))[-1]) + 1
        return WordImage(word, word.shape[0] / WORD_PX, max(0.0, foot - 1.4 * height) / WORD_PX)

    def _drawn(self, label: str, rng: np.random.Generator, usual: float | None = None) -> WordImage:
        """A random sample of the label; `usual` is the height drawn as `WORD_PX`, by default its own."""
        samples = self._samples[label]
        sample = samples[int(rng.integers(len(samples)))]
        ink = draw_strokes(sample.strokes, WORD_PX, self._pen_px, reference=usual)
        height = ink.shape[0] / WORD_PX
        hangs = any(letter in DESCENDERS for letter in label)
        return WordImage(ink, min(height, MAX_HEIGHT), DESCENDER_SHARE * height * hangs)


class MixedWords:
    """A mixture of sources of words."""

    def __init__(self, sources: Sequence[tuple[WordSource, float]]) -> None:
        """Keeps the sources and normalises their shares."""
        self._sources = [source for source, _ in sources]
        shares = np.array([share for _, share in sources])
        self._shares = shares / shares.sum()

    def writer(self, rng: np.random.Generator) -> WordWriter:
        """A random writer of a random source."""
        return self._sources[int(rng.choice(len(self._sources), p=self._shares))].writer(rng)


def word_source(split: Split, data: Path | None = None) -> WordSource:
    """UNIPEN's words and letters, and some script fonts.

    Args:
        split: Part of the writers.
        data: Folder that holds UNIPEN; see `find_unipen`.

    Raises:
        UnreadableInput: When UNIPEN cannot be found or read.
    """
    letters = load_unipen("1b", split, data) + load_unipen("1c", split, data)
    return MixedWords([(UnipenWords(load_unipen("7", split, data), letters), 0.8), (ScriptFonts(), 0.2)])

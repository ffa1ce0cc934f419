"""Letters, words and signs in real hands, from pen strokes; in drawn ones where there are no strokes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np

from sdnn.datasets.distractors import HERSHEY, WORDS
from sdnn.datasets.documents.ink_canvas import Ink
from sdnn.datasets.unipen import Sample, by_writer, draw_strokes, load_unipen, usual_height
from sdnn.enums import Split

WORD_PX: Final = 32
"""Height of a usual letter, or of a whole word, before it is brought to size."""
LEAST_LETTERS: Final = 12
"""Letters that a writer must have to write words."""
HANGING: Final = "gjpqy"
"""Letters that hang below the baseline."""
HANGING_SHARE: Final = 0.28
"""Share of the height of such writing that hangs."""
HIGHEST: Final = 2.5
"""Upper bound of the height of writing, in heights of a capital."""
SCRIPTS: Final = (5, 6, 0, 2)
"""Numbers of OpenCV's typefaces that pass for handwriting, where there is no other."""


@dataclass(frozen=True, eq=False)
class HandWord:
    """A handwritten word.

    Attributes:
        ink: (h, w) uint8, cut out close.
        height: Height of its ink, in heights of a capital.
        drop: What of that hangs below the baseline.
    """

    ink: Ink
    height: float
    drop: float


class WordHand(Protocol):
    """One writer of words."""

    def word(self, rng: np.random.Generator) -> HandWord:
        """A word; the generator alone decides which."""
        ...


class OtherWriting(Protocol):
    """Hands that write words."""

    def writer(self, rng: np.random.Generator) -> WordHand:
        """One of them; the generator alone decides which."""
        ...


class Scripts:
    """Words in stroke fonts, bent a little: a stand-in where no pen strokes are at hand."""

    def __init__(self, font: int = 5, pen: int = 2) -> None:
        """Takes the number of a font in `HERSHEY` and the width of the pen, in pixels."""
        self._font, self._pen = HERSHEY[font], pen

    def writer(self, rng: np.random.Generator) -> "Scripts":
        """Any font with any pen."""
        return Scripts(int(rng.choice(SCRIPTS)), int(rng.integers(1, 4)))

    def word(self, rng: np.random.Generator) -> HandWord:
        """One of the words of forms."""
        text = str(WORDS[rng.integers(len(WORDS))])
        (width, height), below = cv2.getTextSize(text, self._font, 1.0, self._pen)
        canvas = np.zeros((height + below + 16, width + 16), np.uint8)
        cv2.putText(canvas, text, (8, 8 + height), self._font, 1.0, 255, self._pen, cv2.LINE_AA)
        ink, foot = _cut_out(canvas)
        return HandWord(ink, ink.shape[0] / height, max(0, foot - 1 - (8 + height)) / height)


class RealWords:
    """Words of real hands, and letters of one hand side by side; no digits among them."""

    def __init__(self, words: Sequence[Sample], letters: Sequence[Sample]) -> None:
        """Takes samples of UNIPEN's categories 7, and 1b and 1c."""
        wordless = [sample for sample in words if not any(letter.isdigit() for letter in sample.label)]
        self._words = list(by_writer(wordless).values())
        self._letters = [
            alphabet
            for alphabet in by_writer(letters).values()
            if sum(len(samples) for samples in alphabet.values()) >= LEAST_LETTERS
        ]

    def writer(self, rng: np.random.Generator) -> "RealWordHand":
        """A writer of words, or of letters, with a pen."""
        pool = self._words if self._words and rng.random() < 0.55 else self._letters
        pen = float(np.clip(rng.lognormal(np.log(2.6), 0.4), 1.0, 6.0))
        return RealWordHand(pool[int(rng.integers(len(pool)))], pen, pool is self._words)


class RealWordHand:
    """One real hand with one pen."""

    def __init__(self, samples: dict[str, list[Sample]], pen_px: float, whole: bool) -> None:
        """Takes the hand's words, where they are whole, or letters."""
        self._samples, self._pen_px, self._whole = samples, pen_px, whole
        letters = [sample for of_label in samples.values() for sample in of_label]
        self._height = usual_height(letters)

    def word(self, rng: np.random.Generator) -> HandWord:
        """One of the hand's words, or two to eight of its letters side by side."""
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
            place = canvas[top : top + ink.shape[0], x : x + ink.shape[1]]
            np.maximum(place, ink[: place.shape[0]], out=place)
            x += ink.shape[1] + gap
        word, foot = _cut_out(canvas)
        return HandWord(word, word.shape[0] / WORD_PX, max(0.0, foot - 1.4 * height) / WORD_PX)

    def _drawn(self, label: str, rng: np.random.Generator, usual: float | None = None) -> HandWord:
        """A sample of the label; `usual` is the height that becomes `WORD_PX`, by default its own."""
        samples = self._samples[label]
        sample = samples[int(rng.integers(len(samples)))]
        ink = draw_strokes(sample.strokes, WORD_PX, self._pen_px, reference=usual)
        share = ink.shape[0] / WORD_PX
        hangs = any(letter in HANGING for letter in label)
        return HandWord(ink, min(share, HIGHEST), HANGING_SHARE * share * hangs)


class AnyWriting:
    """Hands of several kinds, each with a share."""

    def __init__(self, kinds: Sequence[tuple[OtherWriting, float]]) -> None:
        """Takes the kinds with their shares."""
        self._kinds = [kind for kind, _ in kinds]
        shares = np.array([share for _, share in kinds])
        self._shares = shares / shares.sum()

    def writer(self, rng: np.random.Generator) -> WordHand:
        """A hand of one of the kinds."""
        return self._kinds[int(rng.choice(len(self._kinds), p=self._shares))].writer(rng)


def _cut_out(canvas: Ink) -> tuple[Ink, int]:
    """The ink without empty rows and columns round it, and the first row below it."""
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], int(rows[-1]) + 1


def word_hands(split: Split, data: Path | None = None) -> OtherWriting:
    """Real hands that write words and letters, and some stroke fonts.

    Args:
        split: Part of the writers.
        data: Folder that holds UNIPEN; see `unipen.find_unipen`.

    Raises:
        UnreadableInput: When UNIPEN cannot be had.
    """
    letters = load_unipen("1b", split, data) + load_unipen("1c", split, data)
    return AnyWriting([(RealWords(load_unipen("7", split, data), letters), 0.8), (Scripts(), 0.2)])

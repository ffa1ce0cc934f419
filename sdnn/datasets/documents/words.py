"""Distractors on a sheet: words, letters, signatures, logos, blocks as of QR codes."""

from functools import cache
from typing import Final

import numpy as np

from sdnn.datasets.distractors import LABELS, TYPEFACES, WORDS, scribble, word
from sdnn.datasets.documents.ink_canvas import Canvas, Ink

WORD_PX: Final = 32
"""Height of a capital in the store of printed words."""
LETTERS: Final = ("ABCDEFGHJKLMNPQRTUVWXYZ", "abcdefghijkmnpqrstuvwxyz")
"""Capitals and small letters without those that are written as digits are: I, O, S, l, o."""


@cache
def printed_word(text: str, typeface: int) -> Ink:
    """Ink of a printed word, cut out close; kept for the next time.

    Args:
        text: Any word.
        typeface: From 0 to `clutter.TYPEFACES` - 1.
    """
    return word(text, typeface, WORD_PX)


def random_printed_word(rng: np.random.Generator) -> Ink:
    """Ink of any word or label in any typeface."""
    words = LABELS if rng.random() < 0.25 else WORDS
    return printed_word(str(words[rng.integers(len(words))]), int(rng.integers(TYPEFACES)))


def stamp_at(canvas: Canvas, ink: Ink, x: float, y: float, height_px: float, tone: float) -> float:
    """Puts ink down with its lower left corner at x, y of the sheet.

    Args:
        canvas: What to draw on.
        ink: (h, w) cut out close.
        x: Left edge.
        y: Lower edge.
        height_px: Height on the sheet.
        tone: Darkness, 0 to 1.

    Returns:
        Its width on the sheet.
    """
    scale = height_px / ink.shape[0]
    canvas.stamp(ink, np.array([[scale, 0.0, x], [0.0, scale, y - height_px]]), tone, "others")
    return float(ink.shape[1] * scale)


def random_letters(count: int, rng: np.random.Generator) -> str:
    """Letters of one case."""
    capitals, small = LETTERS
    letters = list(capitals if rng.random() < 0.5 else small)
    return "".join(str(rng.choice(letters)) for _ in range(count))


def signature(
    canvas: Canvas, x: float, y: float, height_px: float, tone: float, rng: np.random.Generator
) -> None:
    """A scribbled name with its lower left corner at x, y."""
    ink = scribble(64, int(64 * rng.uniform(2, 4)), rng)
    stamp_at(canvas, ink, x, y, height_px, tone)


def block(canvas: Canvas, x: float, y: float, side_px: float, rng: np.random.Generator) -> None:
    """Black and white squares, as of a QR code, or bars, with the lower left corner at x, y."""
    cells = int(rng.integers(8, 25))
    if rng.random() < 0.7:
        pattern = (rng.random((cells, cells)) < 0.5).astype(np.uint8) * 255
    else:
        pattern = np.repeat((rng.random((1, 3 * cells)) < 0.5).astype(np.uint8) * 255, 2 * cells, axis=0)
    ink = np.repeat(np.repeat(pattern, 4, axis=0), 4, axis=1)
    stamp_at(canvas, ink, x, y, side_px * ink.shape[0] / max(ink.shape), 0.95)


def logo(canvas: Canvas, x: float, y: float, side_px: float, tone: float, rng: np.random.Generator) -> None:
    """One to three rings and discs round x, y."""
    for _ in range(int(rng.integers(1, 4))):
        angle = np.linspace(0, 2 * np.pi, 25)
        radius = side_px * rng.uniform(0.15, 0.5)
        ring = np.stack(
            [x + radius * np.cos(angle), y + radius * rng.uniform(0.5, 1) * np.sin(angle)], axis=1
        )
        if rng.random() < 0.3:
            canvas.fill(ring, tone)
        else:
            canvas.line(ring, side_px * rng.uniform(0.01, 0.08), tone)

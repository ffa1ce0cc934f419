"""Distractors on a sheet: words, letters, signatures, logos, blocks as of QR codes; no digits."""

from functools import cache
from typing import Final

import cv2
import numpy as np

from sdnn.datasets.documents.ink_canvas import Canvas
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.typefaces import TYPEFACES, render_text

# fmt: off
WORDS: Final = (
    "Account", "Amount", "Address", "approved", "balance", "Bank", "before", "Branch", "carried",
    "City", "Client", "code", "Country", "copy", "credit", "Customer", "Date", "date", "Delivery",
    "Department", "Description", "due", "each", "Entry", "for", "forward", "from", "Goods", "Hall",
    "holder", "in", "Invoice", "Item", "Ledger", "Line", "Name", "Net", "No", "Notary", "number", "of",
    "Office", "on", "only", "Order", "our", "page", "paid", "Payable", "Please", "Postcode", "Price",
    "Quantity", "received", "Reference", "register", "Remarks", "Road", "Sheet", "shipping", "Signed",
    "Stock", "Street", "Sum", "Tax", "the", "Thank", "to", "Total", "Unit", "until", "Value", "with",
    "Witness", "you", "your", "zone", "BOOK", "BILL", "ISSUE", "SIZE", "GOODS",
)
# fmt: on
"""Words of forms and registers; letters only."""
LABELS: Final = ("Name:", "Total", "No.", "Amount:", "Date", "Ref:", "Account", "Sum:", "Code", "Unit price:")
"""Labels of fields."""
WORD_PX: Final = 32
"""Height of a capital of cached words."""
LETTERS: Final = ("ABCDEFGHJKLMNPQRTUVWXYZ", "abcdefghijkmnpqrstuvwxyz")
"""Capitals and small letters without those that are written like digits: I, O, S, l, o."""


@cache
def printed_word(text: str, typeface: int) -> Ink:
    """A printed word in one of the `TYPEFACES`, cropped and cached."""
    return render_text(text, typeface, WORD_PX)


def random_printed_word(rng: np.random.Generator) -> Ink:
    """A random word or label in a random typeface."""
    words = LABELS if rng.random() < 0.25 else WORDS
    return printed_word(str(words[rng.integers(len(words))]), int(rng.integers(TYPEFACES)))


def random_letters(count: int, rng: np.random.Generator) -> str:
    """Letters of one case."""
    capitals, small = LETTERS
    letters = list(capitals if rng.random() < 0.5 else small)
    return "".join(str(rng.choice(letters)) for _ in range(count))


def stamp_at(canvas: Canvas, ink: Ink, x: float, y: float, height_px: float, tone: float) -> float:
    """Stamps ink with its lower left corner at x, y of the sheet.

    Args:
        canvas: Canvas to draw on.
        ink: (h, w) cropped.
        x: Left edge.
        y: Lower edge.
        height_px: Height on the sheet.
        tone: Darkness, 0 to 1.

    Returns:
        Width on the sheet.
    """
    scale = height_px / ink.shape[0]
    canvas.stamp(ink, np.array([[scale, 0.0, x], [0.0, scale, y - height_px]]), tone, "others")
    return float(ink.shape[1] * scale)


def scribble(height_px: int, width_px: int, rng: np.random.Generator) -> Ink:
    """A signature: one line that runs to the right in loops."""
    turns = int(rng.integers(5, 12))
    steps = np.linspace(0, 1, 40 * turns)
    knots = np.linspace(0, 1, turns + 2)
    reach = np.interp(steps, knots, rng.uniform(0.15, 0.5, turns + 2))
    swing = np.interp(steps, knots, rng.uniform(0.02, 0.12, turns + 2))
    phase = 2 * np.pi * turns * steps
    x = (0.1 + 0.8 * steps + swing * np.cos(phase)) * width_px
    y = (0.5 + reach * np.sin(phase)) * height_px
    canvas = np.zeros((height_px, width_px), np.uint8)
    points = np.rint(np.stack([x, y], axis=1)).astype(np.int32)
    thickness = max(1, round(height_px * rng.uniform(0.02, 0.05)))
    cv2.polylines(canvas, [points], False, 255, thickness, cv2.LINE_AA)
    return canvas


def signature(
    canvas: Canvas, x: float, y: float, height_px: float, tone: float, rng: np.random.Generator
) -> None:
    """A signature with its lower left corner at x, y."""
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
    angle = np.linspace(0, 2 * np.pi, 25)
    for _ in range(int(rng.integers(1, 4))):
        radius = side_px * rng.uniform(0.15, 0.5)
        flat = radius * rng.uniform(0.5, 1)
        ring = np.stack([x + radius * np.cos(angle), y + flat * np.sin(angle)], axis=1)
        if rng.random() < 0.3:
            canvas.fill(ring, tone)
        else:
            canvas.line(ring, side_px * rng.uniform(0.01, 0.08), tone)

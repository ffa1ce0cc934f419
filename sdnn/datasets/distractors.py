"""What else stands on a document: words in print and script, rulings, frames, signatures; no digits.

Everything is a picture of ink cut out close, to be put down somewhere.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Ink = npt.NDArray[np.uint8]
"""(H, W), 0 paper to 255 ink."""

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
"""What stands before a field."""
HERSHEY: Final = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
"""OpenCV's stroke fonts: print, and two that look like handwriting."""
TYPEFACES: Final = len(HERSHEY) + 1
"""OpenCV's fonts and Pillow's own."""


def word(text: str, typeface: int, capital_px: float) -> Ink:
    """A word in one of the typefaces.

    Args:
        text: What it says.
        typeface: From 0 to `TYPEFACES` - 1.
        capital_px: Height of its capitals, about.
    """
    return _printed(text, capital_px) if typeface == len(HERSHEY) else _stroked(text, typeface, capital_px)


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


def frame(height_px: int, width_px: int, thickness_px: int) -> Ink:
    """The outline of a box."""
    canvas = np.full((height_px, width_px), 255, np.uint8)
    canvas[thickness_px:-thickness_px, thickness_px:-thickness_px] = 0
    return canvas


def _stroked(text: str, typeface: int, capital_px: float) -> Ink:
    font = HERSHEY[typeface]
    scale = capital_px / cv2.getTextSize("H", font, 1.0, 1)[0][1]
    thickness = max(1, round(capital_px / 14))
    (width, height), below = cv2.getTextSize(text, font, scale, thickness)
    pad = thickness + round(capital_px / 2)
    canvas = np.zeros((height + below + 2 * pad, width + 2 * pad), np.uint8)
    cv2.putText(canvas, text, (pad, pad + height), font, scale, 255, thickness, cv2.LINE_AA)
    return _close(canvas)


def _printed(text: str, capital_px: float) -> Ink:
    font = ImageFont.load_default(capital_px / 0.72)  # a capital's share of the size
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    picture = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, fill=255, font=font)
    return _close(np.asarray(picture))


def _close(ink: Ink) -> Ink:
    """The picture without the empty rows and columns round it."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

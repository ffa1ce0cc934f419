"""What a detector that makes no mistake says of documents; and documents of which only the truth matters."""

from collections.abc import Sequence

import numpy as np
import pytest

from sdnn.datasets.documents import Document, StringTruth, TruthMaps, truth_maps
from sdnn.detection.detections import TextLine
from sdnn.detection.maps import STRIDE_PX, DetectionMaps
from sdnn.results import FloatArray

SURE = 12.0
"""Logit of what is certain."""


def string_at(
    text: str,
    start: tuple[float, float],
    height_px: float,
    turn_deg: float = 0.0,
    slant: float = 0.0,
    printed: bool = False,
    struck: tuple[int, ...] = (),
) -> StringTruth:
    """A string of digits 0.6 heights wide, each beginning 0.75 heights after the one before.

    Args:
        text: Its digits.
        start: Where the line through the middles of the digits begins, in pixels.
        height_px: Of the digits.
        turn_deg: By how much it falls, clockwise.
        slant: Lean of the digits.
        printed: Whether it is print.
        struck: Numbers of the digits that are struck out.
    """
    angle = np.deg2rad(turn_deg)
    along = np.array([np.cos(angle), np.sin(angle)])
    down = np.array([-along[1], along[0]])
    first = np.array(start)
    half = height_px / 2 * down
    quads = []
    for number in range(len(text)):
        left = first + 0.75 * number * height_px * along
        right = left + 0.6 * height_px * along
        quads.append([left - half, right - half, right + half, left + half])
    end = first + (0.75 * (len(text) - 1) + 0.6) * height_px * along
    return StringTruth(text, np.array(quads), height_px, np.array([first, end]), slant, printed, struck)


def document_of(
    size_px: tuple[int, int], *strings: StringTruth, signs: Sequence[tuple[float, float, float]] = ()
) -> Document:
    """A document with these strings and signs (x, y, size) on it; its picture is blank."""
    blank = np.ones(size_px, np.float32)
    return Document(
        blank, np.zeros(size_px, np.uint8), strings, np.array(signs, dtype=np.float64).reshape(-1, 3)
    )


def perfect_logits(truth: TruthMaps) -> tuple[FloatArray, FloatArray]:
    """Maps (…, 11, h, w) and ink (…, H, W) as a net gives them that makes no mistake."""
    fields = truth.fields.copy()
    fields[..., -1, :, :] = SURE * (2 * fields[..., -1, :, :] - 1)
    maps = np.concatenate([SURE * (2.0 * truth.masks - 1), fields], axis=-3)
    return maps.astype(np.float32), (SURE * (2.0 * truth.ink - 1)).astype(np.float32)


def perfect_maps(document: Document, scale: float = 1.0) -> DetectionMaps:
    """What the detector should say of a document.

    Args:
        document: As large as the detector sees the picture.
        scale: Pixels of the document for each pixel of the picture.
    """
    maps, ink = perfect_logits(truth_maps(document))
    return DetectionMaps.from_net(maps, ink, np.eye(2, 3) / scale)


def assert_same_line(line: TextLine, string: StringTruth, scale: float = 1.0) -> None:
    """A line lies where the string does, within a cell, and is as high, within a tenth."""
    for found, true in zip((line.start, line.end), string.centre / scale, strict=True):
        assert float(np.hypot(*(found - true))) <= STRIDE_PX / scale + 0.01
    assert line.height_px == pytest.approx(string.height_px / scale, rel=0.1)
    assert float(line.direction @ string.along) > np.cos(np.deg2rad(5))

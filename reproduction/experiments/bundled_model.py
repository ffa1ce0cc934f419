"""What the net of this package reads from the same strips, for comparison: it never saw their like."""

from dataclasses import replace
from typing import Any

import numpy as np

from reproduction.synthetic_zip import LENGTH, TEST_SEED, TEST_STRIPS, zip_strips
from sdnn.decoding.constraints import constraint
from sdnn.enums import PageMode, Split
from sdnn.hardware import hardware
from sdnn.models.engine import BUNDLED, Engine
from sdnn.models.inspection import record_of
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL


def read(quick: bool) -> dict[str, Any]:
    """Reads the test strips.

    Args:
        quick: Whether to read fewer.

    Returns:
        JSON-able: truths, digit images, texts with the number of digits known and not known, confidences.
    """
    strips = zip_strips(Split.TEST, TEST_STRIPS // 3 if quick else TEST_STRIPS, TEST_SEED)
    pages = [1 - strip.ink.astype(np.float64) / 255 for strip in strips]
    free = Reader(settings=ACCEPT_ALL)
    limited = Reader(settings=replace(ACCEPT_ALL, constraint=constraint(length=LENGTH)))
    of_length = list(limited.read_many(pages, page_mode=PageMode.LINE))
    return {
        "parameters": record_of(Engine(BUNDLED), BUNDLED)["parameters"],
        "truths": [strip.text for strip in strips],
        "sources": [strip.indices for strip in strips],
        "texts": [reading.text for reading in of_length],
        "confidences": [reading.confidence for reading in of_length],
        "texts_of_any_length": [reading.text for reading in free.read_many(pages, page_mode=PageMode.LINE)],
        "hardware": hardware(),
    }

"""Digits, letters, signs and words of real hands: the pen trajectories of UNIPEN train_r01_v07.

Published under CC BY 4.0, doi 10.5281/zenodo.1195803.
"""

from sdnn.datasets.unipen.sample import (
    CATEGORIES,
    Category,
    LeftOut,
    Sample,
    Strokes,
    by_label,
    by_writer,
    split_of,
    usual_height,
)
from sdnn.datasets.unipen.store import find_unipen, left_out, load_unipen, pack_unipen, unipen_checksums
from sdnn.datasets.unipen.stroke_drawing import draw_strokes
from sdnn.datasets.unipen.writers import RealHands, RealWriter

__all__ = [
    "CATEGORIES",
    "Category",
    "LeftOut",
    "RealHands",
    "RealWriter",
    "Sample",
    "Strokes",
    "by_label",
    "by_writer",
    "draw_strokes",
    "find_unipen",
    "left_out",
    "load_unipen",
    "pack_unipen",
    "split_of",
    "unipen_checksums",
    "usual_height",
]

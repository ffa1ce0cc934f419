"""UNIPEN train_r01_v07: pen trajectories of digits, letters, signs and words.

Published under CC BY 4.0, doi 10.5281/zenodo.1195803.
"""

from sdnn.datasets.unipen.sample import CATEGORIES, Sample, by_writer, usual_height
from sdnn.datasets.unipen.store import (
    excluded_segments,
    find_unipen,
    load_unipen,
    pack_unipen,
    unipen_checksums,
)
from sdnn.datasets.unipen.stroke_drawing import draw_strokes
from sdnn.datasets.unipen.writers import UnipenDigits

__all__ = [
    "CATEGORIES",
    "Sample",
    "UnipenDigits",
    "by_writer",
    "draw_strokes",
    "excluded_segments",
    "find_unipen",
    "load_unipen",
    "pack_unipen",
    "unipen_checksums",
    "usual_height",
]

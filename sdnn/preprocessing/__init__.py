"""From a page to the strip that the net reads: ink, then the line of writing, then its size."""

from sdnn.preprocessing.lines import text_box
from sdnn.preprocessing.loading import load_page
from sdnn.preprocessing.normalization import to_strip
from sdnn.preprocessing.polarity import ink_of
from sdnn.results import FloatArray, Geometry, Strip

__all__ = ["load_page", "strip_of_page"]


def strip_of_page(page: FloatArray, geometry: Geometry) -> Strip | None:
    """The line of writing on a page, ready for the net; None where there is no ink.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        geometry: Sizes that the net expects.
    """
    ink = ink_of(page)
    text = text_box(ink)
    return None if text is None else to_strip(ink, text, geometry)

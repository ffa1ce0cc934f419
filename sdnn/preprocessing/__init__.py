"""From a page to the strip that the net reads: ink, then the line of writing, then its size and slant."""

from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.preprocessing.normalization import to_strip
from sdnn.preprocessing.writing import Writing, writing_on
from sdnn.results import FloatArray, Geometry, Strip

__all__ = ["Writing", "load_page", "load_pages", "strip_of_page", "to_strip", "writing_on"]


def strip_of_page(page: FloatArray, geometry: Geometry) -> Strip | None:
    """The line of writing on a page, ready for the net; None where there is no ink.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        geometry: Sizes that the net expects.
    """
    writing = writing_on(page)
    if writing is None:
        return None
    return to_strip(writing.ink, writing.text, geometry, slant=writing.slant)

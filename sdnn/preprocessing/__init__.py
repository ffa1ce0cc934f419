"""Operations on pixels: loading, colour and contrast, regions, slant, scaling to a strip."""

from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.preprocessing.normalization import thicken_strokes, to_strip
from sdnn.preprocessing.region import region_of

__all__ = ["load_page", "load_pages", "region_of", "thicken_strokes", "to_strip"]

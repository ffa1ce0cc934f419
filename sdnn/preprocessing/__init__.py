"""What is done to pixels: pictures loaded, parts cut out, contrast evened out, writing brought to size."""

from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.preprocessing.normalization import thicken_strokes, to_strip
from sdnn.preprocessing.region import region_of

__all__ = ["load_page", "load_pages", "region_of", "thicken_strokes", "to_strip"]

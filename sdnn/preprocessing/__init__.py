"""What is done to pixels: pictures loaded, parts cut out, contrast evened out, writing brought to size."""

from sdnn.preprocessing.cutouts import region_of
from sdnn.preprocessing.loading import load_page, load_pages
from sdnn.preprocessing.normalization import bolder, to_strip

__all__ = ["bolder", "load_page", "load_pages", "region_of", "to_strip"]

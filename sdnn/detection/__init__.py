"""The detector: where digits are written on a picture, along which lines, and what is written there."""

from sdnn.detection.detector import Detector
from sdnn.detection.lines import Sighting, TextLine
from sdnn.detection.writing import Writing, writing_along

__all__ = ["Detector", "Sighting", "TextLine", "Writing", "writing_along"]

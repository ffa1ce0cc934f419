"""The detector: where digits are written on a picture, along which lines, and what is written there."""

from sdnn.detection.detector import Detector
from sdnn.detection.line_crop import LineCrop, crop_line
from sdnn.detection.text_lines import Detections, TextLine

__all__ = ["Detections", "Detector", "LineCrop", "TextLine", "crop_line"]

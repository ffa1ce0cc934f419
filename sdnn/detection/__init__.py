"""The detector: from a picture to maps, from maps to lines of digits, from a line to its ink."""

from sdnn.detection.detections import Detections, TextLine
from sdnn.detection.detector import Detector
from sdnn.detection.line_crop import LineCrop, crop_line

__all__ = ["Detections", "Detector", "LineCrop", "TextLine", "crop_line"]

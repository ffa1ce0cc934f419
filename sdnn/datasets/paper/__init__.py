"""Degradation of ink to a page: pens, paper, printed backgrounds, rulings, damage and the camera.

The order is that of a real page: the ink as the pen lays it, the paper with its print, the ink on the paper,
then damage and the camera.
"""

from sdnn.datasets.paper.degradation import degrade
from sdnn.datasets.paper.degradation_config import DegradationConfig

__all__ = ["DegradationConfig", "degrade"]

"""From ink to a page: pens, paper, printed backgrounds, rulings, damage and the camera.

A page is made in the order in which a real one comes about: the ink as the pen lays it, the paper with what
is printed on it, the ink on the paper, then damage and the camera.
"""

from sdnn.datasets.paper.degradation import degrade
from sdnn.datasets.paper.degradation_config import DegradationConfig

__all__ = ["DegradationConfig", "degrade"]

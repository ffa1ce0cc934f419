"""Digits for tests that have no MNIST."""

import numpy as np

from sdnn.datasets.digits import IMAGE_PX
from sdnn.datasets.mnist import Mnist
from sdnn.datasets.pen import draw_digit
from sdnn.datasets.writer_style import WriterStyle


def drawn_digits(count: int) -> Mnist:
    """Drawn digits in the place of MNIST's, each label in its turn."""
    rng = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.uint8) % 10
    images = np.zeros((count, IMAGE_PX, IMAGE_PX), np.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        ink = draw_digit(label, WriterStyle(aspect=0.9), rng)
        left = (IMAGE_PX - ink.shape[1]) // 2
        image[:, left : left + ink.shape[1]] = ink
    return Mnist(images, labels)

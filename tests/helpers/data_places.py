"""Places of the data sets in a test's folder, and small MNIST files for them."""

import gzip
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.datasets.mnist import MNIST_FILES

COUNT: Final = 10
"""Digits of each split of the fake MNIST."""


class Places:
    """All folders that are searched for data sets, empty."""

    def __init__(self, root: Path) -> None:
        self.argument, self.variable, self.checkout, self.cache = (
            root / name for name in ("argument", "variable", "checkout/data", "cache")
        )


def idx(array: npt.NDArray[np.uint8]) -> bytes:
    """An array as MNIST's files hold it."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


def fake_images(first: int) -> npt.NDArray[np.uint8]:
    """Images with a bar of ink that tells the file and the place."""
    images = np.zeros((COUNT, 28, 28), np.uint8)
    for place in range(COUNT):
        images[place, 4:24, 9 : 12 + place] = first + place
    return images


LABELS: Final = idx(np.arange(COUNT, dtype=np.uint8))
CONTENTS: Final = dict(
    zip(MNIST_FILES, (idx(fake_images(100)), LABELS, idx(fake_images(200)), LABELS), strict=True)
)


def unpacked(root: Path) -> Path:
    """A folder with the unpacked files."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (raw / name).write_bytes(content)
    return root


def archived(root: Path) -> Path:
    """A folder with the archives."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (raw / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
    return root

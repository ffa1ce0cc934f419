"""MNIST as a source of digits, found on disk or downloaded.

torchvision checks the published checksums of the archives. Splits: training images 0 to 54,999 to fit, 55,000
to 59,999 for every choice, the 10,000 test images for final figures only.

Reference:
    LeCun et al. 1998: MNIST, ink fitted into 20x20, its centre of mass in the middle of 28x28.
"""

import contextlib
import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.datasets.data_folders import cache_folder, data_roots, named_folder
from sdnn.datasets.digits import DigitImage, Writer
from sdnn.enums import Split
from sdnn.errors import MissingPackage, UnreadableInput

FIT_IMAGES: Final = 55_000
MNIST_FILES: Final = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class Mnist:
    """The digits of one MNIST split."""

    pen_px: Final = 2.4
    """Usual line width in MNIST."""

    def __init__(
        self, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], first_index: int = 0
    ) -> None:
        """Keeps (N, 28, 28) images and (N,) labels; `first_index` is the first one's place in its file."""
        self.images = images
        self.labels = labels
        self.first_index = first_index
        self._of_label = [np.flatnonzero(labels == label) for label in range(10)]
        inked = np.asarray(images.any(axis=1))
        self._left = inked.argmax(axis=1)
        self._right = images.shape[2] - inked[:, ::-1].argmax(axis=1)

    def __len__(self) -> int:
        return len(self.labels)

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A random image of the label."""
        candidates = self._of_label[label]
        return self[int(candidates[rng.integers(len(candidates))])]

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        """The whole split: MNIST does not name its writers."""
        return self

    def __getitem__(self, place: int) -> DigitImage:
        ink = self.images[place][:, self._left[place] : self._right[place]]
        return DigitImage(ink, int(self.labels[place]), self.first_index + place)


def load_mnist(split: Split, data: Path | None = None) -> Mnist:
    """One split of MNIST, from disk or else from the network.

    Args:
        split: Images to load.
        data: Folder that holds `MNIST/raw`; by default those of `find_mnist`.

    Raises:
        MissingPackage: When torchvision is not installed.
        UnreadableInput: When MNIST is damaged, or neither on disk nor available from the network.
    """
    root = find_mnist(data)  # first: a missing folder is found at once, importing torchvision takes seconds
    try:
        from torchvision.datasets import MNIST
    except ImportError:
        raise MissingPackage("torchvision", "reading MNIST") from None
    try:
        with contextlib.redirect_stdout(sys.stderr), _network_timeout(seconds=20):
            dataset = MNIST(root, train=split is not Split.TEST, download=True)
    except (ValueError, AssertionError) as error:
        raise UnreadableInput(
            f"{root / 'MNIST' / 'raw'}: damaged MNIST files; remove the unpacked ones, or use --source pen"
        ) from error
    except (OSError, RuntimeError) as error:
        raise UnreadableInput(
            f"MNIST is not in {root} and cannot be downloaded ({_first_line(error)}): put its four .gz files "
            f"into DIR/MNIST/raw and give --data DIR, or use --source pen, which needs no data"
        ) from error
    part = {
        Split.TRAIN: slice(0, FIT_IMAGES),
        Split.VALIDATION: slice(FIT_IMAGES, None),
        Split.TEST: slice(None),
    }[split]
    return Mnist(dataset.data.numpy()[part], dataset.targets.numpy()[part].astype(np.uint8), part.start or 0)


def find_mnist(data: Path | None = None) -> Path:
    """The folder for torchvision, which may write into it.

    Searches `data`, by default SDNN_DATA, else `data/` of a checkout and then the user's cache. Archives are
    copied to the cache and unpacked there: a folder that the user has named is never written to.

    Raises:
        UnreadableInput: When `data` or SDNN_DATA names a folder without MNIST.
    """
    for root in data_roots(data):
        raw = root / "MNIST" / "raw"
        if all(os.path.isfile(raw / name) for name in MNIST_FILES):
            return root
        if all(os.path.isfile(raw / f"{name}.gz") for name in MNIST_FILES):
            return _copied_archives(raw)
    if named := named_folder(data):
        raise UnreadableInput(
            f"{named}: no MNIST there; expected the four files {named / 'MNIST' / 'raw'}/*-ubyte.gz "
            f"(or use --source pen, which needs no data)"
        )
    return cache_folder()


def mnist_checksums(data: Path | None = None) -> Mapping[str, str]:
    """SHA-256 of each unpacked MNIST file, for the record of a training run; MNIST must have been loaded."""
    raw = find_mnist(data) / "MNIST" / "raw"
    return {name: hashlib.sha256((raw / name).read_bytes()).hexdigest() for name in MNIST_FILES}


def _copied_archives(raw: Path) -> Path:
    cache = cache_folder()
    target = cache / "MNIST" / "raw"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in MNIST_FILES:
            if not os.path.isfile(target / name) and raw != target:
                shutil.copyfile(raw / f"{name}.gz", target / f"{name}.gz")
    except OSError as error:
        raise UnreadableInput(
            f"{target}: MNIST cannot be unpacked there ({error.strerror}); set XDG_CACHE_HOME"
        ) from error
    return cache


@contextlib.contextmanager
def _network_timeout(seconds: float) -> Iterator[None]:
    """Limits each network wait: torchvision's download has no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

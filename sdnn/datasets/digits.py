"""Single digits to make strips of: MNIST, drawn ones, or both.

MNIST comes through torchvision, which checks the archives' published checksums. Splits: training images
0 to 54,999 to fit, 55,000 to 59,999 for every choice, the 10,000 test images for final figures only.

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
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from sdnn.datasets.pen import IMAGE_PX, WriterStyle, draw_digit, random_writer_style
from sdnn.enums import Source, Split
from sdnn.errors import MissingPackage, UnreadableInput

FIT_IMAGES: Final = 55_000
TAILED_PX: Final = 36
"""Rows, in pixels of MNIST, of digits drawn finer: MNIST's 28 have no room for long tails."""
HANDS_SHARE: Final = 0.4
"""How many of the digits are of real hands, where these are among the sources."""
MNIST_FILES: Final = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True, eq=False)
class DigitImage:
    """One digit.

    Attributes:
        ink: (28, W) uint8, 0 paper to 255 ink, all rows but only the columns from the first inked one to the
            last; more rows where a digit is drawn finer, with room for tails.
        label: 0 to 9.
        index: Place in the MNIST file it comes from; None for a drawn digit.
        scale: Pixels for every pixel of MNIST.
    """

    ink: npt.NDArray[np.uint8]
    label: int
    index: int | None = None
    scale: int = 1


class DigitSource(Protocol):
    """Something that gives a digit for a label."""

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A digit of the given class; the generator alone decides which."""
        ...

    def writer(self, rng: np.random.Generator, scale: int = 1) -> "Writer":
        """The source narrowed to one writer, where it knows its writers.

        Args:
            rng: Decides which writer.
            scale: How much finer than MNIST's drawn digits are to be; MNIST's stay as they are.
        """
        ...


class Writer(DigitSource, Protocol):
    """One writer with one pen."""

    @property
    def pen_px(self) -> float:
        """Width of the pen's line beside digits 20 pixels high."""
        ...


class Mnist:
    """The digits of one MNIST split."""

    pen_px: Final = 2.4
    """Usual in MNIST."""

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
        """All of them: MNIST does not say who wrote what."""
        return self

    def __getitem__(self, place: int) -> DigitImage:
        ink = self.images[place][:, self._left[place] : self._right[place]]
        return DigitImage(ink, int(self.labels[place]), self.first_index + place)


class SyntheticDigits:
    """Drawn digits."""

    def __init__(self, hand: WriterStyle | None = None, scale: int = 1) -> None:
        """Draws in the given hand, by default every digit in another one; `scale` times as fine as MNIST."""
        self._hand = hand
        self._scale = scale

    @property
    def pen_px(self) -> float:
        """Width of the pen's line beside digits 20 pixels high."""
        return (self._hand or WriterStyle()).pen_px

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A freshly drawn digit of the label."""
        rows_px = IMAGE_PX if self._scale == 1 else TAILED_PX
        hand = self._hand or random_writer_style(rng)
        ink = draw_digit(label, hand, rng, scale=self._scale, rows_px=rows_px)
        inked = np.flatnonzero(ink.any(axis=0))
        return DigitImage(ink[:, inked[0] : inked[-1] + 1], label, scale=self._scale)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        """Drawn digits in one random hand."""
        return SyntheticDigits(random_writer_style(rng), scale)


class Mixed:
    """Digits of two sources, the second with a given probability; the first is the plain one."""

    def __init__(self, first: DigitSource, second: DigitSource, second_share: float) -> None:
        self.first = first
        self._second = second
        self._second_share = second_share

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A digit of the label from either source."""
        return self._either(rng).draw(label, rng)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        """One writer of either source."""
        return self._either(rng).writer(rng, scale)

    def _either(self, rng: np.random.Generator) -> DigitSource:
        return self._second if rng.random() < self._second_share else self.first


def plain_part(source: DigitSource) -> DigitSource:
    """What of a source stands on clean pages: of a mixture the first one."""
    return plain_part(source.first) if isinstance(source, Mixed) else source


def digit_source(
    source: Source, split: Split, pen_share: float = 0.5, data: Path | None = None
) -> DigitSource:
    """The digits of a source.

    Args:
        source: MNIST, drawn, both, or both and real hands.
        split: Part of MNIST; drawn digits are endless and have none.
        pen_share: How many of the digits that are not of real hands are drawn, where the source is mixed.
        data: Folder that holds MNIST; see `find_mnist`.

    Raises:
        MissingPackage: When MNIST is asked for and torchvision is not installed.
        UnreadableInput: When MNIST or UNIPEN is asked for and cannot be had.
    """
    if source is Source.PEN:
        return SyntheticDigits()
    if source is Source.MNIST:
        return load_mnist(split, data)
    if source is Source.HANDS:
        from sdnn.datasets.unipen import RealHands, load_unipen

        hands = RealHands(load_unipen("1a", split, data))  # first: it is the one that is not downloaded
        return Mixed(Mixed(load_mnist(split, data), SyntheticDigits(), pen_share), hands, HANDS_SHARE)
    return Mixed(load_mnist(split, data), SyntheticDigits(), pen_share)


def load_mnist(split: Split, data: Path | None = None) -> Mnist:
    """One split of MNIST, from disk where it is there, else from the network.

    Args:
        split: Which images.
        data: Folder that holds `MNIST/raw`; by default the places that `find_mnist` names.

    Raises:
        MissingPackage: When torchvision is not installed.
        UnreadableInput: When MNIST is neither on disk nor to be had from the network.
    """
    root = find_mnist(data)  # first: a folder without MNIST is told in an instant, torchvision takes seconds
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
    """The folder to give to torchvision, which may write into it.

    Looked for in `data` or, without it, in SDNN_DATA, then in `data/` of a checkout, then in the user's
    cache. Archives are copied to the cache and unpacked there: folders that people point to are never
    written to.

    Raises:
        UnreadableInput: When `data` or SDNN_DATA names a folder without MNIST.
    """
    from platformdirs import user_cache_path

    cache = user_cache_path("sdnn")
    named = data or (Path(os.environ["SDNN_DATA"]) if os.environ.get("SDNN_DATA") else None)
    checkout = Path(__file__).parents[2] / "data"
    for root in [named] if named else [checkout, cache]:
        raw = root / "MNIST" / "raw"
        if all((raw / name).is_file() for name in MNIST_FILES):
            return root
        if all((raw / f"{name}.gz").is_file() for name in MNIST_FILES):
            return _copied_archives(raw, cache)
    if named:
        raise UnreadableInput(
            f"{named}: no MNIST there; expected the four files {named / 'MNIST' / 'raw'}/*-ubyte.gz "
            f"(or use --source pen, which needs no data)"
        )
    return cache


def mnist_checksums(data: Path | None = None) -> Mapping[str, str]:
    """SHA-256 of each unpacked MNIST file, for the record of a training run; MNIST must have been loaded."""
    raw = find_mnist(data) / "MNIST" / "raw"
    return {name: hashlib.sha256((raw / name).read_bytes()).hexdigest() for name in MNIST_FILES}


def source_checksums(source: Source, data: Path | None = None) -> dict[str, str]:
    """SHA-256 of what a source is made of, for the record of a training run; it must have been loaded."""
    if source is Source.PEN:
        return {}
    if source is Source.HANDS:
        from sdnn.datasets.unipen import unipen_checksums

        return {**mnist_checksums(data), **unipen_checksums(data)}
    return dict(mnist_checksums(data))


def _copied_archives(raw: Path, cache: Path) -> Path:
    target = cache / "MNIST" / "raw"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in MNIST_FILES:
            if not (target / name).is_file() and raw != target:
                shutil.copyfile(raw / f"{name}.gz", target / f"{name}.gz")
    except OSError as error:
        raise UnreadableInput(
            f"{target}: MNIST cannot be unpacked there ({error.strerror}); set XDG_CACHE_HOME"
        ) from error
    return cache


@contextlib.contextmanager
def _network_timeout(seconds: float) -> Iterator[None]:
    """Bounds each network wait: torchvision's download has no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

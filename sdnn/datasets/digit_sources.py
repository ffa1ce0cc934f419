"""The digit source of each `Source`."""

from pathlib import Path
from typing import Final

from sdnn.datasets.digits import DigitSource, MixedDigits
from sdnn.datasets.mnist import load_mnist, mnist_checksums
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.unipen import UnipenDigits, load_unipen, unipen_checksums
from sdnn.enums import Source, Split

UNIPEN_SHARE: Final = 0.25
"""Share of UNIPEN's digits in `Source.HANDS`."""


def digit_source(
    source: Source, split: Split, pen_share: float = 0.5, data: Path | None = None
) -> DigitSource:
    """The digits of a source.

    Args:
        source: MNIST, synthetic digits, both, or both and UNIPEN.
        split: Part of MNIST's images and UNIPEN's writers; synthetic digits are endless.
        pen_share: Share of synthetic digits in mixed sources, those of UNIPEN left aside.
        data: Folder that holds MNIST and UNIPEN; see `find_mnist` and `find_unipen`.

    Raises:
        MissingPackage: When the source has MNIST and torchvision is not installed.
        UnreadableInput: When MNIST or UNIPEN cannot be found or read.
    """
    if source is Source.PEN:
        return SyntheticDigits()
    if source is Source.MNIST:
        return load_mnist(split, data)
    # UNIPEN first: it is not downloaded, and may be missing.
    unipen = UnipenDigits(load_unipen("1a", split, data)) if source is Source.HANDS else None
    mixed = MixedDigits(load_mnist(split, data), SyntheticDigits(), pen_share)
    return MixedDigits(mixed, unipen, UNIPEN_SHARE) if unipen else mixed


def source_checksums(source: Source, data: Path | None = None) -> dict[str, str]:
    """SHA-256 of the files of a source, for the record of a training run; they must have been loaded."""
    checksums = {} if source is Source.PEN else dict(mnist_checksums(data))
    return checksums | (unipen_checksums(data) if source is Source.HANDS else {})

"""Settings of documents (configuration only)."""

from dataclasses import dataclass, field

from sdnn.datasets.paper import DegradationConfig
from sdnn.validation import Length, Number, Positive, Share


@dataclass(frozen=True)
class DocumentRecipe:
    """Settings of `random_document`.

    Attributes:
        size_px: Height and width of the picture; a crop of a line is at most as large.
        heights_px: Lower bound, upper bound and share of each range of digit heights, in pixels; heights are
            log-uniform within a range, and the shares sum to 1.
        crop_share: Share of the documents that are a crop of a line instead of a part of a page.
        most_digits: Upper bound of the number of digits of a usual string; some have up to twice as many.
        printed: Share of the documents with printed strings.
        struck: Share of the handwritten strings with struck-out digits.
        paper: Degradations by paper and camera; the lines are drawn on the sheet instead.
    """

    size_px: tuple[Length, Length] = (256, 256)
    heights_px: tuple[tuple[Positive, Positive, Share], ...] = (
        (11.0, 26.0, 0.66),
        (5.0, 11.0, 0.14),
        (26.0, 110.0, 0.2),
    )
    crop_share: Share = 0.4
    most_digits: Number = 10
    printed: Share = 0.14
    struck: Share = 0.3
    paper: DegradationConfig = field(
        default_factory=lambda: DegradationConfig(untouched=0.22).without("lines")
    )

    def __post_init__(self) -> None:
        """Checks the ranges of heights.

        Raises:
            ValueError: When one is none, or the shares do not sum to 1.
        """
        if any(low > high for low, high, _ in self.heights_px):
            raise ValueError("heights_px: expected a lower and an upper bound")
        if abs(sum(share for *_, share in self.heights_px) - 1) > 1e-6:
            raise ValueError("heights_px: expected shares that sum to 1")

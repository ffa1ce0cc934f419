"""An upright rectangle in pixels."""

import math
from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, by its edges; x to the right, y down."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def shifted(self, right_px: float, down_px: float) -> "Box":
        """The box moved to the right and down."""
        return Box(self.left + right_px, self.top + down_px, self.right + right_px, self.bottom + down_px)

    def expanded(self, margin_px: float) -> "Box":
        """The box with a margin on each side."""
        return Box(
            self.left - margin_px, self.top - margin_px, self.right + margin_px, self.bottom + margin_px
        )

    def rounded(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom to the nearest pixel edge, halves upwards."""
        left, top, right, bottom = (math.floor(edge + 0.5) for edge in astuple(self))
        return left, top, right, bottom

    def clipped(self, width_px: float, height_px: float) -> "Box":
        """The part of the box that lies in a picture of the given size."""
        return Box(
            min(max(self.left, 0.0), width_px),
            min(max(self.top, 0.0), height_px),
            min(max(self.right, 0.0), width_px),
            min(max(self.bottom, 0.0), height_px),
        )

    def shared_area(self, other: "Box") -> float:
        """Area that two boxes have in common, in square pixels; 0 where they do not meet."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    @classmethod
    def around(cls, boxes: "list[Box]") -> "Box":
        """The smallest box that holds all of the given ones (at least one)."""
        return cls(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        )

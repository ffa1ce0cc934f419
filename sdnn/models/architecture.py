"""The layers of the digit net as plain data, and what they cost: known without torch.

`digit_net` makes its modules from them; nobody else says what the layers are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sdnn.results import CLASSES, Geometry

GEOMETRY: Final = Geometry()
CHANNELS: Final = (16, 32, 64, 96, 160, 192)
"""Feature maps of each convolution; the last is also the width of the fully connected layer."""
FEATURE_ROWS: Final = 1
FEATURE_COLUMNS: Final = 7
"""Size of the last feature map of one window."""


@dataclass(frozen=True)
class Convolution:
    """An unpadded convolution with a bias for each channel, its normalisation worked into both.

    Attributes:
        channels_in: Feature maps that it sees.
        channels_out: Feature maps that it makes.
        rows: Height of its kernels.
        columns: Width of its kernels.
        stride: Distance from one place of the kernels to the next, down and across.
    """

    channels_in: int
    channels_out: int
    rows: int
    columns: int
    stride: int = 1

    @property
    def parameters(self) -> int:
        """Numbers in its kernels and biases."""
        return self.channels_out * (self.channels_in * self.rows * self.columns + 1)

    def output(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of what it makes of a map of the given size."""
        return (rows - self.rows) // self.stride + 1, (columns - self.columns) // self.stride + 1

    def multiplications(self, rows: int, columns: int) -> int:
        """Multiplications on a map of the given size."""
        rows_out, columns_out = self.output(rows, columns)
        places = rows_out * columns_out
        return places * self.channels_out * self.channels_in * self.rows * self.columns


@dataclass(frozen=True)
class Pooling:
    """Maxima over rectangles side by side; what is left over at the end of a map is dropped.

    Attributes:
        rows: Height of a rectangle.
        columns: Width of a rectangle.
    """

    rows: int
    columns: int
    parameters: ClassVar[int] = 0

    def output(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of what it makes of a map of the given size."""
        return rows // self.rows, columns // self.columns

    def multiplications(self, rows: int, columns: int) -> int:
        """None: maxima are found by comparing."""
        return 0


Layer = Convolution | Pooling


def feature_layers(channels: Sequence[int] = CHANNELS) -> tuple[Layer, ...]:
    """The layers up to the last feature map, with their output for one window (channels x rows x columns).

    ::

        conv 6x6    16 x 22 x 32    every other row and column
        conv 3x3    32 x 20 x 30
        max 2x2     32 x 10 x 15
        conv 3x3    64 x  8 x 13
        conv 3x3    96 x  6 x 11
        conv 3x3   160 x  4 x  9
        conv 4x3   192 x  1 x  7

    Raises:
        ValueError: When there are other than six channels.
    """
    first, second, third, fourth, fifth, last = channels
    return (
        Convolution(1, first, 6, 6, stride=2),
        Convolution(first, second, 3, 3),
        Pooling(2, 2),
        Convolution(second, third, 3, 3),
        Convolution(third, fourth, 3, 3),
        Convolution(fourth, fifth, 3, 3),
        Convolution(fifth, last, 4, 3),
    )


def connected_layers(channels: Sequence[int] = CHANNELS) -> tuple[Convolution, Convolution]:
    """The layers above: fully connected in the single-digit net, kernels in the sweep.

    ::

        conv 1x7   192 x  1 x  1
        conv 1x1    11 x  1 x  1
    """
    width = channels[-1]
    return Convolution(width, width, FEATURE_ROWS, FEATURE_COLUMNS), Convolution(width, CLASSES, 1, 1)


def layers(channels: Sequence[int] = CHANNELS) -> tuple[Layer, ...]:
    """All layers of the sweeping net, as they are exported.

    Raises:
        ValueError: When there are other than six channels.
    """
    return feature_layers(channels) + connected_layers(channels)


def map_sizes(stack: Sequence[Layer], width_px: int) -> list[tuple[int, int]]:
    """Rows and columns of the map that goes into each layer, and last of the one that comes out.

    Args:
        stack: The layers, from the picture up.
        width_px: Of the strip, at least a window.
    """
    sizes = [(GEOMETRY.height_px, width_px)]
    for layer in stack:
        sizes.append(layer.output(*sizes[-1]))
    return sizes


def multiplications(stack: Sequence[Layer], width_px: int) -> list[int]:
    """Multiplications in each layer when a strip is swept.

    Args:
        stack: The layers, from the picture up.
        width_px: Of the strip, at least a window.
    """
    sizes = map_sizes(stack, width_px)[:-1]
    return [layer.multiplications(*size) for layer, size in zip(stack, sizes, strict=True)]


@dataclass(frozen=True)
class Work:
    """Multiplications on one strip, swept, and cut into windows that are computed one by one.

    Attributes:
        columns: Columns of its class map, which is also the number of windows.
        swept: All of the sweep.
        window: Those of one window by itself.

    Reference:
        Matan et al. 1992: segmentation on feature maps is about ten times cheaper than cutting windows.
    """

    columns: int
    swept: int
    window: int

    @property
    def cut(self) -> int:
        """All of the windows."""
        return self.columns * self.window

    @property
    def per_column(self) -> float:
        """Of the sweep, for each column of the class map."""
        return self.swept / self.columns

    @property
    def ratio(self) -> float:
        """How many times as many the windows take."""
        return self.cut / self.swept


def work(stack: Sequence[Layer], width_px: int) -> Work:
    """What a strip costs.

    Args:
        stack: The layers, from the picture up.
        width_px: Of the strip, at least a window.
    """
    return Work(
        columns=GEOMETRY.columns(width_px),
        swept=sum(multiplications(stack, width_px)),
        window=sum(multiplications(stack, GEOMETRY.window_px)),
    )

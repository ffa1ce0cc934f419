"""A reader's net as plain data, with its parameters and operations; without torch.

`digit_net` makes the modules of an architecture; `registry` lists the architectures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sdnn.results import CLASSES, Geometry


@dataclass(frozen=True)
class Convolution:
    """An unpadded convolution with a bias for each channel, after folding of the normalization.

    Attributes:
        channels_in: Number of input feature maps.
        channels_out: Number of output feature maps.
        rows: Height of the kernels.
        columns: Width of the kernels.
        stride: Stride, down and across.
    """

    channels_in: int
    channels_out: int
    rows: int
    columns: int
    stride: int = 1

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return self.channels_out * (self.channels_in * self.rows * self.columns + 1)

    def output(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the output for an input of the given size."""
        return (rows - self.rows) // self.stride + 1, (columns - self.columns) // self.stride + 1

    def macs(self, rows: int, columns: int) -> int:
        """Multiply-accumulate operations for an input of the given size."""
        rows_out, columns_out = self.output(rows, columns)
        places = rows_out * columns_out
        return places * self.channels_out * self.channels_in * self.rows * self.columns


@dataclass(frozen=True)
class Pooling:
    """Max pooling without overlap; incomplete rectangles at the end of a map are dropped.

    Attributes:
        rows: Height of a rectangle.
        columns: Width of a rectangle.
    """

    rows: int
    columns: int
    parameters: ClassVar[int] = 0

    def output(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the output for an input of the given size."""
        return rows // self.rows, columns // self.columns

    def macs(self, rows: int, columns: int) -> int:
        """0: maxima need no multiplication."""
        return 0


Layer = Convolution | Pooling


@dataclass(frozen=True)
class Architecture:
    """A single-digit net without padding, which can be swept along strips.

    Attributes:
        name: Name in the registry and in recipes.
        geometry: Heights, window and stride of the layers.
        channels: Feature maps of each convolution; the last is also the width of the fully connected layer.
        make_features: Function of the channels that makes the layers up to the last feature map.
    """

    name: str
    geometry: Geometry
    channels: tuple[int, ...]
    make_features: Callable[[Sequence[int]], tuple[Layer, ...]]

    @property
    def features(self) -> tuple[Layer, ...]:
        """Layers up to the last feature map.

        Raises:
            ValueError: When the architecture has another number of convolutions than channels.
        """
        return self.make_features(self.channels)

    @property
    def connected(self) -> tuple[Convolution, Convolution]:
        """The last two layers: fully connected in the single-digit net, convolutions in the sweep."""
        size = (self.geometry.height_px, self.geometry.window_px)
        for layer in self.features:
            size = layer.output(*size)
        width = self.channels[-1]
        return Convolution(width, width, *size), Convolution(width, CLASSES, 1, 1)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers of the exported net."""
        return self.features + self.connected

    def map_sizes(self, width_px: int) -> list[tuple[int, int]]:
        """Rows and columns of the input of each layer on a strip, and of the output of the last."""
        sizes = [(self.geometry.height_px, width_px)]
        for layer in self.layers:
            sizes.append(layer.output(*sizes[-1]))
        return sizes

    def macs(self, width_px: int) -> list[int]:
        """Multiply-accumulate operations (MACs) of each layer on a strip at least as wide as a window."""
        sizes = self.map_sizes(width_px)[:-1]
        return [layer.macs(*size) for layer, size in zip(self.layers, sizes, strict=True)]

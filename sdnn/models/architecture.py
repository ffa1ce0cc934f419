"""A reader's net as plain data, and what it costs: known without torch.

`digit_net` makes its modules from the data of an architecture; `registry` lists those there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sdnn.results import CLASSES, Geometry


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

    def macs(self, rows: int, columns: int) -> int:
        """Multiply-accumulate operations on a map of the given size."""
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

    def macs(self, rows: int, columns: int) -> int:
        """None: maxima are found by comparing."""
        return 0


Layer = Convolution | Pooling


@dataclass(frozen=True)
class Architecture:
    """A single-digit net without padding, which can be swept along strips.

    Attributes:
        name: Name in the registry and in recipes.
        geometry: Strip and text height, window and stride, in pixels; they follow from the layers.
        channels: Feature maps of each convolution; the last is also the width of the fully connected layer.
        make_features: Layers up to the last feature map, for given channels.
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
        """The two layers above: fully connected in the single-digit net, kernels in the sweep."""
        size = (self.geometry.height_px, self.geometry.window_px)
        for layer in self.features:
            size = layer.output(*size)
        width = self.channels[-1]
        return Convolution(width, width, *size), Convolution(width, CLASSES, 1, 1)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers of the sweeping net, as they are exported."""
        return self.features + self.connected

    def map_sizes(self, width_px: int) -> list[tuple[int, int]]:
        """Rows and columns of the map that goes into each layer, and last of the one that comes out.

        Args:
            width_px: Width of the strip, at least a window.
        """
        sizes = [(self.geometry.height_px, width_px)]
        for layer in self.layers:
            sizes.append(layer.output(*sizes[-1]))
        return sizes

    def macs(self, width_px: int) -> list[int]:
        """Multiply-accumulate operations (MACs) of each layer when a strip is swept.

        Args:
            width_px: Width of the strip, at least a window.
        """
        sizes = self.map_sizes(width_px)[:-1]
        return [layer.macs(*size) for layer, size in zip(self.layers, sizes, strict=True)]

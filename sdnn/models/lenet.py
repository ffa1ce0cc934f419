"""The bundled reader's architecture: a LeNet on strips of 48 px, with a map column every 4 px.

Layers with their output for one window (channels x rows x columns)::

    conv 6x6    16 x 22 x 32    stride 2
    conv 3x3    32 x 20 x 30
    max 2x2     32 x 10 x 15
    conv 3x3    64 x  8 x 13
    conv 3x3    96 x  6 x 11
    conv 3x3   160 x  4 x  9
    conv 4x3   192 x  1 x  7
    conv 1x7   192 x  1 x  1    fully connected in the single-digit net
    conv 1x1    11 x  1 x  1

Reference:
    Le Cun et al. 1990 (the net of Matan et al. 1992): 5x5 kernels, subsampling, ten outputs. Ours differs:
    digits half as large again, so that fine strokes stay apart, at little cost by a first layer of stride 2;
    3x3 kernels above, rectifiers, one max pooling in place of averages, batch normalization, an eleventh
    class, and a window as wide as two digits, because real ones can be that wide. The map has a column every
    4 px, a sixth of the digits' height.
"""

from collections.abc import Sequence
from typing import Final

from sdnn.models.architecture import Architecture, Convolution, Layer, Pooling
from sdnn.results import Geometry


def _features(channels: Sequence[int]) -> tuple[Layer, ...]:
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


LENET: Final = Architecture(
    "lenet",
    Geometry(height_px=48, text_height_px=26, window_px=68, stride_px=4),
    (16, 32, 64, 96, 160, 192),
    _features,
)

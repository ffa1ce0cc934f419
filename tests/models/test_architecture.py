import math

import onnx
import pytest
import torch
from oracle import net_in_use

from sdnn.models.architecture import (
    CHANNELS,
    FEATURE_COLUMNS,
    FEATURE_ROWS,
    GEOMETRY,
    Convolution,
    Pooling,
    feature_layers,
    layers,
    map_sizes,
    multiplications,
    work,
)
from sdnn.models.digit_net import DigitNet
from sdnn.models.engine import BUNDLED
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.results import CLASSES

TINY = (3, 5, 4, 6, 8, 7)
WIDTHS = [68, 69, 70, 71, 72, 73, 130, 181]


def counted(net: DigitNet, width: int) -> tuple[list[int], list[tuple[int, ...]]]:
    """What torch does when it sweeps a strip: multiplications of each layer, and the size of its map."""
    counts: list[int] = []
    sizes: list[tuple[int, ...]] = []

    def count(layer: torch.nn.Module, _: object, output: torch.Tensor) -> None:
        of_value = layer.weight[0].numel() if isinstance(layer, torch.nn.Conv2d) else 0
        counts.append(of_value * output.numel())
        sizes.append(tuple(output.shape[2:]))

    sweep = fully_convolutional(net)
    for layer in sweep.layers:
        if not isinstance(layer, torch.nn.ReLU):
            layer.register_forward_hook(count)
    with torch.no_grad():
        sweep(torch.zeros(1, GEOMETRY.height_px, width))
    return counts, sizes


def test_a_layer_small_enough_to_count_by_hand() -> None:
    # Two kernels of 3x2 over three maps give 2 x 4 places on maps of 4x5.
    layer = Convolution(3, 2, rows=3, columns=2)
    assert layer.parameters == 2 * (3 * 6) + 2
    assert layer.output(4, 5) == (2, 4)
    assert layer.multiplications(4, 5) == 8 * 2 * 3 * 6


def test_with_a_stride_kernels_take_every_other_place_and_leave_the_rest() -> None:
    # Kernels of 3x2 at every other row and column have room at rows 0 and 2 of 6, whose last is left over,
    # and at columns 0, 2, 4 and 6 of 8. A seventh row has room for one more; an eighth is left over.
    layer = Convolution(3, 2, rows=3, columns=2, stride=2)
    assert layer.output(6, 8) == (2, 4)
    assert [layer.output(rows, 8)[0] for rows in (3, 4, 5, 6, 7, 8)] == [1, 1, 2, 2, 3, 3]
    assert [layer.output(6, columns)[1] for columns in (2, 3, 4, 9, 10)] == [1, 1, 2, 4, 5]
    assert layer.multiplications(6, 8) == 8 * 2 * 3 * 6
    assert layer.parameters == Convolution(3, 2, rows=3, columns=2).parameters


def test_the_first_layer_takes_every_other_row_and_column_of_a_window() -> None:
    # Kernels of 6x6 begin at rows 0, 2, ... 42 of 48 and at columns 0, 2, ... 62 of 68.
    first, *others = feature_layers()
    assert isinstance(first, Convolution)
    assert first.output(GEOMETRY.height_px, GEOMETRY.window_px) == (22, 32)
    assert first.multiplications(GEOMETRY.height_px, GEOMETRY.window_px) == 22 * 32 * 16 * 36
    strides = [layer.stride for layer in (first, *others) if isinstance(layer, Convolution)]
    assert strides == [2, 1, 1, 1, 1, 1]


def test_what_does_not_fill_a_rectangle_is_dropped() -> None:
    pooling = Pooling(2, 1)
    assert pooling.output(5, 7) == (2, 7)
    assert (pooling.parameters, pooling.multiplications(5, 7)) == (0, 0)


@pytest.mark.parametrize("channels", [CHANNELS, TINY])
@pytest.mark.parametrize("width", WIDTHS)
def test_multiplications_and_maps_are_those_that_torch_makes(channels: tuple[int, ...], width: int) -> None:
    counts, sizes = counted(DigitNet(channels=channels), width)
    assert multiplications(layers(channels), width) == counts
    assert map_sizes(layers(channels), width)[1:] == sizes


@pytest.mark.parametrize("channels", [CHANNELS, TINY])
def test_parameters_are_those_of_the_net_with_its_normalisation_folded(channels: tuple[int, ...]) -> None:
    sweep = fully_convolutional(net_in_use(seed=0, channels=channels))
    kernels = [layer for layer in sweep.layers if isinstance(layer, torch.nn.Conv2d)]
    expected = [sum(parameter.numel() for parameter in kernel.parameters()) for kernel in kernels]
    assert [layer.parameters for layer in layers(channels) if isinstance(layer, Convolution)] == expected


def test_parameters_are_those_in_the_bundled_file() -> None:
    tensors = onnx.load_model(BUNDLED).graph.initializer
    sizes = [tuple(each.dims) for each in tensors if each.data_type == onnx.TensorProto.FLOAT]
    kernels = [layer for layer in layers() if isinstance(layer, Convolution)]
    assert [size for size in sizes if len(size) == 4] == [
        (layer.channels_out, layer.channels_in, layer.rows, layer.columns) for layer in kernels
    ]
    assert sum(math.prod(size) for size in sizes) == sum(layer.parameters for layer in layers()) == 846_715


def test_the_window_and_the_stride_follow_from_the_layers() -> None:
    def columns(width: int) -> int:
        return map_sizes(layers(), width)[-1][1]

    assert map_sizes(layers(), GEOMETRY.window_px)[-1] == (1, 1)
    for width in range(GEOMETRY.window_px - 2, GEOMETRY.window_px + 20):
        assert columns(width) == GEOMETRY.columns(width)


def test_the_last_feature_map_of_a_window_has_the_size_that_is_stated() -> None:
    assert map_sizes(feature_layers(), GEOMETRY.window_px)[-1] == (FEATURE_ROWS, FEATURE_COLUMNS)
    assert layers()[-1] == Convolution(CHANNELS[-1], CLASSES, 1, 1)


@pytest.mark.parametrize("channels", [(4, 4, 4, 4, 4), (4, 4, 4, 4, 4, 4, 4)])
def test_other_than_six_channels_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="unpack"):
        layers(channels)


def test_a_strip_is_swept_with_a_sixth_of_what_its_windows_take() -> None:
    # Values of each map, times what a value takes: maps that it sees times the size of a kernel.
    strip = [
        *(16 * 22 * 63 * 36, 32 * 20 * 61 * 16 * 9, 0, 64 * 8 * 28 * 32 * 9, 96 * 6 * 26 * 64 * 9),
        *(160 * 4 * 24 * 96 * 9, 192 * 22 * 160 * 12, 192 * 16 * 192 * 7, 11 * 16 * 192),
    ]
    window = [
        *(16 * 22 * 32 * 36, 32 * 20 * 30 * 16 * 9, 0, 64 * 8 * 13 * 32 * 9, 96 * 6 * 11 * 64 * 9),
        *(160 * 4 * 9 * 96 * 9, 192 * 7 * 160 * 12, 192 * 192 * 7, 11 * 192),
    ]
    assert multiplications(layers(), 130) == strip
    assert multiplications(layers(), 68) == window
    cost = work(layers(), 130)
    assert cost.columns == len(range(0, 130 - 67, 4)) == 16
    assert cost.cut == 16 * sum(window) == 264_864_768
    assert cost.swept == sum(strip) == 44_718_720
    assert cost.ratio == pytest.approx(cost.cut / cost.swept) == pytest.approx(cost.window / cost.per_column)
    assert round(cost.ratio, 1) == 5.9


def test_one_window_costs_the_same_either_way() -> None:
    cost = work(layers(), GEOMETRY.window_px)
    assert (cost.columns, cost.ratio) == (1, 1.0)

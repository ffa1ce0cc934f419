import math
from dataclasses import replace

import onnx
import pytest
import torch
from helpers.brute_force import net_in_use

from sdnn.models.architecture import Architecture, Convolution, Pooling
from sdnn.models.digit_net import DigitNet
from sdnn.models.engine import BUNDLED
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.lenet import LENET
from sdnn.results import CLASSES

TINY = replace(LENET, channels=(3, 5, 4, 6, 8, 7))
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
        sweep(torch.zeros(1, LENET.geometry.height_px, width))
    return counts, sizes


def test_a_layer_small_enough_to_count_by_hand() -> None:
    # Two kernels of 3x2 over three maps give 2 x 4 places on maps of 4x5.
    layer = Convolution(3, 2, rows=3, columns=2)
    assert layer.parameters == 2 * (3 * 6) + 2
    assert layer.output(4, 5) == (2, 4)
    assert layer.macs(4, 5) == 8 * 2 * 3 * 6


def test_with_a_stride_kernels_take_every_other_place_and_leave_the_rest() -> None:
    # Kernels of 3x2 at every other row and column have room at rows 0 and 2 of 6, whose last is left over,
    # and at columns 0, 2, 4 and 6 of 8. A seventh row has room for one more; an eighth is left over.
    layer = Convolution(3, 2, rows=3, columns=2, stride=2)
    assert layer.output(6, 8) == (2, 4)
    assert [layer.output(rows, 8)[0] for rows in (3, 4, 5, 6, 7, 8)] == [1, 1, 2, 2, 3, 3]
    assert [layer.output(6, columns)[1] for columns in (2, 3, 4, 9, 10)] == [1, 1, 2, 4, 5]
    assert layer.macs(6, 8) == 8 * 2 * 3 * 6
    assert layer.parameters == Convolution(3, 2, rows=3, columns=2).parameters


def test_the_first_layer_takes_every_other_row_and_column_of_a_window() -> None:
    # Kernels of 6x6 begin at rows 0, 2, ... 42 of 48 and at columns 0, 2, ... 62 of 68.
    first, *others = LENET.features
    assert isinstance(first, Convolution)
    assert first.output(LENET.geometry.height_px, LENET.geometry.window_px) == (22, 32)
    assert first.macs(LENET.geometry.height_px, LENET.geometry.window_px) == 22 * 32 * 16 * 36
    strides = [layer.stride for layer in (first, *others) if isinstance(layer, Convolution)]
    assert strides == [2, 1, 1, 1, 1, 1]


def test_what_does_not_fill_a_rectangle_is_dropped() -> None:
    pooling = Pooling(2, 1)
    assert pooling.output(5, 7) == (2, 7)
    assert (pooling.parameters, pooling.macs(5, 7)) == (0, 0)


@pytest.mark.parametrize("architecture", [LENET, TINY])
@pytest.mark.parametrize("width", WIDTHS)
def test_multiplications_and_maps_are_those_that_torch_makes(architecture: Architecture, width: int) -> None:
    counts, sizes = counted(DigitNet(architecture), width)
    assert architecture.macs(width) == counts
    assert architecture.map_sizes(width)[1:] == sizes


@pytest.mark.parametrize("architecture", [LENET, TINY])
def test_parameters_are_those_of_the_net_with_its_normalisation_folded(architecture: Architecture) -> None:
    sweep = fully_convolutional(net_in_use(seed=0, channels=architecture.channels))
    kernels = [layer for layer in sweep.layers if isinstance(layer, torch.nn.Conv2d)]
    expected = [sum(parameter.numel() for parameter in kernel.parameters()) for kernel in kernels]
    assert [layer.parameters for layer in architecture.layers if isinstance(layer, Convolution)] == expected


def test_parameters_are_those_in_the_bundled_file() -> None:
    tensors = onnx.load_model(BUNDLED).graph.initializer
    sizes = [tuple(each.dims) for each in tensors if each.data_type == onnx.TensorProto.FLOAT]
    kernels = [layer for layer in LENET.layers if isinstance(layer, Convolution)]
    assert [size for size in sizes if len(size) == 4] == [
        (layer.channels_out, layer.channels_in, layer.rows, layer.columns) for layer in kernels
    ]
    parameters = sum(layer.parameters for layer in LENET.layers)
    assert sum(math.prod(size) for size in sizes) == parameters == 846_715


def test_the_window_and_the_stride_follow_from_the_layers() -> None:
    def columns(width: int) -> int:
        return LENET.map_sizes(width)[-1][1]

    assert LENET.map_sizes(LENET.geometry.window_px)[-1] == (1, 1)
    for width in range(LENET.geometry.window_px - 2, LENET.geometry.window_px + 20):
        assert columns(width) == LENET.geometry.columns(width)


def test_the_last_feature_map_of_a_window_has_the_size_that_is_stated() -> None:
    assert LENET.map_sizes(LENET.geometry.window_px)[len(LENET.features)] == (1, 7)
    assert LENET.layers[-1] == Convolution(LENET.channels[-1], CLASSES, 1, 1)


@pytest.mark.parametrize("channels", [(4, 4, 4, 4, 4), (4, 4, 4, 4, 4, 4, 4)])
def test_other_than_six_channels_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="unpack"):
        assert replace(LENET, channels=channels).layers


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
    assert LENET.macs(130) == strip
    assert LENET.macs(68) == window
    assert LENET.geometry.columns(130) == len(range(0, 130 - 67, 4)) == 16
    assert 16 * sum(LENET.macs(68)) == 264_864_768
    assert sum(LENET.macs(130)) == 44_718_720
    assert round(264_864_768 / 44_718_720, 1) == 5.9

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

TINY = (3, 5, 4, 6, 7)
WIDTHS = [40, 41, 42, 43, 130, 181]


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
    assert sum(math.prod(size) for size in sizes) == sum(layer.parameters for layer in layers()) == 539_819


def test_the_window_and_the_stride_follow_from_the_layers() -> None:
    def columns(width: int) -> int:
        return map_sizes(layers(), width)[-1][1]

    assert map_sizes(layers(), GEOMETRY.window_px)[-1] == (1, 1)
    for width in range(GEOMETRY.window_px - 2, GEOMETRY.window_px + 20):
        assert columns(width) == GEOMETRY.columns(width)


def test_the_last_feature_map_of_a_window_has_the_size_that_is_stated() -> None:
    assert map_sizes(feature_layers(), GEOMETRY.window_px)[-1] == (FEATURE_ROWS, FEATURE_COLUMNS)
    assert layers()[-1] == Convolution(CHANNELS[-1], CLASSES, 1, 1)


def test_other_than_five_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        layers((4, 4, 4, 4))


def test_a_strip_is_swept_with_an_eighth_of_what_its_windows_take() -> None:
    cost = work(layers(), 130)
    windows = [sum(multiplications(layers(), 40)) for _ in range(0, 130 - 39, 2)]
    assert cost.columns == len(windows) == 46
    assert cost.cut == sum(windows) == 396_684_864
    assert cost.swept == sum(multiplications(layers(), 130)) == 50_261_184
    assert cost.ratio == pytest.approx(cost.cut / cost.swept) == pytest.approx(cost.window / cost.per_column)
    assert round(cost.ratio, 1) == 7.9


def test_one_window_costs_the_same_either_way() -> None:
    cost = work(layers(), GEOMETRY.window_px)
    assert (cost.columns, cost.ratio) == (1, 1.0)

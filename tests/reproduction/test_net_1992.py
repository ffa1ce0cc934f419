import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from reproduction.net_1992 import FEATURE_ROWS, GEOMETRY, MAPS, WIDEST, ZONE_WIDTHS, Net1992


@pytest.fixture
def net() -> Net1992:
    """In double precision, with weights that make its units do something, also on blank paper."""
    torch.manual_seed(0)
    net = Net1992().double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape))
    return net


def strips(width: int, count: int = 2) -> Tensor:
    return torch.from_numpy(np.random.default_rng(width).random((count, 1, 28, width)))


def padded_zones(net: Net1992, ink: Tensor) -> Tensor:
    """The logits by their definition: each zone filled up with background, then fully connected."""
    features = net.features(ink)
    background = net.features(torch.zeros_like(ink[:1, ..., :16])).expand(len(ink), -1, -1)
    kernel = net.output.weight.flatten(1)
    columns = features.shape[2]
    logits = torch.full((len(ink), columns, len(net.zone_widths), 10), torch.nan, dtype=ink.dtype)
    for t in range(columns):
        for zone, width in enumerate(net.zone_widths):
            own = features[:, :, t : t + width]
            missing = [background] * (WIDEST - own.shape[2])
            logits[:, t, zone] = functional.linear(
                torch.cat([own, *missing], 2).flatten(1), kernel, net.output.bias
            )
    return logits


def test_the_net_has_3_758_parameters() -> None:
    convolutions = 4 * (25 + 1) + 12 * (4 * 25 + 1)
    averages = 2 * (4 + 12)
    outputs = 10 * (12 * 4 * 5 + 1)
    assert convolutions + averages + outputs == 3_758
    for widths in (ZONE_WIDTHS, (5,)):
        assert sum(parameter.numel() for parameter in Net1992(widths).parameters()) == 3_758


def test_with_20_kernels_and_4_columns_it_would_have_the_2_578_of_the_net_of_1989() -> None:
    kernels_less, columns_less = 4 * 12 - 20, WIDEST - 4
    assert 3_758 - 25 * kernels_less - 10 * 12 * 4 * columns_less == 2_578


def test_the_layers_have_the_sizes_of_the_paper(net: Net1992) -> None:
    first = net.first(strips(28))
    assert first.shape[1:] == (4, 24, 24)
    assert net.first_average(first).shape[1:] == (4, 12, 12)
    second = net.second(net.first_average(first))
    assert second.shape[1:] == (12, 8, 8)
    assert net.second_average(second).shape[1:] == (12, 4, 4)
    assert (MAPS, FEATURE_ROWS) == ((4, 12), 4)


def test_an_average_has_a_coefficient_and_a_bias_for_each_map(net: Net1992) -> None:
    layer = net.first_average
    maps = torch.randn(2, 4, 6, 5, dtype=torch.float64)
    expected = torch.stack(
        [
            maps[:, m, :, :4].unfold(1, 2, 2).unfold(2, 2, 2).mean((3, 4)) * layer.coefficient[m]
            + layer.bias[m]
            for m in range(4)
        ],
        1,
    )
    torch.testing.assert_close(layer(maps), expected)


def test_units_are_squashed_to_1_at_1(net: Net1992) -> None:
    assert float(net.features(100 * strips(60)).detach().abs().max()) <= 1.7159
    with torch.no_grad():
        net.second_average.coefficient.zero_()
        net.second_average.bias.fill_(1.0)
        torch.testing.assert_close(
            net.features(strips(40)), torch.ones(2, 48, 7, dtype=torch.float64), atol=1e-4, rtol=0
        )


@pytest.mark.parametrize("width", [16, 17, 19, 20, 31, 32, 61, 140])
def test_there_is_a_feature_column_every_4_px(net: Net1992, width: int) -> None:
    columns = (width - 12) // 4
    assert GEOMETRY.columns(width) == columns
    assert net.features(strips(width)).shape == (2, 48, columns)
    assert net(strips(width)).shape == (2, columns, 4, 10)


def test_a_strip_without_room_for_a_feature_column_is_refused(net: Net1992) -> None:
    assert GEOMETRY.columns(15) == 0
    with pytest.raises(RuntimeError):
        net(strips(15))


@pytest.mark.parametrize("width", [32, 35, 36, 77])
def test_the_widest_zone_is_the_single_digit_net_on_its_window(net: Net1992, width: int) -> None:
    ink = strips(width)
    with torch.no_grad():
        logits = net(ink)[:, :, 0]
        windows = [net.digits(ink[..., left : left + 32]) for left in range(0, width - 31, 4)]
        # Windows and strips differ, or the comparison would say nothing.
        assert float((windows[0][0] - windows[0][1]).abs().max()) > 0.01
        torch.testing.assert_close(logits[:, : len(windows)], torch.stack(windows, 1))
    assert GEOMETRY.columns(width) - len(windows) == WIDEST - 1


@pytest.mark.parametrize("widths", [ZONE_WIDTHS, (5,), (2, 4), (3,)])
def test_a_narrow_zone_is_the_widest_one_filled_up_with_background(
    net: Net1992, widths: tuple[int, ...]
) -> None:
    net.zone_widths = widths
    ink = strips(57, count=3)
    with torch.no_grad():
        logits = net(ink)
        torch.testing.assert_close(logits, padded_zones(net, ink))
    if len(widths) > 1:
        assert float((logits[:, :, 0] - logits[:, :, 1]).abs().max()) > 0.1


def test_the_background_is_tied_while_the_net_learns(net: Net1992) -> None:
    # Blank paper's features change with the weights, and the gradient knows it.
    ink, weights = strips(49), torch.randn(2, 9, 4, 10, dtype=torch.float64)
    found = torch.autograd.grad((net(ink) * weights).sum(), [*net.parameters()])
    expected = torch.autograd.grad((padded_zones(net, ink) * weights).sum(), [*net.parameters()])
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_blank_paper_looks_the_same_to_every_zone(net: Net1992) -> None:
    with torch.no_grad():
        logits = net(torch.zeros(1, 1, 28, 60, dtype=torch.float64))
    torch.testing.assert_close(logits, logits[:, :1, :1].expand_as(logits))


def test_a_zone_sees_its_window_and_nothing_outside(net: Net1992) -> None:
    ink = strips(80, count=1)
    # Strip x has other pixels in its column x.
    changed = ink.repeat(80, 1, 1, 1)
    changed[range(80), 0, :, range(80)] = 1 - ink[0, 0].T
    with torch.no_grad():
        difference = (net(changed) - net(ink)).abs().amax(3)
    for zone, width in enumerate(ZONE_WIDTHS):
        for column in range(GEOMETRY.columns(80) - width + 1):
            left = column * GEOMETRY.stride_px
            seen = torch.zeros(80, dtype=torch.bool)
            seen[left : left + GEOMETRY.window_px + (width - 1) * GEOMETRY.stride_px] = True
            assert difference[seen, column, zone].min() > 1e-6
            assert difference[~seen, column, zone].max() < 1e-12
    widths_px = [GEOMETRY.window_px + (width - 1) * GEOMETRY.stride_px for width in ZONE_WIDTHS]
    assert widths_px == [32, 28, 24, 20]


def test_a_strip_is_swept_alone_as_among_others(net: Net1992) -> None:
    ink = strips(70, count=4)
    with torch.no_grad():
        torch.testing.assert_close(net(ink)[2:3], net(ink[2:3]))


def test_the_gradient_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    net = Net1992()
    net(strips(60).float()).log_softmax(3)[..., 3].sum().backward()
    assert all(parameter.grad is not None and bool(parameter.grad.any()) for parameter in net.parameters())


@pytest.mark.parametrize("widths", [(), (6,), (5, 1)])
def test_zones_without_weights_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="from 2 to 5"):
        Net1992(widths)


@pytest.mark.parametrize("width", [28, 36])
def test_windows_of_another_width_are_refused(net: Net1992, width: int) -> None:
    with pytest.raises(ValueError, match="expected 32"):
        net.digits(strips(width))

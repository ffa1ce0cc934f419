from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.brute_force import net_in_use, swept

from sdnn.models.digit_net import DigitNet
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.lenet import LENET
from sdnn.results import CLASSES, NO_DIGIT, Geometry

TINY = (3, 5, 4, 6, 8, 7)
HEIGHT, WINDOW = LENET.geometry.height_px, LENET.geometry.window_px


@pytest.fixture
def net() -> DigitNet:
    return net_in_use(seed=0)


def test_the_net_has_847_467_parameters() -> None:
    assert sum(parameter.numel() for parameter in DigitNet().parameters()) == 847_467


def test_the_geometry_is_a_window_of_48_by_68_px_every_4_px() -> None:
    assert Geometry(height_px=48, text_height_px=26, window_px=68, stride_px=4) == LENET.geometry


def test_a_window_becomes_ten_digits_and_no_digit() -> None:
    windows = torch.rand(3, 1, HEIGHT, WINDOW)
    assert DigitNet().eval()(windows).shape == (3, CLASSES)
    assert NO_DIGIT == CLASSES - 1 == 10


@pytest.mark.parametrize("channels", [LENET.channels, TINY])
def test_each_convolution_has_the_feature_maps_it_is_given(channels: tuple[int, ...]) -> None:
    net = DigitNet(replace(LENET, channels=channels)).eval()
    kernels = [layer for layer in net.features if isinstance(layer, torch.nn.Conv2d)]
    assert tuple(kernel.out_channels for kernel in kernels) == channels
    windows = torch.rand(2, 1, HEIGHT, WINDOW)
    assert net.features(windows).shape == (2, channels[-1], 1, 7)
    assert net(windows).shape == (2, CLASSES)


@pytest.mark.parametrize("channels", [(4, 4, 4, 4, 4), (4, 4, 4, 4, 4, 4, 4)])
def test_other_than_six_convolutions_are_refused(channels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="unpack"):
        DigitNet(replace(LENET, channels=channels))


def test_a_window_is_classified_alone_as_among_others() -> None:
    torch.manual_seed(0)
    net, windows = DigitNet().eval(), torch.rand(5, 1, HEIGHT, WINDOW)
    with torch.no_grad():
        torch.testing.assert_close(net(windows)[3:4], net(windows[3:4]), atol=1e-5, rtol=0)


def test_dropout_acts_in_training_only() -> None:
    torch.manual_seed(0)
    net, windows = DigitNet(replace(LENET, channels=TINY), dropout=0.5), torch.rand(4, 1, HEIGHT, WINDOW)
    for apply in (net, net.sweep):
        net.train()
        assert not torch.equal(apply(windows), apply(windows))
        net.eval()
        assert torch.equal(apply(windows), apply(windows))


@pytest.mark.parametrize("shape", [(1, 1, 48, 64), (1, 1, 48, 72), (1, 1, 44, 68), (1, 1, 52, 68)])
def test_a_window_of_another_size_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError):
        DigitNet().eval()(torch.zeros(shape))


@pytest.mark.parametrize("width", [68, 69, 70, 71, 72, 73, 101, 184, 300])
def test_the_sweep_for_training_is_the_net_on_every_window(net: DigitNet, width: int) -> None:
    ink = np.random.default_rng(width).random((2, HEIGHT, width), dtype=np.float32)
    with torch.no_grad():
        logits = net.sweep(torch.from_numpy(ink)[:, None]).numpy()
        folded = fully_convolutional(net)(torch.from_numpy(ink)).numpy()
    assert logits.shape == (2, LENET.geometry.columns(width), CLASSES)
    expected = np.stack([swept(net, strip) for strip in ink])
    # Strips and columns differ, or the comparison would say nothing.
    assert np.ptp(expected, axis=0).max() > 0.01
    assert width < WINDOW + LENET.geometry.stride_px or np.ptp(expected, axis=1).max() > 0.01
    np.testing.assert_allclose(logits, expected, atol=1e-4, rtol=0)
    np.testing.assert_allclose(logits, folded, atol=1e-4, rtol=0)


def test_the_sweep_takes_other_channels() -> None:
    net = net_in_use(seed=1, channels=TINY)
    ink = np.random.default_rng(0).random((HEIGHT, 120), dtype=np.float32)
    with torch.no_grad():
        logits = net.sweep(torch.from_numpy(ink)[None, None])[0].numpy()
    np.testing.assert_allclose(logits, swept(net, ink), atol=1e-4, rtol=0)


def test_in_training_one_window_is_swept_as_it_is_classified() -> None:
    # With a single column, what the normalisations see of a batch is the same either way.
    torch.manual_seed(0)
    net, windows = DigitNet(replace(LENET, channels=TINY)).train(), torch.rand(6, 1, HEIGHT, WINDOW)
    torch.testing.assert_close(net.sweep(windows)[:, 0], net(windows), atol=1e-5, rtol=0)


def test_a_frozen_sweep_in_training_is_that_of_evaluation(net: DigitNet) -> None:
    strips = torch.rand(2, 1, HEIGHT, 120)
    statistics = net.state_dict()["features.1.running_mean"].clone()
    net.dropout.p = 0.0
    with torch.no_grad():
        expected = net.eval().sweep(strips)
        frozen = net.train().sweep(strips, frozen=True)
        free = net.sweep(strips)
    torch.testing.assert_close(frozen, expected, atol=1e-5, rtol=0)
    assert (free - expected).abs().max() > 0.01
    assert not torch.equal(net.state_dict()["features.1.running_mean"], statistics)


def test_a_frozen_sweep_keeps_its_statistics_and_moves_everything_else() -> None:
    net = net_in_use(seed=2, channels=TINY).train()
    before = {name: value.clone() for name, value in net.named_buffers()}
    net.sweep(torch.rand(3, 1, HEIGHT, 100), frozen=True).log_softmax(2)[..., 3].sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in net.named_buffers())
    gradients = {name: parameter.grad for name, parameter in net.named_parameters()}
    assert all(gradient is not None and bool(gradient.any()) for gradient in gradients.values())


def test_the_gradient_of_a_sweep_reaches_every_parameter() -> None:
    torch.manual_seed(0)
    net = DigitNet(replace(LENET, channels=TINY)).train()
    net.sweep(torch.rand(3, 1, HEIGHT, 100)).log_softmax(2)[..., 3].sum().backward()
    gradients = {name: parameter.grad for name, parameter in net.named_parameters()}
    assert all(gradient is not None and bool(gradient.any()) for gradient in gradients.values())

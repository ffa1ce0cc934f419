from copy import deepcopy

import numpy as np
import pytest
import torch
from helpers.brute_force import net_in_use, swept

from sdnn.models.digit_net import DigitNet
from sdnn.models.fully_convolutional import FullyConvolutional, fully_convolutional
from sdnn.models.lenet import LENET

HEIGHT, WINDOW = LENET.geometry.height_px, LENET.geometry.window_px
WIDTHS = [68, 69, 70, 71, 72, 73, 107, *np.random.default_rng(0).integers(68, 721, 4).tolist()]


@pytest.fixture(scope="module")
def net() -> DigitNet:
    return net_in_use(seed=0)


@pytest.fixture(scope="module")
def sweep(net: DigitNet) -> FullyConvolutional:
    return fully_convolutional(net)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_column_is_the_single_digit_net_on_its_window(
    net: DigitNet, sweep: FullyConvolutional, width: int
) -> None:
    ink = np.random.default_rng(width).random((HEIGHT, width), dtype=np.float32)
    expected = swept(net, ink)
    with torch.no_grad():
        logits = sweep(torch.from_numpy(ink)[None])[0].numpy()
    # Columns differ among themselves, or the comparison would say nothing.
    assert width < WINDOW + LENET.geometry.stride_px or np.ptp(expected, axis=0).max() > 0.01
    np.testing.assert_allclose(logits, expected, atol=1e-4, rtol=0)


def test_a_net_of_other_channels_sweeps_as_well() -> None:
    net = net_in_use(seed=0, channels=(3, 5, 4, 6, 8, 7))
    ink = np.random.default_rng(0).random((HEIGHT, 120), dtype=np.float32)
    with torch.no_grad():
        logits = fully_convolutional(net)(torch.from_numpy(ink)[None])[0].numpy()
    np.testing.assert_allclose(logits, swept(net, ink), atol=1e-4, rtol=0)


def test_the_map_has_as_many_columns_as_the_geometry_says(sweep: FullyConvolutional) -> None:
    for width in range(68, 100):
        with torch.no_grad():
            assert sweep(torch.zeros(2, HEIGHT, width)).shape == (2, LENET.geometry.columns(width), 11)
    assert [LENET.geometry.columns(width) for width in (0, 67, 68, 71, 72, 600)] == [0, 0, 1, 1, 2, 134]


def test_a_column_sees_its_window_and_nothing_outside(sweep: FullyConvolutional) -> None:
    width = 113
    torch.manual_seed(0)
    strip = torch.rand(HEIGHT, width)
    # Strip x has other pixels in its column x.
    changed = strip.repeat(width, 1, 1)
    changed[range(width), :, range(width)] = 1 - strip.T
    with torch.no_grad():
        difference = (sweep(changed) - sweep(strip[None])).abs().amax(dim=2)
    for column in range(LENET.geometry.columns(width)):
        left = column * LENET.geometry.stride_px
        seen = torch.zeros(width, dtype=torch.bool)
        seen[left : left + LENET.geometry.window_px] = True
        assert difference[seen, column].min() > 1e-4
        assert difference[~seen, column].max() < 1e-5


def test_a_strip_is_swept_alone_as_among_others(sweep: FullyConvolutional) -> None:
    torch.manual_seed(0)
    strips = torch.rand(4, HEIGHT, 120, dtype=torch.float64)
    exact = deepcopy(sweep).double()  # in float32 some processors sum a batch in another order
    with torch.no_grad():
        torch.testing.assert_close(exact(strips)[2:3], exact(strips[2:3]), atol=1e-12, rtol=0)


def test_making_the_sweep_leaves_the_weights_of_the_net_alone(net: DigitNet) -> None:
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    sweep = fully_convolutional(net)
    with torch.no_grad():
        for parameter in sweep.parameters():
            parameter.add_(1.0)
    after = net.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_nothing_of_training_is_left_in_the_sweep(sweep: FullyConvolutional) -> None:
    kept = {type(layer) for layer in sweep.layers}
    assert kept == {torch.nn.Conv2d, torch.nn.ReLU, torch.nn.MaxPool2d}
    assert not sweep.training


@pytest.mark.parametrize(("index", "inputs"), [(0, 7 * 192 - 1), (4, 191)])
def test_a_fully_connected_layer_of_another_size_is_a_value_error(index: int, inputs: int) -> None:
    net = DigitNet()
    layer = net.classifier[index]
    assert isinstance(layer, torch.nn.Linear)
    net.classifier[index] = torch.nn.Linear(inputs, layer.out_features, bias=layer.bias is not None)
    with pytest.raises(ValueError, match=f"{inputs}.*expected"):
        fully_convolutional(net)

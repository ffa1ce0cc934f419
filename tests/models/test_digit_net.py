import pytest
import torch

from sdnn.models.digit_net import GEOMETRY, DigitNet
from sdnn.results import CLASSES, NO_DIGIT, Geometry


def test_the_net_has_244_635_parameters() -> None:
    assert sum(parameter.numel() for parameter in DigitNet().parameters()) == 244_635


def test_the_geometry_is_a_window_of_28_px_every_2_px() -> None:
    assert Geometry(height_px=28, text_height_px=20, window_px=28, stride_px=2) == GEOMETRY


def test_a_window_becomes_ten_digits_and_no_digit() -> None:
    windows = torch.rand(3, 1, GEOMETRY.height_px, GEOMETRY.window_px)
    assert DigitNet().eval()(windows).shape == (3, CLASSES)
    assert NO_DIGIT == CLASSES - 1 == 10


def test_the_features_of_a_window_are_64_channels_of_4_rows_and_8_columns() -> None:
    assert DigitNet().eval().features(torch.rand(1, 1, 28, 28)).shape == (1, 64, 4, 8)


def test_a_window_is_classified_alone_as_among_others() -> None:
    torch.manual_seed(0)
    net, windows = DigitNet().eval(), torch.rand(5, 1, 28, 28)
    with torch.no_grad():
        torch.testing.assert_close(net(windows)[3:4], net(windows[3:4]), atol=1e-5, rtol=0)


def test_dropout_acts_in_training_only() -> None:
    torch.manual_seed(0)
    net, windows = DigitNet(dropout=0.5), torch.rand(4, 1, 28, 28)
    assert not torch.equal(net(windows), net(windows))
    net.eval()
    assert torch.equal(net(windows), net(windows))


@pytest.mark.parametrize("shape", [(1, 1, 28, 26), (1, 1, 28, 30), (1, 1, 24, 28)])
def test_a_window_of_another_size_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError):
        DigitNet().eval()(torch.zeros(shape))

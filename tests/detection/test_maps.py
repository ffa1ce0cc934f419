import numpy as np
import pytest
from helpers.perfect_maps import document_of, perfect_maps, string_at

from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, UNIT_PX, DetectionMaps, sigmoid


def test_probabilities_are_the_logistic_function_of_logits() -> None:
    logits = np.array([[-40.0, -1.0], [0.0, 2.0]], dtype=np.float32)
    np.testing.assert_allclose(sigmoid(logits), 1 / (1 + np.exp(-logits)), rtol=1e-5)


def test_probabilities_keep_the_shape_of_their_logits() -> None:
    for shape in ((3,), (1, 4), (5, 2, 3)):
        assert sigmoid(np.zeros(shape, np.float32)).shape == shape


def test_no_logit_is_too_large_for_a_probability() -> None:
    np.testing.assert_array_equal(sigmoid(np.array([[-1e4, 1e4]], dtype=np.float32)), [[0.0, 1.0]])


def test_each_map_comes_from_its_channel_in_plain_units() -> None:
    maps = np.arange(11, dtype=np.float32).reshape(11, 1, 1) / 8
    back = np.array([[2.0, 0.0, 5.0], [0.0, 2.0, 7.0]])
    found = DetectionMaps.from_net(maps, np.zeros((4, 4), np.float32), back)
    masks = (found.line, found.digit, found.sign, found.struck, found.closer)
    np.testing.assert_allclose(np.ravel(masks), 1 / (1 + np.exp(-np.arange(5) / 8)), rtol=1e-5)
    assert found.height.item() == pytest.approx(UNIT_PX * 2**0.625)
    np.testing.assert_array_equal(found.direction.ravel(), [0.75, 0.875])
    assert found.offset.item() == UNIT_PX
    assert found.slant.item() == 1.125
    assert found.printed.item() == pytest.approx(1 / (1 + np.exp(-1.25)))
    np.testing.assert_array_equal(found.ink, np.full((4, 4), 0.5))
    np.testing.assert_array_equal(found.picture_from_map, back)


def test_heights_stay_within_what_a_net_can_mean() -> None:
    maps = np.zeros((11, 1, 2), np.float32)
    maps[5] = [-50.0, 50.0]
    found = DetectionMaps.from_net(maps, np.zeros((4, 8), np.float32), np.eye(2, 3))
    np.testing.assert_allclose(found.height, [[UNIT_PX / 4, UNIT_PX * 4]])


def test_maps_say_of_a_document_what_is_on_it() -> None:
    string = string_at("417", (20.0, 40.0), 18.0, slant=0.3, printed=True)
    maps = perfect_maps(document_of((64, 96), string, signs=[(76.0, 46.0, 8.0)]))
    row, column = 40 // STRIDE_PX, 36 // STRIDE_PX
    assert maps.line[row, column] > 0.99
    assert maps.line[2, 2] < 0.01
    assert maps.height[row, column] == pytest.approx(18.0)
    np.testing.assert_allclose(maps.direction[:, row, column], [1.0, 0.0], atol=1e-6)
    # Cells are read in their middles, two pixels below the line here.
    assert maps.offset[row, column] == pytest.approx(40.0 - (row + 0.5) * STRIDE_PX)
    assert maps.slant[row, column] == pytest.approx(0.3)
    assert maps.printed[row, column] > 0.99
    assert maps.sign[46 // STRIDE_PX, 76 // STRIDE_PX] > 0.99
    assert maps.digit.max() > 0.99
    assert maps.closer.max() < 0.01


def test_digits_below_the_octave_are_looked_at_closer_and_are_no_line() -> None:
    low, high = HEIGHTS_PX
    small, large = (
        perfect_maps(document_of((96, 192), string_at("12345", (20.0, 48.0), height)))
        for height in (0.7 * low, 1.3 * high)
    )
    assert small.closer.max() > 0.99
    assert large.closer.max() < 0.01
    assert max(small.line.max(), large.line.max()) < 0.01

import numpy as np
import pytest

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.region import region_of
from sdnn.results import Box

PAGE = np.ones((80, 120), np.float32)


def test_a_region_is_in_whole_pixels() -> None:
    assert region_of(PAGE, 10, 15, 40, 20) == Box(10, 15, 50, 35)
    assert region_of(PAGE, 9.6, 15.2, 40, 20) == Box(10, 15, 50, 35)


def test_a_region_ends_where_the_page_does() -> None:
    assert region_of(PAGE, -10, 60, 1000, 1000) == Box(0, 60, 120, 80)


@pytest.mark.parametrize("region", [(120, 0, 10, 10), (0, -20, 10, 10), (5, 5, 0, 10), (5, 5, 10, -3)])
def test_a_region_beyond_the_page_is_an_error(region: tuple[float, float, float, float]) -> None:
    with pytest.raises(UnreadableInput, match=r"a\.png: nothing of its 120 x 80 pixels"):
        region_of(PAGE, *region, name="a.png")

import numpy as np
import pytest

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.cutouts import region_of
from sdnn.results import Cutout, FloatArray


def dot_at(x: int, y: int, width: int = 120, height: int = 80) -> FloatArray:
    page = np.ones((height, width), np.float32)
    page[y, x] = 0.0
    return page


def darkest_on_page(cutout: Cutout) -> FloatArray:
    """Where on the page the middle of the cutout's ink lies."""
    ink = 1.0 - cutout.brightness
    rows, columns = np.indices(ink.shape)
    x, y = (ink * (columns + 0.5)).sum() / ink.sum(), (ink * (rows + 0.5)).sum() / ink.sum()
    return np.asarray(cutout.page_from_cutout @ [x, y, 1.0])


def test_the_whole_page_is_a_cutout_that_leads_back_to_itself() -> None:
    page = dot_at(30, 20)
    assert darkest_on_page(Cutout(page)) == pytest.approx([30.5, 20.5])


def test_a_region_leads_back_to_the_page() -> None:
    region = region_of(dot_at(30, 20), 10, 15, 40, 20)
    assert region.brightness.shape == (20, 40)
    assert darkest_on_page(region) == pytest.approx([30.5, 20.5])


def test_a_region_ends_where_the_page_does() -> None:
    assert region_of(dot_at(30, 20), -10, 60, 1000, 1000).brightness.shape == (20, 120)


@pytest.mark.parametrize("region", [(120, 0, 10, 10), (0, -20, 10, 10), (5, 5, 0, 10), (5, 5, 10, -3)])
def test_a_region_beyond_the_page_is_an_error(region: tuple[float, float, float, float]) -> None:
    with pytest.raises(UnreadableInput, match=r"a\.png: nothing of its 120 x 80 pixels"):
        region_of(dot_at(30, 20), *region, name="a.png")

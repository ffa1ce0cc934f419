import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.datasets.digits import Pen
from sdnn.datasets.strips import Layout, random_strip
from sdnn.errors import UnreadableInput
from sdnn.preprocessing.cutouts import Rectangle, levelled_cutout, region_of, straightened
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


def tilted_line(tilt_deg: float) -> FloatArray:
    """A picture of drawn digits, turned."""
    strip = random_strip(Pen(), Layout(digits=(8, 8)), np.random.default_rng(3))
    page = np.pad(cv2.resize(strip.page, None, fx=2, fy=2), 60, constant_values=1.0)
    height, width = page.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -tilt_deg, 1.0)
    return np.asarray(cv2.warpAffine(page, turn, (width, height), borderValue=1.0), dtype=np.float32)


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


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    x=st.integers(30, 90), y=st.integers(25, 55), tilt_deg=st.floats(-45, 45), middle=st.floats(50.0, 70.0)
)
def test_a_turned_rectangle_leads_back_to_the_page(x: int, y: int, tilt_deg: float, middle: float) -> None:
    cutout = levelled_cutout(dot_at(x, y), Rectangle(middle, 40.0, 150.0, 150.0, tilt_deg), paper=1.0)
    assert darkest_on_page(cutout) == pytest.approx([x + 0.5, y + 0.5], abs=0.6)


def test_a_level_rectangle_is_cut_out_pixel_for_pixel() -> None:
    page = np.random.default_rng(0).random((40, 60), dtype=np.float32)
    cutout = levelled_cutout(page, Rectangle(30.0, 20.0, 20.0, 10.0))
    np.testing.assert_allclose(cutout.brightness, page[15:25, 20:40], atol=1e-6)


def test_beyond_the_page_there_is_paper() -> None:
    cutout = levelled_cutout(np.zeros((10, 10), np.float32), Rectangle(0.0, 5.0, 20.0, 4.0), paper=0.75)
    assert cutout.brightness[:, :9] == pytest.approx(0.75)
    assert cutout.brightness[:, 11:] == pytest.approx(0.0)


@pytest.mark.parametrize("tilt_deg", [-9, -4, 4, 9])
def test_a_tilted_line_is_turned_level(tilt_deg: float) -> None:
    cutout = straightened(Cutout(tilted_line(tilt_deg)))
    (a, b, _), (c, _, _) = cutout.page_from_cutout
    assert np.rad2deg(np.arctan2(c, a)) == pytest.approx(tilt_deg, abs=2)
    assert b == pytest.approx(-c)


def test_nothing_is_cut_off_when_a_line_is_turned() -> None:
    page = tilted_line(6)
    assert (1 - straightened(Cutout(page)).brightness).sum() == pytest.approx((1 - page).sum(), rel=0.02)


def test_a_level_line_stays_as_it_is() -> None:
    line = Cutout(tilted_line(0))
    assert straightened(line) is line


def test_blank_paper_stays_as_it_is() -> None:
    blank = Cutout(np.ones((40, 100), np.float32))
    assert straightened(blank) is blank

import cv2
import numpy as np
import pytest

from sdnn.preprocessing.rulings import find_margins, find_rulings, without_rulings
from sdnn.results import FloatArray


def blank() -> FloatArray:
    return np.zeros((60, 160), np.float32)


def draw(ink: FloatArray, start: tuple[int, int], end: tuple[int, int], thickness: int = 2) -> FloatArray:
    """The page with a straight stroke from one point (x, y) to another."""
    canvas = (ink * 255).astype(np.uint8)
    cv2.line(canvas, start, end, 255, thickness, cv2.LINE_AA)
    return canvas.astype(np.float32) / np.float32(255)


def cleaned(ink: FloatArray) -> FloatArray:
    rulings = find_rulings(ink)
    return ink if rulings is None else without_rulings(ink, rulings)


@pytest.mark.parametrize("rise", [-8, -4, 0, 3, 8])
@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_a_ruling_goes_however_thick_and_tilted_it_is(rise: int, thickness: int) -> None:
    ink = draw(blank(), (0, 40), (159, 40 - rise), thickness)
    assert cleaned(ink).sum() < 0.05 * ink.sum()


def test_a_faint_ruling_goes() -> None:
    ink = draw(blank(), (0, 40), (159, 38)) * np.float32(0.4)
    assert cleaned(ink).sum() < 0.05 * ink.sum()


def test_a_dashed_ruling_goes() -> None:
    ink = blank()
    ink[40:42] = 1
    ink[:, ::14] = 0
    assert not cleaned(ink).any()


def test_a_ruling_across_part_of_the_page_goes() -> None:
    ink = draw(blank(), (40, 40), (159, 41))
    assert cleaned(ink).sum() < 0.05 * ink.sum()


@pytest.mark.parametrize("row", [0, 2, 55, 58])
def test_a_ruling_at_the_edge_of_the_page_goes(row: int) -> None:
    ink = blank()
    ink[row : row + 2] = 1
    assert not cleaned(ink).any()


def test_several_rulings_go() -> None:
    ink = draw(draw(blank(), (0, 12), (159, 10)), (0, 50), (159, 48))
    assert cleaned(ink).sum() < 0.05 * ink.sum()


def test_strokes_that_cross_a_ruling_stay_whole() -> None:
    strokes = draw(draw(blank(), (40, 10), (40, 55), 4), (110, 10), (90, 55), 4)
    ruled = draw(strokes, (0, 40), (159, 40))
    np.testing.assert_allclose(cleaned(ruled)[:, 30:50], strokes[:, 30:50], atol=0.3)
    missing = (strokes > 0.6) & (cleaned(ruled) < 0.4)
    assert missing.sum() <= 2


@pytest.mark.parametrize("length", [20, 40, 60])
def test_a_dash_is_no_ruling(length: int) -> None:
    assert find_rulings(draw(blank(), (60, 30), (60 + length, 30))) is None


def test_the_bars_of_sevens_are_no_rulings() -> None:
    ink = blank()
    for left in range(10, 150, 24):
        ink = draw(draw(ink, (left, 10), (left + 16, 10), 3), (left + 16, 10), (left + 8, 50), 3)
    assert find_rulings(ink) is None


def test_a_thick_band_is_no_ruling() -> None:
    ink = blank()
    ink[20:40] = 1
    assert find_rulings(ink) is None


@pytest.mark.parametrize("lean", [-4, 0, 4])
@pytest.mark.parametrize("thickness", [2, 6])
def test_a_margin_bar_ends_the_page(lean: int, thickness: int) -> None:
    ink = draw(draw(blank(), (14, 0), (14 + lean, 59), thickness), (80, 10), (80, 50), 4)
    margins = find_margins(ink)
    assert margins is not None
    left, right = margins
    assert 14 + thickness // 2 <= left < 30
    assert right == 160
    mirrored = find_margins(np.ascontiguousarray(ink[:, ::-1]))
    assert mirrored is not None
    assert mirrored[0] == 0
    assert mirrored[1] == pytest.approx(160 - left, abs=1)


def test_a_one_that_does_not_reach_from_edge_to_edge_is_no_margin_bar() -> None:
    assert find_margins(draw(blank(), (20, 6), (20, 53), 4)) is None


def test_a_bar_in_the_middle_of_the_page_is_no_margin() -> None:
    assert find_margins(draw(blank(), (80, 0), (80, 59), 4)) is None


@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (17, 3), (40, 33)])
def test_even_pages_of_any_shape_have_no_rulings(shape: tuple[int, int], level: float) -> None:
    assert find_rulings(np.full(shape, level, np.float32)) is None

import numpy as np
import numpy.typing as npt
import pytest

from sdnn.datasets.unipen import draw_strokes
from sdnn.datasets.unipen.sample import Strokes
from sdnn.datasets.unipen.stroke_drawing import smooth_strokes


def strokes(*lines: list[tuple[float, float]]) -> Strokes:
    return tuple(np.array(line, np.float32) for line in lines)


ELL = strokes([(0, 0), (0, 100), (60, 100)])


def weight_per_row(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return np.asarray(ink.sum(axis=1) / 255)


@pytest.mark.parametrize("height_px", [20, 40, 90])
@pytest.mark.parametrize("pen_px", [1.5, 3, 5])
def test_ink_has_the_given_height_and_is_cropped(height_px: float, pen_px: float) -> None:
    ink = draw_strokes(ELL, height_px, pen_px)
    assert ink.dtype == np.uint8
    assert ink.shape[0] == pytest.approx(height_px, abs=1.5)
    assert ink.shape[1] == pytest.approx(0.6 * (height_px - pen_px) + pen_px, abs=1.5)
    assert all(edge.any() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))


def test_y_goes_down_and_lines_are_as_broad_as_the_pen() -> None:
    ink = draw_strokes(ELL, 60, 4)
    rows = weight_per_row(ink)
    assert rows[10:50] == pytest.approx(4, abs=0.3)
    assert rows[-5:].max() > 30


def test_pressure_thins_what_does_not_go_straight_down() -> None:
    pressed = draw_strokes(ELL, 60, 4, pressure=0.6)
    assert weight_per_row(pressed)[10:50] == pytest.approx(4, abs=0.3)
    assert pressed[:, 20].sum() / 255 == pytest.approx(1.6, abs=0.3)


def test_a_reference_keeps_small_things_small() -> None:
    comma = strokes([(0, 0), (-5, 20)])
    assert draw_strokes(comma, 42, 2, reference=100).shape[0] == pytest.approx(10, abs=1.5)


def test_a_dash_is_scaled_by_its_width() -> None:
    dash = draw_strokes(strokes([(0, 0), (60, 0)]), 12, 2)
    assert dash.shape == (pytest.approx(2, abs=2), pytest.approx(62, abs=2))


@pytest.mark.parametrize("points", [[(7, 9)], [(7, 9), (7, 9)]])
def test_a_single_point_is_a_dot(points: list[tuple[float, float]]) -> None:
    dot = draw_strokes(strokes(points), 30, 4)
    assert dot.sum() / 255 == pytest.approx(np.pi * 4, rel=0.25)


def test_every_stroke_is_drawn_and_none_is_joined() -> None:
    two = draw_strokes(strokes([(0, 0), (0, 100)], [(50, 0), (50, 100)]), 50, 3)
    assert not two[:, two.shape[1] // 2].any()
    assert two[25, 1] == two[25, -2] == 255


def test_smoothing_spaces_points_evenly_and_keeps_the_ends() -> None:
    (curve,) = smooth_strokes(strokes([(0, 0), (0, 0), (0, 1), (0, 1), (0, 64), (32, 64)]), 64)
    steps = np.hypot(*np.diff(curve, axis=0).T)
    assert curve[[0, -1]].tolist() == [[0, 0], [32, 64]]
    assert len(curve) == 49
    assert steps == pytest.approx(2, abs=0.8)


def test_smoothing_takes_the_tablets_steps_away() -> None:
    stairs = [(float(k // 2), float((k + 1) // 2)) for k in range(65)]
    (curve,) = smooth_strokes(strokes(stairs), 32)
    assert np.abs(curve[:, 0] - curve[:, 1] + 0.5)[2:-2].max() < 0.25

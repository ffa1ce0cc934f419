"""Lines that may run either way."""

import numpy as np
import pytest
from helpers.fake_detections import line_along

from sdnn.decoding.consensus import Hypothesis
from sdnn.detection import LineCrop
from sdnn.reading.page import Line
from sdnn.results import Box

INK = np.zeros((60, 200), np.float32)


def line(confidence: float, turned: Line | None = None) -> Line:
    found = line_along((20, 30), (180, 30), 20, INK)
    made = Line(found, np.eye(2, 3), LineCrop(INK, Box(20, 20, 180, 40), 0.0), reversed=turned)
    made.unconstrained = Hypothesis((1,), np.zeros(1), confidence, 1.0)
    return made


def test_a_line_that_runs_one_way_is_that_way_for_certain() -> None:
    one = line(0.3)
    assert one.directions == [one]
    assert one.best_direction is one
    assert one.direction_probability == 1


@pytest.mark.parametrize(("upright", "upset"), [(0.9, 0.1), (0.2, 0.6), (0.5, 0.5)])
def test_the_better_way_is_as_probable_as_its_share_of_the_confidence(upright: float, upset: float) -> None:
    turned = line(upset)
    one = line(upright, turned)
    assert one.directions == [one, turned]
    better = one.best_direction
    assert better is (turned if upset > upright else one)
    assert better.direction_probability == pytest.approx(max(upright, upset) / (upright + upset))


def test_a_line_that_reads_neither_way_is_no_more_than_unlikely() -> None:
    assert line(0.0, line(0.0)).best_direction.direction_probability == 0

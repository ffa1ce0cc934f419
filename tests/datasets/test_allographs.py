import numpy as np
from helpers.steady_digits import SHAPES

from sdnn.datasets.allographs import ALLOGRAPHS


def test_every_digit_has_many_allographs_with_names_of_their_own() -> None:
    assert sorted(ALLOGRAPHS) == list(range(10))
    assert len(SHAPES) == len(set(SHAPES))
    assert all(len(allographs) >= 8 for allographs in ALLOGRAPHS.values())


def test_the_usual_shape_of_a_digit_comes_first() -> None:
    for first, *others in ALLOGRAPHS.values():
        assert all(0 < other.weight <= first.weight for other in others)


def test_a_one_climbs_steeply_to_its_corner_and_a_seven_runs_level() -> None:
    for label, steep in ((1, True), (7, False)):
        met = 0
        for allograph in ALLOGRAPHS[label]:
            for stroke in allograph.strokes:
                corners = [at for at, point in enumerate(stroke) if point.corner]
                if not corners:
                    continue
                (x0, y0, _), (x1, y1, _) = stroke[corners[-1] - 1 : corners[-1] + 1]
                angle_deg = np.degrees(np.arctan2(y0 - y1, x1 - x0))
                assert angle_deg > 45 if steep else abs(angle_deg) < 45
                met += 1
        assert met >= 6

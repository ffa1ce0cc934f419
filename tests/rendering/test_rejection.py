import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdnn.evaluation.confidence import Curve, risk_coverage
from sdnn.rendering.canvas import Colour
from sdnn.rendering.rejection import COLOURS, LABEL_PX, LEAST_ACCEPTED, PLOT, WIDTH_PX, rejection_plot, spread


def curve(n: int, wrong: int) -> Curve:
    """Strips of falling confidence, the least sure ones wrong."""
    return risk_coverage(np.linspace(1, 0, n), np.arange(n) < n - wrong)


def places(picture: Image.Image, colour: Colour) -> npt.NDArray[np.intp]:
    """(N, 2) row and column of the pixels of a line's colour within the plot, its end dot included."""
    found = np.argwhere((np.asarray(picture) == np.array(colour)).all(axis=-1))
    return found[found[:, 1] < PLOT.right + 8]


def end_of_line(picture: Image.Image) -> float:
    """The middle row of the first line's dot."""
    found = places(picture, COLOURS[0])
    return float(found[found[:, 1] > PLOT.right + 1, 0].mean())


def test_a_line_ends_at_full_coverage_and_at_the_error_of_all() -> None:
    # 10 of 100 wrong on an axis to 10 %: the line ends in the upper right corner.
    found = places(rejection_plot([("a", curve(100, 10))]), COLOURS[0])
    assert found[:, 1].max() == pytest.approx(PLOT.right, abs=6)
    assert found[found[:, 1] > PLOT.right - 2, 0].min() == pytest.approx(PLOT.top, abs=6)


def test_what_is_never_wrong_runs_along_the_foot() -> None:
    found = places(rejection_plot([("a", curve(200, 0))]), COLOURS[0])
    assert (abs(found[:, 0] - PLOT.bottom) <= 6).all()
    assert found[:, 1].min() == pytest.approx(PLOT.left + PLOT.width * LEAST_ACCEPTED / 200, abs=3)


def test_what_is_always_wrong_runs_along_the_top() -> None:
    found = places(rejection_plot([("a", curve(200, 200))]), COLOURS[0])
    assert (abs(found[:, 0] - PLOT.top) <= 6).all()


def test_the_error_has_a_square_root_scale() -> None:
    # 1 % of all wrong, on an axis that reaches 5 % at least.
    end = end_of_line(rejection_plot([("a", curve(1000, 10))]))
    assert end == pytest.approx(PLOT.bottom - PLOT.height * np.sqrt(0.2), abs=1)


def test_an_error_among_the_first_few_strips_does_not_set_the_scale() -> None:
    late = rejection_plot([("a", curve(500, 1))])
    early = rejection_plot([("a", risk_coverage(np.linspace(1, 0, 500), np.arange(500) > 0))])
    assert end_of_line(early) == end_of_line(late)


def test_strips_too_few_for_a_line_are_a_dot() -> None:
    found = places(rejection_plot([("a", curve(5, 1))]), COLOURS[0])
    assert len(found)
    assert (abs(found[:, 1] - PLOT.right) <= 6).all()


def test_strips_of_one_confidence_are_a_dot() -> None:
    found = places(rejection_plot([("a", risk_coverage(np.ones(100), np.arange(100) > 9))]), COLOURS[0])
    assert (abs(found[:, 1] - PLOT.right) <= 6).all()


def test_each_folder_has_a_line_and_a_name_in_its_colour() -> None:
    picture = rejection_plot([(str(i), curve(100, 5 * i)) for i in range(len(COLOURS))])
    for colour in COLOURS:
        assert len(places(picture, colour))
        everywhere = np.argwhere((np.asarray(picture) == np.array(colour)).all(axis=-1))
        assert everywhere[:, 1].max() > PLOT.right + 30


def test_the_first_folder_is_drawn_on_top() -> None:
    picture = rejection_plot([("a", curve(100, 5)), ("b", curve(100, 5))])
    assert len(places(picture, COLOURS[0]))
    assert not len(places(picture, COLOURS[1]))


def test_a_folder_without_strips_is_left_out() -> None:
    with_it = rejection_plot([("none", curve(0, 0)), ("a", curve(100, 5))])
    assert with_it.tobytes() == rejection_plot([("a", curve(100, 5))]).tobytes()


@pytest.mark.parametrize("curves", [[], [("none", curve(0, 0))]], ids=["no folders", "no strips"])
def test_without_strips_a_small_picture_says_so(curves: list[tuple[str, Curve]]) -> None:
    picture = rejection_plot(curves)
    assert picture.height < 100
    assert np.asarray(picture).min() < 100


def test_more_folders_than_fit_beside_the_plot_make_it_higher() -> None:
    few, many = (rejection_plot([("a", curve(50, 5))] * count) for count in (2, 14))
    assert few.width == many.width == WIDTH_PX
    assert many.height - few.height == 13 * LABEL_PX - PLOT.height


def test_a_long_name_ends_before_the_edge() -> None:
    picture = rejection_plot([("strips/of/a/folder/with-quite-a-long-name-数" * 3, curve(50, 5))])
    assert (np.asarray(picture)[:, -16:] == 255).all()


def test_many_strips_look_like_few_of_the_same_kind() -> None:
    few, many = (places(rejection_plot([("a", curve(n, n // 10))]), COLOURS[0]) for n in (1000, 50_000))
    assert many.mean(axis=0) == pytest.approx(few.mean(axis=0), abs=8)


def test_the_same_curves_give_the_same_picture() -> None:
    one, other = (rejection_plot([("a", curve(300, 20)), ("b", curve(40, 3))]) for _ in range(2))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([10.0, 50.0], [10.0, 50.0]),
        ([10.0, 12.0], [10.0, 30.0]),
        ([12.0, 10.0], [30.0, 10.0]),
        ([99.0, 98.0, 10.0], [100.0, 80.0, 10.0]),
        ([100.0, 100.0, 70.0], [80.0, 100.0, 60.0]),
        ([], []),
    ],
)
def test_places_move_apart_downwards_but_not_off_the_end(wanted: list[float], expected: list[float]) -> None:
    assert spread(wanted, 20, 100) == expected


@settings(max_examples=50)
@given(wanted=st.lists(st.floats(0, 500), max_size=12))
def test_places_keep_their_order_and_distance(wanted: list[float]) -> None:
    moved = spread(wanted, 56, 500)
    assert len(moved) == len(wanted)
    assert (np.diff(sorted(moved)) >= 56 - 1e-9).all()
    assert max(moved, default=0) <= 500
    assert np.argsort(moved).tolist() == np.argsort(wanted, kind="stable").tolist()

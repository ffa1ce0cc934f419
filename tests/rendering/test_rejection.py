import warnings

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from sdnn.evaluation.risk_coverage import RiskCoverageCurve, risk_coverage
from sdnn.rendering.rejection import COLOURS, MIN_ACCEPTED, SIZE_IN, rejection_figure, rejection_plot
from sdnn.results import FloatArray


def curve(n: int, wrong: int) -> RiskCoverageCurve:
    """Strips of falling confidence, the least sure ones wrong."""
    return risk_coverage(np.linspace(1, 0, n), np.arange(n) < n - wrong)


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def line(figure: Figure, number: int = 0) -> tuple[FloatArray, FloatArray]:
    """Coverages and errors of a line, in percent."""
    return figure.axes[0].lines[number].get_data()  # type: ignore[return-value]


def pixels(picture: Image.Image, colour: str) -> int:
    """Number of pixels of exactly that colour."""
    rgb = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return int((np.asarray(picture) == rgb).all(axis=-1).sum())


def test_a_line_ends_at_full_coverage_and_at_the_error_of_all() -> None:
    coverage, error = line(rejection_figure([("a", curve(100, 10))]))
    assert (coverage[-1], error[-1]) == (100, pytest.approx(10))
    assert (np.diff(coverage) > 0).all()


def test_a_line_begins_where_enough_strips_are_accepted() -> None:
    coverage, error = line(rejection_figure([("a", curve(200, 0))]))
    assert coverage[0] == pytest.approx(100 * MIN_ACCEPTED / 200)
    assert not error.any()


@pytest.mark.parametrize(("wrong", "top"), [(0, 5), (10, 5), (60, 10), (300, 40), (1000, 100)])
def test_the_error_axis_ends_at_the_tick_above_the_greatest_error(wrong: int, top: float) -> None:
    axes = rejection_figure([("a", curve(1000, wrong))]).axes[0]
    assert axes.get_ylim() == (0, top)
    assert axes.get_yticks()[-1] == top


def test_the_error_has_a_square_root_scale() -> None:
    axes = rejection_figure([("a", curve(1000, 10))]).axes[0]
    foot, quarter, top = (axes.transData.transform((50, error))[1] for error in (0, 1.25, 5))
    assert (quarter - foot) / (top - foot) == pytest.approx(1 / 2)


def test_an_error_among_the_first_few_strips_does_not_set_the_scale() -> None:
    early = rejection_figure([("a", risk_coverage(np.linspace(1, 0, 500), np.arange(500) > 0))])
    assert early.axes[0].get_ylim() == (0, 5)


@pytest.mark.parametrize(
    "few", [curve(5, 1), risk_coverage(np.ones(100), np.arange(100) > 9)], ids=["too few", "one confidence"]
)
def test_strips_that_make_no_line_are_a_dot(few: RiskCoverageCurve) -> None:
    figure = rejection_figure([("a", few)])
    assert line(figure)[0].tolist() == [100]
    assert pixels(rejection_plot([("a", few)]), COLOURS[0]) > 0


def test_each_folder_has_a_line_and_a_name_in_its_colour() -> None:
    figure = rejection_figure([(str(i), curve(100, 5 * i)) for i in range(len(COLOURS) + 1)])
    colours = [*COLOURS, COLOURS[0]]
    assert [each.get_color() for each in figure.axes[0].lines] == colours
    assert [to_hex(text.get_color()) for text in figure.legends[0].get_texts()] == colours
    assert names(figure)[1] == "1\nall accepted: 5.00 %"


def test_the_first_folder_is_drawn_on_top() -> None:
    both = rejection_plot([("a", curve(100, 5)), ("", curve(100, 5))])
    alone = rejection_plot([("a", curve(100, 5))])
    assert pixels(both, COLOURS[0]) == pytest.approx(pixels(alone, COLOURS[0]), rel=0.1)


def test_a_folder_without_strips_is_left_out() -> None:
    with_it = rejection_plot([("none", curve(0, 0)), ("a", curve(100, 5))])
    assert with_it.tobytes() == rejection_plot([("a", curve(100, 5))]).tobytes()


@pytest.mark.parametrize("curves", [[], [("none", curve(0, 0))]], ids=["no folders", "no strips"])
def test_without_strips_the_plot_says_so(curves: list[tuple[str, RiskCoverageCurve]]) -> None:
    assert [text.get_text() for text in rejection_figure(curves).axes[0].texts] == ["no strips"]


def test_more_folders_than_fit_beside_the_plot_make_it_higher() -> None:
    few, many = (rejection_plot([("a", curve(50, 5))] * count) for count in (2, 14))
    assert few.width == many.width == 100 * SIZE_IN[0]
    assert many.height > few.height == 100 * SIZE_IN[1]


def test_a_name_is_shown_as_it_is_whatever_it_means_to_matplotlib() -> None:
    curves = [(name, curve(50, 5)) for name in ("_a", "$x$", "$", "é数\n")]
    assert [name.partition("\n")[0] for name in names(rejection_figure(curves))] == ["_a", "$x$", "$", "e??"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rejection_plot(curves)


def test_a_long_name_is_shortened_and_leaves_the_plot_its_room() -> None:
    figure = rejection_figure([("strips/of/a/folder/with-quite-a-long-name" * 3, curve(50, 5))])
    figure.canvas.draw()
    (name,) = names(figure)
    assert "..." in name
    assert figure.axes[0].get_position().width > 0.6


def test_the_same_curves_give_the_same_picture() -> None:
    one, other = (rejection_plot([("a", curve(300, 20)), ("b", curve(40, 3))]) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_too_few_strips_are_named_in_the_picture() -> None:
    (text,) = rejection_figure([("a", curve(19, 1))]).axes[0].texts
    assert text.get_text() == "fewer than 20 strips are too few for a line"
    assert not rejection_figure([("a", curve(19, 1)), ("b", curve(20, 1))]).axes[0].texts

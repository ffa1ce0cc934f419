import numpy as np
import numpy.typing as npt
import pytest

from sdnn.datasets.documents import form_elements
from sdnn.datasets.documents.form_elements import Rule
from sdnn.datasets.documents.ink_canvas import Canvas, rectangle

RULE = Rule(1.0, 1.0)


def canvas() -> Canvas:
    return Canvas(60, 200, np.eye(2, 3))


def runs(profile: npt.NDArray[np.bool_]) -> list[float]:
    """Middles of the stretches that are set, in edges."""
    change = np.diff(np.concatenate([[0], profile.astype(int), [0]]))
    return [float(middle) for middle in (np.flatnonzero(change == 1) + np.flatnonzero(change == -1)) / 2]


def test_a_rule_can_be_thicker() -> None:
    assert Rule(0.5, 0.3).thicker(4) == Rule(2.0, 0.3)


@pytest.mark.parametrize("seed", range(12))
def test_a_comb_has_lines_at_the_edges_of_its_cells(seed: int) -> None:
    drawn = canvas()
    form_elements.comb(drawn, 10.5, 10.5, 20.0, 5, 30.0, RULE, np.random.default_rng(seed))
    ink = drawn.others > 100
    assert not ink[:9].any()
    assert not ink[43:].any()
    walls = runs(ink[36])  # low enough for the shortest teeth
    if len(walls) == 6:
        np.testing.assert_allclose(walls, 10.5 + 20 * np.arange(6), atol=1)
    else:  # a box for each digit
        assert len(walls) == 10
        np.testing.assert_allclose((np.array(walls[::2]) + walls[1::2]) / 2, 20.5 + 20 * np.arange(5), atol=1)


def test_combs_are_of_several_kinds() -> None:
    pictures = set()
    for seed in range(30):
        drawn = canvas()
        form_elements.comb(drawn, 10.5, 10.5, 20.0, 5, 30.0, RULE, np.random.default_rng(seed))
        pictures.add(((drawn.others[10] > 100).mean() > 0.3, (drawn.others[25] > 100).any()))
    assert len(pictures) >= 3


def test_rulings_are_level_and_one_pitch_apart() -> None:
    drawn = canvas()
    form_elements.rulings(drawn, np.array([20.0, 0, 180, 60]), 12.0, RULE, 0.5)
    levels = runs((drawn.others > 100)[:, 100])
    np.testing.assert_allclose(np.diff(levels), 12, atol=1)
    assert levels[0] == pytest.approx(6, abs=1)
    assert not drawn.others[:, :18].any()
    assert not drawn.others[:, 183:].any()


def test_graph_paper_has_squares() -> None:
    drawn = canvas()
    form_elements.graph_paper(drawn, np.array([0.0, 0, 200, 60]), 10.0, RULE, np.random.default_rng(1))
    ink = drawn.others > 100
    assert (ink.mean(axis=0) > 0.9).sum() >= 19
    assert (ink.mean(axis=1) > 0.9).sum() >= 5


def test_lines_run_between_their_ends() -> None:
    drawn = canvas()
    form_elements.upright_lines(drawn, [20.5, 80.5], 10, 50, RULE)
    assert runs((drawn.others > 100)[30]) == pytest.approx([20.5, 80.5], abs=0.5)
    assert not drawn.others[:8].any()
    drawn = canvas()
    form_elements.level_lines(drawn, [20.5, 40.5], 10, 150, RULE)
    assert runs((drawn.others > 100)[:, 100]) == pytest.approx([20.5, 40.5], abs=0.5)
    drawn = canvas()
    form_elements.box(drawn, rectangle(10.5, 10.5, 100.5, 40.5), RULE)
    assert runs((drawn.others > 100)[25]) == pytest.approx([10.5, 100.5], abs=0.5)
    assert runs((drawn.others > 100)[:, 50]) == pytest.approx([10.5, 40.5], abs=0.5)


def test_a_leader_is_dotted() -> None:
    drawn = canvas()
    form_elements.leader(drawn, 10, 110, 30.5, 10.0, 2.0, 1.0)
    dots = runs((drawn.others > 100)[30])
    assert len(dots) == 10
    np.testing.assert_allclose(np.diff(dots), 10, atol=1)


@pytest.mark.parametrize("seed", range(6))
def test_stamps_and_ticks_stay_where_they_are_put(seed: int) -> None:
    rows, columns = np.indices((60, 200)) + 0.5
    drawn = canvas()
    form_elements.stamp_ring(drawn, 100, 30, 20, 0.5, np.random.default_rng(seed))
    distance = np.hypot(columns - 100, rows - 30)
    assert drawn.others.any()
    assert distance[drawn.others > 60].max() < 23
    assert not drawn.others[distance < 3].any()
    drawn = canvas()
    form_elements.tick(drawn, 100, 30, 20, 1.0, np.random.default_rng(seed))
    assert drawn.others.any()
    assert distance[drawn.others > 60].max() < 20

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import best_path as obvious_best_path
from oracle import class_maps, normalized, partition, path_log_probs, string_of

from sdnn.choices import Topology
from sdnn.decoding.recursion import best_path, scores, totals
from sdnn.decoding.trellis import any_string, one_string, stack
from sdnn.results import FloatArray

topologies = st.sampled_from(list(Topology))
joins = pytest.mark.parametrize("join", [np.maximum, np.logaddexp])
few = settings(max_examples=40, deadline=None)


def random_map(columns: int, classes: int = 4, seed: int = 0) -> FloatArray:
    return normalized(np.random.default_rng(seed).normal(size=(columns, classes), scale=2))


@few
@given(class_maps(), topologies)
def test_viterbi_finds_the_best_of_all_paths(log_probs: FloatArray, topology: Topology) -> None:
    path, score = best_path(log_probs, any_string(log_probs.shape[1], topology))
    expected = obvious_best_path(log_probs, topology)[1]
    assert score == pytest.approx(expected, abs=1e-9)
    # Of equal paths any will do: the one found is allowed and has the best score.
    found = path_log_probs(log_probs, topology)[tuple(int(label) for label in path)]
    assert found == pytest.approx(expected, abs=1e-9)


@few
@given(class_maps(max_columns=5), topologies, st.data())
def test_viterbi_through_one_string_finds_the_best_of_its_paths(
    log_probs: FloatArray, topology: Topology, data: st.DataObject
) -> None:
    of_paths = path_log_probs(log_probs, topology)
    no_digit = log_probs.shape[1] - 1
    possible = {string_of(path, no_digit) for path, value in of_paths.items() if value > -math.inf}
    string = data.draw(st.sampled_from(sorted(possible)))
    path, score = best_path(log_probs, one_string(string, no_digit + 1, topology))
    found = tuple(int(label) for label in path)
    assert string_of(found, no_digit) == string
    assert score == pytest.approx(of_paths[found], abs=1e-9)
    best = max(value for other, value in of_paths.items() if string_of(other, no_digit) == string)
    assert score == pytest.approx(best, abs=1e-9)


@few
@given(class_maps(), topologies)
def test_forward_adds_up_all_paths(log_probs: FloatArray, topology: Topology) -> None:
    (total,) = totals(log_probs[None], any_string(log_probs.shape[1], topology), np.logaddexp)
    assert total == pytest.approx(math.log(partition(log_probs, topology)), abs=1e-9)
    if topology is Topology.CTC:
        assert total == pytest.approx(0.0, abs=1e-9)


@joins
def test_forward_and_viterbi_of_the_same_map_differ_only_in_how_paths_join(join: np.ufunc) -> None:
    log_probs = random_map(4)
    expected = join.reduce([*path_log_probs(log_probs, Topology.STRICT).values()])
    assert totals(log_probs[None], any_string(4, Topology.STRICT), join)[0] == pytest.approx(expected)


def test_scores_hold_the_partial_paths_that_end_in_each_state() -> None:
    log_probs = np.log([[0.6, 0.4], [0.3, 0.7]])
    table = scores(log_probs[None], any_string(2), np.logaddexp)
    assert table.shape == (1, 2, 3)
    # The dead state, then the digit and no-digit; every path enters the second column with 0.6 + 0.4.
    np.testing.assert_allclose(np.exp(table[0]), [[0, 0.6, 0.4], [0, 0.3, 0.7]])


@joins
@pytest.mark.parametrize("filling", [0.0, 3.0, -math.inf])
@pytest.mark.parametrize("topology", list(Topology))
def test_filled_up_maps_score_as_each_does_alone(join: np.ufunc, filling: float, topology: Topology) -> None:
    maps = [random_map(columns, seed=columns) for columns in (5, 1, 3, 7)]
    batch = np.full((4, 7, 4), filling)
    for place, log_probs in zip(batch, maps, strict=True):
        place[: len(log_probs)] = log_probs
    columns = [len(log_probs) for log_probs in maps]

    alike = any_string(4, topology)
    together = totals(batch, alike, join, columns)
    np.testing.assert_allclose(together, [totals(m[None], alike, join)[0] for m in maps], atol=1e-12)

    own = [one_string(string, 4, topology) for string in ([0, 0], [2], [], [1, 2, 0])]
    together = totals(batch, stack(own), join, columns)
    alone = [totals(m[None], trellis, join)[0] for m, trellis in zip(maps, own, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-12)
    assert np.isfinite(together).all()


def test_an_impossible_column_makes_every_path_impossible_without_a_warning() -> None:
    log_probs = np.array([[0.0, -math.inf], [-math.inf, -math.inf]])
    assert totals(log_probs[None], any_string(2), np.logaddexp)[0] == -math.inf


def test_of_equal_paths_the_one_through_the_lowest_states_is_taken() -> None:
    path, _ = best_path(np.log(np.full((3, 3), 1 / 3)), any_string(3))
    assert path.tolist() == [0, 0, 0]


def test_a_string_longer_than_the_map_has_no_best_path() -> None:
    with pytest.raises(ValueError, match="2 columns"):
        best_path(random_map(2), one_string([0, 0], 4))

import math

import numpy as np
import pytest
from helpers.brute_force import best_path as obvious_best_path
from helpers.brute_force import (
    class_maps,
    constrained_maps,
    normalized,
    partition,
    path_log_probs,
    path_log_probs_under,
    string_of,
)
from helpers.single_map import NoPath, best_path, one_string
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.automaton import Automaton, automaton
from sdnn.decoding.dynamic_programming import (
    Plus,
    best_paths,
    forward_scores,
    log_partition,
    log_plus,
    max_plus,
)
from sdnn.decoding.trellis import automaton_trellis, free_trellis, repeated_trellis, string_trellis
from sdnn.enums import Topology
from sdnn.results import FloatArray

topologies = st.sampled_from(list(Topology))
joins = pytest.mark.parametrize("plus", [max_plus, log_plus])
few = settings(max_examples=40, deadline=None)


def random_map(columns: int, classes: int = 4, seed: int = 0) -> FloatArray:
    return normalized(np.random.default_rng(seed).normal(size=(columns, classes), scale=2))


def filled_up(maps: list[FloatArray], filling: float) -> tuple[FloatArray, list[int]]:
    """The maps in one array, and how many columns of each count."""
    columns = [len(log_probs) for log_probs in maps]
    batch = np.full((len(maps), max(columns), maps[0].shape[1]), filling)
    for place, log_probs in zip(batch, maps, strict=True):
        place[: len(log_probs)] = log_probs
    return batch, columns


@few
@given(class_maps(), topologies)
def test_viterbi_finds_the_best_of_all_paths(log_probs: FloatArray, topology: Topology) -> None:
    path, score = best_path(log_probs, free_trellis(log_probs.shape[1], topology))
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
    (total,) = log_partition(log_probs[None], free_trellis(log_probs.shape[1], topology), log_plus)
    assert total == pytest.approx(math.log(partition(log_probs, topology)), abs=1e-9)
    if topology is Topology.CTC:
        assert total == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("plus", "joined"), [(max_plus, np.maximum), (log_plus, np.logaddexp)])
def test_forward_and_viterbi_of_the_same_map_differ_only_in_how_paths_join(
    plus: Plus, joined: np.ufunc
) -> None:
    log_probs = random_map(4)
    expected = joined.reduce([*path_log_probs(log_probs, Topology.STRICT).values()])
    assert log_partition(log_probs[None], free_trellis(4, Topology.STRICT), plus)[0] == pytest.approx(
        expected
    )


@few
@given(constrained_maps(), topologies)
def test_viterbi_finds_the_best_of_all_paths_that_an_automaton_allows(
    drawn: tuple[list[FloatArray], Automaton], topology: Topology
) -> None:
    (log_probs,), allowed = drawn
    of_paths = path_log_probs_under(log_probs, topology, allowed)
    expected = max(of_paths.values(), default=-math.inf)
    trellis = automaton_trellis(allowed, log_probs.shape[1], topology)
    if expected == -math.inf:
        with pytest.raises(NoPath):
            best_path(log_probs, trellis)
        return
    path, score = best_path(log_probs, trellis)
    assert score == pytest.approx(expected, abs=1e-9)
    # The path found spells a string of the language, whatever the map says: others have no entry.
    assert of_paths[tuple(path.tolist())] == pytest.approx(expected, abs=1e-9)


@few
@given(constrained_maps(), topologies)
def test_forward_adds_up_all_paths_that_an_automaton_allows(
    drawn: tuple[list[FloatArray], Automaton], topology: Topology
) -> None:
    (log_probs,), allowed = drawn
    (total,) = log_partition(
        log_probs[None], automaton_trellis(allowed, log_probs.shape[1], topology), log_plus
    )
    expected = [math.exp(value) for value in path_log_probs_under(log_probs, topology, allowed).values()]
    assert math.exp(total) == pytest.approx(math.fsum(expected), abs=1e-9)


def test_the_empty_language_has_no_path() -> None:
    nothing = automaton_trellis(automaton([(0, 1, 1)], [0], {}, 2), 4)
    with pytest.raises(NoPath, match="5 columns"):
        best_path(random_map(5), nothing)
    assert log_partition(random_map(5)[None], nothing, log_plus).tolist() == [-math.inf]


def test_scores_hold_the_partial_paths_that_end_in_each_state() -> None:
    log_probs = np.log([[0.6, 0.4], [0.3, 0.7]])
    table = forward_scores(log_probs[None], free_trellis(2), log_plus)
    # No-digit, then the digit; every path enters the second column with 0.6 + 0.4.
    np.testing.assert_allclose(np.exp(table), [[0.4, 0.6], [0.7, 0.3]])


@joins
@pytest.mark.parametrize("filling", [0.0, 3.0, -math.inf])
@pytest.mark.parametrize("topology", list(Topology))
def test_filled_up_maps_score_as_each_does_alone(plus: Plus, filling: float, topology: Topology) -> None:
    maps = [random_map(columns, seed=columns) for columns in (5, 1, 3, 7)]
    batch, columns = filled_up(maps, filling)

    alike = free_trellis(4, topology)
    together = log_partition(batch, repeated_trellis(alike, 4), plus, columns)
    np.testing.assert_allclose(together, [log_partition(m[None], alike, plus)[0] for m in maps], atol=1e-12)

    strings = [[0, 0], [2], [], [1, 2, 0]]
    together = log_partition(batch, string_trellis(strings, 4, topology), plus, columns)
    alone = [
        log_partition(log_probs[None], one_string(string, 4, topology), plus)[0]
        for log_probs, string in zip(maps, strings, strict=True)
    ]
    np.testing.assert_allclose(together, alone, atol=1e-12)
    assert np.isfinite(together).all()


def test_an_impossible_column_makes_every_path_impossible_without_a_warning() -> None:
    log_probs = np.array([[0.0, -math.inf], [-math.inf, -math.inf]])
    assert log_partition(log_probs[None], free_trellis(2), log_plus)[0] == -math.inf
    with pytest.raises(NoPath):
        best_path(log_probs, free_trellis(2))


def test_sums_of_probabilities_too_small_for_a_number_are_exact() -> None:
    # Each column has 1e-300 for each of two classes: 2e-300 together, all paths (2e-300)^5.
    log_probs = np.full((1, 5, 2), math.log(1e-300))
    (total,) = log_partition(log_probs, free_trellis(2), log_plus)
    assert total == pytest.approx(5 * math.log(2e-300), abs=1e-9)


def test_of_equal_paths_the_one_through_the_lowest_states_is_taken() -> None:
    # The lowest is the one between digits, then that of digit 0.
    path, _ = best_path(np.log(np.full((3, 3), 1 / 3)), free_trellis(3))
    assert path.tolist() == [2, 2, 2]
    path, _ = best_path(np.log([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]]), free_trellis(3))
    assert path.tolist() == [0, 0]


def test_a_string_longer_than_the_map_has_no_best_path() -> None:
    with pytest.raises(NoPath, match="2 columns"):
        best_path(random_map(2), one_string([0, 0], 4))


@few
@given(st.lists(class_maps(max_columns=5, min_classes=3, max_classes=3), min_size=1, max_size=4), topologies)
def test_the_best_paths_of_filled_up_maps_are_those_of_each_alone(
    maps: list[FloatArray], topology: Topology
) -> None:
    batch, columns = filled_up(maps, filling=7.0)
    paths, best = best_paths(batch, repeated_trellis(free_trellis(3, topology), len(maps)), columns)
    assert paths.shape == batch.shape[:2]
    for log_probs, path, score in zip(maps, paths, best, strict=True):
        alone, score_alone = best_path(log_probs, free_trellis(3, topology))
        assert path[: len(log_probs)].tolist() == alone.tolist()
        assert set(path[len(log_probs) :].tolist()) <= {int(alone[-1])}  # it stays where it is
        assert score == pytest.approx(score_alone, abs=1e-12)
        assert score == pytest.approx(obvious_best_path(log_probs, topology)[1], abs=1e-9)


@few
@given(
    st.lists(
        st.tuples(
            class_maps(max_columns=4, min_classes=3, max_classes=3),
            st.lists(st.integers(0, 1), max_size=3),
        ),
        min_size=1,
        max_size=4,
    ),
    topologies,
)
def test_each_map_of_a_batch_has_the_best_path_of_a_string_of_its_own(
    pairs: list[tuple[FloatArray, list[int]]], topology: Topology
) -> None:
    batch, columns = filled_up([log_probs for log_probs, _ in pairs], filling=0.0)
    trellis = string_trellis([string for _, string in pairs], 3, topology)
    paths, best = best_paths(batch, trellis, columns)
    for (log_probs, string), path, score in zip(pairs, paths, best, strict=True):
        of_paths = path_log_probs(log_probs, topology)
        of_string = [value for other, value in of_paths.items() if string_of(other, 2) == tuple(string)]
        expected = max(of_string, default=-math.inf)  # a string that is too long has no path at all
        assert score == pytest.approx(expected, abs=1e-9)
        if expected > -math.inf:
            found = tuple(int(label) for label in path[: len(log_probs)])
            assert string_of(found, 2) == tuple(string)
            assert of_paths[found] == pytest.approx(expected, abs=1e-9)


def test_in_a_batch_only_the_strings_without_room_are_impossible() -> None:
    maps = [random_map(columns, seed=columns) for columns in (2, 3)]
    batch, columns = filled_up(maps, filling=0.0)
    trellis = string_trellis([[1, 1], [1, 1]], 4)  # 1 1 takes three columns
    paths, best = best_paths(batch, trellis, columns)
    assert best[0] == -math.inf
    assert best[1] == pytest.approx(float(maps[1][0, 1] + maps[1][1, 3] + maps[1][2, 1]))
    assert paths[1].tolist() == [1, 3, 1]
    # With the filling counted there would be room on either.
    assert np.isfinite(best_paths(batch, trellis)[1]).all()


def test_the_path_of_a_string_stays_in_its_last_column_where_the_map_is_filled_up() -> None:
    #                    0    1   no-digit
    log_probs = np.log([[0.1, 0.1, 0.8], [0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]])
    # Of the paths of 0 in two columns - 0 has .8 x .2, 0 - has .1 x .5 and 0 0 has .1 x .2.
    paths, best = best_paths(log_probs[None], one_string([0], 3), [2])
    assert paths.tolist() == [[2, 0, 0, 0]]
    assert best[0] == pytest.approx(math.log(0.16))


@few
@given(constrained_maps(max_columns=4, most=3), topologies)
def test_the_maps_of_a_batch_under_one_automaton_are_scored_as_each_alone(
    drawn: tuple[list[FloatArray], Automaton], topology: Topology
) -> None:
    maps, allowed = drawn
    batch, columns = filled_up(maps, filling=5.0)
    alone = automaton_trellis(allowed, batch.shape[2], topology)
    together = repeated_trellis(alone, len(maps))
    paths, best = best_paths(batch, together, columns)
    sums = log_partition(batch, together, log_plus, columns)
    for log_probs, path, score, total in zip(maps, paths, best, sums, strict=True):
        of_paths = path_log_probs_under(log_probs, topology, allowed)
        assert math.exp(total) == pytest.approx(math.fsum(map(math.exp, of_paths.values())), abs=1e-9)
        assert score == pytest.approx(max(of_paths.values(), default=-math.inf), abs=1e-9)
        if score > -math.inf:
            assert of_paths[tuple(path[: len(log_probs)].tolist())] == pytest.approx(score, abs=1e-9)


def test_sums_of_probabilities_are_those_of_logarithms() -> None:
    rng = np.random.default_rng(0)
    maps = normalized(rng.normal(size=(5, 12, 4)) * 5)
    trellis = string_trellis([[0], [1, 2], [], [0, 0, 1], [2]], 4)
    columns = [12, 7, 3, 9, 1]
    of_logarithms = forward_scores(maps, trellis, log_plus, columns)[-1] + trellis.final
    expected = [np.logaddexp.reduce(of_logarithms[trellis.maps == number]) for number in range(5)]
    np.testing.assert_allclose(log_partition(maps, trellis, log_plus, columns), expected, atol=1e-12)


def test_a_sum_too_small_for_a_number_is_still_right() -> None:
    # One column after the other says 0 and the string is 1: e^-40 a column, e^-1600 in all.
    maps = np.tile(np.log([1 - 2 * np.exp(-40.0), np.exp(-40.0), np.exp(-40.0)]), (1, 40, 1))
    (found,) = log_partition(maps, one_string([1], 3), log_plus)
    # Gaps and the digit cost the same; 40 columns have 820 ways to place one run.
    assert found == pytest.approx(-1600 + np.log(820), abs=1e-9)

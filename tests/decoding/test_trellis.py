from collections import Counter
from itertools import product

import numpy as np
import pytest
from helpers.brute_force import Path, String, automata, is_allowed, language, paths, string_of
from helpers.single_map import one_string
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.trellis import Trellis, automaton_trellis, free_trellis, repeated_trellis, string_trellis
from sdnn.enums import Topology

topologies = pytest.mark.parametrize("topology", list(Topology))
few = settings(max_examples=40, deadline=None)
DIGITS = 2
with_automaton = given(automata(DIGITS), st.sampled_from(list(Topology)))


def weighted_walks(trellis: Trellis, columns: int, number: int = 0) -> list[tuple[Path, float]]:
    """The labels along every walk through one map's part of the trellis, with the walk's log-weight."""
    followers: dict[int, list[int]] = {}
    for before, state in zip(trellis.sources.tolist(), trellis.owners.tolist(), strict=True):
        followers.setdefault(before, []).append(state)
    begins = np.flatnonzero((trellis.initial > -np.inf) & (trellis.maps == number)).tolist()
    ways: list[tuple[int, ...]] = [(state,) for state in begins]
    for _ in range(columns - 1):
        ways = [(*way, state) for way in ways for state in followers[way[-1]]]
    return [
        (
            tuple(int(trellis.labels[state]) for state in way),
            float(trellis.initial[way[0]] + trellis.final[way[-1]]),
        )
        for way in ways
        if trellis.final[way[-1]] > -np.inf
    ]


def walks(trellis: Trellis, columns: int, number: int = 0) -> Counter[Path]:
    """The labels along every walk, with the number of walks that have them; all have weight 1."""
    found = weighted_walks(trellis, columns, number)
    assert {weight for _, weight in found} <= {0.0}
    return Counter(path for path, _ in found)


def allowed_paths(columns: int, classes: int, topology: Topology) -> list[Path]:
    return [path for path in paths(columns, classes) if is_allowed(path, classes - 1, topology)]


@topologies
@pytest.mark.parametrize(("columns", "classes"), [(1, 2), (4, 2), (1, 4), (3, 4), (5, 3)])
def test_every_string_walks_every_allowed_path_exactly_once(
    topology: Topology, columns: int, classes: int
) -> None:
    expected = allowed_paths(columns, classes, topology)
    assert walks(free_trellis(classes, topology), columns) == Counter(expected)


@topologies
@pytest.mark.parametrize("string", [s for length in range(4) for s in product(range(2), repeat=length)])
def test_one_string_walks_every_path_that_spells_it_exactly_once(topology: Topology, string: String) -> None:
    for columns in range(1, 6):
        expected = [path for path in allowed_paths(columns, 3, topology) if string_of(path, 2) == string]
        assert walks(one_string(string, 3, topology), columns) == Counter(expected)


@few
@with_automaton
def test_an_automaton_walks_every_path_that_spells_a_string_of_it_exactly_once_with_its_weight(
    automaton: Automaton, topology: Topology
) -> None:
    trellis = automaton_trellis(automaton, DIGITS + 1, topology)
    weights = language(automaton, 4, DIGITS)
    for columns in (1, 4):
        expected = [
            (path, weights[string])
            for path in allowed_paths(columns, DIGITS + 1, topology)
            if (string := string_of(path, DIGITS)) in weights
        ]
        assert sorted(weighted_walks(trellis, columns)) == sorted(expected)


@few
@with_automaton
def test_a_reversed_trellis_walks_the_same_paths_backwards(automaton: Automaton, topology: Topology) -> None:
    trellis = automaton_trellis(automaton, DIGITS + 1, topology)
    expected = sorted((path[::-1], weight) for path, weight in weighted_walks(trellis, 4))
    assert sorted(weighted_walks(trellis.reversed, 4)) == expected
    assert trellis.reversed.labels is trellis.labels  # the states keep their numbers


@few
@with_automaton
def test_the_first_states_are_those_of_the_automaton_and_then_come_its_arcs(
    automaton: Automaton, topology: Topology
) -> None:
    trellis = automaton_trellis(automaton, DIGITS + 1, topology)
    assert trellis.labels.tolist() == [DIGITS] * len(automaton) + automaton.arcs[:, 1].tolist()


def assert_in_order(trellis: Trellis) -> None:
    """The predecessors of each state lie together, in order, and the state itself is one of them."""
    states = np.arange(len(trellis.labels))
    assert trellis.starts.tolist() == np.searchsorted(trellis.owners, states).tolist()
    arcs = list(zip(trellis.owners.tolist(), trellis.sources.tolist(), strict=True))
    assert arcs == sorted(set(arcs))
    assert {(state, state) for state in states.tolist()} <= set(arcs)
    # No arc leads from one map to another.
    assert (trellis.maps[trellis.owners] == trellis.maps[trellis.sources]).all()


@few
@with_automaton
def test_the_predecessors_of_a_state_lie_together_and_it_is_one_of_them(
    automaton: Automaton, topology: Topology
) -> None:
    trellis = automaton_trellis(automaton, DIGITS + 1, topology)
    for each in (trellis, trellis.reversed, repeated_trellis(trellis, 3), one_string([], 3, topology)):
        assert_in_order(each)
    assert_in_order(string_trellis([[0, 0, 1], [], [1]], 3, topology))


def test_two_equal_digits_need_a_no_digit_column_between() -> None:
    trellis = one_string([0, 0], 2, Topology.CTC)
    assert walks(trellis, 2) == Counter()
    assert walks(trellis, 3) == Counter([(0, 1, 0)])


def test_two_different_digits_may_touch_unless_the_topology_is_strict() -> None:
    assert walks(one_string([0, 1], 3, Topology.CTC), 2) == Counter([(0, 1)])
    assert walks(one_string([0, 1], 3, Topology.STRICT), 2) == Counter()


@topologies
def test_strings_side_by_side_walk_what_each_walks_alone(topology: Topology) -> None:
    strings = [[], [1], [0, 1, 1], [1], [0, 0]]
    together = string_trellis(strings, 3, topology)
    for number, string in enumerate(strings):
        assert walks(together, 4, number) == walks(one_string(string, 3, topology), 4)


@few
@with_automaton
def test_every_map_of_a_batch_walks_what_one_walks_alone(automaton: Automaton, topology: Topology) -> None:
    alone = automaton_trellis(automaton, DIGITS + 1, topology)
    together = repeated_trellis(alone, 3)
    for number in range(3):
        assert weighted_walks(together, 3, number) == weighted_walks(alone, 3)
    assert repeated_trellis(alone, 1) is alone


@topologies
@pytest.mark.parametrize("digit", [-1, 2, 7])
def test_a_digit_that_is_no_class_is_refused(topology: Topology, digit: int) -> None:
    with pytest.raises(ValueError, match="digit classes are 0 to 1"):
        one_string([0, digit], 3, topology)
    with pytest.raises(ValueError, match="digit classes are 0 to 1"):
        automaton_trellis(any_string(3), 3, topology)


def test_the_trellis_of_an_automaton_is_built_once() -> None:
    automaton = any_string(3)
    assert automaton_trellis(automaton, 4) is automaton_trellis(automaton, 4)
    assert free_trellis(4) is free_trellis(4)
    assert free_trellis(4, Topology.STRICT) is not free_trellis(4)

from collections import Counter
from itertools import product

import numpy as np
import pytest
from oracle import Path, String, is_allowed, paths, string_of

from sdnn.choices import Topology
from sdnn.decoding.trellis import DEAD, Trellis, any_string, one_string, stack

topologies = pytest.mark.parametrize("topology", list(Topology))


def walks(trellis: Trellis, columns: int) -> Counter[Path]:
    """The labels along every walk through the trellis, with the number of walks that have them."""
    ways: list[Path] = [(int(state),) for state in np.flatnonzero(trellis.initial)]
    for _ in range(columns - 1):
        ways = [
            (*way, state)
            for way in ways
            for state, arcs in enumerate(trellis.predecessors)
            for before in arcs
            if before == way[-1]
        ]
    return Counter(
        tuple(int(trellis.labels[state]) for state in way) for way in ways if trellis.final[way[-1]]
    )


def row(trellis: Trellis, index: int) -> Trellis:
    return Trellis(
        trellis.labels[index], trellis.predecessors[index], trellis.initial[index], trellis.final[index]
    )


@topologies
@pytest.mark.parametrize(("columns", "classes"), [(1, 2), (4, 2), (1, 4), (3, 4), (5, 3)])
def test_any_string_walks_every_allowed_path_exactly_once(
    topology: Topology, columns: int, classes: int
) -> None:
    expected = [path for path in paths(columns, classes) if is_allowed(path, classes - 1, topology)]
    assert walks(any_string(classes, topology), columns) == Counter(expected)


@topologies
@pytest.mark.parametrize("string", [s for length in range(4) for s in product(range(2), repeat=length)])
def test_one_string_walks_every_path_that_spells_it_exactly_once(topology: Topology, string: String) -> None:
    for columns in range(1, 6):
        expected = [p for p in paths(columns, 3) if is_allowed(p, 2, topology) and string_of(p, 2) == string]
        assert walks(one_string(string, 3, topology), columns) == Counter(expected)


def test_two_equal_digits_need_a_no_digit_column_between() -> None:
    trellis = one_string([0, 0], 2, Topology.CTC)
    assert walks(trellis, 2) == Counter()
    assert walks(trellis, 3) == Counter([(0, 1, 0)])


def test_two_different_digits_may_touch_unless_the_topology_is_strict() -> None:
    assert walks(one_string([0, 1], 3, Topology.CTC), 2) == Counter([(0, 1)])
    assert walks(one_string([0, 1], 3, Topology.STRICT), 2) == Counter()


@topologies
def test_nothing_begins_or_ends_in_the_dead_state_nor_leaves_it(topology: Topology) -> None:
    for trellis in (any_string(4, topology), one_string([], 4, topology), one_string([2, 2, 0], 4, topology)):
        assert not trellis.initial[DEAD]
        assert not trellis.final[DEAD]
        assert set(trellis.predecessors[DEAD].tolist()) == {DEAD}


@topologies
def test_stacked_trellises_walk_what_each_walks_alone(topology: Topology) -> None:
    alone = [any_string(3, topology), *(one_string(string, 3, topology) for string in ([], [1], [0, 1, 1]))]
    stacked = stack(alone)
    for index, trellis in enumerate(alone):
        assert walks(row(stacked, index), 4) == walks(trellis, 4)

"""What is found on many maps together is what is found on each of them alone."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from helpers.brute_force import class_maps, constrained_maps
from helpers.single_map import best_path, consensus_of_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding import padding
from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.consensus import Hypothesis
from sdnn.decoding.decoder import decode, forced_alignments
from sdnn.decoding.padding import map_in_batches, max_states, pad_batch
from sdnn.decoding.posterior import digit_marginals, language_log_probs, log_partitions, string_log_probs
from sdnn.decoding.trellis import free_trellis
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray, IntArray

topologies = st.sampled_from(list(Topology))
alike = class_maps(max_columns=5, min_classes=3, max_classes=3)
few = settings(max_examples=40, deadline=None)


def test_shorter_maps_are_filled_up() -> None:
    maps = [np.full((2, 3), -1.0), np.full((4, 3), -2.0)]
    batch, columns = pad_batch(maps)
    assert (batch.shape, columns.tolist()) == ((2, 4, 3), [2, 4])
    for row, log_probs, last in zip(batch, maps, columns, strict=True):
        np.testing.assert_array_equal(row[:last], log_probs)


def test_maps_come_in_batches_that_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(padding, "MAX_SCORES", 60)
    maps = [np.full((columns, 3), float(columns)) for columns in (4, 9, 3, 20, 4)]
    seen: list[list[int]] = []

    def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> list[float]:
        assert log_probs.shape == (len(places), columns.max(), 3)
        seen.append(places)
        return [float(row[0, 0]) for row in log_probs]

    assert map_in_batches(maps, 5, found) == [4, 9, 3, 20, 4]
    assert seen == [[2, 0, 4], [1], [3]]  # at most 60 / 5 columns together, or one map


def test_the_longest_string_has_the_most_states() -> None:
    assert max_states([[1, 2], [], [3]]) == 5
    assert max_states([]) == 1


def paths_or_none(paths: Sequence[IntArray | None]) -> list[list[int] | None]:
    return [None if path is None else path.tolist() for path in paths]


@few
@given(
    constrained_maps(max_columns=5, most=4),
    st.sampled_from([Decoder.VITERBI, Decoder.POSTERIOR]),
    topologies,
    st.booleans(),
)
def test_paths(
    drawn: tuple[list[FloatArray], Automaton], decoder: Decoder, topology: Topology, free: bool
) -> None:
    maps, allowed = drawn

    def find(given: Sequence[FloatArray]) -> list[IntArray | None]:
        return decode(given, decoder, topology, None if free else allowed)

    assert paths_or_none(find(maps)) == paths_or_none([find([log_probs])[0] for log_probs in maps])


@few
@given(st.lists(alike, min_size=1, max_size=4), topologies, st.data())
def test_paths_and_probabilities_of_strings(
    maps: list[FloatArray], topology: Topology, data: st.DataObject
) -> None:
    string = st.lists(st.integers(0, 1), max_size=3)
    strings = [data.draw(string) for _ in maps]
    alone = [
        forced_alignments([log_probs], [text], topology)[0]
        for log_probs, text in zip(maps, strings, strict=True)
    ]
    assert paths_or_none(forced_alignments(maps, strings, topology)) == paths_or_none(alone)
    probs = [
        string_log_probs([log_probs], [text], topology)[0]
        for log_probs, text in zip(maps, strings, strict=True)
    ]
    np.testing.assert_allclose(string_log_probs(maps, strings, topology), probs, atol=1e-9)


@few
@given(constrained_maps(max_columns=5, most=4), topologies, st.data())
def test_probabilities_of_languages_and_digits(
    drawn: tuple[list[FloatArray], Automaton], topology: Topology, data: st.DataObject
) -> None:
    maps, allowed = drawn
    alone = [language_log_probs([log_probs], allowed, topology)[0] for log_probs in maps]
    np.testing.assert_allclose(language_log_probs(maps, allowed, topology), alone, atol=1e-9)
    alone = [log_partitions([log_probs], topology)[0] for log_probs in maps]
    np.testing.assert_allclose(log_partitions(maps, topology), alone, atol=1e-9)
    digit = st.integers(0, maps[0].shape[1] - 2)
    strings = [data.draw(st.lists(digit, max_size=4)) for _ in maps]
    for found, log_probs, string in zip(
        digit_marginals(maps, strings, topology, allowed), maps, strings, strict=True
    ):
        (expected,) = digit_marginals([log_probs], [string], topology, allowed)
        np.testing.assert_allclose(found, expected, atol=1e-9)


@few
@given(constrained_maps(max_columns=4, most=6), st.sampled_from(list(Decoder)), topologies, st.data())
def test_the_consensus_of_lines(
    drawn: tuple[list[FloatArray], Automaton], decoder: Decoder, topology: Topology, data: st.DataObject
) -> None:
    maps, allowed = drawn
    cuts = sorted({0, len(maps), *data.draw(st.lists(st.integers(1, len(maps)), max_size=2))})
    lines = [maps[first:last] for first, last in pairwise(cuts)]
    automaton = None if decoder is Decoder.NMS else data.draw(st.sampled_from([None, allowed]))
    together = consensus_of_lines(lines, decoder, topology, automaton)
    for found, line in zip(together, lines, strict=True):
        (expected,) = consensus_of_lines([line], decoder, topology, automaton)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert_alike(found, expected)


def assert_alike(found: Hypothesis, expected: Hypothesis) -> None:
    assert found.string == expected.string
    np.testing.assert_allclose(found.log_probs, expected.log_probs, atol=1e-9)
    assert found.confidence == pytest.approx(expected.confidence, abs=1e-9)
    assert found.constraint_probability == pytest.approx(expected.constraint_probability, abs=1e-9)


def test_of_nothing_there_is_nothing() -> None:
    for topology in Topology:
        assert consensus_of_lines([], topology=topology) == []
        assert consensus_of_lines([], topology=topology, automaton=any_string(2)) == []
        assert language_log_probs([], any_string(2), topology).shape == (0,)
        assert decode([], topology=topology) == []
        assert digit_marginals([], [], topology) == []
        assert string_log_probs([], [], topology).shape == (0,)


@few
@given(st.integers(1, 6), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_where_any_class_may_follow_any_other_the_best_class_of_each_column_is_the_best_path(
    columns: int, classes: int, seed: int
) -> None:
    # Few different values, so that there are ties, and columns where nothing is possible.
    values = np.random.default_rng(seed).choice(
        [-2.0, -1.0, -np.inf], size=(columns, classes), p=[0.5, 0.4, 0.1]
    )
    (path,) = decode([values])
    if np.isneginf(values).all(axis=1).any():
        assert path is None
        return
    assert path is not None
    assert path.tolist() == best_path(values, free_trellis(classes))[0].tolist()

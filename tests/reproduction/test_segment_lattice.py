import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from helpers.brute_force import automata, class_maps, language, normalized, path_log_probs, string_of
from helpers.single_map import NoPath, best_path, one_string
from hypothesis import given, settings
from hypothesis import strategies as st

from reproduction.segment_lattice import (
    SegmentWidths,
    any_segments,
    best_segments,
    marginals,
    segment_marginals,
    segments_of,
    segments_of_each,
    segments_of_length,
)
from sdnn.decoding.automaton import Automaton, automaton
from sdnn.decoding.constraints.length import length_range
from sdnn.decoding.dynamic_programming import best_paths, log_partition, log_plus
from sdnn.decoding.trellis import Trellis, free_trellis, repeated_trellis
from sdnn.enums import Topology
from sdnn.results import FloatArray, Span

few = settings(max_examples=40, deadline=None)
DIGITS = 2
ZONES = [SegmentWidths(widths, DIGITS) for widths in [(2,), (3, 2), (2, 4), (5, 4, 3, 2)]]
zones_of_two_digits = st.sampled_from(ZONES)


# The slow, obvious definition: every segmentation written out.


@dataclass(frozen=True)
class Segment:
    first: int
    zone: int
    digit: int


Segmentation = tuple[Segment, ...]


def segmentations(columns: int, zones: SegmentWidths, begin: int = 0) -> list[Segmentation]:
    """All ways to set digits behind one another in the columns from `begin` on."""
    if begin >= columns:
        return [()]
    found = segmentations(columns, zones, begin + 1)
    for zone, width in enumerate(zones.widths):
        if begin + width <= columns:
            rest = segmentations(columns, zones, begin + width)
            found += [(Segment(begin, zone, digit), *more) for digit in range(zones.digits) for more in rest]
    return found


def spelled(segmentation: Segmentation) -> tuple[int, ...]:
    return tuple(segment.digit for segment in segmentation)


def labels_of(segmentation: Segmentation, columns: int, zones: SegmentWidths) -> tuple[int, ...]:
    labels = [zones.left_out] * columns
    for first, zone, digit in ((one.first, one.zone, one.digit) for one in segmentation):
        labels[first : first + zones.widths[zone]] = [zones.inside] * zones.widths[zone]
        labels[first] = zone * zones.digits + digit
    return tuple(labels)


def scores_of(log_probs: FloatArray, zones: SegmentWidths, price: float = 0.0) -> dict[Segmentation, float]:
    """Every segmentation of a (T, Z, D) map with its log-score."""
    columns = len(log_probs)
    return {
        one: math.fsum(
            [float(log_probs[segment.first, segment.zone, segment.digit]) for segment in one]
            + [price] * labels_of(one, columns, zones).count(zones.left_out)
        )
        for one in segmentations(columns, zones)
    }


def log_sum(values: Sequence[float]) -> float:
    total = math.fsum(map(math.exp, values))
    return math.log(total) if total else -math.inf


@st.composite
def zone_maps(
    draw: st.DrawFn, zones: SegmentWidths | None = None, most_columns: int = 6
) -> tuple[FloatArray, SegmentWidths]:
    """Small (T, Z, 2) maps, flat to sharp, normalised or not, some digits impossible."""
    zones = zones or draw(zones_of_two_digits)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, most_columns)), len(zones.widths), DIGITS)
    logits: FloatArray = rng.normal(size=shape, scale=draw(st.sampled_from([0.0, 1.0, 4.0])))
    if draw(st.booleans()):
        logits = normalized(logits)
    logits[rng.random(shape) < draw(st.sampled_from([0.0, 0.2]))] = -math.inf
    return logits, zones


def assert_best_and_sum(
    class_map: FloatArray, trellis: Trellis, expected: dict[tuple[int, ...], float]
) -> None:
    """A map's best path and sum are those of the expected paths."""
    (total,) = log_partition(class_map[None], trellis, log_plus)
    assert total == pytest.approx(log_sum([*expected.values()]), abs=1e-9)
    best = max(expected.values(), default=-math.inf)
    if best == -math.inf:
        with pytest.raises(NoPath):
            best_path(class_map, trellis)
        return
    path, score = best_path(class_map, trellis)
    assert score == pytest.approx(best, abs=1e-9)
    assert expected[tuple(path.tolist())] == pytest.approx(best, abs=1e-9)


@few
@given(zone_maps(), st.sampled_from([0.0, -0.5, -3.0]))
def test_the_best_and_the_sum_of_any_number_of_digits(
    drawn: tuple[FloatArray, SegmentWidths], price: float
) -> None:
    log_probs, zones = drawn
    expected = {
        labels_of(one, len(log_probs), zones): value
        for one, value in scores_of(log_probs, zones, price).items()
    }
    assert_best_and_sum(zones.class_map(log_probs, price), any_segments(zones), expected)


@few
@given(zone_maps(), st.integers(0, 3))
def test_the_best_and_the_sum_of_a_known_number_of_digits(
    drawn: tuple[FloatArray, SegmentWidths], length: int
) -> None:
    log_probs, zones = drawn
    expected = {
        labels_of(one, len(log_probs), zones): value
        for one, value in scores_of(log_probs, zones).items()
        if len(one) == length
    }
    assert_best_and_sum(zones.class_map(log_probs), segments_of_length((length,), zones), expected)


@few
@given(zone_maps(), st.lists(st.integers(0, DIGITS - 1), max_size=3))
def test_the_best_and_the_sum_of_a_given_string(
    drawn: tuple[FloatArray, SegmentWidths], string: list[int]
) -> None:
    log_probs, zones = drawn
    expected = {
        labels_of(one, len(log_probs), zones): value
        for one, value in scores_of(log_probs, zones).items()
        if spelled(one) == tuple(string)
    }
    assert_best_and_sum(zones.class_map(log_probs), segments_of_each([string], zones), expected)


@few
@given(zone_maps(), automata(DIGITS), st.sampled_from([0.0, -0.5]))
def test_the_best_and_the_sum_of_the_strings_that_an_automaton_allows(
    drawn: tuple[FloatArray, SegmentWidths], allowed: Automaton, price: float
) -> None:
    log_probs, zones = drawn
    weights = language(allowed, 3, DIGITS)
    expected = {
        labels_of(one, len(log_probs), zones): value + weights[spelled(one)]
        for one, value in scores_of(log_probs, zones, price).items()
        if spelled(one) in weights
    }
    assert_best_and_sum(zones.class_map(log_probs, price), segments_of(allowed, zones), expected)


def walks(trellis: Trellis, columns: int, number: int = 0) -> Counter[tuple[int, ...]]:
    """The labels along every walk through one map's part of a trellis, with how many walks have them."""
    followers: dict[int, list[int]] = {}
    for before, state in zip(trellis.sources.tolist(), trellis.owners.tolist(), strict=True):
        followers.setdefault(before, []).append(state)
    ways = [[state] for state in np.flatnonzero((trellis.initial == 0) & (trellis.maps == number)).tolist()]
    for _ in range(columns - 1):
        ways = [[*way, state] for way in ways for state in followers[way[-1]]]
    return Counter(tuple(trellis.labels[way].tolist()) for way in ways if trellis.final[way[-1]] == 0)


@pytest.mark.parametrize("zones", ZONES, ids=lambda zones: str(zones.widths))
def test_every_segmentation_is_walked_exactly_once(zones: SegmentWidths) -> None:
    for columns in range(1, 7):
        every = segmentations(columns, zones)

        def of(chosen: list[Segmentation], columns: int = columns) -> Counter[tuple[int, ...]]:
            return Counter(labels_of(one, columns, zones) for one in chosen)

        assert walks(any_segments(zones), columns) == of(every)
        lengths = (2, 0, 1)
        for number, length in enumerate(lengths):
            expected = of([one for one in every if len(one) == length])
            assert walks(segments_of_length(lengths, zones), columns, number) == expected
        strings = [(0,), (), (1, 1), (0, 1)]
        for number, string in enumerate(strings):
            expected = of([one for one in every if spelled(one) == string])
            assert walks(segments_of_each(strings, zones), columns, number) == expected


@pytest.mark.parametrize("zones", ZONES, ids=lambda zones: str(zones.widths))
def test_a_reversed_trellis_walks_the_same_segmentations_backwards(zones: SegmentWidths) -> None:
    for trellis in (any_segments(zones), segments_of_length((2,), zones), segments_of_each([[1, 0]], zones)):
        expected = Counter(path[::-1] for path in walks(trellis, 6).elements())
        assert walks(trellis.reversed, 6) == expected


@pytest.mark.parametrize("zones", ZONES, ids=lambda zones: str(zones.widths))
def test_every_state_has_a_predecessor_and_none_of_another_map(zones: SegmentWidths) -> None:
    # Where a state had none, the recursion would take another state's.
    for trellis in (
        any_segments(zones),
        segments_of_length((2, 0), zones),
        segments_of_each([[], [1, 1, 0]], zones),
        repeated_trellis(any_segments(zones), 3),
    ):
        for each in (trellis, trellis.reversed):
            assert np.unique(each.owners).tolist() == [*range(len(each.labels))]
            assert each.starts.tolist() == np.searchsorted(each.owners, np.arange(len(each.labels))).tolist()
            assert (each.maps[each.owners] == each.maps[each.sources]).all()


#                       width 2       width 3
#                      7     1       7     1
WORKED = np.log(
    [
        [[0.6, 0.4], [0.8, 0.2]],
        [[0.9, 0.1], [0.5, 0.5]],
        [[0.3, 0.7], [0.5, 0.5]],
        [[0.5, 0.5], [0.5, 0.5]],
    ]
)
WORKED_ZONES = SegmentWidths((2, 3), digits=2)


def test_four_columns_worked_by_hand() -> None:
    seven, one = 0, 1

    def assert_best(lengths: list[int] | None, price: float, spans: list[Span], prob: float) -> None:
        (path,), (score,) = best_segments(WORKED[None], WORKED_ZONES, lengths, price=price)
        assert WORKED_ZONES.collapse(path) == spans
        assert math.exp(score) == pytest.approx(prob)

    half = math.log(0.5)
    assert_best([1], 0.0, [Span(seven, 1, 2)], 0.9)
    assert_best([2], 0.0, [Span(seven, 0, 1), Span(one, 2, 3)], 0.42)
    assert_best(None, half, [Span(seven, 0, 1), Span(one, 2, 3)], 0.42)
    class_map = WORKED_ZONES.class_map(WORKED, half)
    path, score = best_path(class_map, segments_of_length((1,), WORKED_ZONES))
    assert WORKED_ZONES.collapse(path) == [Span(seven, 0, 2)]
    assert math.exp(score) == pytest.approx(0.4)
    _, score = best_path(class_map, segments_of_length((0,), WORKED_ZONES))
    assert math.exp(score) == pytest.approx(0.0625)
    probs, (total,) = segment_marginals(WORKED[None], WORKED_ZONES, [1])
    assert math.exp(total) == pytest.approx(5)
    assert float(probs[..., seven].sum()) == pytest.approx(3.1 / 5)
    # Where columns cost nothing and the number of digits is not known, no digit at all is best.
    assert_best(None, 0.0, [], 1.0)


def test_a_path_turns_back_into_digits() -> None:
    zones = SegmentWidths((3, 2))
    begin_4, begin_9 = 4, 19  # as wide as the first zone, and as the second
    path = [zones.left_out, begin_4, zones.inside, zones.inside, begin_9, zones.inside, zones.left_out]
    assert zones.collapse(path) == [Span(4, 1, 3), Span(9, 4, 5)]
    assert zones.collapse([zones.left_out] * 3) == []


@few
@given(zone_maps())
def test_the_labels_of_a_segmentation_spell_it(drawn: tuple[FloatArray, SegmentWidths]) -> None:
    log_probs, zones = drawn
    for one in segmentations(len(log_probs), zones):
        expected = [
            Span(segment.digit, segment.first, segment.first + zones.widths[segment.zone] - 1)
            for segment in one
        ]
        assert zones.collapse(labels_of(one, len(log_probs), zones)) == expected


def test_the_class_map_has_the_zones_one_behind_another_and_two_labels_more() -> None:
    log_probs = np.arange(-12.0, 0.0).reshape(1, 2, 3, 2)
    zones = SegmentWidths((4, 3, 2), digits=2)
    assert (zones.inside, zones.left_out) == (6, 7)
    expected = [[[-12, -11, -10, -9, -8, -7, 0, -0.5], [-6, -5, -4, -3, -2, -1, 0, -0.5]]]
    assert zones.class_map(log_probs, price=-0.5).tolist() == expected


# Many maps at once.


def filled_up(maps: list[FloatArray], filling: float) -> tuple[FloatArray, list[int]]:
    """The maps in one array, and how many columns of each count."""
    columns = [len(log_probs) for log_probs in maps]
    batch = np.full((len(maps), max(columns), *maps[0].shape[1:]), filling)
    for place, log_probs in zip(batch, maps, strict=True):
        place[: len(log_probs)] = log_probs
    return batch, columns


three_two = SegmentWidths((3, 2), DIGITS)
batches = st.lists(
    st.tuples(
        zone_maps(three_two, most_columns=7).map(lambda drawn: drawn[0]),
        st.lists(st.integers(0, DIGITS - 1), max_size=3),
    ),
    min_size=1,
    max_size=4,
)
fillings = st.sampled_from([0.0, 40.0, -math.inf])


@few
@given(batches, fillings)
def test_filled_up_maps_are_decoded_as_each_alone(
    pairs: list[tuple[FloatArray, list[int]]], filling: float
) -> None:
    maps, strings = [one for one, _ in pairs], [string for _, string in pairs]
    lengths = tuple(map(len, strings))
    batch, columns = filled_up(maps, filling)
    class_map = three_two.class_map(batch, price=-0.3)
    for together, alone in [
        (repeated_trellis(any_segments(three_two), len(maps)), [any_segments(three_two)] * len(maps)),
        (segments_of_length(lengths, three_two), [segments_of_length((n,), three_two) for n in lengths]),
        (segments_of_each(strings, three_two), [segments_of_each([one], three_two) for one in strings]),
    ]:
        paths, best = best_paths(class_map, together, columns)
        sums = log_partition(class_map, together, log_plus, columns)
        probs, logs = marginals(class_map, together, columns)
        for place, (count, trellis) in enumerate(zip(columns, alone, strict=True)):
            one = class_map[place : place + 1, :count]
            (path,), (score,) = best_paths(one, trellis)
            assert best[place] == pytest.approx(score, abs=1e-9)
            if score > -math.inf:
                assert paths[place, :count].tolist() == path.tolist()
                assert (paths[place, count:] >= three_two.inside).all()  # nothing begins there
            (expected,) = log_partition(one, trellis, log_plus)
            assert (sums[place], logs[place]) == pytest.approx((expected, expected), abs=1e-9)
            np.testing.assert_allclose(probs[place, :count], marginals(one, trellis)[0][0], atol=1e-9)
            assert not probs[place, count:].any()


@few
@given(batches, fillings, st.booleans(), st.sampled_from([0.0, -0.7]))
def test_the_best_segmentation_is_that_of_the_trellis_of_all_digits(
    pairs: list[tuple[FloatArray, list[int]]], filling: float, known: bool, price: float
) -> None:
    batch, columns = filled_up([one for one, _ in pairs], filling)
    lengths = tuple(len(string) for _, string in pairs)
    whole = (
        segments_of_length(lengths, three_two)
        if known
        else repeated_trellis(any_segments(three_two), len(batch))
    )
    _, expected = best_paths(three_two.class_map(batch, price), whole, columns)
    paths, best = best_segments(batch, three_two, lengths if known else None, columns, price)
    np.testing.assert_allclose(best, expected, atol=1e-9)
    for log_probs, path, score, count, length in zip(batch, paths, best, columns, lengths, strict=True):
        if score > -math.inf:
            # Of equal ones any will do: the one found has the best score.
            of_paths = {
                labels_of(one, count, three_two): value
                for one, value in scores_of(log_probs[:count], three_two, price).items()
                if len(one) == length or not known
            }
            assert of_paths[tuple(path[:count].tolist())] == pytest.approx(score, abs=1e-9)
            assert (path[count:] >= three_two.inside).all()


@few
@given(batches, fillings, st.booleans(), st.sampled_from([0.0, -0.7]))
def test_a_digit_is_as_probable_as_the_segmentations_that_have_it(
    pairs: list[tuple[FloatArray, list[int]]], filling: float, known: bool, price: float
) -> None:
    batch, columns = filled_up([one for one, _ in pairs], filling)
    lengths = [len(string) for _, string in pairs]
    probs, total = segment_marginals(batch, three_two, lengths if known else None, columns, price)
    for log_probs, found, of_all, count, length in zip(batch, probs, total, columns, lengths, strict=True):
        of_each = {
            one: value
            for one, value in scores_of(log_probs[:count], three_two, price).items()
            if len(one) == length or not known
        }
        assert of_all == pytest.approx(log_sum([*of_each.values()]), abs=1e-9)
        expected = np.zeros(found.shape)
        for one, value in of_each.items():
            for segment in one:
                if value > -math.inf:
                    share = math.exp(value - of_all)
                    expected[segment.first, segment.zone, segment.digit] += share
        np.testing.assert_allclose(found, expected, atol=1e-9)


@few
@given(zone_maps(most_columns=7), st.integers(0, 3))
def test_where_every_zone_sums_to_1_the_sum_is_the_number_of_ways_to_place_zones(
    drawn: tuple[FloatArray, SegmentWidths], length: int
) -> None:
    log_probs, zones = drawn
    log_probs = normalized(np.where(np.isfinite(log_probs), log_probs, 0.0))
    placed = segmentations(len(log_probs), SegmentWidths(zones.widths, digits=1))
    ways = sum(len(one) == length for one in placed)
    _, (total,) = segment_marginals(log_probs[None], zones, [length])
    assert math.exp(total) == pytest.approx(ways)


@few
@given(class_maps(max_columns=5, min_classes=3, max_classes=3), st.sampled_from(list(Topology)), st.data())
def test_marginals_are_those_of_any_trellis(
    log_probs: FloatArray, topology: Topology, data: st.DataObject
) -> None:
    string = data.draw(st.lists(st.integers(0, 1), max_size=2))
    of_paths = path_log_probs(log_probs, topology)
    of_string = {path: value for path, value in of_paths.items() if string_of(path, 2) == tuple(string)}
    for trellis, members in [
        (free_trellis(3, topology), of_paths),
        (one_string(string, 3, topology), of_string),
    ]:
        (found,), (total,) = marginals(log_probs[None], trellis)
        assert total == pytest.approx(log_sum([*members.values()]), abs=1e-9)
        expected = np.zeros(log_probs.shape)
        for path, value in members.items():
            if value > -math.inf:
                expected[np.arange(len(path)), path] += math.exp(value - total)
        np.testing.assert_allclose(found, expected, atol=1e-9)


# What has no room or is not allowed.


def test_a_digit_ends_within_the_map() -> None:
    log_probs = np.zeros((3, 2, 2))
    log_probs[2] = 9.0  # sure, but of no use: there is one column left
    (path,), (score,) = best_segments(log_probs[None], three_two, [1])
    assert three_two.collapse(path)[0].last <= 2
    assert score == 0
    _, (score,) = best_segments(log_probs[None], three_two, [2])
    assert score == -math.inf
    probs, (total,) = segment_marginals(log_probs[None], three_two, [2])
    assert total == -math.inf
    assert not probs.any()


def test_the_language_without_strings_has_no_segmentation() -> None:
    nothing = segments_of(automaton([(0, 1, 1)], [0], {}, 2), three_two)
    with pytest.raises(NoPath):
        best_path(three_two.class_map(np.zeros((4, 2, 2))), nothing)


def test_the_constraints_of_class_maps_are_those_of_segments() -> None:
    zones = SegmentWidths((3, 2))
    log_probs = np.random.default_rng(0).normal(size=(1, 9, 2, 10))
    for length in range(5):
        known = log_partition(zones.class_map(log_probs), segments_of_length((length,), zones), log_plus)
        allowed = log_partition(
            zones.class_map(log_probs), segments_of(length_range(length, length), zones), log_plus
        )
        assert known == pytest.approx(allowed, abs=1e-9)


@pytest.mark.parametrize("widths", [(1,), (3, 1), (0, 2)])
def test_a_zone_of_less_than_two_columns_is_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        SegmentWidths(widths)


@pytest.mark.parametrize("digit", [-1, 2])
def test_a_digit_that_is_no_class_is_refused(digit: int) -> None:
    with pytest.raises(ValueError, match="digit classes are 0 to 1"):
        segments_of_each([[0, digit]], three_two)


def test_trellises_that_do_not_depend_on_a_string_are_built_once() -> None:
    assert any_segments(three_two) is any_segments(SegmentWidths((3, 2), DIGITS))
    assert segments_of_length((5, 5), three_two) is segments_of_length((5, 5), three_two)


def test_the_oracle_knows_the_segmentations_of_a_few_columns() -> None:
    one_digit = SegmentWidths((3, 2), digits=1)
    # Of three columns: nothing; width 2 in either place; width 3.
    assert [len(segmentations(columns, one_digit)) for columns in (0, 1, 2, 3)] == [1, 1, 2, 4]
    assert len(segmentations(4, SegmentWidths((2,), digits=2))) == 1 + 3 * 2 + 2 * 2
    assert labels_of((Segment(1, 0, 0),), 5, one_digit) == (3, 0, 2, 2, 3)
    assert {*product(range(2), repeat=2)} == {
        spelled(one) for one in segmentations(4, three_two) if len(one) == 2
    }

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from helpers.brute_force import (
    class_maps,
    constrained_maps,
    normalized,
    partition,
    string_probs,
    string_probs_under,
    strings,
)
from helpers.brute_force import digit_marginals as obvious_digit_probs
from helpers.single_map import digit_marginals, language_log_prob, log_partition_of, string_log_probs
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding import posterior as under_test
from sdnn.decoding.automaton import Automaton, any_string, automaton
from sdnn.decoding.decoder import forced_alignments
from sdnn.enums import Topology
from sdnn.results import FloatArray

Constrained = tuple[list[FloatArray], Automaton]

topologies = st.sampled_from(list(Topology))
few = settings(max_examples=40, deadline=None)


@few
@given(class_maps(), topologies)
def test_the_posterior_of_every_string_is_the_share_of_its_paths(
    log_probs: FloatArray, topology: Topology
) -> None:
    expected = string_probs(log_probs, topology)
    # Strings that only CTC finds room for are asked of the strict topology as well.
    strings = sorted(string_probs(log_probs, Topology.CTC))
    probs = np.exp(string_log_probs(log_probs, strings, topology))
    np.testing.assert_allclose(probs, [expected.get(string, 0.0) for string in strings], atol=1e-9)
    assert probs.sum() == pytest.approx(1.0, abs=1e-9)


@few
@given(class_maps(max_columns=4))
def test_the_log_of_the_posterior_is_as_exact_as_the_posterior(log_probs: FloatArray) -> None:
    expected = string_probs(log_probs, Topology.CTC)
    with np.errstate(divide="ignore"):
        logs = np.log([*expected.values()])
    np.testing.assert_allclose(string_log_probs(log_probs, [*expected]), logs, atol=1e-9)


@pytest.mark.parametrize(
    ("topology", "string"),
    [(Topology.CTC, [0, 1, 0, 1]), (Topology.CTC, [1, 1, 0]), (Topology.STRICT, [0, 1, 0])],
)
def test_a_string_that_needs_more_columns_than_there_are_has_probability_0(
    topology: Topology, string: list[int]
) -> None:
    log_probs = np.log(np.full((3, 3), 1 / 3))
    assert string_log_probs(log_probs, [string], topology)[0] == -math.inf
    assert digit_marginals(log_probs, string, topology).shape == (len(string), 2)


@few
@given(class_maps(), topologies)
def test_all_allowed_paths_together_have_the_partition(log_probs: FloatArray, topology: Topology) -> None:
    assert log_partition_of(log_probs, topology) == pytest.approx(
        math.log(partition(log_probs, topology)), abs=1e-9
    )


@few
@given(constrained_maps(), topologies)
def test_a_language_has_the_probabilities_of_its_strings_times_their_weights(
    drawn: Constrained, topology: Topology
) -> None:
    (log_probs,), allowed = drawn
    for given_weights in (allowed, allowed.unweighted):  # without weights it is the fit
        expected = math.fsum(string_probs_under([log_probs], topology, given_weights).values())
        found = math.exp(language_log_prob(log_probs, given_weights, topology))
        assert found == pytest.approx(expected, abs=1e-9)


@few
@given(constrained_maps(), topologies)
def test_given_a_constraint_a_string_has_its_share_of_what_the_constraint_keeps(
    drawn: Constrained, topology: Topology
) -> None:
    (log_probs,), allowed = drawn
    expected = string_probs_under([log_probs], topology, allowed)
    whole = math.fsum(expected.values())
    if not whole:
        assert language_log_prob(log_probs, allowed, topology) == -math.inf
        return
    tried = strings(len(log_probs), log_probs.shape[1] - 1)
    weights = [allowed.log_weight(string) for string in tried]
    scores = string_log_probs(log_probs, tried, topology) + weights
    probs = np.exp(scores - language_log_prob(log_probs, allowed, topology))
    np.testing.assert_allclose(
        probs, [expected.get(string, 0.0) / whole for string in tried], rtol=1e-9, atol=1e-9
    )
    assert probs.sum() == pytest.approx(1.0, abs=1e-9)


@few
@given(class_maps(), topologies)
def test_some_string_is_on_every_map(log_probs: FloatArray, topology: Topology) -> None:
    everything = any_string(log_probs.shape[1] - 1)
    assert language_log_prob(log_probs, everything, topology) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("topology", list(Topology))
def test_the_empty_language_has_probability_0(topology: Topology) -> None:
    nothing = automaton([(0, 1, 1)], [0], {}, 2)
    assert language_log_prob(np.log(np.full((2, 3), 1 / 3)), nothing, topology) == -math.inf


def test_a_map_without_doubt_has_one_string() -> None:
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.eye(3)[[0, 1, 2, 1]])
    probs = np.exp(string_log_probs(log_probs, [[0, 1, 1], [0, 1], [1], []]))
    assert probs.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_each_string_scores_alone_as_among_others() -> None:
    log_probs = normalized(np.random.default_rng(0).normal(size=(6, 4)))
    strings = [[0, 1, 2, 0], [], [2, 2], [1]]
    together = string_log_probs(log_probs, strings)
    alone = [string_log_probs(log_probs, [string])[0] for string in strings]
    np.testing.assert_array_equal(together, alone)


@few
@given(class_maps(max_columns=5), topologies, st.data())
def test_the_probability_of_a_digit_is_its_share_among_the_digits_there(
    log_probs: FloatArray, topology: Topology, data: st.DataObject
) -> None:
    of_strings = string_probs(log_probs, topology)
    string = data.draw(st.sampled_from(sorted(of_strings)))
    probs = digit_marginals(log_probs, string, topology)
    assert np.exp(string_log_probs(log_probs, [string], topology)[0]) == pytest.approx(
        of_strings[string], abs=1e-9
    )
    expected = [[*row.values()] for row in obvious_digit_probs(log_probs, string, topology)]
    assert probs.shape == (len(string), log_probs.shape[1] - 1)
    np.testing.assert_allclose(probs, np.reshape(expected, probs.shape), atol=1e-9)


@few
@given(constrained_maps(max_columns=5), topologies, st.data())
def test_under_an_automaton_a_digit_has_its_share_among_the_digits_allowed_there(
    drawn: Constrained, topology: Topology, data: st.DataObject
) -> None:
    (log_probs,), allowed = drawn
    # Of allowed strings, and of others: there may be allowed ones that differ from them in one digit.
    possible = sorted(string_probs(log_probs, topology))
    within = sorted(string_probs_under([log_probs], topology, allowed))
    string = data.draw(st.sampled_from(possible) | st.sampled_from(within or possible))
    probs = digit_marginals(log_probs, string, topology, allowed)
    expected = [[*row.values()] for row in obvious_digit_probs(log_probs, string, topology, allowed)]
    np.testing.assert_allclose(probs, np.reshape(expected, probs.shape), atol=1e-9)


def test_a_digit_that_alone_is_allowed_is_certain() -> None:
    #                    0    1    2   no-digit
    log_probs = np.log([[0.3, 0.3, 0.3, 0.1], [0.2, 0.5, 0.2, 0.1]])
    only = automaton([(0, 0, 1), (1, 1, 2), (1, 2, 2)], [0], {2: 0.0}, 3)  # 01 and 02
    # In two columns both are one path: .3 x .5 and .3 x .2.
    np.testing.assert_allclose(
        digit_marginals(log_probs, [0, 1], automaton=only), [[1.0, 0.0, 0.0], [0.0, 5 / 7, 2 / 7]]
    )


@pytest.mark.parametrize("last", [1, 2])
def test_a_digit_before_a_branch_is_allowed_whichever_branch_the_string_takes(last: int) -> None:
    # 101, 102, 201 and 202; under the 0 in the middle the automaton branches to what ends in 1 and in 2.
    arcs = [(0, 1, 1), (0, 2, 1), (1, 0, 2), (1, 0, 3), (2, 1, 4), (3, 2, 4)]
    branching = automaton(arcs, [0], {4: 0.0}, 5)
    #                    0    1    2   no-digit
    log_probs = np.log([[0.3, 0.4, 0.2, 0.1], [0.6, 0.1, 0.1, 0.2], [0.2, 0.3, 0.3, 0.2]])
    probs = digit_marginals(log_probs, [1, 0, last], automaton=branching)
    np.testing.assert_allclose(probs, [[0.0, 2 / 3, 1 / 3], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]], atol=1e-12)


def test_where_the_map_allows_no_digit_at_a_position_all_have_probability_0() -> None:
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]])
    assert digit_marginals(log_probs, [0]).tolist() == [[1.0, 0.0]]
    assert digit_marginals(log_probs, [0, 1]).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_string_far_too_improbable_for_a_number_still_has_digits() -> None:
    # Thirty digits on columns that all but exclude them have about e^-900.
    log_probs = normalized(np.tile([-30.0, -31.0, 0.0], (60, 1)))
    string = [0, 1, 1] * 10
    assert np.exp(string_log_probs(log_probs, [string])[0]) == 0.0
    others = [[*string[:i], digit, *string[i + 1 :]] for i in range(30) for digit in (0, 1)]
    joint = string_log_probs(log_probs, others).reshape(30, 2)
    expected = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    np.testing.assert_allclose(digit_marginals(log_probs, string), expected, atol=1e-9)


def test_the_digits_of_an_impossible_string_have_probability_0() -> None:
    log_probs = np.log(np.full((2, 3), 1 / 3))
    probs = digit_marginals(log_probs, [0, 1, 0])
    assert string_log_probs(log_probs, [[0, 1, 0]])[0] == -math.inf
    assert probs.tolist() == [[0.0, 0.0]] * 3


def test_the_empty_string_has_a_probability_and_no_digits() -> None:
    log_probs = np.log([[0.75, 0.25], [0.5, 0.5]])
    assert np.exp(string_log_probs(log_probs, [[]])[0]) == pytest.approx(0.25 * 0.5)
    assert digit_marginals(log_probs, []).shape == (0, 1)


def test_minus_the_log_posterior_is_the_ctc_loss_of_torch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    strings = [[int(digit) for digit in rng.integers(0, 10, length)] for length in (0, 1, 3, 6, 9)]
    strings += [[7, 7, 7], [0, 0, 1, 1, 9, 9]]
    maps = [normalized(rng.normal(size=(24, 11), scale=3)) for _ in strings]
    losses = torch.nn.functional.ctc_loss(
        torch.from_numpy(np.stack(maps, axis=1)),
        torch.tensor([*itertools.chain(*strings)]),
        torch.full((len(maps),), 24),
        torch.tensor([len(string) for string in strings]),
        blank=10,
        reduction="none",
    )
    ours = [-string_log_probs(m, [string])[0] for m, string in zip(maps, strings, strict=True)]
    np.testing.assert_allclose(ours, losses.numpy(), atol=1e-6)


def test_a_long_string_in_pieces_has_the_probabilities_that_it_has_whole() -> None:
    rng = np.random.default_rng(4)
    columns, digits = 1120, rng.integers(10, size=140)
    scores = rng.normal(size=(columns, 11))
    scores[:, -1] += 3
    scores[4::8, -1] -= 3
    scores[np.arange(4, columns, 8), digits] += 4
    log_probs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    string = digits.tolist()
    (path,) = forced_alignments([log_probs], [string])
    assert path is not None
    (whole,) = under_test.digit_marginals([log_probs], [string])
    (pieces,) = under_test.digit_marginals([log_probs], [string], paths=[path])
    assert len(string) > under_test.MAX_WHOLE
    assert not np.array_equal(pieces, whole)
    np.testing.assert_allclose(pieces, whole, atol=1e-6)
    short = string[: under_test.MAX_WHOLE]
    first, path = log_probs[: 8 * len(short)], path[: 8 * len(short)]
    one, other = (under_test.digit_marginals([first], [short], paths=paths) for paths in (None, [path]))
    np.testing.assert_array_equal(one[0], other[0])


def test_the_widest_map_with_a_thousand_digits_is_within_the_memory() -> None:
    columns, string = 8192, [1, 2] * 500
    log_probs = np.full((columns, 11), -np.log(11))
    path = np.full(columns, 10)
    path[4 : 8 * 1000 : 8] = string
    tracemalloc.start()
    (probs,) = under_test.digit_marginals([log_probs], [string], paths=[path])
    under_test.string_log_probs([log_probs], [string])
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    np.testing.assert_allclose(probs.sum(axis=1), 1)

import math
from typing import Any

import numpy as np
import pytest
from helpers.brute_force import class_maps, constrained_maps, string_probs, string_probs_under
from helpers.single_map import NoPath, consensus, decode_map, string_log_probs
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.automaton import Automaton, any_string, automaton
from sdnn.decoding.consensus import Hypothesis
from sdnn.decoding.nbest import n_best
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray

Constrained = tuple[list[FloatArray], Automaton]
topologies = st.sampled_from(list(Topology))
decoders = st.sampled_from(list(Decoder))
proposers = st.sampled_from([Decoder.VITERBI, Decoder.NMS])
"""Those that look at one map at a time."""
with_trellis = st.sampled_from([Decoder.VITERBI, Decoder.POSTERIOR])
alike = class_maps(max_columns=4, min_classes=3, max_classes=3)
"""Maps of two digits and no-digit, with columns of their own number."""
few = settings(max_examples=40, deadline=None)


def found_on(*arguments: Any, **options: Any) -> Hypothesis:
    """The consensus where there is one."""
    found = consensus(*arguments, **options)
    assert found is not None
    return found


def agreed(*arguments: Any, **options: Any) -> tuple[tuple[int, ...], FloatArray]:
    """The string, and its probability on each map; without a constraint its mean is the confidence."""
    found = found_on(*arguments, **options)
    probs = np.exp(found.log_probs)
    assert found.confidence == pytest.approx(probs.mean(), abs=1e-9)
    assert found.constraint_probability == 1.0
    return found.string, probs


def proposal(
    log_probs: FloatArray, decoder: Decoder, topology: Topology, allowed: Automaton | None = None
) -> tuple[int, ...] | None:
    """What the decoder reads; None where no allowed string is possible."""
    try:
        return tuple(span.label for span in decode_map(log_probs, decoder, topology, allowed)[1])
    except NoPath:
        return None


@few
@given(class_maps(), decoders, topologies)
def test_one_map_has_its_own_way(log_probs: FloatArray, decoder: Decoder, topology: Topology) -> None:
    string, probs = agreed([log_probs], decoder, topology)
    assert string == proposal(log_probs, decoder, topology)
    np.testing.assert_allclose(probs, np.exp(string_log_probs(log_probs, [string], topology)))


def test_a_string_that_one_map_proposes_wins_by_what_the_other_says_of_it() -> None:
    #                   0    1   no-digit
    unsure = np.log([[0.5, 0.4, 0.1]])
    sure = np.log([[0.1, 0.8, 0.1]])
    # Alone the first reads 0. Together 0 has (.5 + .1) / 2 = .3 and 1 has (.4 + .8) / 2 = .6.
    assert agreed([unsure])[0] == (0,)
    string, probs = agreed([unsure, sure])
    assert string == (1,)
    np.testing.assert_allclose(probs, [0.4, 0.8])


def test_two_doubtful_maps_do_not_outvote_a_sure_one() -> None:
    doubtful, sure = np.log([[0.5, 0.4, 0.1]]), np.log([[0.02, 0.97, 0.01]])
    # 0 has (.5 + .5 + .02) / 3 = .34, 1 has (.4 + .4 + .97) / 3 = .59.
    string, probs = agreed([doubtful, doubtful, sure])
    assert string == (1,)
    np.testing.assert_allclose(probs, [0.4, 0.4, 0.97])


def test_neither_does_a_sure_map_outvote_two_that_are_nearly_as_sure() -> None:
    usual, other = np.log([[0.6, 0.3, 0.1]]), np.log([[0.2, 0.65, 0.15]])
    # 0 has (.6 + .6 + .2) / 3 = .47, 1 has (.3 + .3 + .65) / 3 = .42, though .65 is the most of all.
    string, probs = agreed([usual, other, usual])
    assert string == (0,)
    np.testing.assert_allclose(probs, [0.6, 0.2, 0.6])


def test_maps_of_different_lengths_are_weighed_by_all_paths_of_a_string() -> None:
    # On the long map 0 is spelled by 0 0: .30, 0 -: .20 and - 0: .18, together .68; 1 by 1 - alone: .08. On
    # the short one 1 has .55 and 0 has .45.
    with np.errstate(divide="ignore"):
        long = np.log([[0.5, 0.2, 0.3], [0.6, 0.0, 0.4]])
        short = np.log([[0.45, 0.55, 0.0]])
    string, probs = agreed([short, long])
    assert string == (0,)
    np.testing.assert_allclose(probs, [0.45, 0.68])


def test_what_no_map_proposes_is_not_read_however_probable_it_is() -> None:
    # The likeliest single path reads 010, though 01 is more probable: .270 against .210 (see test_decoder).
    log_probs = np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    string, probs = agreed([log_probs, log_probs])
    assert string == (0, 1, 0)
    np.testing.assert_allclose(probs, [0.210, 0.210])
    # A third map, which proposes 01 and is sure of it, is all that 01 needs.
    with np.errstate(divide="ignore"):
        sure = np.log([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    string, probs = agreed([log_probs, log_probs, sure])
    assert string == (0, 1)
    np.testing.assert_allclose(probs, [0.270, 0.270, 1.0])


def test_peaks_propose_where_they_are_asked_for() -> None:
    log_probs = np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    string, probs = agreed([log_probs], Decoder.NMS)
    assert string == (1,)
    np.testing.assert_allclose(probs, [0.160])


def test_a_string_that_a_map_has_no_room_for_is_impossible_on_it() -> None:
    wide = np.log([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]])
    string, probs = agreed([wide, np.log([[0.2, 0.2, 0.6]])])
    assert string == (0, 1)
    np.testing.assert_allclose(probs, [0.81, 0.0])


@few
@given(st.lists(alike, min_size=1, max_size=3), proposers, topologies)
def test_the_consensus_is_the_most_probable_of_all_proposals(
    maps: list[FloatArray], decoder: Decoder, topology: Topology
) -> None:
    of_maps = [string_probs(log_probs, topology) for log_probs in maps]
    proposals = {proposal(log_probs, decoder, topology) for log_probs in maps}
    means = {
        string: math.fsum(of_map.get(string, 0.0) for of_map in of_maps) / len(maps)
        for string in proposals
        if string is not None
    }
    string, probs = agreed(maps, decoder, topology)
    assert string in proposals
    np.testing.assert_allclose(probs, [of_map.get(string, 0.0) for of_map in of_maps], atol=1e-9)
    assert probs.mean() == pytest.approx(max(means.values()), abs=1e-9)


@few
@given(st.lists(alike, min_size=2, max_size=3), decoders, topologies, st.data())
def test_the_order_of_the_maps_is_of_no_account(
    maps: list[FloatArray], decoder: Decoder, topology: Topology, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(maps))))
    _, probs = agreed(maps, decoder, topology)
    string, shuffled = agreed([maps[place] for place in order], decoder, topology)
    # Of equally probable strings either may be taken.
    assert shuffled.mean() == pytest.approx(probs.mean(), abs=1e-12)
    expected = [np.exp(string_log_probs(maps[place], [string], topology)[0]) for place in order]
    np.testing.assert_allclose(shuffled, expected)


def test_of_equally_probable_strings_the_one_proposed_first_is_taken() -> None:
    one, other = np.log([[0.6, 0.3, 0.1]]), np.log([[0.3, 0.6, 0.1]])
    assert agreed([one, other])[0] == (0,)
    assert agreed([other, one])[0] == (1,)


def test_strings_too_improbable_for_a_probability_are_still_told_apart() -> None:
    one, other = np.full((2, 1300, 3), np.log(1e-9))
    one[:, 0], other[:, 0] = np.log(0.4), np.log(0.4)
    one[:, 2], other[:, 2] = np.log(0.39), np.log(0.39)
    one[::2, [0, 2]], other[1::2, [0, 2]] = one[::2, [2, 0]], np.log([0.21, 0.2])
    found = found_on([other, one])
    scores = {
        proposed: np.logaddexp.reduce([string_log_probs(log_map, [proposed])[0] for log_map in (other, one)])
        for each in (other, one)
        if (proposed := proposal(each, Decoder.VITERBI, Topology.CTC)) is not None
    }
    assert len(scores) == 2
    assert np.exp(max(scores.values())) == 0.0
    assert found.string == max(scores, key=lambda proposed: scores[proposed])
    assert np.logaddexp.reduce(found.log_probs) == pytest.approx(max(scores.values()))


# The most probable string of all.


@few
@given(st.lists(alike, min_size=1, max_size=3), topologies)
def test_the_decoder_posterior_finds_the_most_probable_string_whoever_proposes_it(
    maps: list[FloatArray], topology: Topology
) -> None:
    _, probs = agreed(maps, Decoder.POSTERIOR, topology)
    of_all = string_probs_under(maps, topology, any_string(2))
    assert probs.mean() == pytest.approx(max(of_all.values()), abs=1e-9)


def test_what_no_map_proposes_is_read_where_it_is_the_most_probable_of_all() -> None:
    log_probs = np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    string, probs = agreed([log_probs, log_probs], Decoder.POSTERIOR)
    assert string == (0, 1)
    np.testing.assert_allclose(probs, [0.270, 0.270])


def test_where_no_string_stands_out_the_maps_propose() -> None:
    clueless = np.log(np.full((40, 11), 1 / 11))
    assert n_best([clueless], 1).strings == ()
    assert found_on([clueless], Decoder.POSTERIOR).string == proposal(clueless, Decoder.VITERBI, Topology.CTC)


# Under a constraint.


@few
@given(constrained_maps(max_columns=4, most=3), with_trellis, topologies)
def test_under_a_constraint_the_confidence_is_the_share_of_what_it_keeps_and_the_fit_is_what_it_keeps(
    drawn: Constrained, decoder: Decoder, topology: Topology
) -> None:
    maps, allowed = drawn
    of_allowed = string_probs_under(maps, topology, allowed)
    whole = math.fsum(of_allowed.values())
    found = consensus(maps, decoder, topology, allowed)
    if not whole:
        assert found is None
        return
    assert found is not None
    assert found.string in of_allowed  # in the language, whatever the maps say
    assert found.confidence == pytest.approx(of_allowed[found.string] / whole, abs=1e-9)
    # Weights say which string to prefer, not how well the writing fits.
    kept = string_probs_under(maps, topology, allowed.unweighted)
    assert found.constraint_probability == pytest.approx(math.fsum(kept.values()), abs=1e-9)
    np.testing.assert_allclose(
        np.exp(found.log_probs),
        [string_probs(log_probs, topology).get(found.string, 0.0) for log_probs in maps],
        atol=1e-9,
    )
    proposals = {proposal(log_probs, decoder, topology, allowed) for log_probs in maps} - {None}
    candidates = of_allowed.keys() if decoder is Decoder.POSTERIOR else proposals
    best = max(of_allowed[string] for string in candidates if string is not None)
    assert of_allowed[found.string] == pytest.approx(best, abs=1e-9)


def test_two_columns_under_a_constraint_worked_by_hand() -> None:
    #                    0    1   no-digit
    log_probs = np.log([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1]])
    assert agreed([log_probs])[0] == (0,)
    # Of two digits there are 01 and 10: .6 x .4 = .24 and .3 x .5 = .15.
    two = [(0, digit, 1) for digit in range(2)] + [(1, digit, 2) for digit in range(2)]
    found = found_on([log_probs], automaton=automaton(two, [0], {2: 0.0}, 3))
    assert found.string == (0, 1)
    assert found.constraint_probability == pytest.approx(0.39)
    assert found.confidence == pytest.approx(0.24 / 0.39)
    # With half the weight for what ends in 1 it is .12 against .15; they fit as well as before.
    apart = [(0, 0, 1), (0, 1, 1), (1, 0, 2), (1, 1, 3)]
    found = found_on([log_probs], automaton=automaton(apart, [0], {2: 0.0, 3: math.log(0.5)}, 4))
    assert found.string == (1, 0)
    assert found.constraint_probability == pytest.approx(0.39)
    assert found.confidence == pytest.approx(0.15 / 0.27)
    # A second map, of one column, has no room for two digits: half of what is kept, the same share.
    short = np.log([[0.1, 0.8, 0.1]])
    found = found_on([short, log_probs], automaton=automaton(two, [0], {2: 0.0}, 3))
    assert found.string == (0, 1)
    assert found.constraint_probability == pytest.approx(0.39 / 2)
    assert found.confidence == pytest.approx(0.24 / 0.39)
    assert np.exp(found.log_probs) == pytest.approx([0, 0.24])


@pytest.mark.parametrize("decoder", [Decoder.VITERBI, Decoder.POSTERIOR])
def test_maps_without_room_for_any_allowed_string_have_no_consensus(decoder: Decoder) -> None:
    long = automaton([(state, 0, state + 1) for state in range(3)], [0], {3: 0.0}, 4)  # 000
    maps = [np.log(np.full((columns, 3), 1 / 3)) for columns in (1, 4)]
    assert consensus(maps, decoder, automaton=long) is None
    nothing = automaton([(0, 1, 1)], [0], {}, 2)
    assert consensus(maps, decoder, automaton=nothing) is None
    assert consensus([*maps, np.log(np.full((5, 3), 1 / 3))], decoder, automaton=long) is not None


def test_under_a_constraint_that_keeps_next_to_nothing_the_confidence_is_still_a_share() -> None:
    # Thirty digits on columns that all but exclude them: about e^-900 of the probability is kept.
    log_probs = np.tile(np.log([1e-13, 1e-13, 1 - 2e-13]), (60, 1))
    thirty = [(state, digit, state + 1) for state in range(30) for digit in range(2)]
    only_0 = [(state, 0, state + 1) for state in range(30)]
    found = found_on([log_probs], automaton=automaton(only_0, [0], {30: 0.0}, 31))
    assert found.constraint_probability == 0.0
    assert found.confidence == pytest.approx(1.0)
    found = found_on([log_probs], automaton=automaton(thirty, [0], {30: 0.0}, 31))
    assert 0 < found.confidence < 1

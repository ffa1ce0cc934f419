import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reproduction.segment_lattice import SegmentWidths, best_segments
from reproduction.segment_losses import (
    segment_forward_loss,
    segment_gradient,
    segment_loss,
    segment_viterbi_loss,
)
from sdnn.enums import Gradient, Objective
from sdnn.results import FloatArray, log_softmax

few = settings(max_examples=30, deadline=None)
ZONES = SegmentWidths((3, 2))
objectives = pytest.mark.parametrize(
    ("objective", "gradient", "of_zones"),
    [
        (Objective.FORWARD, Gradient.CORRECT, True),
        (Objective.FORWARD, Gradient.CORRECT, False),
        *((Objective.VITERBI, gradient, True) for gradient in Gradient),
    ],
)
gradients = pytest.mark.parametrize("gradient", list(Gradient))
LABELLED_MAPS = st.lists(
    st.tuples(st.text("0123", max_size=3), st.integers(1, 7), st.integers(0, 2**32 - 1)),
    min_size=1,
    max_size=4,
)
"""Texts, columns that count, and what the logits are drawn from."""


def drawn_logits(columns: list[int], seeds: list[int], scale: float = 3.0) -> FloatArray:
    """(B, T, 2, 10) logits; where a map has no columns any more, large numbers that must not matter."""
    batch = np.full((len(columns), max(columns), 2, 10), 40.0)
    for place, count, seed in zip(batch, columns, seeds, strict=True):
        rng = np.random.default_rng(seed)
        place[:count] = rng.normal(size=(count, 2, 10), scale=scale)
        place[count:, :, rng.integers(10)] = -40.0
    return batch


@functools.cache
def placed(columns: int, digits: int) -> list[list[tuple[int, int]]]:
    """All ways to place so many zones: the first column and the number of each zone."""
    if digits == 0:
        return [[]]
    return [
        [(first, zone), *((first + width + later, other) for later, other in rest)]
        for first in range(columns)
        for zone, width in enumerate(ZONES.widths)
        if first + width <= columns
        for rest in placed(columns - first - width, digits - 1)
    ]


def of_string(scores: Tensor, text: str) -> list[Tensor]:
    """The score of every segmentation of a (T, Z, 10) map that spells a text."""
    return [
        sum(
            (scores[first, zone, int(d)] for (first, zone), d in zip(one, text, strict=True)),
            scores.sum() * 0,
        )
        for one in placed(len(scores), len(text))
    ]


def of_length(scores: Tensor, length: int) -> list[Tensor]:
    """The score of every segmentation of that length, the digits of each zone summed up already."""
    return of_string(scores.logsumexp(2, keepdim=True).expand(-1, -1, 10), "0" * length)


def obvious_forward_loss(scores: Tensor, texts: list[str], columns: list[int]) -> Tensor:
    losses = [
        torch.stack(of_length(one[:count], len(text))).logsumexp(0)
        - torch.stack(of_string(one[:count], text)).logsumexp(0)
        if placed(count, len(text))
        else one.sum() * 0
        for one, count, text in zip(scores, columns, texts, strict=True)
    ]
    return torch.stack(losses).mean()


def max_plus(log_probs: FloatArray, text: str) -> tuple[list[tuple[int, int, int]], float] | None:
    """The winners of the best segmentation that spells a text and its score, by writing them all out."""
    ways = placed(len(log_probs), len(text))
    if not ways:
        return None
    values = [float(value) for value in of_string(torch.from_numpy(log_probs), text)]
    best = int(np.argmax(values))
    return [(first, zone, int(d)) for (first, zone), d in zip(ways[best], text, strict=True)], values[best]


def free_best_of(log_probs: FloatArray, length: int) -> tuple[list[tuple[int, int, int]], float]:
    found = max_plus(np.repeat(log_probs.max(axis=2, keepdims=True), 10, axis=2), "0" * length)
    assert found is not None
    winners = [(first, zone, int(log_probs[first, zone].argmax())) for first, zone, _ in found[0]]
    return winners, found[1]


def unzipped(examples: list[tuple[str, int, int]]) -> tuple[list[str], list[int], list[int]]:
    return [text for text, _, _ in examples], [count for _, count, _ in examples], [s for *_, s in examples]


# The forward objective.


@few
@given(LABELLED_MAPS, st.booleans())
def test_the_forward_loss_and_its_gradient_are_those_of_all_segmentations(
    examples: list[tuple[str, int, int]], of_zones: bool
) -> None:
    texts, columns, seeds = unzipped(examples)
    logits = torch.from_numpy(drawn_logits(columns, seeds, scale=2.0)).requires_grad_()

    def scores() -> Tensor:
        return logits.log_softmax(3) if of_zones else logits

    found = segment_forward_loss(scores(), texts, columns, ZONES)
    expected = obvious_forward_loss(scores(), texts, columns)
    assert float(found.detach()) == pytest.approx(float(expected.detach()), abs=1e-9)
    (slope,) = torch.autograd.grad(found, logits)
    (obvious,) = torch.autograd.grad(expected, logits)
    torch.testing.assert_close(slope, obvious, atol=1e-9, rtol=0)


def test_with_a_softmax_in_each_zone_the_sum_over_all_segmentations_says_nothing() -> None:
    # Two digits in five columns: 3 + 2, 2 + 3 and three times 2 + 2; each spells 77 with (1/10)^2.
    logits = torch.zeros(1, 5, 2, 10, dtype=torch.float64)
    loss = segment_loss(Objective.FORWARD, Gradient.CORRECT, ZONES)
    assert float(loss(logits, ["77"], [5])) == pytest.approx(2 * math.log(10))
    # A 1 that is sure of itself where the string has a 7 and where there is room for another is not pushed.
    logits[0, 2, 1, 1] = 5.0
    logits.requires_grad_()
    (slope,) = torch.autograd.grad(loss(logits, ["7"], [5]), logits)
    torch.testing.assert_close(slope.sum(3), torch.zeros(1, 5, 2, dtype=torch.float64))
    whole = segment_loss(Objective.FORWARD, Gradient.CORRECT, ZONES, of_zones=False)
    (of_whole,) = torch.autograd.grad(whole(logits, ["7"], [5]), logits)
    assert float(of_whole[0, 2, 1].sum()) > 0.5
    assert float(of_whole[0, 2, 1, 1]) > 10 * float(slope[0, 2, 1, 1])


# The Viterbi objective.


@few
@given(LABELLED_MAPS, st.sampled_from(list(Gradient)))
def test_the_viterbi_loss_is_what_the_free_segmentation_has_over_the_constrained_one(
    examples: list[tuple[str, int, int]], gradient: Gradient
) -> None:
    texts, columns, seeds = unzipped(examples)
    logits = drawn_logits(columns, seeds)
    expected_push = np.zeros(logits.shape)
    differences = []
    for place, (one, count, text) in enumerate(zip(logits, columns, texts, strict=True)):
        log_probs = log_softmax(one[:count], 1.0)
        constrained = max_plus(log_probs, text)
        if constrained is None:
            differences.append(0.0)
            continue
        free = free_best_of(log_probs, len(text))
        differences.append(free[1] - constrained[1])
        expected_push[place, :count] = obvious_push(np.exp(log_probs), constrained[0], free[0], gradient)
    leaf = torch.from_numpy(logits).requires_grad_()
    loss = segment_viterbi_loss(leaf, texts, columns, ZONES, gradient)
    assert float(loss.detach()) == pytest.approx(float(np.mean(differences)), abs=1e-9)
    assert float(loss.detach()) >= -1e-12
    (slope,) = torch.autograd.grad(loss, leaf)
    np.testing.assert_allclose(slope.numpy(), expected_push / len(texts), atol=1e-12)


def obvious_push(
    probs: FloatArray,
    constrained: list[tuple[int, int, int]],
    free: list[tuple[int, int, int]],
    gradient: Gradient,
) -> FloatArray:
    """What each logit of a (T, Z, 10) map is lowered by, one after the other."""
    push = np.zeros(probs.shape)
    winners = {(first, zone): digit for first, zone, digit in constrained}
    losers = {(first, zone): digit for first, zone, digit in free if winners.get((first, zone)) != digit}
    for first, zone in np.ndindex(*probs.shape[:2]):
        place, of_zone = (first, zone), probs[first, zone]
        if first + ZONES.widths[zone] > len(probs):
            continue
        if place in winners:
            push[place] += of_zone
            push[place][winners[place]] -= 1
        elif gradient is Gradient.CONTRAST:
            near = {digit for begin, _, digit in constrained if abs(first - begin) <= 1}
            others = np.array([0.0 if digit in near else prob for digit, prob in enumerate(of_zone)])
            push[place] = others - others.mean()
        if gradient is Gradient.CORRECT and place in losers:
            push[place] -= of_zone
            push[place][losers[place]] += 1
    return push


#                    width 2          width 3
#                   0    1    2      0    1    2
PROBS = np.array(
    [
        [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]],
        [[0.1, 0.6, 0.3], [0.2, 0.3, 0.5]],
        [[0.2, 0.1, 0.7], [0.3, 0.3, 0.4]],
        [[0.4, 0.4, 0.2], [0.6, 0.2, 0.2]],
    ]
)


def any_winners(
    rng: np.random.Generator, shape: tuple[int, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """A digit at most of each zone."""
    digit = rng.integers(shape[-1], size=(*shape[:-1], 1))
    there = rng.random((*shape[:-1], 1)) < 0.3
    return np.asarray(there & (np.arange(shape[-1]) == digit))


def won(*winners: tuple[int, int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = np.zeros((1, 4, 2, 3), bool)
    for first, zone, digit in winners:
        mask[0, first, zone, digit] = True
    return mask


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        # Only the winner, 1 of width 2 in the second column, is pulled, and with it its zone.
        (Gradient.REINFORCE, {(1, 0): [0.1, -0.4, 0.3]}),
        # The free winner, 1 of width 3 in the first column, is pushed as well.
        (Gradient.CORRECT, {(1, 0): [0.1, -0.4, 0.3], (0, 1): [-0.1, 0.2, -0.1]}),
        # All others are pushed by their p, but no 1 that begins in the first three columns.
        (
            Gradient.CONTRAST,
            {
                (0, 0): [0.5 - 0.7 / 3, -0.7 / 3, 0.2 - 0.7 / 3],
                (0, 1): [0.1 - 0.2 / 3, -0.2 / 3, 0.1 - 0.2 / 3],
                (1, 0): [0.1, -0.4, 0.3],
                (1, 1): [0.2 - 0.7 / 3, -0.7 / 3, 0.5 - 0.7 / 3],
                (2, 0): [0.2 - 0.9 / 3, -0.9 / 3, 0.7 - 0.9 / 3],
                (2, 1): [0.3 - 0.7 / 3, -0.7 / 3, 0.4 - 0.7 / 3],
                (3, 0): [0.4 - 1 / 3, 0.4 - 1 / 3, 0.2 - 1 / 3],
                (3, 1): [0.6 - 1 / 3, 0.2 - 1 / 3, 0.2 - 1 / 3],
            },
        ),
    ],
)
def test_four_columns_worked_by_hand(
    gradient: Gradient, expected: dict[tuple[int, int], list[float]]
) -> None:
    push = segment_gradient(PROBS[None], won((1, 0, 1)), won((0, 1, 1)), gradient)[0]
    for column, zone in np.ndindex(4, 2):
        assert push[column, zone].tolist() == pytest.approx(expected.get((column, zone), [0, 0, 0]))


@few
@given(st.integers(0, 2**32 - 1), st.sampled_from(list(Gradient)), st.booleans())
def test_a_zone_is_pushed_nowhere_as_a_whole(seed: int, gradient: Gradient, targets: bool) -> None:
    rng = np.random.default_rng(seed)
    constrained, free = (any_winners(rng, (2, 6, 2, 4)) for _ in range(2))
    probs = np.exp(log_softmax(rng.normal(size=(2, 6, 2, 4)), 1.0))
    push = segment_gradient(probs, constrained, free, gradient, targets)
    np.testing.assert_allclose(push.sum(axis=3), 0, atol=1e-12)


@gradients
def test_near_columns_are_those_of_the_same_map(gradient: Gradient) -> None:
    rng = np.random.default_rng(0)
    probs = rng.random((3, 6, 2, 4))
    constrained, free = (any_winners(rng, (3, 6, 2, 4)) for _ in range(2))
    together = segment_gradient(probs, constrained, free, gradient)
    for place in range(3):
        one = slice(place, place + 1)
        alone = segment_gradient(probs[one], constrained[one], free[one], gradient)
        np.testing.assert_array_equal(together[one], alone)


def test_a_winner_of_both_segmentations_is_pulled() -> None:
    push = segment_gradient(PROBS[None], won((1, 0, 1)), won((1, 0, 1)), Gradient.CORRECT)
    assert push[0, 1, 0, 1] == pytest.approx(-0.4)
    assert np.count_nonzero(push) == 3  # in its zone alone


def test_with_targets_a_loser_that_is_sure_of_itself_is_pushed_hardest() -> None:
    probs = np.full((1, 1, 1, 4), 0.01)
    probs[..., 0] = 0.97
    nobody, sure = np.zeros(probs.shape, bool), np.arange(4) == 0
    free = np.broadcast_to(sure, probs.shape)
    along, towards = (
        segment_gradient(probs, nobody, free, Gradient.CORRECT, targets)[0, 0, 0] for targets in (False, True)
    )
    assert along.tolist() == pytest.approx([0.03, -0.01, -0.01, -0.01])
    assert towards.tolist() == pytest.approx([0.97 * 3 / 4, -0.97 / 4, -0.97 / 4, -0.97 / 4])


def test_with_targets_a_winner_moves_by_what_it_lacks() -> None:
    push = segment_gradient(PROBS[None], won((1, 0, 1)), won((0, 1, 1)), Gradient.CORRECT, targets=True)[0]
    assert push[1, 0].tolist() == pytest.approx([0.4 / 3, -0.8 / 3, 0.4 / 3])
    assert push[0, 1].tolist() == pytest.approx([-0.8 / 3, 1.6 / 3, -0.8 / 3])
    assert np.count_nonzero(push) == 6


def test_in_a_zone_with_two_winners_the_right_one_takes_the_place_of_the_other() -> None:
    push = segment_gradient(PROBS[None], won((1, 0, 1)), won((1, 0, 2)), Gradient.CORRECT)
    assert push[0, 1, 0].tolist() == pytest.approx([0, -1, 1])


@few
@given(st.integers(0, 2**32 - 1))
def test_reinforce_is_the_derivative_of_the_log_score_of_the_winners(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(size=(2, 6, 2, 4))).requires_grad_()
    constrained = any_winners(rng, (2, 6, 2, 4))
    log_score = logits.log_softmax(3)[torch.from_numpy(constrained)].sum()
    (slope,) = torch.autograd.grad(-log_score, logits)
    probs = np.exp(log_softmax(logits.detach().numpy(), 1.0))
    push = segment_gradient(probs, constrained, constrained, Gradient.REINFORCE)
    np.testing.assert_allclose(push, slope.numpy(), atol=1e-12)


# Either objective.


@objectives
def test_filling_neither_counts_nor_learns(objective: Objective, gradient: Gradient, of_zones: bool) -> None:
    loss = segment_loss(objective, gradient, ZONES, of_zones)
    one = torch.from_numpy(drawn_logits([6], seeds=[0]))
    filling = torch.full((1, 3, 2, 10), 9.0, dtype=torch.float64)
    filled = torch.cat([one, filling], dim=1).requires_grad_()
    value = loss(filled, ["05"], [6])
    assert float(value.detach()) == pytest.approx(float(loss(one, ["05"], [6])))
    (slope,) = torch.autograd.grad(value, filled)
    assert bool(slope[:, :6].any())
    assert not bool(slope[:, 6:].any())
    # Nor do zones that reach into the filling: the last column begins none.
    assert not bool(slope[:, 5].any())
    assert not bool(slope[:, 4, 0].any())


@objectives
def test_a_batch_of_strips_without_room_teaches_nothing(
    objective: Objective, gradient: Gradient, of_zones: bool
) -> None:
    leaf = torch.from_numpy(drawn_logits([3, 1], seeds=[0, 1])).requires_grad_()
    loss = segment_loss(objective, gradient, ZONES, of_zones)(leaf, ["55", "1"], [3, 1])
    assert float(loss.detach()) == 0
    (slope,) = torch.autograd.grad(loss, leaf)
    assert not bool(slope.any())


@pytest.mark.parametrize(
    ("objective", "gradient", "of_zones"),
    [
        (Objective.FORWARD, Gradient.CORRECT, False),
        *((Objective.VITERBI, gradient, True) for gradient in Gradient),
    ],
)
def test_a_little_training_makes_maps_spell_their_strings(
    objective: Objective, gradient: Gradient, of_zones: bool
) -> None:
    texts, columns = ["31", "4405", "", "9"], [8, 12, 5, 2]
    loss_of = segment_loss(objective, gradient, ZONES, of_zones)
    torch.manual_seed(0)
    logits = torch.randn(4, 12, 2, 10, dtype=torch.float64).requires_grad_()
    losses = []
    for _ in range(40):
        loss = loss_of(logits, texts, columns)
        losses.append(float(loss.detach()))
        (slope,) = torch.autograd.grad(loss, logits)
        with torch.no_grad():
            logits.sub_(4 * slope)
    assert losses[-1] < 0.2 * losses[0]
    scores = logits.log_softmax(3) if of_zones else logits
    paths, _ = best_segments(scores.detach().numpy(), ZONES, [*map(len, texts)], columns)
    assert ["".join(str(span.label) for span in ZONES.collapse(path)) for path in paths] == texts


def test_with_a_softmax_in_each_zone_forward_may_prefer_a_map_that_reads_another_string() -> None:
    narrow = SegmentWidths((2,))
    # A sure 1 in the first column and a sure 0 in the fifth; between them the net knows nothing.
    careful = np.full((6, 1, 10), 0.1)
    # There are 1s before the 0, any of which may be the first digit of 10, and the 0 is less than sure.
    careless = np.full((6, 1, 10), 1e-9)
    careful[0], careful[4] = 1e-9, 1e-9
    careful[0, 0, 1] = careful[4, 0, 0] = 1.0
    careless[:4, 0, 1], careless[4, 0, :2] = 1.0, [0.9, 0.1]
    losses, read = [], []
    for probs in (careful, careless):
        scores = np.log(probs / probs.sum(axis=2, keepdims=True))[None]
        losses.append(float(segment_forward_loss(torch.from_numpy(scores), ["10"], [6], narrow)))
        (path,), _ = best_segments(scores, narrow, [2])
        read.append("".join(str(span.label) for span in narrow.collapse(path)))
    # Six ways to place two digits: 1 + 4 x .1 + .01 of them against 3 x .9.
    assert losses == pytest.approx([math.log(6 / 1.41), math.log(6 / 2.7)], abs=1e-6)
    assert read == ["10", "11"]

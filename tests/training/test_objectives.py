import functools
import math

import numpy as np
import pytest
import torch
from helpers import brute_force as oracle
from helpers.single_map import string_log_probs
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sdnn.decoding.decoder import collapse
from sdnn.enums import Gradient, Objective, Topology
from sdnn.results import NO_DIGIT, FloatArray, log_softmax
from sdnn.training.objectives import forward_loss, string_loss, viterbi_loss, winner_gradient

few = settings(max_examples=30, deadline=None)
objectives = pytest.mark.parametrize(
    ("objective", "gradient"),
    [(Objective.FORWARD, Gradient.CORRECT), *((Objective.VITERBI, gradient) for gradient in Gradient)],
)
gradients = pytest.mark.parametrize("gradient", list(Gradient))
LABELLED_MAPS = st.lists(
    st.tuples(st.text("0123", max_size=4), st.integers(1, 9), st.integers(0, 2**32 - 1)),
    min_size=1,
    max_size=5,
)
"""Texts, columns that count, and what the logits are drawn from; many of the texts repeat a digit."""


def drawn_logits(columns: list[int], seeds: list[int], scale: float = 3.0) -> FloatArray:
    """(B, T, 11) logits; where a map has no columns any more, large numbers that must not matter."""
    batch = np.full((len(columns), max(columns), 11), 40.0)
    for place, count, seed in zip(batch, columns, seeds, strict=True):
        rng = np.random.default_rng(seed)
        place[:count] = rng.normal(size=(count, 11), scale=scale)
        place[count:, rng.integers(11)] = -40.0
    return batch


def as_classes(text: str) -> tuple[int, ...]:
    return tuple(int(digit) for digit in text)


@functools.cache
def paths_by_string(columns: int) -> dict[tuple[int, ...], FloatArray]:
    """All paths of eleven classes, gathered by what they spell."""
    members: dict[tuple[int, ...], list[oracle.Path]] = {}
    for path in oracle.paths(columns, 11):
        members.setdefault(oracle.string_of(path, NO_DIGIT), []).append(path)
    return {string: np.array(paths) for string, paths in members.items()}


def max_plus(log_probs: FloatArray, text: str) -> tuple[list[int] | None, float]:
    """The best path that spells the text and its log-probability, by writing them all out."""
    paths = paths_by_string(len(log_probs)).get(as_classes(text))
    if paths is None:
        return None, -math.inf
    values = log_probs[np.arange(len(log_probs)), paths].sum(axis=1)
    best = int(values.argmax())
    return paths[best].tolist(), float(values[best])


# The forward objective.


@few
@given(LABELLED_MAPS)
def test_the_forward_loss_is_minus_the_log_posterior_of_the_strings(
    examples: list[tuple[str, int, int]],
) -> None:
    texts, columns, seeds = ([*column] for column in zip(*examples, strict=True))
    logits = drawn_logits(columns, seeds)
    of_strings = [
        string_log_probs(log_softmax(one[:count], 1.0), [as_classes(text)])[0]
        for one, count, text in zip(logits, columns, texts, strict=True)
    ]
    # Where a string has no room, its posterior is 0; the strip counts as 0 instead.
    expected = np.mean([-value if np.isfinite(value) else 0.0 for value in of_strings])
    loss = forward_loss(torch.from_numpy(logits), texts, columns)
    assert float(loss) == pytest.approx(float(expected), abs=1e-6)


def test_equal_neighbours_need_a_column_between_them() -> None:
    logits = torch.zeros(1, 3, 11, dtype=torch.float64)
    # Of the 11^3 equally probable paths 7 - 7 is the only one that spells 77.
    assert float(forward_loss(logits, ["77"], [3])) == pytest.approx(3 * math.log(11))
    # Five spell 78: 7 7 8, 7 8 8, 7 8 -, 7 - 8, - 7 8.
    assert float(forward_loss(logits, ["78"], [3])) == pytest.approx(3 * math.log(11) - math.log(5))


def test_the_gradient_of_the_forward_loss_is_its_derivative() -> None:
    columns = [5, 3, 4, 1]
    logits = torch.from_numpy(drawn_logits(columns, seeds=[0, 1, 2, 3], scale=1.0)).requires_grad_()
    texts = ["33", "908", "", "12"]  # the last has no room
    assert torch.autograd.gradcheck(lambda values: forward_loss(values, texts, columns), [logits])


# The Viterbi objective.


@few
@given(
    st.lists(
        st.tuples(st.text("0123", max_size=3), st.integers(1, 3), st.integers(0, 2**32 - 1)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(list(Gradient)),
)
def test_the_viterbi_loss_is_what_the_free_path_has_over_the_constrained_one(
    examples: list[tuple[str, int, int]], gradient: Gradient
) -> None:
    texts, columns, seeds = ([*column] for column in zip(*examples, strict=True))
    logits = drawn_logits(columns, seeds)
    differences = []
    for one, count, text in zip(logits, columns, texts, strict=True):
        log_probs = log_softmax(one[:count], 1.0)
        constrained = max_plus(log_probs, text)[1]
        free = max(max_plus(log_probs, "".join(map(str, string)))[1] for string in paths_by_string(count))
        differences.append(free - constrained if np.isfinite(constrained) else 0.0)
    loss = viterbi_loss(torch.from_numpy(logits), texts, columns, gradient)
    assert float(loss) == pytest.approx(float(np.mean(differences)), abs=1e-9)
    assert float(loss) >= 0


def test_the_paths_of_the_viterbi_loss_are_those_of_the_oracle() -> None:
    log_probs = log_softmax(np.random.default_rng(0).normal(size=(3, 11)), 1.0)
    of_paths = oracle.path_log_probs(log_probs, Topology.CTC)
    for text in ("", "4", "40", "44", "404"):
        members = [
            value for path, value in of_paths.items() if oracle.string_of(path, 10) == as_classes(text)
        ]
        assert max_plus(log_probs, text)[1] == pytest.approx(max(members))
    assert max_plus(log_probs, "444") == (None, -math.inf)


#                          0    1  no-digit
COLUMNS = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.2, 0.1, 0.7]])
CONSTRAINED = np.array([1, 1, 2])
"""Spells 1; the free path 0 1 - spells 01 and differs in the first column."""


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        # Only the winners are pulled, by 1 - p.
        (Gradient.REINFORCE, [[0, -0.7, 0], [0, -0.4, 0], [0, 0, -0.3]]),
        # In the first column the free path's winner is pushed by its p as well.
        (Gradient.CORRECT, [[0.5, -0.7, 0], [0, -0.4, 0], [0, 0, -0.3]]),
        # All three columns lie within two of each other: 1 and no-digit win nearby and are left alone.
        (Gradient.CONTRAST, [[0.5, -0.7, 0], [0.1, -0.4, 0], [0.2, 0, -0.3]]),
    ],
)
def test_three_columns_worked_by_hand(gradient: Gradient, expected: list[list[float]]) -> None:
    push = winner_gradient(COLUMNS[None], CONSTRAINED[None], COLUMNS.argmax(axis=1)[None], gradient)
    np.testing.assert_allclose(push, [expected], atol=1e-12)


def test_contrast_leaves_a_class_alone_up_to_two_columns_from_where_it_wins() -> None:
    probs = np.tile([0.2, 0.3, 0.1, 0.4], (1, 7, 1))
    constrained = np.array([[0, 3, 3, 3, 3, 3, 1]])
    push = winner_gradient(probs, constrained, constrained, Gradient.CONTRAST)[0]
    # Class 0 wins in column 0 and is near up to column 2; class 1 wins in column 6, near from column 4 on.
    assert push[:, 0].tolist() == pytest.approx([-0.8, 0, 0, 0.2, 0.2, 0.2, 0.2])
    assert push[:, 1].tolist() == pytest.approx([0.3, 0.3, 0.3, 0.3, 0, 0, -0.7])
    assert push[:, 2].tolist() == pytest.approx([0.1] * 7)  # wins nowhere
    assert push[:, 3].tolist() == pytest.approx([0, -0.6, -0.6, -0.6, -0.6, -0.6, 0])


@gradients
def test_near_columns_are_those_of_the_same_map(gradient: Gradient) -> None:
    rng = np.random.default_rng(0)
    probs = np.exp(log_softmax(rng.normal(size=(3, 6, 4)), 1.0))
    constrained, free = rng.integers(4, size=(2, 3, 6))
    together = winner_gradient(probs, constrained, free, gradient)
    for place in range(3):
        one = slice(place, place + 1)
        alone = winner_gradient(probs[one], constrained[one], free[one], gradient)
        np.testing.assert_array_equal(together[one], alone)


def test_the_free_path_matters_to_correct_alone() -> None:
    rng = np.random.default_rng(1)
    probs = np.exp(log_softmax(rng.normal(size=(1, 6, 4)), 1.0))
    constrained, free, other = rng.integers(4, size=(3, 1, 6))
    for gradient in Gradient:
        one, another = (winner_gradient(probs, constrained, each, gradient) for each in (free, other))
        assert np.array_equal(one, another) == (gradient is not Gradient.CORRECT)


@gradients
@pytest.mark.parametrize("columns", [1, 2])
def test_maps_narrower_than_what_is_near_have_a_gradient(gradient: Gradient, columns: int) -> None:
    probs = np.tile([0.5, 0.3, 0.2], (1, columns, 1))
    path = np.full((1, columns), 1)
    expected = {
        Gradient.REINFORCE: [0, -0.7, 0],
        Gradient.CORRECT: [0.5, -0.7, 0],
        Gradient.CONTRAST: [0.5, -0.7, 0.2],
    }
    push = winner_gradient(probs, path, np.zeros_like(path), gradient)
    np.testing.assert_allclose(push, [[expected[gradient]] * columns])


def gradient_of(logits: FloatArray, texts: list[str], columns: list[int], gradient: Gradient) -> FloatArray:
    leaf = torch.from_numpy(logits).requires_grad_()
    (result,) = torch.autograd.grad(viterbi_loss(leaf, texts, columns, gradient), leaf)
    return result.numpy()


@gradients
def test_the_logits_receive_what_the_winners_say_over_the_number_of_strips(gradient: Gradient) -> None:
    texts, columns = ["33", "12", "0", "77"], [3, 2, 1, 2]  # 77 has no room in two columns
    logits = drawn_logits(columns, seeds=[5, 6, 7, 8], scale=1.0)
    expected = np.zeros_like(logits)
    for place, (one, count, text) in enumerate(zip(logits, columns, texts, strict=True)):
        log_probs = log_softmax(one[:count], 1.0)
        constrained, _ = max_plus(log_probs, text)
        if constrained is not None:
            free = log_probs.argmax(axis=1)
            push = winner_gradient(np.exp(log_probs)[None], np.array([constrained]), free[None], gradient)
            expected[place, :count] = push[0] / 4
    assert [bool(part.any()) for part in expected] == [True, True, True, False]
    np.testing.assert_allclose(gradient_of(logits, texts, columns, gradient), expected, atol=1e-12)


@objectives
def test_nothing_is_changed_where_the_path_is_right_and_certain(
    objective: Objective, gradient: Gradient
) -> None:
    path = [10, 4, 4, 10, 4, 2, 10]
    leaf = (60 * torch.eye(11, dtype=torch.float64)[path])[None].requires_grad_()
    loss = string_loss(objective, gradient)(leaf, ["442"], [7])
    assert float(loss.detach()) == pytest.approx(0, abs=1e-12)
    (result,) = torch.autograd.grad(loss, leaf)
    assert float(result.abs().max()) < 1e-12


def test_where_the_path_is_right_but_not_certain_contrast_alone_pushes_others() -> None:
    path = np.array([10, 4, 10])
    logits = np.eye(11)[path][None]
    winners = np.eye(11, dtype=bool)[path][None]
    for gradient in Gradient:
        push = gradient_of(logits, ["4"], [3], gradient)
        assert (push[winners] < 0).all()
        assert push[~winners].any() == (gradient is Gradient.CONTRAST)


# Either objective.


@objectives
def test_filling_neither_counts_nor_learns(objective: Objective, gradient: Gradient) -> None:
    loss = string_loss(objective, gradient)
    one = torch.from_numpy(drawn_logits([4], seeds=[0]))
    filled = torch.cat([one, torch.full((1, 3, 11), 9.0, dtype=torch.float64)], dim=1).requires_grad_()
    value = loss(filled, ["05"], [4])
    assert float(value.detach()) == pytest.approx(float(loss(one, ["05"], [4])))
    (result,) = torch.autograd.grad(value, filled)
    assert bool(result[:, :4].any())
    assert not bool(result[:, 4:].any())


@objectives
def test_a_batch_of_strips_without_room_teaches_nothing(objective: Objective, gradient: Gradient) -> None:
    leaf = torch.from_numpy(drawn_logits([2, 1], seeds=[0, 1])).requires_grad_()
    loss = string_loss(objective, gradient)(leaf, ["55", "12"], [2, 1])
    assert float(loss.detach()) == 0
    (result,) = torch.autograd.grad(loss, leaf)
    assert not bool(result.any())


@objectives
def test_a_little_training_makes_maps_spell_their_strings(objective: Objective, gradient: Gradient) -> None:
    texts, columns = ["31", "4405", "", "9"], [8, 12, 5, 1]
    loss_of = string_loss(objective, gradient)
    torch.manual_seed(0)
    logits = torch.randn(4, 12, 11).requires_grad_()

    def step() -> Tensor:
        loss = loss_of(logits, texts, columns)
        (slope,) = torch.autograd.grad(loss, logits)
        with torch.no_grad():
            logits.sub_(4 * slope)
        return loss.detach()

    before = float(step())
    for _ in range(30):
        after = float(step())
    assert after < 0.2 * before
    best = logits.detach().argmax(2).numpy()
    read = [
        "".join(str(span.label) for span in collapse(path[:count], NO_DIGIT))
        for path, count in zip(best, columns, strict=True)
    ]
    assert read == texts

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import class_maps, normalized, string_probs
from oracle import digit_probs as obvious_digit_probs

from sdnn.choices import Topology
from sdnn.decoding.posterior import digit_probs, string_log_probs
from sdnn.results import FloatArray

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
    assert digit_probs(log_probs, string, topology).shape == (len(string), 2)


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
    probs = digit_probs(log_probs, string, topology)
    assert np.exp(string_log_probs(log_probs, [string], topology)[0]) == pytest.approx(
        of_strings[string], abs=1e-9
    )
    expected = [[*row.values()] for row in obvious_digit_probs(log_probs, string, topology)]
    assert probs.shape == (len(string), log_probs.shape[1] - 1)
    np.testing.assert_allclose(probs, np.reshape(expected, probs.shape), atol=1e-9)


def test_the_digits_of_an_impossible_string_have_probability_0() -> None:
    log_probs = np.log(np.full((2, 3), 1 / 3))
    probs = digit_probs(log_probs, [0, 1, 0])
    assert string_log_probs(log_probs, [[0, 1, 0]])[0] == -math.inf
    assert probs.tolist() == [[0.0, 0.0]] * 3


def test_the_empty_string_has_a_probability_and_no_digits() -> None:
    log_probs = np.log([[0.75, 0.25], [0.5, 0.5]])
    assert np.exp(string_log_probs(log_probs, [[]])[0]) == pytest.approx(0.25 * 0.5)
    assert digit_probs(log_probs, []).shape == (0, 1)


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

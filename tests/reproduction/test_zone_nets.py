import itertools

import numpy as np
import pytest
import torch

from reproduction.experiments.variants import VARIANTS, scaled
from reproduction.net_1992 import ZONE_WIDTHS, Net1992
from reproduction.synthetic_zip import Windows, ZipStrip
from reproduction.zone_nets import (
    NetRecipe,
    Terms,
    confidences,
    learn_windows,
    read,
    read_windows,
    string_net,
    swept,
)
from sdnn.enums import Objective
from sdnn.results import DIGITS, log_softmax


def strip(width_px: int, seed: int) -> ZipStrip:
    """Noise: what it says does not matter."""
    ink = np.random.default_rng(seed).integers(0, 255, (28, width_px)).astype(np.uint8)
    return ZipStrip(ink, "12345", (), ())


NOISE = [strip(100 + 12 * seed, seed) for seed in range(5)]


@pytest.fixture
def net() -> Net1992:
    torch.manual_seed(0)
    return Net1992()


def test_the_maps_of_strips_do_not_depend_on_the_strips_beside_them(net: Net1992) -> None:
    together = swept(net, NOISE)
    for one, logits in zip(NOISE, together, strict=True):
        assert logits.shape == ((one.ink.shape[1] - 12) // 4, len(ZONE_WIDTHS), len(DIGITS))
        # The widest zone that does not reach beyond the strip; beyond it lies paper, or background.
        inside = len(logits) - max(ZONE_WIDTHS) + 1
        np.testing.assert_allclose(logits[:inside], swept(net, [one])[0][:inside], atol=1e-5)


def test_of_zones_a_reading_is_as_sure_as_the_product_of_its_scores(net: Net1992) -> None:
    one = strip(16 + 4 * 12, 7)
    narrow = Net1992((2,))
    narrow.load_state_dict(net.state_dict())
    (logits,) = swept(narrow, [one])
    probs = np.exp(log_softmax(logits[:, 0], 1.0)).max(axis=1)
    # Five zones of two columns in thirteen: every choice of five beginnings two apart.
    best = max(
        float(np.prod(probs[list(begins)]))
        for begins in itertools.combinations(range(len(probs) - 1), 5)
        if all(after - before >= 2 for before, after in itertools.pairwise(begins))
    )
    assert confidences(narrow, [one], of_zones=True) == pytest.approx([best])


def test_over_whole_segmentations_a_reading_has_a_share_of_them(net: Net1992) -> None:
    shares = confidences(net, NOISE, of_zones=False)
    assert all(0 < share < 1 for share in shares)
    with torch.no_grad():
        for parameter in net.output.parameters():
            parameter.mul_(1_000)
    assert np.mean(confidences(net, NOISE, of_zones=False)) > np.mean(shares)


@pytest.mark.parametrize("of_zones", [True, False])
def test_where_there_is_no_room_nothing_is_read_and_nothing_is_sure(of_zones: bool) -> None:
    wide, small = Net1992((5,)), strip(100, 0)
    assert read(wide, [small], of_zones) == [""]
    assert confidences(wide, [small], of_zones) == [0.0]


def test_a_reward_for_digits_brings_more_of_them(net: Net1992) -> None:
    with torch.no_grad():
        net.output.weight.mul_(10)  # else all zones say about the same
    counts = [
        np.mean([len(text) for text in read(net, NOISE, True, length=None, terms=Terms(digit=reward))])
        for reward in (0.0, 1.0, 2.5)
    ]
    assert counts[0] == 0
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("of_zones", [True, False])
def test_as_many_digits_are_read_as_asked_for(net: Net1992, of_zones: bool) -> None:
    for length in (1, 3, 5):
        assert {len(text) for text in read(net, NOISE, of_zones, length)} == {length}


def test_a_high_price_for_columns_left_out_leaves_none_out(net: Net1992) -> None:
    few, many = (read(net, NOISE, True, length=None, terms=Terms(price)) for price in (0.0, -50.0))
    assert few == [""] * len(NOISE)
    for each, text in zip(NOISE, many, strict=True):
        assert len(text) >= (each.ink.shape[1] - 12) // 4 // max(ZONE_WIDTHS)


def test_single_windows_are_learned(net: Net1992) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=640)
    ink = rng.integers(0, 60, (len(labels), 28, 32)).astype(np.uint8)
    for window, label in zip(ink, labels, strict=True):
        window[2 + 2 * label : 8 + 2 * label, 4 + 2 * label : 10 + 2 * label] = 255
    windows = Windows(ink, labels)
    learn_windows(net, windows, 6, rng)
    assert (read_windows(net, windows) == labels).mean() > 0.8


def test_string_training_is_the_same_for_the_same_seed(net: Net1992, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reproduction.zone_nets.zip_strips", lambda split, count, seed: NOISE)
    recipe = NetRecipe(objective=Objective.VITERBI, passes=3)
    other = Net1992()
    other.load_state_dict(net.state_dict())
    before = [parameter.clone() for parameter in net.parameters()]
    eval_points = [string_net(each, recipe, seed=1) for each in (net, other)]
    assert eval_points[0] == eval_points[1]
    assert len(eval_points[0]) == 3  # after every step, as there are fewer than eval_points
    for one, same, old in zip(net.parameters(), other.parameters(), before, strict=True):
        assert torch.equal(one, same)
        assert not torch.equal(one, old)


def test_a_quick_way_differs_in_its_length_alone() -> None:
    for recipe in VARIANTS.values():
        quick = scaled(recipe, quick=True)
        assert (quick.widths, quick.objective, quick.gradient, quick.of_zones) == (
            recipe.widths,
            recipe.objective,
            recipe.gradient,
            recipe.of_zones,
        )
        assert quick.strips * quick.passes < recipe.strips * recipe.passes / 2
        assert scaled(recipe, quick=False) == recipe

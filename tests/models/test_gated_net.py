from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.brute_force import net_in_use
from torch import Tensor, nn

from sdnn.models.checkpoint import export_onnx
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import FullyConvolutional, fully_convolutional
from sdnn.models.gated_net import EPSILON, SIGHT_PX, Activities, Gate, GatedNet, fit_gate, moved
from sdnn.models.inspection import record_of
from sdnn.models.lenet import LENET
from sdnn.models.metadata import ReaderMetadata
from sdnn.results import Strip

CHANNELS = (3, 5, 4, 6, 8, 7)
HEIGHT = LENET.geometry.height_px
PAPER_PX = 42
"""Paper at either end of a strip, as `to_strip` leaves it."""


@pytest.fixture(scope="module")
def nets() -> tuple[FullyConvolutional, FullyConvolutional]:
    first, second = (fully_convolutional(net_in_use(seed, channels=CHANNELS)) for seed in (0, 1))
    return first, second


@pytest.fixture
def gate() -> Gate:
    torch.manual_seed(0)
    return Gate(CHANNELS).eval()


def strip(width: int, seed: int = 0) -> Tensor:
    ink = torch.zeros(HEIGHT, width)
    rng = np.random.default_rng(seed)
    text = (rng.random((26, width - 2 * PAPER_PX)) < 0.3).astype(np.float32)
    ink[11:37, PAPER_PX:-PAPER_PX] = torch.from_numpy(text)
    return ink


@torch.no_grad()
def test_the_gate_mixes_the_logits_of_the_nets(
    nets: tuple[FullyConvolutional, FullyConvolutional], gate: Gate
) -> None:
    strips = torch.stack([strip(200, seed) for seed in range(3)])
    first, second = (net(strips) for net in nets)
    assert (first - second).abs().max() > 0.1
    activities = Activities(nets[0])
    scores = gate(activities(strips.unsqueeze(1))[1])
    assert scores.shape == (3, 1, 1, 1)
    for by, expected in (
        (-100.0, first),
        (100.0, second),
        (0.0, first + torch.sigmoid(scores)[:, 0] * (second - first)),
    ):
        mixed = GatedNet(activities, nets[1], moved(gate, by))(strips)
        torch.testing.assert_close(mixed, expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_activities_are_means_where_there_is_ink(
    nets: tuple[FullyConvolutional, FullyConvolutional],
) -> None:
    ink = strip(150)
    logits, activities = Activities(nets[0])(ink[None, None])
    torch.testing.assert_close(logits.squeeze(2).transpose(1, 2), nets[0](ink[None]))
    # What a column of each layer's maps sees, and the distance from one to the next; by hand from the layers.
    sights = [(6, 2), (10, 2), (20, 4), (28, 4), (36, 4), (44, 4)]
    maps, found = ink[None, None], []
    for layer in nets[0].layers:
        maps = layer(maps)
        if isinstance(layer, nn.ReLU):
            found.append(maps[0])
    assert [each.shape[1] for each in activities] == [*CHANNELS]
    for (reach, stride), of_layer, activity in zip(sights, found, activities, strict=False):
        total, weight = torch.zeros(len(of_layer)), 0.0
        for column in range(of_layer.shape[2]):
            left = column * stride + (reach - SIGHT_PX) // 2
            seen = float(ink[:, left : left + SIGHT_PX].mean())
            total += seen * of_layer[:, :, column].sum(1)
            weight += seen
        assert weight > 0.1
        torch.testing.assert_close(activity[0, :, 0, 0], total / (weight + EPSILON), atol=1e-4, rtol=1e-4)


def test_a_model_file_mixes_as_the_net_does_whatever_its_batch(
    nets: tuple[FullyConvolutional, FullyConvolutional], gate: Gate, tmp_path: Path
) -> None:
    net = GatedNet(Activities(nets[0]), nets[1], gate).eval()
    path = tmp_path / "gated.onnx"
    export_onnx(path, net, ReaderMetadata("gated", LENET.geometry, nets=2))
    engine = Engine(path)
    strips = [strip(width, seed) for seed, width in enumerate((150, 160, 163, 190))]
    together = engine.class_maps([Strip(ink.numpy()) for ink in strips])
    for ink, in_batch in zip(strips, together, strict=True):
        alone = engine.class_map(Strip(ink.numpy())).log_probs
        with torch.no_grad():
            expected = net(ink[None])[0].log_softmax(1).numpy()
        np.testing.assert_allclose(alone, expected, atol=1e-4)
        np.testing.assert_allclose(in_batch.log_probs, alone, atol=1e-5)


def test_blank_and_narrow_strips_have_finite_maps(
    nets: tuple[FullyConvolutional, FullyConvolutional], gate: Gate, tmp_path: Path
) -> None:
    path = tmp_path / "gated.onnx"
    export_onnx(
        path, GatedNet(Activities(nets[0]), nets[1], gate).eval(), ReaderMetadata("g", LENET.geometry)
    )
    for width in (1, 67, 68, 300):
        assert np.isfinite(
            Engine(path).class_map(Strip(np.zeros((HEIGHT, width), np.float32))).log_probs
        ).all()


def test_the_record_of_a_model_counts_both_nets(
    nets: tuple[FullyConvolutional, FullyConvolutional], gate: Gate, tmp_path: Path
) -> None:
    records = []
    for number, net in ((1, nets[0]), (2, GatedNet(Activities(nets[0]), nets[1], gate))):
        path = tmp_path / f"{number}.onnx"
        recipe = {"architecture": "lenet", "channels": [*CHANNELS]}
        export_onnx(path, net.eval(), ReaderMetadata("g", LENET.geometry, recipe=recipe, nets=number))  # type: ignore[arg-type]
        records.append(record_of(Engine(path), path))
    one, two = records
    assert (one["nets"], two["nets"]) == (1, 2)
    assert two["parameters"] == 2 * one["parameters"]
    assert two["multiplications"]["swept"] == 2 * one["multiplications"]["swept"]
    assert two["layers"] == one["layers"]


def drawn(count: int, middle: float, seed: int) -> list[Tensor]:
    """Activities of two layers of 2 and 1 maps, round a middle in the first map alone."""
    values = torch.from_numpy(np.random.default_rng(seed).normal(0, 1, (count, 3)).astype(np.float32))
    values[:, 0] += middle
    return [values[:, :2], values[:, 2:]]


def score(gate: Gate, activities: list[Tensor]) -> Tensor:
    with torch.no_grad():
        found: Tensor = gate([each[:, :, None, None] for each in activities])
    return found.flatten()


def test_a_gate_tells_kinds_of_strips_apart_whatever_their_numbers() -> None:
    gate = fit_gate(drawn(200, 2.0, 1), drawn(2000, -2.0, 2))
    own, others = score(gate, drawn(500, 2.0, 3)), score(gate, drawn(500, -2.0, 4))
    assert float((own > 0).float().mean()) > 0.95
    assert float((others < 0).float().mean()) > 0.95
    # Either kind has the same weight: in the middle the odds are even.
    assert abs(float(score(gate, [torch.zeros(1, 2), torch.zeros(1, 1)]))) < 0.5


def test_a_gate_that_finds_no_difference_is_undecided() -> None:
    gate = fit_gate(drawn(3000, 0.0, 1), drawn(3000, 0.0, 2))
    assert float(score(gate, drawn(500, 0.0, 3)).abs().max()) < 0.5


def test_activities_that_never_change_do_no_harm() -> None:
    own, others = drawn(100, 1.0, 1), drawn(100, -1.0, 2)
    own[1][:], others[1][:] = 0.0, 0.0
    found = score(fit_gate(own, others), [torch.zeros(1, 2), torch.full((1, 1), 0.01)])
    assert torch.isfinite(found).all()
    assert abs(float(found)) < 1


def test_a_moved_gate_has_greater_scores(gate: Gate) -> None:
    activities = [torch.rand(4, size, 1, 1) for size in CHANNELS]
    with torch.no_grad():
        torch.testing.assert_close(moved(gate, 1.5)(activities), gate(activities) + 1.5)

"""The detector's training on a few small documents by drawn hands; needs no data."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.inline_prefetcher import OnTheSpot
from helpers.perfect_maps import SURE, document_of, perfect_logits, string_at
from torch import Tensor, nn

from sdnn.datasets.documents import Document, ScriptFonts, TruthMaps, truth_maps
from sdnn.datasets.pen import SyntheticDigits
from sdnn.enums import Split
from sdnn.errors import ModelError, UnreadableInput, UsageError
from sdnn.models.checkpoint import load_detector, load_tensors
from sdnn.models.detector_net import MASKS, DetectorNet
from sdnn.models.metadata import DetectorMetadata
from sdnn.training import detection_task, detector_run, loop, run_folder
from sdnn.training import run as run_module
from sdnn.training.detection_task import FIELD_NAMES, MASK_NAMES, PRINTED, detector_loss, detector_metrics
from sdnn.training.detector_recipe import DetectorRecipe, LossWeights
from sdnn.training.detector_run import DetectorRun
from sdnn.training.document_batches import DetectorBatch, DocumentMaker, pad_document, rotate_truth
from sdnn.training.loop import Progress
from sdnn.training.reader_run import ReaderRun
from sdnn.training.run_folder import net_of

TINY = DetectorRecipe(
    seed=3,
    steps=10,
    steps_per_epoch=4,
    page_px=(96, 96),
    page_batch=3,
    line_px=(48, 128),
    line_batch=3,
    learning_rate=0.01,
    mean_decay=0.5,
    loss=LossWeights(present=(2.0, 3.0, 3.0, 3.0, 2.0)),  # what is rare would drown ten steps
)
SIZE = (96, 128)


def page() -> Document:
    """A document with something for every map."""
    return document_of(
        SIZE,
        string_at("417", (20.0, 24.0), 18.0, turn_deg=8, slant=0.3, struck=(1,)),
        string_at("96", (70.0, 60.0), 15.0, printed=True),
        string_at("123", (20.0, 84.0), 8.0),
        signs=[(100.0, 24.0, 9.0)],
    )


@pytest.fixture
def truth() -> TruthMaps:
    """Of one document, with a batch axis."""
    maps = truth_maps(page())
    maps.ink[20:28, 20:40] = 1
    return TruthMaps(*(getattr(maps, each.name)[None] for each in fields(maps)))


def loss_of(maps: Any, ink: Any, truth: TruthMaps) -> float:
    return float(detector_loss(torch.tensor(maps), torch.tensor(ink), truth, LossWeights()))


# The loss.


def test_a_perfect_answer_has_next_to_no_loss(truth: TruthMaps) -> None:
    maps, ink = perfect_logits(truth)
    assert 0 <= loss_of(maps, ink, truth) < 1e-3
    assert loss_of(0 * maps, 0 * ink, truth) > 1


@pytest.mark.parametrize("number", range(PRINTED + 2))
def test_any_map_that_is_wrong_raises_the_loss(truth: TruthMaps, number: int) -> None:
    maps, ink = perfect_logits(truth)
    best = loss_of(maps, ink, truth)
    if number > PRINTED:
        ink = -ink
    elif MASKS <= number < PRINTED:
        maps[:, number] += 0.3
    else:
        maps[:, number] *= -1
    assert loss_of(maps, ink, truth) > best + 0.05


@pytest.mark.parametrize("number", range(MASKS))
def test_what_is_there_and_missed_costs_more_than_what_is_made_up(truth: TruthMaps, number: int) -> None:
    maps, ink = perfect_logits(truth)
    here = np.argwhere((truth.masks[0, number] == 1) & (truth.masks_valid[0, number] == 1))[0]
    elsewhere = np.argwhere((truth.masks[0, number] == 0) & (truth.masks_valid[0, number] == 1))[0]
    costs = []
    for row, column in (here, elsewhere):
        wrong = maps.copy()
        wrong[0, number, row, column] *= -1
        costs.append(loss_of(wrong, ink, truth) - loss_of(maps, ink, truth))
    assert costs[0] / costs[1] == pytest.approx(LossWeights().present[number], rel=0.01)


def test_cells_and_pixels_that_do_not_count_leave_the_loss_as_it_is(truth: TruthMaps) -> None:
    truth.ink_valid[0, 60:70] = 0
    maps, ink = perfect_logits(truth)
    before = loss_of(maps, ink, truth)
    assert all((part == 0).any() for part in (truth.masks_valid, truth.fields_valid, truth.ink_valid))
    noise = np.random.default_rng(0).normal(0, 9, maps.shape).astype(np.float32)
    maps[:, :MASKS] += noise[:, :MASKS] * (truth.masks_valid == 0)
    maps[:, MASKS:] += noise[:, MASKS:] * (truth.fields_valid == 0)[:, None]
    ink[truth.ink_valid == 0] = SURE
    assert loss_of(maps, ink, truth) == pytest.approx(before, abs=1e-6)


def test_a_document_without_lines_has_a_loss(truth: TruthMaps) -> None:
    blank = truth_maps(document_of(SIZE))
    batch = TruthMaps(*(getattr(blank, each.name)[None] for each in fields(blank)))
    assert loss_of(*perfect_logits(batch), batch) < 1e-3


def test_every_part_of_the_loss_has_a_gradient(truth: TruthMaps) -> None:
    maps, ink = (torch.tensor(part, requires_grad=True) for part in perfect_logits(truth))
    (0.1 + detector_loss(0.5 * maps, 0.5 * ink, truth, LossWeights())).backward()
    assert maps.grad is not None
    assert ink.grad is not None
    assert all(float(maps.grad[:, number].abs().sum()) > 0 for number in range(PRINTED + 1))
    assert float(ink.grad.abs().sum()) > 0


# The figures.


class Answers(nn.Module):
    """In place of a net: what it answers, whatever it sees."""

    def __init__(self, maps: Any, ink: Any) -> None:
        super().__init__()
        self.answer = torch.tensor(maps), torch.tensor(ink)
        self.place = nn.Parameter(torch.zeros(()))  # where a net is, its parameters say

    def forward(self, _: Tensor) -> tuple[Tensor, Tensor]:
        return self.answer


def figures_of(maps: Any, ink: Any, truth: TruthMaps) -> dict[str, float]:
    batch = DetectorBatch(np.zeros((1, *SIZE), np.float16), truth)
    net: Any = Answers(maps, ink)
    return detector_metrics(net, [batch, batch], LossWeights())


def test_a_perfect_answer_has_perfect_figures(truth: TruthMaps) -> None:
    figures = figures_of(*perfect_logits(truth), truth)
    names = (*MASK_NAMES, "ink")
    assert all(figures[f"{name} {what}"] == 1 for name in names for what in ("precision", "recall"))
    assert all(figures[f"{name} error"] == 0 for name in FIELD_NAMES)
    assert figures["accuracy"] == 1
    assert figures["held-out loss"] < 1e-3


def test_figures_say_what_is_missed_and_what_is_made_up(truth: TruthMaps) -> None:
    maps, ink = perfect_logits(truth)
    missed, made_up = maps.copy(), maps.copy()
    rows, columns = np.nonzero(truth.masks[0, 0])
    missed[0, 0, rows[::2], columns[::2]] = -SURE
    figures = figures_of(missed, ink, truth)
    kept = 1 - len(rows[::2]) / len(rows)
    assert figures["line precision"] == 1
    assert figures["line recall"] == pytest.approx(kept, abs=1e-3)
    assert figures["accuracy"] == pytest.approx(2 * kept / (1 + kept), abs=1e-3)
    made_up[:, 1] = SURE
    figures = figures_of(made_up, ink, truth)
    assert figures["digit recall"] == 1
    assert 0 < figures["digit precision"] < 0.5
    maps[:, MASKS] += 0.25
    assert figures_of(maps, ink, truth)["height error"] == pytest.approx(0.25, abs=1e-3)


# The documents.


def quarter_turned(document: Document) -> Document:
    """A document turned to the left by a quarter, each point of it."""
    width = document.picture.shape[1]

    def to_left(points: Any) -> Any:
        return np.stack([points[..., 1], width - points[..., 0]], axis=-1)

    strings = tuple(
        replace(string, quads=to_left(string.quads), centre=to_left(string.centre))
        for string in document.strings
    )
    signs = np.column_stack([to_left(document.signs[:, :2]), document.signs[:, 2]])
    return Document(np.rot90(document.picture), np.rot90(document.ink), strings, signs)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_the_truth_turned_is_the_truth_of_the_document_turned(turns: int) -> None:
    document = page()
    expected = document
    for _ in range(turns):
        expected = quarter_turned(expected)
    found, true = rotate_truth(truth_maps(document), turns), truth_maps(expected)
    for name in ("masks", "masks_valid", "fields_valid"):
        # A cell whose middle lies on the edge of a band may fall to either side.
        assert float(np.mean(getattr(found, name) != getattr(true, name))) < 0.02
    both = (found.fields_valid & true.fields_valid) > 0
    assert both.sum() > 20
    np.testing.assert_allclose(found.fields[:, both], true.fields[:, both], atol=1e-4)
    np.testing.assert_array_equal(found.ink, true.ink)


def test_four_quarters_are_none(truth: TruthMaps) -> None:
    once = truth_maps(page())
    again = rotate_truth(rotate_truth(once, 3), 1)
    for each in fields(once):
        np.testing.assert_array_equal(getattr(again, each.name), getattr(once, each.name))


def test_a_padded_document_keeps_its_content_in_place() -> None:
    document = page()
    document.picture[:] = np.arange(SIZE[1]) / SIZE[1]
    document.ink[30, 40] = 255
    whole = pad_document(document, (160, 160), np.random.default_rng(1))
    assert whole.picture.shape == whole.ink.shape == (160, 160)
    ((top, left),) = np.argwhere(whole.ink) - [30, 40]
    assert top > 0
    assert left > 0
    np.testing.assert_array_equal(whole.picture[top : top + SIZE[0], left : left + SIZE[1]], document.picture)
    np.testing.assert_array_equal(whole.picture[:, : left + 1], 0)
    for moved, string in zip(whole.strings, document.strings, strict=True):
        np.testing.assert_allclose(moved.centre - string.centre, [[left, top]] * 2)
        np.testing.assert_allclose((moved.quads - string.quads).reshape(-1, 2).mean(0), [left, top])
    np.testing.assert_allclose(whole.signs - document.signs, [[left, top, 0]])


def maker(**changes: Any) -> DocumentMaker:
    return DocumentMaker(SyntheticDigits(), ScriptFonts(), replace(TINY, **changes))


def arrays(batch: DetectorBatch) -> Iterator[Any]:
    yield batch.contrast
    for each in fields(batch.truth):
        yield getattr(batch.truth, each.name)


def same(one: list[DetectorBatch], other: list[DetectorBatch]) -> bool:
    return all(
        np.array_equal(left, right)
        for first, second in zip(one, other, strict=True)
        for left, right in zip(arrays(first), arrays(second), strict=True)
    )


def test_batches_depend_on_seed_and_number_alone() -> None:
    first = maker()(2)
    assert same(maker()(2), first)
    assert not same(maker()(3), first)
    assert not same(maker(seed=4)(2), first)


def test_held_out_batches_are_the_same_for_every_seed_and_are_not_learned_from() -> None:
    held_out = maker().held_out(2)
    assert same(maker(seed=4).held_out(2), held_out)
    assert not any(same([batch], [other]) for batch in held_out for other in maker(seed=0)(0))


def test_a_batch_is_of_pages_or_of_lines() -> None:
    for share, (rows, columns) in ((1.0, TINY.page_px), (0.0, TINY.line_px)):
        (batch, *_) = maker(page_share=share)(0)
        assert batch.contrast.shape == batch.truth.ink.shape == (3, rows, columns)
        assert batch.truth.masks.shape == (3, MASKS, rows // 4, columns // 4)
        assert float(np.abs(batch.contrast).max()) <= 4


# The recipe.


@pytest.mark.parametrize(
    "recipe", [DetectorRecipe(), replace(TINY, start="00ff", loss=LossWeights(fields=(1, 2, 3, 4, 5)))]
)
def test_a_recipe_survives_json(recipe: DetectorRecipe) -> None:
    again = DetectorRecipe.from_record(json.loads(json.dumps(asdict(recipe))))
    assert again == recipe
    assert hash(again) == hash(recipe)


def test_both_kinds_of_batches_have_about_as_many_pixels() -> None:
    recipe = DetectorRecipe()
    pixels = [
        count * int(np.prod(size))
        for count, size in ((recipe.page_batch, recipe.page_px), (recipe.line_batch, recipe.line_px))
    ]
    assert pixels[0] == pytest.approx(pixels[1], rel=0.05)
    assert recipe.batch == (recipe.page_batch + recipe.line_batch) / 2


# Whole runs.


class Interruption(Exception):
    """What stops a run in these tests."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn documents, made on the spot, and no export, which takes seconds."""

    def drawn(recipe: DetectorRecipe, split: Split, data: Path | None) -> DocumentMaker:
        return DocumentMaker(SyntheticDigits(), ScriptFonts(), recipe)

    def exported(path: Path, net: DetectorNet, metadata: DetectorMetadata) -> None:
        path.write_text(metadata.name)

    monkeypatch.setattr(detector_run, "document_maker", drawn)
    monkeypatch.setattr(detector_run, "export_detector", exported)
    monkeypatch.setattr(loop, "Prefetcher", OnTheSpot)
    monkeypatch.setattr(detection_task, "VALIDATION_BATCHES", 2)


def trained(folder: Path, recipe: DetectorRecipe = TINY, stop: int | None = None) -> DetectorRun:
    """A new run, trained up to a step, or to the end."""
    run = DetectorRun.begin(folder, recipe, {})
    go_on(run, stop)
    return run


def go_on(run: DetectorRun, stop: int | None = None) -> list[int]:
    steps = []

    def report(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == stop:
            raise Interruption

    if stop is None:
        run.train(None, report)
    else:
        with pytest.raises(Interruption):
            run.train(None, report)
    return steps


def timeless(run: DetectorRun) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if name not in {"seconds", "examples_per_second"}}
        for line in run.metrics()
    ]


@pytest.mark.slow
def test_a_few_steps_lower_the_loss_and_an_interrupted_run_resumes_to_the_same_bits(tmp_path: Path) -> None:
    recipe = replace(TINY, steps=14)
    whole = trained(tmp_path / "whole", recipe)
    lines = whole.metrics()
    assert [line["step"] for line in lines] == [4, 8, 12, 14]
    assert lines[-1]["held-out loss"] < 0.9 * lines[0]["held-out loss"]

    parted = trained(tmp_path / "parted", recipe, stop=6)
    assert go_on(DetectorRun.resume(parted.folder)) == [*range(5, 15)]
    assert timeless(parted) == timeless(whole)
    (tensors, entries), (others, other_entries) = (
        load_tensors(parted.checkpoint),
        load_tensors(whole.checkpoint),
    )
    assert entries == other_entries
    assert tensors.keys() == others.keys()
    assert {name.split(".")[0] for name in tensors} == {"net", "mean", "optimizer"}
    assert [name for name, value in tensors.items() if not torch.equal(value, others[name])] == []


@pytest.mark.slow
def test_what_comes_out_is_the_running_mean_with_its_description(tmp_path: Path) -> None:
    run = trained(tmp_path / "mine", replace(TINY, steps=2))
    net, metadata = load_detector(run.folder / "detector.safetensors")
    assert run.model.read_text() == metadata.name == "mine"
    assert DetectorRecipe.from_record(metadata.recipe) == run.recipe
    assert metadata.card["validation documents"]["accuracy"] == run.metrics()[-1]["accuracy"]
    tensors, _ = load_tensors(run.checkpoint)
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, tensors[f"mean.{name}"], atol=0, rtol=0)
    assert not torch.equal(net.maps.weight, tensors["net.maps.weight"])


@pytest.mark.slow
def test_a_trained_net_is_trained_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "digit_source", lambda *_, **__: None)
    monkeypatch.setattr(run_module, "source_checksums", lambda source, data: {})
    first = trained(tmp_path / "first", replace(TINY, steps=2))
    start = first.folder / "detector.safetensors"
    still = replace(TINY, steps=1, learning_rate=1e-9)
    run = DetectorRun.new(tmp_path / "further", still, None, start)
    assert run.recipe.start == hashlib.sha256(start.read_bytes()).hexdigest()
    go_on(run)
    further, _ = load_detector(run.folder / "detector.safetensors")
    torch.testing.assert_close(further.maps.weight, load_detector(start)[0].maps.weight, atol=1e-6, rtol=0)


def test_a_run_says_which_net_it_trains_and_is_not_taken_for_the_other(tmp_path: Path) -> None:
    run = DetectorRun.begin(tmp_path / "run", TINY, {"unipen/1a": "00ff"})
    assert net_of(run.folder) == "detector"
    assert DetectorRun.resume(run.folder) == run
    with pytest.raises(UsageError, match="trains a detector, not a reader"):
        ReaderRun.resume(run.folder)
    assert net_of(tmp_path) == "reader"


def test_a_run_knows_the_digits_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = DetectorRun.begin(tmp_path / "run", TINY, {"unipen/1a": "00ff"})
    monkeypatch.setattr(run_folder, "source_checksums", lambda source, data: {"unipen/1a": "00fe"})
    with pytest.raises(UsageError, match="other digits"):
        run.train(None, lambda progress: None)


def test_without_unipen_no_run_begins(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no UNIPEN there") as caught:
        DetectorRun.new(tmp_path / "run", TINY, tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_run_needs_a_net_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.safetensors"):
        DetectorRun.new(tmp_path / "run", TINY, None, tmp_path / "missing.safetensors")
    assert not (tmp_path / "run").exists()

"""What the detector learns: its maps and ink compared with the truth of documents, place by place."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from sdnn.datasets.documents import TruthMaps
from sdnn.models.detector_net import MASKS, DetectorNet
from sdnn.training import arithmetic
from sdnn.training.detector_recipe import DetectorRecipe, DetectorStage, LossWeights
from sdnn.training.digits import as_input
from sdnn.training.document_batches import PORTION_BATCHES, DetectorBatch, DocumentMaker
from sdnn.training.learning import AnyLesson, RunningMean
from sdnn.training.supply import Portions

VALIDATION_BATCHES: Final = 8
MASK_NAMES: Final = ("line", "digit", "sign", "struck", "closer")
FIELD_NAMES: Final = ("height", "x", "y", "offset", "slant")
PRINTED: Final = MASKS + len(FIELD_NAMES)
"""Number of the map that says how probable print is."""
LARGE_ERROR: Final = 0.1
"""Of a field; beyond it an error counts by itself and not by its square: a few wild cells teach little."""


def document_lesson(
    recipe: DetectorRecipe,
    portions: Portions[DetectorBatch],
    validation: DocumentMaker,
    mean: RunningMean[DetectorNet],
) -> AnyLesson[DetectorNet, DetectorBatch]:
    """What the loop needs to train the detector.

    Args:
        recipe: Settings of the training.
        portions: Of a `DocumentMaker`.
        validation: Makes the documents that the figures are taken on.
        mean: Of the net.
    """
    held_out = validation.held_out(VALIDATION_BATCHES)

    def batches(step: int) -> Iterator[DetectorBatch]:
        return portions.batches(step, PORTION_BATCHES)

    def loss(net: DetectorNet, batch: DetectorBatch) -> Tensor:
        device = arithmetic.device_of(net)
        with arithmetic.autocast(device):
            maps, ink = net(_contrast(batch, device))
        return detector_loss(maps.float(), ink.float(), batch.truth, recipe.loss)

    def figures(net: DetectorNet) -> Mapping[str, float]:
        return detector_figures(net, held_out, recipe.loss)

    return AnyLesson(DetectorStage.DOCUMENTS, recipe, batches, loss, figures, mean)


def detector_loss(maps: Tensor, ink: Tensor, truth: TruthMaps, weights: LossWeights) -> Tensor:
    """How far maps and ink are off the truth; 0 where they say it with certainty.

    Args:
        maps: (B, 11, h, w) logits of the masks, then the fields, the last of them a logit, too.
        ink: (B, H, W) logits.
        truth: With a batch axis in front.
        weights: What the parts count.
    """

    def beside(values: npt.NDArray[Any] | Sequence[float] | float) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32), device=maps.device)

    cells = functional.binary_cross_entropy_with_logits(
        maps[:, :MASKS],
        beside(truth.masks),
        weight=beside(truth.counts),
        pos_weight=beside(weights.present).view(1, -1, 1, 1),
        reduction="none",
    )
    loss = weights.masks * cells.mean(dim=(0, 2, 3)).sum()
    fields, on_line = beside(truth.fields), beside(truth.on_line)
    share = on_line / on_line.sum().clamp(min=1.0)
    off = functional.smooth_l1_loss(
        maps[:, MASKS:PRINTED], fields[:, :-1], reduction="none", beta=LARGE_ERROR
    )
    loss = loss + beside(weights.fields) @ (off * share[:, None]).sum(dim=(0, 2, 3))
    printed = functional.binary_cross_entropy_with_logits(maps[:, PRINTED], fields[:, -1], reduction="none")
    loss = loss + weights.printed * (printed * share).sum()
    pixels = functional.binary_cross_entropy_with_logits(
        ink,
        beside(truth.ink),
        weight=beside(truth.ink_counts),
        pos_weight=beside(weights.ink_present),
        reduction="none",
    )
    return loss + weights.ink * pixels.mean()


def detector_figures(
    net: DetectorNet, batches: Sequence[DetectorBatch], weights: LossWeights
) -> dict[str, float]:
    """Loss, precision and recall of the masks and the ink, and mean absolute errors of the fields.

    Args:
        net: In evaluation.
        batches: Not learned from.
        weights: Of the loss.

    Returns:
        Figures by name. Errors of fields are means over the cells of lines, in the units of `TruthMaps`;
        "accuracy" is the harmonic mean of precision and recall of lines.
    """
    names = (*MASK_NAMES, "ink")
    right, said, true = (np.zeros(len(names)) for _ in range(3))
    errors, cells, losses = np.zeros(len(FIELD_NAMES)), 0.0, []
    for batch in batches:
        truth = batch.truth
        with torch.inference_mode():
            maps, ink = net(_contrast(batch, arithmetic.device_of(net)))
            losses.append(float(detector_loss(maps, ink, truth, weights)))
        maps, ink = maps.cpu(), ink.cpu()
        masks = [
            *zip(maps[:, :MASKS].numpy().swapaxes(0, 1), *_by_mask(truth.masks, truth.counts), strict=True),
            (ink.numpy(), truth.ink, truth.ink_counts),
        ]
        for number, (logits, present, counts) in enumerate(masks):
            yes, is_so = (logits > 0) & (counts > 0), (present > 0) & (counts > 0)
            right[number] += np.count_nonzero(yes & is_so)
            said[number] += np.count_nonzero(yes)
            true[number] += np.count_nonzero(is_so)
        off = np.abs(maps[:, MASKS:PRINTED].numpy() - truth.fields[:, :-1])
        errors += (off * truth.on_line[:, None]).sum(axis=(0, 2, 3))
        cells += float(np.count_nonzero(truth.on_line))
    precision, recall = right / said.clip(1), right / true.clip(1)
    return {
        "accuracy": round(float(2 * right[0] / max(1.0, said[0] + true[0])), 4),
        "held-out loss": round(float(np.mean(losses)), 4),
        **_named(names, "precision", precision),
        **_named(names, "recall", recall),
        **_named(FIELD_NAMES, "error", errors / max(1.0, cells)),
    }


def _named(names: Sequence[str], what: str, values: npt.NDArray[np.float64]) -> dict[str, float]:
    return {f"{name} {what}": round(value, 4) for name, value in zip(names, values.tolist(), strict=True)}


def _by_mask(*maps: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [each.swapaxes(0, 1) for each in maps]


def _contrast(batch: DetectorBatch, device: torch.device) -> Tensor:
    return as_input(batch.contrast.astype(np.float32), device)

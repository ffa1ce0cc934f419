"""The detector's one stage: maps and ink against the truth of documents, place by place."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from sdnn.datasets.documents import TruthMaps
from sdnn.models.detector_net import MASKS, DetectorNet
from sdnn.training import precision
from sdnn.training.detector_recipe import LossWeights
from sdnn.training.digit_task import as_input
from sdnn.training.document_batches import DetectorBatch, DocumentMaker

VALIDATION_BATCHES: Final = 8
MASK_NAMES: Final = ("line", "digit", "sign", "struck", "closer")
FIELD_NAMES: Final = ("height", "x", "y", "offset", "slant")
PRINTED: Final = MASKS + len(FIELD_NAMES)
"""Number of the map that says how probable print is."""
LARGE_ERROR: Final = 0.1
"""Of a field; beyond it an error counts by itself and not by its square: a few wild cells teach little."""


@dataclass(frozen=True)
class DetectionTask:
    """Training of the detector.

    Attributes:
        make_batches: Maker of the training documents.
        validation: Maker of the documents of the evaluation.
    """

    make_batches: DocumentMaker
    validation: DocumentMaker

    name: ClassVar[str] = "documents"

    @cached_property
    def held_out(self) -> list[DetectorBatch]:
        """Documents of the evaluation."""
        return self.validation.held_out(VALIDATION_BATCHES)

    def loss(self, net: DetectorNet, batch: DetectorBatch) -> Tensor:
        """Detection loss of a batch."""
        device = precision.device_of(net)
        with precision.autocast(device):
            maps, ink = net(_contrast(batch, device))
        return detector_loss(maps.float(), ink.float(), batch.truth, self.make_batches.recipe.loss)

    def evaluate(self, net: DetectorNet) -> dict[str, float]:
        """Detection metrics on held-out documents."""
        return detector_metrics(net, self.held_out, self.make_batches.recipe.loss)


def detector_loss(maps: Tensor, ink: Tensor, truth: TruthMaps, weights: LossWeights) -> Tensor:
    """Loss of maps and ink; 0 where they are certain of the truth.

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
        weight=beside(truth.masks_valid),
        pos_weight=beside(weights.present).view(1, -1, 1, 1),
        reduction="none",
    )
    loss = weights.masks * cells.mean(dim=(0, 2, 3)).sum()
    fields, valid = beside(truth.fields), beside(truth.fields_valid)
    share = valid / valid.sum().clamp(min=1.0)
    off = functional.smooth_l1_loss(
        maps[:, MASKS:PRINTED], fields[:, :-1], reduction="none", beta=LARGE_ERROR
    )
    loss = loss + beside(weights.fields) @ (off * share[:, None]).sum(dim=(0, 2, 3))
    printed = functional.binary_cross_entropy_with_logits(maps[:, PRINTED], fields[:, -1], reduction="none")
    loss = loss + weights.printed * (printed * share).sum()
    pixels = functional.binary_cross_entropy_with_logits(
        ink,
        beside(truth.ink),
        weight=beside(truth.ink_valid),
        pos_weight=beside(weights.ink_present),
        reduction="none",
    )
    return loss + weights.ink * pixels.mean()


def detector_metrics(
    net: DetectorNet, batches: Sequence[DetectorBatch], weights: LossWeights
) -> dict[str, float]:
    """Loss, precision and recall of the masks and the ink, and mean absolute errors of the fields.

    Args:
        net: In evaluation.
        batches: Not learned from.
        weights: Of the loss.

    Returns:
        Metrics by name. Errors of fields are means over the cells of lines, in the units of `TruthMaps`;
        "accuracy" is the harmonic mean of precision and recall of lines.
    """
    names = (*MASK_NAMES, "ink")
    right, said, true = (np.zeros(len(names)) for _ in range(3))
    errors, cells, losses = np.zeros(len(FIELD_NAMES)), 0.0, []
    for batch in batches:
        truth = batch.truth
        with torch.inference_mode():
            maps, ink = net(_contrast(batch, precision.device_of(net)))
            losses.append(float(detector_loss(maps, ink, truth, weights)))
        maps, ink = maps.cpu(), ink.cpu()
        mask_logits = maps[:, :MASKS].numpy().swapaxes(0, 1)
        masks = [
            *zip(mask_logits, *_by_mask(truth.masks, truth.masks_valid), strict=True),
            (ink.numpy(), truth.ink, truth.ink_valid),
        ]
        for number, (logits, present, valid) in enumerate(masks):
            yes, is_so = (logits > 0) & (valid > 0), (present > 0) & (valid > 0)
            right[number] += np.count_nonzero(yes & is_so)
            said[number] += np.count_nonzero(yes)
            true[number] += np.count_nonzero(is_so)
        off = np.abs(maps[:, MASKS:PRINTED].numpy() - truth.fields[:, :-1])
        errors += (off * truth.fields_valid[:, None]).sum(axis=(0, 2, 3))
        cells += float(np.count_nonzero(truth.fields_valid))
    precisions, recalls = right / said.clip(1), right / true.clip(1)
    return {
        "accuracy": round(float(2 * right[0] / max(1.0, said[0] + true[0])), 4),
        "held-out loss": round(float(np.mean(losses)), 4),
        **_named(names, "precision", precisions),
        **_named(names, "recall", recalls),
        **_named(FIELD_NAMES, "error", errors / max(1.0, cells)),
    }


def _named(names: Sequence[str], what: str, values: npt.NDArray[np.float64]) -> dict[str, float]:
    return {f"{name} {what}": round(value, 4) for name, value in zip(names, values.tolist(), strict=True)}


def _by_mask(*maps: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [each.swapaxes(0, 1) for each in maps]


def _contrast(batch: DetectorBatch, device: torch.device) -> Tensor:
    return as_input(batch.contrast.astype(np.float32), device)

"""The detector's one stage: maps and ink against the truth of documents, cell by cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
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
"""Index of the map of print."""
SMOOTH_L1_BETA: Final = 0.1
"""Error of a field above which the loss is linear: a few wild cells teach little."""


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
            maps, ink = net(_as_input(batch, device))
        return detector_loss(maps.float(), ink.float(), batch.truth, self.make_batches.recipe.loss)

    def evaluate(self, net: DetectorNet) -> dict[str, float]:
        """Detection metrics on held-out documents."""
        return detector_metrics(net, self.held_out, self.make_batches.recipe.loss)


def detector_loss(maps: Tensor, ink: Tensor, truth: TruthMaps, weights: LossWeights) -> Tensor:
    """Loss of maps and ink; 0 where they are certain of the truth.

    Args:
        maps: (B, 11, h, w) logits of the masks, then the fields, the last of them a logit, too.
        ink: (B, H, W) logits of the ink.
        truth: Truth maps with a batch axis in front.
        weights: Weights of the parts.
    """

    def as_tensor(values: npt.NDArray[Any] | Sequence[float] | float) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32), device=maps.device)

    cross_entropy = partial(functional.binary_cross_entropy_with_logits, reduction="none")
    over_absent = as_tensor(weights.present).view(1, -1, 1, 1)
    cells = cross_entropy(
        maps[:, :MASKS], as_tensor(truth.masks), as_tensor(truth.masks_valid), pos_weight=over_absent
    )
    loss = weights.masks * cells.mean(dim=(0, 2, 3)).sum()
    fields, valid = as_tensor(truth.fields), as_tensor(truth.fields_valid)
    share = valid / valid.sum().clamp(min=1.0)
    off = functional.smooth_l1_loss(
        maps[:, MASKS:PRINTED], fields[:, :-1], reduction="none", beta=SMOOTH_L1_BETA
    )
    loss = loss + as_tensor(weights.fields) @ (off * share[:, None]).sum(dim=(0, 2, 3))
    printed = cross_entropy(maps[:, PRINTED], fields[:, -1])
    loss = loss + weights.printed * (printed * share).sum()
    over_blank = as_tensor(weights.ink_present)
    pixels = cross_entropy(ink, as_tensor(truth.ink), as_tensor(truth.ink_valid), pos_weight=over_blank)
    return loss + weights.ink * pixels.mean()


def detector_metrics(
    net: DetectorNet, batches: Sequence[DetectorBatch], weights: LossWeights
) -> dict[str, float]:
    """Loss, precision and recall of the masks and the ink, and mean absolute errors of the fields.

    Args:
        net: Net in evaluation mode.
        batches: Held-out batches.
        weights: Weights of the loss.

    Returns:
        Metrics by name. Errors of fields are means over the cells of lines, in the units of `TruthMaps`;
        "accuracy" is the harmonic mean of precision and recall of lines.
    """
    names = (*MASK_NAMES, "ink")
    hits, predicted, actual = (np.zeros(len(names)) for _ in range(3))
    errors, cells, losses = np.zeros(len(FIELD_NAMES)), 0.0, []
    for batch in batches:
        truth = batch.truth
        with torch.inference_mode():
            maps, ink = net(_as_input(batch, precision.device_of(net)))
            losses.append(float(detector_loss(maps, ink, truth, weights)))
        maps, ink = maps.cpu(), ink.cpu()
        by_mask = (each.swapaxes(0, 1) for each in (maps[:, :MASKS].numpy(), truth.masks, truth.masks_valid))
        masks = [*zip(*by_mask, strict=True), (ink.numpy(), truth.ink, truth.ink_valid)]
        for number, (logits, present, valid) in enumerate(masks):
            positive, true = (logits > 0) & (valid > 0), (present > 0) & (valid > 0)
            hits[number] += np.count_nonzero(positive & true)
            predicted[number] += np.count_nonzero(positive)
            actual[number] += np.count_nonzero(true)
        off = np.abs(maps[:, MASKS:PRINTED].numpy() - truth.fields[:, :-1])
        errors += (off * truth.fields_valid[:, None]).sum(axis=(0, 2, 3))
        cells += float(np.count_nonzero(truth.fields_valid))
    return {
        "accuracy": round(float(2 * hits[0] / max(1.0, predicted[0] + actual[0])), 4),
        "held-out loss": round(float(np.mean(losses)), 4),
        **_named(names, "precision", hits / predicted.clip(1)),
        **_named(names, "recall", hits / actual.clip(1)),
        **_named(FIELD_NAMES, "error", errors / max(1.0, cells)),
    }


def _named(names: Sequence[str], metric: str, values: npt.NDArray[np.float64]) -> dict[str, float]:
    return {f"{name} {metric}": round(value, 4) for name, value in zip(names, values.tolist(), strict=True)}


def _as_input(batch: DetectorBatch, device: torch.device) -> Tensor:
    return as_input(batch.contrast.astype(np.float32), device)

"""Training run of the detector: one stage, on documents."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from sdnn.detection.detector import CONTRAST_PX
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX
from sdnn.enums import Split
from sdnn.models.checkpoint import export_detector, load_detector, save_net
from sdnn.models.detector_net import DetectorNet
from sdnn.models.metadata import DETECTOR, DetectorMetadata
from sdnn.training.detection_task import DetectionTask
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.document_batches import document_maker
from sdnn.training.precision import CPU
from sdnn.training.run import Run
from sdnn.training.task import Task


class DetectorRun(Run[DetectorRecipe, DetectorNet, DetectorMetadata]):
    """A training run of the detector."""

    NET = DETECTOR
    TRAIN = DetectorMetadata.TRAIN
    MODEL = "detector.onnx"
    STAGES = (DetectionTask.name,)
    RECIPE = DetectorRecipe

    @staticmethod
    def load(path: Path) -> DetectorNet:
        """A trained net; see `Run.load`."""
        return load_detector(path)[0]

    @staticmethod
    def initialized(recipe: DetectorRecipe, net: DetectorNet, sha256: str) -> DetectorRecipe:
        """The recipe with the net's checksum."""
        return replace(recipe, start=sha256)

    def new_net(self) -> DetectorNet:
        """A net with random weights."""
        return DetectorNet()

    def tasks(self, data: Path | None) -> Iterator[Task[DetectorNet, Any]]:
        """The stage on documents."""
        splits = (Split.TRAIN, Split.VALIDATION)
        yield DetectionTask(*(document_maker(self.recipe, split, data) for split in splits))

    def export(
        self, net: DetectorNet, folder: Path, card: Mapping[str, Any], data: Path | None
    ) -> DetectorMetadata:
        """Writes `detector.onnx` and `detector.safetensors`; see `Run.export`."""
        net = net.to(CPU).to(memory_format=torch.contiguous_format)
        metadata = DetectorMetadata(
            name=self.folder.resolve().name,
            stride_px=STRIDE_PX,
            heights_px=HEIGHTS_PX,
            contrast_px=CONTRAST_PX,
            recipe=asdict(self.recipe),
            data=self.data,
            card=card,
        )
        model = folder / self.MODEL
        save_net(model.with_suffix(".safetensors"), net, metadata)
        # The loss weights cells where a mask is present, so that the net overstates their odds as much.
        corrected, present = deepcopy(net), self.recipe.loss.present
        assert corrected.maps.bias is not None
        with torch.no_grad():
            corrected.maps.bias[: len(present)] -= torch.tensor(present).log()
        export_detector(model, corrected, metadata)
        return metadata

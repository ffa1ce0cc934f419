"""A whole training of the detector: its run folder, its documents, and the files that come out."""

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import torch

from sdnn.choices import Source, Split
from sdnn.datasets.digits import load_mnist, source_checksums
from sdnn.datasets.unipen import find_unipen
from sdnn.detection.detector import WINDOW_PX
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX
from sdnn.models.checkpoint import export_detector, load_detector, save_net
from sdnn.models.description import DETECTOR, TRAIN_DETECTOR, DetectorDescription
from sdnn.models.detector_net import DetectorNet
from sdnn.training import arithmetic
from sdnn.training.detection import document_lesson
from sdnn.training.detector_recipe import DetectorRecipe, DetectorStage
from sdnn.training.document_batches import document_maker
from sdnn.training.learning import Progress, RunningMean, learn
from sdnn.training.run import RunFolder
from sdnn.training.supply import Portions


class DetectorRun(RunFolder[DetectorRecipe]):
    """A training of the detector's net."""

    NET = DETECTOR
    TRAIN = TRAIN_DETECTOR
    MODEL = "detector.onnx"
    RECIPE = DetectorRecipe
    STAGES = DetectorStage

    def checksums(self, data: Path | None) -> dict[str, str]:
        """Of MNIST and UNIPEN, which must have been loaded."""
        return source_checksums(Source.HANDS, data)


def new_detector_run(
    folder: Path, recipe: DetectorRecipe, data: Path | None, start: Path | None = None
) -> DetectorRun:
    """Starts a run once its data are there.

    Args:
        folder: Where the run goes.
        recipe: What to do.
        data: Folder that holds MNIST and UNIPEN; see `find_mnist` and `find_unipen`.
        start: Trained net (detector.safetensors) to go on from.

    Raises:
        ModelError: When there is no such net.
        UnreadableInput: When MNIST or UNIPEN is missing.
        UsageError: When the folder already holds a run.
    """
    content = None
    if start:
        load_detector(start)
        content = start.read_bytes()
        recipe = replace(recipe, start=hashlib.sha256(content).hexdigest())
    find_unipen(data)  # first: it is the one that is not downloaded
    load_mnist(Split.TRAIN, data)
    return DetectorRun.begin(folder, recipe, source_checksums(Source.HANDS, data), content)


def train_detector(
    run: DetectorRun,
    data: Path | None,
    report: Callable[[Progress], None],
    means: arithmetic.Means = arithmetic.USUAL,
) -> DetectorDescription:
    """Trains the net of a run, from its checkpoint where it has one, and exports its running mean.

    Two runs of one recipe give the same net on the same machine; so does one that was interrupted and
    resumed.

    Args:
        run: Folder and recipe.
        data: Folder that holds MNIST and UNIPEN.
        report: Called after every step.
        means: What to train with.

    Returns:
        The description written into the model files, with figures on validation documents.

    Raises:
        UnreadableInput: When MNIST or UNIPEN cannot be read.
        OutputError: When the folder cannot be written.
    """
    cv2.setNumThreads(1)  # documents are too small to share out
    run.check_data(data)
    recipe = run.recipe
    torch.manual_seed(recipe.seed)
    net = load_detector(run.start)[0] if recipe.start else DetectorNet()
    net = net.to(means.torch_device()).to(memory_format=arithmetic.MEMORY_FORMAT)
    mean = RunningMean(net, recipe.mean_decay)
    fit, validation = (document_maker(recipe, split, data) for split in (Split.TRAIN, Split.VALIDATION))
    with Portions(fit, means.makers) as portions:
        learn(net, run, document_lesson(recipe, portions, validation, mean), report)
    description = described(run, {"validation documents": run.last_figures(DetectorStage.DOCUMENTS)})
    write_detector(run.folder, mean.net, description, recipe.loss.present)
    return description


def described(run: DetectorRun, card: Mapping[str, Any]) -> DetectorDescription:
    """What the files of a run say about themselves; `card` is for people."""
    return DetectorDescription(
        name=run.folder.resolve().name,
        stride_px=STRIDE_PX,
        heights_px=HEIGHTS_PX,
        contrast_px=WINDOW_PX,
        recipe=asdict(run.recipe),
        data=run.data,
        card=card,
    )


def write_detector(
    folder: Path, net: DetectorNet, description: DetectorDescription, present: Sequence[float]
) -> None:
    """Writes a net as `detector.onnx`, to detect with, and `detector.safetensors`, to go on from.

    Args:
        folder: Where the files go.
        net: As it was trained.
        description: What the files say of it.
        present: How many times as much the loss counted cells where each mask is present. The net overstates
            their odds by as much; the first of the two files has them corrected.

    Raises:
        OutputError: When the folder cannot be written.
    """
    net = net.to(arithmetic.CPU).to(memory_format=torch.contiguous_format)
    save_net(folder / "detector.safetensors", net, description)
    corrected = copy.deepcopy(net)
    assert corrected.maps.bias is not None
    with torch.no_grad():
        corrected.maps.bias[: len(present)] -= torch.tensor(present).log()
    export_detector(folder / DetectorRun.MODEL, corrected, description)

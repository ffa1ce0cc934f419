"""A whole training: digits, then strings, then a temperature and the model files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from sdnn.choices import Source, Split, Stage
from sdnn.datasets.digits import DigitSource, digit_source, source_checksums
from sdnn.datasets.documents import word_hands
from sdnn.datasets.pages import LineSource, PageRecipe, Viewing, random_strips
from sdnn.datasets.streams import Use, stream
from sdnn.decoding.calibration import fit_temperature
from sdnn.detection import Detector
from sdnn.models.architecture import GEOMETRY
from sdnn.models.checkpoint import describe_onnx, export_onnx, load_net, save_net
from sdnn.models.description import Description
from sdnn.models.digit_net import DigitNet
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.results import Strip
from sdnn.training import arithmetic
from sdnn.training.digits import WindowMaker, digit_lesson
from sdnn.training.learning import Progress, learn
from sdnn.training.recipe import Recipe, StageRecipe
from sdnn.training.run import Run
from sdnn.training.strings import StripMaker, string_lesson
from sdnn.training.supply import Portions
from sdnn.views import VIEWS

TEMPERATURE_STRIPS = 600

FIT_AND_CHOOSE = (Split.TRAIN, Split.VALIDATION)

Report = Callable[[Progress], None]


def new_run(folder: Path, recipe: Recipe, data: Path | None, start: Path | None = None) -> Run:
    """Starts a run once its data are there.

    Args:
        folder: Where the run goes.
        recipe: What to do.
        data: Folder that holds MNIST; see `datasets.digits.find_mnist`.
        start: Trained net (.safetensors) to go on from; it replaces what the recipe says of the net.

    Raises:
        ModelError: When there is no such net.
        UnreadableInput: When the recipe needs MNIST and there is none.
        UsageError: When the folder already holds a run.
    """
    content = None
    if start:
        channels = load_net(start)[0].channels
        content = start.read_bytes()
        recipe = replace(recipe, start=hashlib.sha256(content).hexdigest(), channels=channels)
    digit_source(recipe.source, Split.TRAIN, data=data)
    data_checksums = source_checksums(recipe.source, data)
    return Run.begin(folder, recipe, data_checksums, content)


def train(
    run: Run, data: Path | None, report: Report, means: arithmetic.Means = arithmetic.USUAL
) -> Description:
    """Trains the net of a run, from its checkpoint where it has one, and exports the sweep.

    Two runs of one recipe give the same net on the same machine; so does one that was interrupted and
    resumed. The temperature is fitted on validation strips at the end.

    Args:
        run: Folder and recipe.
        data: Folder that holds MNIST.
        report: Called after every step.
        means: What to train with.

    Returns:
        The description written into the model files, with figures on validation data.

    Raises:
        UnreadableInput: When MNIST cannot be read.
        OutputError: When the folder cannot be written.
    """
    cv2.setNumThreads(1)  # strips and windows are too small to share out
    run.check_data(data)
    recipe = run.recipe
    torch.manual_seed(recipe.seed)
    net = load_net(run.start)[0] if recipe.start else DigitNet(channels=recipe.channels)
    net = net.to(means.torch_device()).to(memory_format=arithmetic.MEMORY_FORMAT)
    if (digits := recipe.digits) and run.reached() is not Stage.STRINGS:
        fit, validation = (_source(run, digits, split, data) for split in FIT_AND_CHOOSE)
        windows = WindowMaker(fit, digits.window, digits.batch, recipe.seed)
        with Portions(windows, means.makers) as portions:
            learn(net, run, digit_lesson(digits, portions, validation, _rng(run, Use.VALIDATION)), report)
    if strings := recipe.strings:
        fit_lines, validation_lines = (_lines(run, strings, split, data) for split in FIT_AND_CHOOSE)
        strips = StripMaker(fit_lines, strings.page, strings.batch, recipe.seed)
        with Portions(strips, means.makers) as portions_of_strips:
            rng = _rng(run, Use.VALIDATION)
            lesson = string_lesson(net, strings, portions_of_strips, validation_lines, rng)
            learn(net, run, lesson, report)
        assert lesson.mean is not None  # strings are learned with one
        net = lesson.mean.net
    return _finish(run, net, data)


def _source(run: Run, stage: StageRecipe, split: Split, data: Path | None) -> DigitSource:
    return digit_source(run.recipe.source, split, stage.pen_share, data)


def _lines(run: Run, stage: StageRecipe, split: Split, data: Path | None) -> LineSource:
    """Where lines come from: with real hands, documents are among their pages."""
    words = word_hands(split, data) if run.recipe.source is Source.HANDS else None
    return LineSource(_source(run, stage, split, data), Detector(threads=1), words)


def _finish(run: Run, net: DigitNet, data: Path | None) -> Description:
    """Fits the temperature and writes the model files."""
    card = {
        f"validation {stage}": figures
        for stage in (Stage.DIGITS, Stage.STRINGS)
        if (figures := run.last_figures(stage))
    }
    return export(run, net, run.folder, card, data)


def export(run: Run, net: DigitNet, folder: Path, card: Mapping[str, Any], data: Path | None) -> Description:
    """Fits the temperature on validation strips and writes `model.onnx` and `model.safetensors`.

    Args:
        run: Whose recipe and data the net was trained with.
        net: What came out.
        folder: Where the files go; it exists.
        card: What people should know of the net.
        data: Folder that holds MNIST.

    Raises:
        UnreadableInput: When MNIST cannot be read.
        OutputError: When the folder cannot be written.
    """
    net = net.to(arithmetic.CPU).to(memory_format=torch.contiguous_format)
    description = Description(
        name=run.folder.resolve().name,
        geometry=GEOMETRY,
        recipe=asdict(run.recipe),
        data=run.data,
        card=card,
    )
    model = folder / "model.onnx"
    export_onnx(model, fully_convolutional(net), description)
    description = replace(description, temperature=_temperature(Engine(model), run, data))
    describe_onnx(model, description)
    save_net(folder / "model.safetensors", net, description)
    return description


def _temperature(engine: Engine, run: Run, data: Path | None) -> float:
    """Fitted on validation strips as the reader sees them, of pages that the last stage was trained on."""
    stage = run.recipe.strings or run.recipe.digits
    assert stage is not None
    page = run.recipe.strings.page if run.recipe.strings else PageRecipe(clean_share=1)
    page = replace(
        page, views=1, viewing=Viewing.usual(page.viewing.upright), other_ink=(VIEWS[0].other_ink,) * 2
    )
    validation = _lines(run, stage, Split.VALIDATION, data)
    strips = random_strips(validation, TEMPERATURE_STRIPS, page, GEOMETRY, _rng(run, Use.TEMPERATURE))
    maps = [engine.class_map(Strip(strip.ink.astype(np.float32) / 255)).log_probs for strip in strips]
    return fit_temperature(maps, [[int(digit) for digit in strip.text] for strip in strips])


def _rng(run: Run, use: Use) -> np.random.Generator:
    return stream(run.recipe.seed, 0, use)

"""Training run of the reader: digits, then strings, then a temperature."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.digits import DigitSource
from sdnn.datasets.documents import word_source
from sdnn.datasets.pages import GeometryJitter, LabelledStrip, LineSource, PageRecipe, random_strips
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.decoding.temperature import fit_temperature
from sdnn.detection import Detector
from sdnn.enums import Source, Split, Stage
from sdnn.files import atomic_write
from sdnn.models.checkpoint import export_onnx, load_net, save_net, write_onnx_metadata
from sdnn.models.digit_net import DigitNet
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.metadata import READER, ReaderMetadata
from sdnn.reading.views import VIEWS
from sdnn.results import Strip
from sdnn.training.digit_task import DigitTask, WindowMaker
from sdnn.training.precision import CPU
from sdnn.training.reader_recipe import Recipe, StageRecipe
from sdnn.training.run import Run
from sdnn.training.string_task import StringTask, StripMaker
from sdnn.training.task import Task

TEMPERATURE_STRIPS = 600
FIT_AND_CHOOSE = (Split.TRAIN, Split.VALIDATION)


class ReaderRun(Run[Recipe, DigitNet, ReaderMetadata]):
    """A training run of the reader."""

    NET = READER
    TRAIN = ReaderMetadata.TRAIN
    MODEL = "model.onnx"
    STAGES = (Stage.DIGITS, Stage.STRINGS)
    RECIPE = Recipe

    @staticmethod
    def load(path: Path) -> DigitNet:
        """A trained net; see `Run.load`."""
        return load_net(path)[0]

    @staticmethod
    def initialized(recipe: Recipe, net: DigitNet, sha256: str) -> Recipe:
        """The recipe with the net's checksum and architecture."""
        architecture = net.architecture
        return replace(recipe, start=sha256, architecture=architecture.name, channels=architecture.channels)

    def new_net(self) -> DigitNet:
        """A net with random weights."""
        return DigitNet(self.recipe.net)

    def tasks(self, data: Path | None) -> Iterator[Task[DigitNet, Any]]:
        """Digits, unless strings have begun, then strings."""
        geometry, seed = self.recipe.net.geometry, self.recipe.seed
        if (digits := self.recipe.digits) and self.reached() != Stage.STRINGS:
            sources = (self._source(digits, split, data) for split in FIT_AND_CHOOSE)
            yield DigitTask(*(WindowMaker(source, digits, geometry, seed) for source in sources))
        if strings := self.recipe.strings:
            lines = (self._lines(strings, split, data) for split in FIT_AND_CHOOSE)
            yield StringTask(*(StripMaker(source, strings, geometry, seed) for source in lines))

    def export(
        self, net: DigitNet, folder: Path, card: Mapping[str, Any], data: Path | None
    ) -> ReaderMetadata:
        """Writes `model.safetensors`, and `model.onnx` once its temperature is fitted; see `Run.export`."""
        net = net.to(CPU).to(memory_format=torch.contiguous_format)
        metadata = ReaderMetadata(
            name=self.model_name,
            geometry=net.architecture.geometry,
            recipe=asdict(self.recipe),
            data=self.data,
            card=card,
        )
        model = folder / self.MODEL
        with atomic_write(model) as temporary:
            export_onnx(temporary, fully_convolutional(net), metadata)
            metadata = replace(metadata, temperature=self._temperature(Engine(temporary), data))
            write_onnx_metadata(temporary, metadata)
            save_net(model.with_suffix(".safetensors"), net, metadata)
        return metadata

    @property
    def model_name(self) -> str:
        """Name of the exported model."""
        return self.folder.resolve().name

    def _source(self, stage: StageRecipe, split: Split, data: Path | None) -> DigitSource:
        return digit_source(self.recipe.source, split, stage.pen_share, data)

    def _lines(self, stage: StageRecipe, split: Split, data: Path | None) -> LineSource:
        """Source of lines; with real writers, documents are among their pages."""
        words = word_source(split, data) if self.recipe.source is Source.HANDS else None
        return LineSource(self._source(stage, split, data), Detector(threads=1), words)

    def _temperature(self, engine: Engine, data: Path | None) -> float:
        """Temperature fitted on validation strips in the first view, from pages of the last stage's kind."""
        strips = self._validation_strips(TEMPERATURE_STRIPS, data)
        return temperature_on(engine, strips)

    def _validation_strips(self, count: int, data: Path | None) -> list[LabelledStrip]:
        """Validation strips in the first view, from pages of the last stage's kind."""
        stage = self.recipe.strings or self.recipe.digits
        assert stage is not None
        page = self.recipe.strings.page if self.recipe.strings else PageRecipe(clean_share=1)
        first = VIEWS[0]
        jitter = GeometryJitter.none(page.jitter.upright)
        page = replace(page, views=1, jitter=jitter, other_ink=(first.other_ink, first.other_ink))
        validation = self._lines(stage, Split.VALIDATION, data)
        rng = make_rng(self.recipe.seed, 0, RngPurpose.TEMPERATURE)
        return random_strips(validation, count, page, self.recipe.net.geometry, rng)


def temperature_on(engine: Engine, strips: Sequence[LabelledStrip]) -> float:
    """Temperature of a net that is exported at temperature 1, fitted on strips."""
    maps = [engine.class_map(Strip(strip.ink.astype(np.float32) / 255)).log_probs for strip in strips]
    return fit_temperature(maps, [[int(digit) for digit in strip.text] for strip in strips])

"""Fine-tuning of the reader on the user's own strips: learn, choose, calibrate, compare."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch

from sdnn.datasets.pages import LabelledStrip, PageRecipe, random_page
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.enums import Split
from sdnn.errors import UsageError
from sdnn.evaluation.threshold import select_threshold
from sdnn.models.engine import Engine
from sdnn.models.metadata import ReaderMetadata
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import Reading
from sdnn.training.comparison import BeforeAndAfter, Comparison, Figures, Outcome
from sdnn.training.finetune_recipe import FineTuneRecipe
from sdnn.training.finetune_task import FineTuneTask
from sdnn.training.loop import EarlyStop, Progress, Report, fit
from sdnn.training.own_lines import OwnPage, fits, read_pages
from sdnn.training.own_strips import MixedMaker, OwnLine, view_strips
from sdnn.training.precision import MEMORY_FORMAT, ONE_CPU, Resources
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.reader_run import ReaderRun, temperature_on
from sdnn.training.string_task import StripMaker, bucket_by_width

SYNTHETIC_STRIPS: Final = 2000
"""Synthetic strips, in the reader's first view, that nets are chosen by."""
COMPARED_PAGES: Final = 1000
"""Synthetic pages on which both nets are compared."""
MIN_TEMPERATURE_STRIPS: Final = 100
"""Smallest number of synthetic strips that the temperature is fitted on, beside the held-out ones."""
EVALUATION_BATCH: Final = 64

Advance = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class OwnStrips:
    """What a fine-tuning is made from.

    Attributes:
        model: Name of the new model.
        start: Model file (.onnx) of the net at the start.
        folders: Path of each labelled folder, with the checksum of its labels.
        learned: Pages to learn from.
        held_out: Pages to choose and compare with; they share no label with the others.
    """

    model: str
    start: Path
    folders: Mapping[str, str]
    learned: Sequence[OwnPage]
    held_out: Sequence[OwnPage]


@dataclass(frozen=True)
class FineTuneRun(ReaderRun):
    """A fine-tuning, in a run folder.

    Attributes:
        own: Own strips.
        target_error: Largest share of wrong texts among the accepted ones, for the confidence threshold.
    """

    own: OwnStrips
    target_error: float = 0.01

    TRAIN = "sdnn finetune DIR"
    RECIPE = FineTuneRecipe
    recipe: FineTuneRecipe

    @property
    def model_name(self) -> str:
        """Name of the exported model."""
        return self.own.model

    def to_record(self) -> dict[str, Any]:
        """Record of a run that starts now."""
        return {**super().to_record(), "model": self.own.model, "folders": dict(self.own.folders)}

    def tune(
        self,
        data: Path | None,
        report: Report,
        advance: Advance = lambda what, done, total: None,
        resources: Resources = ONE_CPU,
    ) -> Outcome:
        """Trains from the net in the run's folder, exports the new one there, and compares the two.

        Args:
            data: Folder with MNIST and UNIPEN.
            report: Called after every step.
            advance: Called during the rest of the work.
            resources: Device and processes.

        Raises:
            UsageError: When there is no line to learn.
            OutputError: When the folder cannot be written.
        """
        cv2.setNumThreads(1)  # strips are too small to divide
        torch.manual_seed(self.recipe.seed)
        lines = self._lines_to_learn()
        advance("drawing synthetic strips", 0, 1)
        task = self._task(lines, data)
        device = resources.torch_device()
        start, net = (self.load(self.start).to(device).to(memory_format=MEMORY_FORMAT) for _ in range(2))

        def watch(progress: Progress) -> None:
            report(progress)
            if task.best is not None and task.epochs_since >= self.recipe.own.patience:
                raise EarlyStop

        fit(net, task, self, watch, resources.makers)
        advance("choosing", 0, 1)
        share, chosen = task.choose_mean(start, self.recipe.own)
        card = {
            "run": {"folder": self.folder.name, "learned": len(lines), "held out": len(self.own.held_out)},
            "validation strings": self.last_figures(task.name),
            "mean": {"of the start": round(1 - share, 4), "of the net trained from it": share},
        }
        metadata = self.export(chosen, self.folder, card, data)
        return self._compared(share, len(lines), metadata, data, advance)

    def _lines_to_learn(self) -> list[OwnLine]:
        geometry = self.recipe.net.geometry
        found = [
            OwnLine(each.crop, each.label)
            for each in self.own.learned
            if each.crop is not None and fits(each, geometry)
        ]
        if not any(line.text for line in found):
            raise UsageError("no strip to learn from: of none the whole line is found")
        return found

    def _task(self, lines: Sequence[OwnLine], data: Path | None) -> FineTuneTask:
        strings, geometry = self._strings, self.recipe.net.geometry
        to_fit = StripMaker(self._lines(strings, Split.TRAIN, data), strings, geometry, self.recipe.seed)
        own = [strip for strips in self._held_out_strips() for strip in strips]
        return FineTuneTask(
            MixedMaker(to_fit, lines, self.recipe.own),
            bucket_by_width(own, EVALUATION_BATCH, geometry),
            bucket_by_width(self._validation_strips(SYNTHETIC_STRIPS, data), EVALUATION_BATCH, geometry),
        )

    @property
    def _strings(self) -> StringRecipe:
        assert self.recipe.strings is not None  # own strips are strings
        return self.recipe.strings

    def _held_out_strips(self) -> list[list[LabelledStrip]]:
        """The held-out lines, each in all views."""
        geometry = self.recipe.net.geometry
        lines = [OwnLine(each.crop, each.label) for each in self.own.held_out if each.crop is not None]
        return [view_strips(line, geometry) for line in lines]

    def _temperature(self, engine: Engine, data: Path | None) -> float:
        """Temperature fitted on held-out and about as many synthetic strips, in the first view."""
        own = [strips[0] for strips in self._held_out_strips()]
        count = max(MIN_TEMPERATURE_STRIPS, len(own))
        return temperature_on(engine, [*own, *self._validation_strips(count, data)])

    def _compared(
        self, share: float, learned: int, metadata: ReaderMetadata, data: Path | None, advance: Advance
    ) -> Outcome:
        """Reads the held-out and as yet unseen synthetic pages with both nets."""
        readers = [Reader(path, ACCEPT_ALL) for path in (self.own.start, self.model)]
        sets = [self.own.held_out, self._synthetic_pages(readers[0], data, advance)]
        figures: list[BeforeAndAfter] = []
        after: list[list[Reading]] = []
        for pages in sets:
            labels = [page.label for page in pages]
            readings: list[list[Reading]] = []
            for reader in readers:
                advance("comparing", 2 * len(figures) + len(readings), 2 * len(sets))
                readings.append(read_pages(reader, pages))
            figures.append(BeforeAndAfter(*(Figures.of(labels, each) for each in readings)))
            after.append(readings[1])
        confidences = np.array([reading.confidence for reading in after[0]])
        right = np.array(
            [reading.string == page.label for reading, page in zip(after[0], sets[0], strict=True)]
        )
        threshold = select_threshold(confidences, right, self.target_error)
        return Outcome(
            Comparison(*figures), learned, share, metadata.temperature, threshold, self.target_error
        )

    def _synthetic_pages(self, reader: Reader, data: Path | None, advance: Advance) -> list[OwnPage]:
        """Pages of the training's kind, of validation digits."""
        digits, recipe = self._source(self._strings, Split.VALIDATION, data), self._strings.page
        rng = make_rng(self.recipe.seed, 0, RngPurpose.COMPARISON)
        pages = []
        for number in range(COMPARED_PAGES):
            made = random_page(digits, recipe, rng)
            pages.append(
                OwnPage(reader.preprocessor.page(made.brightness, f"page {number}"), made.text, None)
            )
            advance("drawing synthetic pages", number + 1, COMPARED_PAGES)
        return pages


def recipe_of_pages(metadata: ReaderMetadata) -> PageRecipe:
    """The pages that a net was trained on; the default ones where its recipe is of another version."""
    try:
        trained = FineTuneRecipe.from_record(metadata.recipe)
    except (TypeError, ValueError):
        return PageRecipe()
    return trained.strings.page if trained.strings else PageRecipe()

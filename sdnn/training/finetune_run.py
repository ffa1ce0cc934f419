"""Fine-tuning of the reader on the user's own strips: learn, choose, calibrate, compare."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch import Tensor

from sdnn.datasets.pages import LabelledStrip, PageRecipe, random_page
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.detection import Detector
from sdnn.enums import Split, Stage
from sdnn.errors import UsageError
from sdnn.evaluation.threshold import Threshold, select_threshold
from sdnn.files import atomic_write
from sdnn.models.checkpoint import export_onnx, write_onnx_metadata
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.gated_net import Activities, Gate, GatedNet, fit_gate, moved
from sdnn.models.metadata import ReaderMetadata
from sdnn.reading.preprocessor import PreProcessor
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import Reading
from sdnn.training.comparison import BeforeAndAfter, Comparison, Figures, Outcome
from sdnn.training.digit_task import as_input
from sdnn.training.finetune_recipe import FineTuneRecipe
from sdnn.training.finetune_task import FineTuneTask
from sdnn.training.joined_lines import OwnLine, with_cuts
from sdnn.training.loop import EarlyStop, Progress, Report, fit
from sdnn.training.own_lines import OwnPage, fits, is_too_long, read_pages
from sdnn.training.own_strips import MixedMaker, view_strips
from sdnn.training.precision import CPU, MEMORY_FORMAT, ONE_CPU, Resources
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.reader_run import ReaderRun, temperature_on
from sdnn.training.string_task import StripMaker, bucket_by_width

CHOICE_PAGES: Final = 2000
"""Synthetic pages that the gate's offset is chosen by."""
GATE_PAGES: Final = 1000
"""Synthetic pages that the gate is fitted on."""
COMPARED_PAGES: Final = 2000
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
class ComparedPages:
    """Pages that both nets read.

    Attributes:
        pages: The pages.
        before: Readings of the net at the start.
    """

    pages: Sequence[OwnPage]
    before: Sequence[Reading]

    def figures(self, after: Sequence[Reading]) -> BeforeAndAfter:
        """Figures of both nets."""
        labels = [page.label for page in self.pages]
        return BeforeAndAfter(Figures.of(labels, self.before), Figures.of(labels, after))

    def read_after(self, reader: Reader) -> BeforeAndAfter:
        """Figures of both nets; a reader of the new one reads the pages."""
        return self.figures(read_pages(reader, self.pages))


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
        device = resources.torch_device()
        start, net = (self.load(self.start).to(device).to(memory_format=MEMORY_FORMAT) for _ in range(2))
        task = self._task(lines, data)

        def watch(progress: Progress) -> None:
            report(progress)
            if task.best is not None and task.epochs_since >= self.recipe.own.patience:
                raise EarlyStop

        fit(net, task, self, watch, resources.makers)
        assert task.best is not None  # the last step of a stage evaluates
        first, second = (fully_convolutional(each.to(CPU)) for each in (start, task.best.net))
        activities = Activities(first)
        gate = self._gate(activities, lines, data, advance)
        gated = (
            (offset, GatedNet(activities, second, moved(gate, offset)).eval())
            for offset in sorted(self.recipe.own.gate_offsets, reverse=True)
        )
        return self._chosen(gated, len(lines), data, advance)

    def _gate(
        self, activities: Activities, lines: Sequence[OwnLine], data: Path | None, advance: Advance
    ) -> Gate:
        """The gate between own strips and synthetic ones, both in all views."""
        pages = self._synthetic_pages(GATE_PAGES, RngPurpose.GATE, data, advance, Split.TRAIN)
        others = [OwnLine(line.crop, page.label) for page in pages for line in page.page.lines[:1]]
        advance("fitting the gate", 0, 1)
        return fit_gate(*(self._activities(activities, each) for each in (lines, others)))

    def _activities(self, activities: Activities, lines: Sequence[OwnLine]) -> list[Tensor]:
        """For each rectified layer the (N, C) activities of lines, in all views."""
        geometry = self.recipe.net.geometry
        strips = [strip for line in lines for strip in view_strips(line, geometry)]
        found: list[list[Tensor]] = []
        with torch.inference_mode():
            for batch in bucket_by_width(strips, EVALUATION_BATCH, geometry):
                _, of_batch = activities(as_input(batch.ink.astype(np.float32) / 255, CPU))
                found.append([each.flatten(1) for each in of_batch])
        return [torch.cat(each).clone() for each in zip(*found, strict=True)]

    def _chosen(
        self, nets: Iterable[tuple[float, GatedNet]], learned: int, data: Path | None, advance: Advance
    ) -> Outcome:
        """Exports the first net that forgets little, on the pages of the choice and the compared ones."""
        drawn = [
            self._synthetic_pages(count, purpose, data, advance)
            for count, purpose in (
                (CHOICE_PAGES, RngPurpose.VALIDATION),
                (COMPARED_PAGES, RngPurpose.COMPARISON),
            )
        ]
        advance("reading with the net as it was", 0, 1)
        before = Reader(self.own.start, ACCEPT_ALL)
        choice, *compared = (
            ComparedPages(pages, read_pages(before, pages))
            for pages in (drawn[0], self.own.held_out, drawn[1])
        )
        to_calibrate = self._strips_to_calibrate(data)
        least = min(self.recipe.own.gate_offsets)
        for offset, net in nets:
            advance("choosing", 0, 1)
            metadata = self._export_gated(net, offset, learned, to_calibrate)
            reader = Reader(self.model, ACCEPT_ALL)
            if offset > least and choice.read_after(reader).gain < -self.recipe.own.max_lost:
                continue
            advance("comparing", 0, 1)
            comparison, threshold = self._comparison(compared, reader)
            if comparison.objection is None:
                break
        return Outcome(comparison, learned, offset, metadata.temperature, threshold, self.target_error)

    def _export_gated(
        self, net: GatedNet, offset: float, learned: int, to_calibrate: Sequence[LabelledStrip]
    ) -> ReaderMetadata:
        """Writes `model.onnx`, its temperature fitted on strips."""
        metadata = ReaderMetadata(
            name=self.model_name,
            geometry=net.geometry,
            nets=2,
            recipe=asdict(self.recipe),
            data=self.data,
            card={
                "run": {
                    "folder": self.folder.name,
                    "learned": learned,
                    "held out": len(self.own.held_out),
                },
                "validation strings": self.last_figures(Stage.STRINGS),
                "gate": {"offset": offset, "from": self.own.start.stem},
            },
        )
        with atomic_write(self.model) as temporary:
            export_onnx(temporary, net, metadata)
            metadata = replace(metadata, temperature=temperature_on(Engine(temporary), to_calibrate))
            write_onnx_metadata(temporary, metadata)
        return metadata

    def _lines_to_learn(self) -> list[OwnLine]:
        geometry = self.recipe.net.geometry
        found = [
            OwnLine(each.crop, each.label)
            for each in self.own.learned
            if each.crop is not None and fits(each, geometry) and not is_too_long(each, geometry)
        ]
        if not any(line.text for line in found):
            raise UsageError("no strip to learn from: of none the whole line is found, or all are too long")
        return with_cuts(found, Engine(self.own.start))

    def _task(self, lines: Sequence[OwnLine], data: Path | None) -> FineTuneTask:
        strings, geometry = self._strings, self.recipe.net.geometry
        to_fit = StripMaker(self._lines(strings, Split.TRAIN, data), strings, geometry, self.recipe.seed)
        own = [strip for strips in self._held_out_strips() for strip in strips]
        if not own:
            raise UsageError("nothing to choose by: on none of the held-out strips a line is found")
        return FineTuneTask(
            MixedMaker(to_fit, lines, self.recipe.own),
            bucket_by_width(own, EVALUATION_BATCH, geometry),
        )

    @property
    def _strings(self) -> StringRecipe:
        assert self.recipe.strings is not None  # own strips are strings
        return self.recipe.strings

    def _held_out_strips(self) -> list[list[LabelledStrip]]:
        """The held-out lines, each in all views."""
        geometry = self.recipe.net.geometry
        lines = [
            OwnLine(each.crop, each.label)
            for each in self.own.held_out
            if each.crop is not None and not is_too_long(each, geometry)
        ]
        return [view_strips(line, geometry) for line in lines]

    def _strips_to_calibrate(self, data: Path | None) -> list[LabelledStrip]:
        """Held-out and about as many synthetic strips, in the first view."""
        own = [strips[0] for strips in self._held_out_strips()]
        return [*own, *self._validation_strips(max(MIN_TEMPERATURE_STRIPS, len(own)), data)]

    def _comparison(
        self, compared: Sequence[ComparedPages], reader: Reader
    ) -> tuple[Comparison, Threshold | None]:
        """Reads held-out and synthetic pages with the new net; the threshold is that of the held-out ones."""
        own, synthetic = compared
        readings = read_pages(reader, own.pages)
        confidences = np.array([reading.confidence for reading in readings])
        right = np.array(
            [reading.string == page.label for reading, page in zip(readings, own.pages, strict=True)]
        )
        return (
            Comparison(own.figures(readings), synthetic.read_after(reader)),
            select_threshold(confidences, right, self.target_error),
        )

    def _synthetic_pages(
        self,
        count: int,
        purpose: RngPurpose,
        data: Path | None,
        advance: Advance,
        split: Split = Split.VALIDATION,
    ) -> list[OwnPage]:
        """Pages of the training's kind, without documents."""
        digits, recipe = self._source(self._strings, split, data), self._strings.page
        preprocessor = PreProcessor(Detector(), self.recipe.net.geometry, ACCEPT_ALL, keeps_pages=False)
        rng = make_rng(self.recipe.seed, 0, purpose)
        pages = []
        for number in range(count):
            made = random_page(digits, recipe, rng)
            pages.append(OwnPage(preprocessor.page(made.brightness, f"page {number}"), made.text, None))
            advance("drawing synthetic pages", number + 1, count)
        return pages


def recipe_of_pages(metadata: ReaderMetadata) -> PageRecipe:
    """The pages that a net was trained on; the default ones where its recipe is of another version."""
    try:
        trained = FineTuneRecipe.from_record(metadata.recipe)
    except (TypeError, ValueError):
        return PageRecipe()
    return trained.strings.page if trained.strings else PageRecipe()

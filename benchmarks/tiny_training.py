"""Trainings of seconds, of either net, for tests of what a kill leaves: as `sdnn train`, but for the recipe.

python benchmarks/tiny_training.py reader|detector FOLDER [--resume]
"""

import sys
from pathlib import Path
from unittest import mock

import torch

from sdnn.cli.terminal import fail
from sdnn.datasets.documents import ScriptFonts
from sdnn.datasets.pages import PageRecipe
from sdnn.datasets.paper import DegradationConfig
from sdnn.datasets.pen import SyntheticDigits
from sdnn.enums import Source
from sdnn.errors import ExitCode, SdnnError
from sdnn.training import detection_task, detector_run, digit_task, reader_run, string_task
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.detector_run import DetectorRun
from sdnn.training.document_batches import DocumentMaker
from sdnn.training.reader_recipe import DigitRecipe, Recipe, StringRecipe
from sdnn.training.reader_run import ReaderRun

PAGE = PageRecipe(most_digits=2, paper=DegradationConfig.clean())
READER = Recipe(
    Source.PEN,
    seed=3,
    channels=(4, 4, 4, 4, 6, 8),
    digits=DigitRecipe(examples=32, examples_per_epoch=16, batch=8),
    strings=StringRecipe(examples=16, examples_per_epoch=8, batch=4, page=PAGE),
)
DETECTOR = DetectorRecipe(
    seed=3, steps=4, steps_per_epoch=2, page_px=(96, 96), page_batch=2, line_px=(48, 128), line_batch=2
)


def _maker(recipe: DetectorRecipe, *_: object) -> DocumentMaker:
    """Documents by drawn hands, without data."""
    return DocumentMaker(SyntheticDigits(), ScriptFonts(), recipe)


def main(net: str, folder: Path, resume: bool) -> None:
    """Trains a net from its beginning, or on from its checkpoint."""
    torch.set_num_threads(1)
    with (
        mock.patch.object(digit_task, "VALIDATION_WINDOWS", 64),
        mock.patch.object(string_task, "VALIDATION_STRIPS", 8),
        mock.patch.object(reader_run, "TEMPERATURE_STRIPS", 10),
        mock.patch.object(detection_task, "VALIDATION_BATCHES", 2),
        mock.patch.object(detector_run, "document_maker", _maker),
    ):
        kind = ReaderRun if net == "reader" else DetectorRun
        recipe = READER if net == "reader" else DETECTOR
        if resume:
            run = kind.resume(folder)
        elif net == "reader":
            run = ReaderRun.new(folder, READER, None)
        else:
            run = DetectorRun.begin(folder, DETECTOR, {})
        assert run.recipe == recipe
        run.train(None, lambda _: None)


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), "--resume" in sys.argv)
    except SdnnError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted", ExitCode.INTERRUPTED)

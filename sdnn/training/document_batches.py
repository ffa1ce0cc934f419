"""Documents with their truth, made on demand, in batches of one size."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.digits import DigitSource, MixedDigits
from sdnn.datasets.documents import (
    Document,
    TruthMaps,
    WordSource,
    random_document,
    truth_maps,
    word_source,
)
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.datasets.unipen import UnipenDigits, load_unipen
from sdnn.detection.detector import CONTRAST_PX
from sdnn.enums import Source, Split
from sdnn.preprocessing.contrast import local_contrast
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.distributed import part_seed, part_size


@dataclass(frozen=True, eq=False)
class DetectorBatch:
    """Documents of one size: (B, H, W) local contrast, and truth maps with a batch axis in front."""

    contrast: npt.NDArray[np.float16]
    truth: TruthMaps


@dataclass(frozen=True)
class DocumentMaker:
    """Maker of documents: several batches at a time, since one is too small to send between processes.

    Attributes:
        source: Writers of digits.
        others: Writers of words.
        recipe: Recipe of the documents.
    """

    source: DigitSource
    others: WordSource
    recipe: DetectorRecipe

    batches_per_call: ClassVar = 4

    def __call__(self, number: int) -> list[DetectorBatch]:
        """Batches of parts of pages and of line crops."""
        rng = make_rng(self.recipe.seed, number, RngPurpose.DOCUMENTS)
        return [self.batch(rng) for _ in range(self.batches_per_call)]

    def part(self, number: int, count: int) -> "DocumentMaker":
        """Maker of one part of each batch; the parts choose pages or line crops each for itself."""
        page, line = (
            part_size(whole, number, count) for whole in (self.recipe.page_batch, self.recipe.line_batch)
        )
        seed = part_seed(self.recipe.seed, number, count)
        return replace(self, recipe=replace(self.recipe, page_batch=page, line_batch=line, seed=seed))

    def held_out(self, count: int) -> list[DetectorBatch]:
        """Batches of the evaluation, the same for every seed, so that runs can be compared."""
        return [self.batch(make_rng(0, number, RngPurpose.HELD_OUT_DOCUMENTS)) for number in range(count)]

    def batch(self, rng: np.random.Generator) -> DetectorBatch:
        """One batch: parts of pages, or line crops."""
        recipe = self.recipe
        if rng.random() < recipe.page_share:
            size, count, crop_share = recipe.page_px, recipe.page_batch, recipe.documents.crop_share
        else:
            size, count, crop_share = recipe.line_px, recipe.line_batch, 1.0
        documents = replace(recipe.documents, size_px=size, crop_share=crop_share)
        contrasts, truths = [], []
        for _ in range(count):
            document = pad_document(random_document(self.source, self.others, documents, rng), size, rng)
            contrast, truth = local_contrast(document.picture, CONTRAST_PX), truth_maps(document)
            if size[0] == size[1] and rng.random() < recipe.turned:
                sideways = (1 - recipe.upside_down) / 2
                turns = int(rng.choice([1, 3, 2], p=[sideways, sideways, recipe.upside_down]))
                contrast, truth = np.rot90(contrast, turns), rotate_truth(truth, turns)
            if rng.random() < recipe.inverted:
                contrast = -contrast
            contrasts.append(contrast.astype(np.float16))
            truths.append(truth)
        names = [each.name for each in fields(TruthMaps)]
        stacked = {name: np.stack([getattr(truth, name) for truth in truths]) for name in names}
        return DetectorBatch(np.stack(contrasts), TruthMaps(**stacked))


def document_maker(recipe: DetectorRecipe, split: Split, data: Path | None) -> DocumentMaker:
    """Maker of documents by the writers of one split: MNIST, drawn ones, and UNIPEN with its words.

    Args:
        recipe: Recipe of the documents, with the shares of the writers.
        split: Split of MNIST's images and UNIPEN's writers; drawn writers are endless and have none.
        data: Folder with MNIST and UNIPEN.

    Raises:
        MissingPackage: When torchvision is not installed.
        UnreadableInput: When MNIST or UNIPEN cannot be had.
    """
    strokes = UnipenDigits(load_unipen("1a", split, data))  # first: it is the one that is not downloaded
    images = digit_source(Source.MIXED, split, recipe.pen_share, data)
    return DocumentMaker(MixedDigits(images, strokes, recipe.real_share), word_source(split, data), recipe)


def pad_document(document: Document, size: tuple[int, int], rng: np.random.Generator) -> Document:
    """Pads a document by repeating its outermost pixels, as the detector pads pictures.

    Args:
        document: Document of at most that size.
        size: Height and width in pixels.
        rng: Source of the place of the document.
    """
    rows, columns = (whole - length for whole, length in zip(size, document.picture.shape, strict=True))
    top, left = int(rng.integers(rows + 1)), int(rng.integers(columns + 1))
    border = (top, rows - top, left, columns - left)
    picture = cv2.copyMakeBorder(document.picture, *border, cv2.BORDER_REPLICATE)
    ink = cv2.copyMakeBorder(document.ink, *border, cv2.BORDER_CONSTANT, value=0)
    place = [left, top]
    strings = tuple(
        replace(string, quads=string.quads + place, centre=string.centre + place)
        for string in document.strings
    )
    arrays = np.asarray(picture, dtype=np.float32), np.asarray(ink, dtype=np.uint8)
    return Document(*arrays, strings, document.signs + [*place, 0])


def rotate_truth(truth: TruthMaps, turns: int) -> TruthMaps:
    """The truth turned to the left by a number of quarters, the direction of reading included."""

    def quarters(maps: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.rot90(maps, turns, axes=(-2, -1))

    directions = quarters(truth.fields).copy()
    for _ in range(turns):  # rightward becomes upward, downward becomes rightward
        directions[1], directions[2] = directions[2].copy(), -directions[1].copy()
    whole = {each.name: quarters(getattr(truth, each.name)) for each in fields(truth)}
    return TruthMaps(**{**whole, "fields": directions})

"""Documents with their truth, made on the fly, in batches of one size."""

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
from sdnn.detection.detector import WINDOW_PX
from sdnn.enums import Source, Split
from sdnn.preprocessing.contrast import local_contrast
from sdnn.training.detector_recipe import DetectorRecipe


@dataclass(frozen=True, eq=False)
class DetectorBatch:
    """Documents of one size with their truth.

    Attributes:
        contrast: (B, H, W) local contrast.
        truth: With a batch axis in front of each array.
    """

    contrast: npt.NDArray[np.float16]
    truth: TruthMaps


@dataclass(frozen=True)
class DocumentMaker:
    """Maker of documents: of several batches at once, for one is too little to send between processes.

    Attributes:
        source: Hands whose digits are written.
        others: Hands that write words.
        recipe: How documents are made.
    """

    source: DigitSource
    others: WordSource
    recipe: DetectorRecipe

    batches_per_call: ClassVar = 4

    def __call__(self, number: int) -> list[DetectorBatch]:
        """Batches of pages and of lines."""
        rng = make_rng(self.recipe.seed, number, RngPurpose.DOCUMENTS)
        return [self.batch(rng) for _ in range(self.batches_per_call)]

    def held_out(self, count: int) -> list[DetectorBatch]:
        """Batches of the evaluation, the same for every seed, so that runs can be compared."""
        return [self.batch(make_rng(0, number, RngPurpose.HELD_OUT_DOCUMENTS)) for number in range(count)]

    def batch(self, rng: np.random.Generator) -> DetectorBatch:
        """One batch: parts of pages, or lines cut out."""
        recipe = self.recipe
        if rng.random() < recipe.page_share:
            size, count, crop_share = recipe.page_px, recipe.page_batch, recipe.documents.crop_share
        else:
            size, count, crop_share = recipe.line_px, recipe.line_batch, 1.0
        documents = replace(recipe.documents, size_px=size, crop_share=crop_share)
        contrasts, truths = [], []
        for _ in range(count):
            document = filled_up(random_document(self.source, self.others, documents, rng), size, rng)
            contrast, truth = local_contrast(document.picture, WINDOW_PX), truth_maps(document)
            if size[0] == size[1] and rng.random() < recipe.turned:
                sideways = (1 - recipe.upside_down) / 2
                turns = int(rng.choice([1, 3, 2], p=[sideways, sideways, recipe.upside_down]))
                contrast, truth = np.rot90(contrast, turns), turned(truth, turns)
            if rng.random() < recipe.inverted:
                contrast = -contrast
            contrasts.append(contrast.astype(np.float16))
            truths.append(truth)
        return DetectorBatch(np.stack(contrasts), _stacked(truths))


def document_maker(recipe: DetectorRecipe, split: Split, data: Path | None) -> DocumentMaker:
    """Documents in the hands of one split: MNIST's digits, drawn ones, and UNIPEN's digits and words.

    Args:
        recipe: Shares of the hands, and how documents are made.
        split: Which of MNIST's images and UNIPEN's writers; drawn hands are endless and have none.
        data: Folder that holds MNIST and UNIPEN.

    Raises:
        MissingPackage: When torchvision is not installed.
        UnreadableInput: When MNIST or UNIPEN cannot be had.
    """
    strokes = UnipenDigits(load_unipen("1a", split, data))  # first: it is the one that is not downloaded
    images = digit_source(Source.MIXED, split, recipe.pen_share, data)
    return DocumentMaker(MixedDigits(images, strokes, recipe.real_share), word_source(split, data), recipe)


def filled_up(document: Document, size: tuple[int, int], rng: np.random.Generator) -> Document:
    """The document, as large as asked for, its outermost pixels repeated: so the detector fills up pictures.

    Args:
        document: Not larger than that.
        size: Height and width in pixels.
        rng: Decides how much comes before it and how much after.
    """
    rows, columns = (whole - length for whole, length in zip(size, document.picture.shape, strict=True))
    top, left = int(rng.integers(rows + 1)), int(rng.integers(columns + 1))
    border = (top, rows - top, left, columns - left)
    picture = cv2.copyMakeBorder(document.picture, *border, cv2.BORDER_REPLICATE)
    ink = cv2.copyMakeBorder(document.ink, *border, cv2.BORDER_CONSTANT, value=0)
    strings = tuple(
        replace(string, quads=string.quads + [left, top], centre=string.centre + [left, top])
        for string in document.strings
    )
    return Document(
        np.asarray(picture, dtype=np.float32),
        np.asarray(ink, dtype=np.uint8),
        strings,
        document.signs + [left, top, 0],
    )


def turned(truth: TruthMaps, turns: int) -> TruthMaps:
    """The truth turned to the left by so many quarters; the direction of reading turns with it."""

    def quarters(maps: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.rot90(maps, turns, axes=(-2, -1))

    directions = quarters(truth.fields).copy()
    for _ in range(turns):  # what ran to the right runs up, what ran down runs to the right
        directions[1], directions[2] = directions[2].copy(), -directions[1].copy()
    whole = {each.name: quarters(getattr(truth, each.name)) for each in fields(truth)}
    return TruthMaps(**{**whole, "fields": directions})


def _stacked(truths: list[TruthMaps]) -> TruthMaps:
    return TruthMaps(
        **{each.name: np.stack([getattr(truth, each.name) for truth in truths]) for each in fields(TruthMaps)}
    )

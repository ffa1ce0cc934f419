"""Recipe of the detector's training, saved with the model."""

from dataclasses import dataclass, field
from typing import ClassVar

from sdnn.datasets.documents import DocumentRecipe
from sdnn.enums import Source
from sdnn.models.metadata import DETECTOR_MULTIPLE_PX
from sdnn.training.reader_recipe import Recorded
from sdnn.validation import BatchSize, Count, Length, Name, NotNegative, Number, Positive, Seed, Share

Weights = tuple[Positive, Positive, Positive, Positive, Positive]


@dataclass(frozen=True)
class LossWeights:
    """Weights of the parts of the detector's loss.

    Attributes:
        present: Weight of present over absent cells of each mask (line, digit, sign, struck, closer): the
            rarer ones are missed more often than the others are hallucinated.
        masks: Weight of the cross-entropy of the masks, a mean over all cells, summed over the masks. It is
            high because most of the cells are blank and soon learned.
        fields: Weights of the smooth absolute errors of height, direction (x, y), offset and slant, each a
            mean over the cells of lines; slant least, since the reader measures it again.
        printed: Weight of the cross-entropy of print, a mean over the cells of lines.
        ink_present: Weight of pixels with ink of digits over the others.
        ink: Weight of the cross-entropy of the ink, a mean over all pixels.
    """

    present: Weights = (2.0, 3.0, 8.0, 20.0, 2.0)
    masks: NotNegative = 5.0
    fields: Weights = (1.0, 2.0, 2.0, 1.0, 0.375)
    printed: NotNegative = 0.3
    ink_present: NotNegative = 1.5
    ink: NotNegative = 4.0


@dataclass(frozen=True)
class DetectorRecipe(Recorded):
    """A training of the detector's net.

    Attributes:
        seed: Random seed of weights and documents; two runs with the same one are equal.
        start: SHA-256 of the file that the net begins from; None for a new net.
        steps: Number of batches: two hours on two cores.
        steps_per_epoch: Number of batches between two records and checkpoints.
        learning_rate: Highest learning rate, after the warm-up.
        warm_up: Share of the steps in which the rate rises; then it falls as a half cosine to 0.
        weight_decay: Weight decay of AdamW, on kernels only.
        mean_decay: Decay of the moving average of the weights, which is the trained net: it reaches back
            some 500 steps.
        pen_share: Share of drawn writers among those that are not of UNIPEN; the others are of MNIST.
        real_share: Share of writers of UNIPEN, who keep their size and slant.
        page_share: Share of batches with parts of pages; the others have line crops.
        page_px: Height and width of a part of a page: ten digits high and wide at the scale that counts.
        page_batch: Parts of pages in a batch.
        line_px: Height and width of a line crop.
        line_batch: Line crops in a batch, with about as many pixels as the parts of pages.
        turned: Share of square pictures that are turned by quarters.
        upside_down: Share of these that are upside down; most scans that lie wrong lie on their sides.
        inverted: Share of pictures with light ink on a dark ground.
        documents: Content of the documents, and the share of line crops among the parts of pages.
        loss: Weights of the parts of the loss.
        parts: Parts of each batch, with statistics of their own; see `distributed`.
    """

    seed: Seed = 0
    start: Name | None = None
    steps: Count = 7600
    steps_per_epoch: Count = 200
    learning_rate: Positive = 3e-3
    warm_up: Share = 0.026
    weight_decay: NotNegative = 1e-3
    mean_decay: Share = 0.998
    pen_share: Share = 0.45
    real_share: Share = 0.5
    page_share: Share = 0.5
    page_px: tuple[Length, Length] = (256, 256)
    page_batch: BatchSize = 16
    line_px: tuple[Length, Length] = (96, 320)
    line_batch: BatchSize = 34
    turned: Share = 0.35
    upside_down: Share = 0.16
    inverted: Share = 0.3
    documents: DocumentRecipe = field(default_factory=lambda: DocumentRecipe(crop_share=0.25))
    loss: LossWeights = field(default_factory=LossWeights)
    parts: Number = 1

    def check(self) -> None:
        """Checks that the net can halve the sides; see `Recorded`."""
        for name, sides in (("page_px", self.page_px), ("line_px", self.line_px)):
            if any(side % DETECTOR_MULTIPLE_PX for side in sides):
                raise ValueError(f"{name}: expected multiples of {DETECTOR_MULTIPLE_PX}")

    source: ClassVar = Source.HANDS
    dropout: ClassVar = 0.0

    @property
    def batches(self) -> tuple[int, ...]:
        """Documents of a batch of each kind."""
        return self.page_batch, self.line_batch

    @property
    def batch(self) -> int:
        """Mean number of documents in a batch."""
        return round(self.page_share * self.page_batch + (1 - self.page_share) * self.line_batch)

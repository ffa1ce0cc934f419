"""The settings of a training of the detector's net, saved with the model they make."""

from dataclasses import dataclass, field

from sdnn.datasets.documents import DocumentRecipe
from sdnn.enums import Source
from sdnn.training.reader_recipe import Recorded


@dataclass(frozen=True)
class LossWeights:
    """What the parts of the detector's loss count beside each other.

    Attributes:
        present: Cells that are, over cells that are not, for each mask (line, digit, sign, struck, closer):
            the rarer are missed sooner than the others are made up.
        masks: Cross-entropy of the masks, a mean over all cells, added up over the masks. It is high because
            most of the cells are blank and soon learned.
        fields: Smooth absolute error of height, direction (x, y), offset and slant, each a mean over the
            cells of lines; slant least, since the reader measures it again.
        printed: Cross-entropy of print or handwriting, a mean over the cells of lines.
        ink_present: Pixels that are ink of digits, over pixels that are not.
        ink: Cross-entropy of the ink, a mean over all pixels.
    """

    present: tuple[float, float, float, float, float] = (2.0, 3.0, 8.0, 20.0, 2.0)
    masks: float = 5.0
    fields: tuple[float, float, float, float, float] = (1.0, 2.0, 2.0, 1.0, 0.375)
    printed: float = 0.3
    ink_present: float = 1.5
    ink: float = 4.0


@dataclass(frozen=True)
class DetectorRecipe(Recorded):
    """A whole training of the detector's net.

    Attributes:
        seed: Decides weights and documents; two runs with the same one are equal.
        start: SHA-256 of the file that the net begins from; a new net where None.
        steps: Batches in all: two hours on two cores.
        steps_per_epoch: Of these, between two records and checkpoints.
        learning_rate: At its highest, after the warm-up.
        warm_up: Share of the steps in which the rate rises; then it falls as a half cosine to nothing.
        weight_decay: Of AdamW, on kernels only.
        mean_decay: What the running mean of the weights, which is the net that comes out, keeps of itself at
            each step: it reaches back some 500 steps.
        pen_share: How many of the writers that are not of UNIPEN are drawn ones, and not MNIST.
        real_share: How many of the writers are of UNIPEN: hands that keep their size and slant.
        page_share: How many of the batches are parts of pages; the others are lines cut out, as crops are.
        page_px: Height and width of a part of a page: ten digits high and wide at the scale that counts.
        page_batch: Parts of pages in a batch.
        line_px: Height and width of a line cut out.
        line_batch: Lines cut out in a batch: about as many pixels as there are in the parts of pages.
        turned: How many of the square pictures are turned by quarters.
        upside_down: How many of these stand on their heads; most scans that lie wrong lie on their sides.
        inverted: How many pictures have light ink on a dark ground.
        documents: What stands on them, and how many of the parts of pages are lines cut out.
        loss: What the parts of the loss count.
    """

    seed: int = 0
    start: str | None = None
    steps: int = 7600
    steps_per_epoch: int = 200
    learning_rate: float = 3e-3
    warm_up: float = 0.026
    weight_decay: float = 1e-3
    mean_decay: float = 0.998
    pen_share: float = 0.45
    real_share: float = 0.5
    page_share: float = 0.5
    page_px: tuple[int, int] = (256, 256)
    page_batch: int = 16
    line_px: tuple[int, int] = (96, 320)
    line_batch: int = 34
    turned: float = 0.35
    upside_down: float = 0.16
    inverted: float = 0.3
    documents: DocumentRecipe = field(default_factory=lambda: DocumentRecipe(crop_share=0.25))
    loss: LossWeights = field(default_factory=LossWeights)

    @property
    def source(self) -> Source:
        """Real hands among others."""
        return Source.HANDS

    @property
    def dropout(self) -> float:
        """No dropout."""
        return 0.0

    @property
    def batch(self) -> int:
        """Documents in a batch, on average."""
        return round(self.page_share * self.page_batch + (1 - self.page_share) * self.line_batch)

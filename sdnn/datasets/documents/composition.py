"""Documents put together: a line cut out, or a part of a page with all that stands on it.

Reference:
    LeCun et al. 1998, section VII, trains a swept net on digits with neighbours; here everything that stands
    round digits on real paper is a neighbour, and what it is is known for every pixel.
"""

import numpy as np

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.documents.crop_layout import fill_crop
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import OtherWriting
from sdnn.datasets.documents.page_layout import fill_page
from sdnn.datasets.documents.picture import picture_of
from sdnn.datasets.documents.sheet import random_sheet
from sdnn.datasets.documents.truth import Document


def random_document(
    source: DigitSource, others: OtherWriting, recipe: DocumentRecipe, rng: np.random.Generator
) -> Document:
    """A document with its truth.

    Args:
        source: Hands whose digits are written.
        others: Hands whose words are written.
        recipe: Settings.
        rng: Decides everything: the same generator state gives the same document.
    """
    cut_out = rng.random() < recipe.crop_share
    sheet = random_sheet(source, others, recipe, rng)
    if cut_out:
        return picture_of(sheet, fill_crop(sheet))
    fill_page(sheet)
    return picture_of(sheet)

"""Random documents: a crop of a line, or a part of a page.

Reference:
    LeCun et al. 1998, section VII, trains a swept net on digits with neighbours; here the neighbours are all
    that surrounds digits on real paper, with the truth of every pixel.
"""

import numpy as np

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.documents.crop_layout import fill_crop
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import WordSource
from sdnn.datasets.documents.page_layout import fill_page
from sdnn.datasets.documents.picture import picture_of
from sdnn.datasets.documents.sheet import random_sheet
from sdnn.datasets.documents.truth import Document


def random_document(
    source: DigitSource, words: WordSource, recipe: DocumentRecipe, rng: np.random.Generator
) -> Document:
    """A document with its truth.

    Args:
        source: Source of the digits.
        words: Source of the handwritten words.
        recipe: Settings.
        rng: Random number generator; the same state gives the same document.
    """
    is_crop = rng.random() < recipe.crop_share
    sheet = random_sheet(source, words, recipe, rng)
    if is_crop:
        return picture_of(sheet, fill_crop(sheet))
    fill_page(sheet)
    return picture_of(sheet)

"""Synthetic documents with pixel-exact truth, for training of the detector and the reader.

The order is that of a real document: a sheet with its print and writing, then paper, light and camera.
`truth_maps` turns the truth into the detector's training targets.
"""

from sdnn.datasets.documents.composition import random_document
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import (
    MixedWords,
    ScriptFonts,
    UnipenWords,
    WordSource,
    WordWriter,
    word_source,
)
from sdnn.datasets.documents.truth import Document, StringTruth, TruthMaps, truth_maps

__all__ = [
    "Document",
    "DocumentRecipe",
    "MixedWords",
    "ScriptFonts",
    "StringTruth",
    "TruthMaps",
    "UnipenWords",
    "WordSource",
    "WordWriter",
    "random_document",
    "truth_maps",
    "word_source",
]

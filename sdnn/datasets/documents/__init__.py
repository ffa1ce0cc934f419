"""Synthetic documents with pixel-exact truth, for the detector and the reader to learn from.

A document is made in the order in which a real one comes about: a sheet, what is printed and written on it,
then paper, light and camera. `truth_maps` turns its truth into the detector's training targets.
"""

from sdnn.datasets.documents.composition import random_document
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import (
    AnyWriting,
    OtherWriting,
    RealWords,
    Scripts,
    WordHand,
    word_hands,
)
from sdnn.datasets.documents.truth import Document, StringTruth, TruthMaps, truth_maps

__all__ = [
    "AnyWriting",
    "Document",
    "DocumentRecipe",
    "OtherWriting",
    "RealWords",
    "Scripts",
    "StringTruth",
    "TruthMaps",
    "WordHand",
    "random_document",
    "truth_maps",
    "word_hands",
]

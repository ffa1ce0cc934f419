"""Experiment 5: the same class maps, read through different trellises.

What a trellis needs to know beyond the net (how wide a digit is at least, what a column left out costs, how
long digits and gaps are) is fitted on validation strips.

Reference:
    Matan et al. 1992: a product of as many scores as there are digits, their number known. Graves et al.
    2006: CTC. Schenkel et al. 1992: no-digit between any two digits (strict), and durations.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from reproduction.durations import Durations, duration_trellis
from reproduction.segment_lattice import SegmentWidths, best_segments
from reproduction.synthetic_zip import LENGTH, strings_right
from reproduction.zone_nets import NO_TERMS, TERMS, Terms
from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.constraints import constraint
from sdnn.decoding.decoder import collapse, decode, forced_alignments
from sdnn.decoding.dynamic_programming import best_paths
from sdnn.decoding.padding import map_in_batches
from sdnn.decoding.trellis import repeated_trellis
from sdnn.enums import Topology
from sdnn.results import NO_DIGIT, FloatArray, IntArray, text_of

WIDTHS: Final = (2, 3, 4, 5)
"""Columns that a digit may take alone, of which the best is chosen."""

TEN_SHARES: Final = "product of five scores, among digits"
ELEVEN_SHARES: Final = "product of five scores, no-digit has its share"
CTC: Final = "CTC"
STRICT: Final = "strict"
DURATIONS: Final = "strict, with durations"

Maps = Sequence[FloatArray]
"""(T, 11) log-probabilities each, T its own."""


@dataclass(frozen=True)
class Product:
    """The product of the digits' best scores; the columns between them count for nothing, or cost the same.

    Attributes:
        only_digits: Whether the ten digits share each column among them; else no-digit has its share, too.
        width: Columns that a digit takes.
        terms: Where the number of digits is not known.
    """

    only_digits: bool
    width: int
    terms: Terms = NO_TERMS

    @classmethod
    def fitted(cls, only_digits: bool, maps: Maps, texts: Sequence[str]) -> "Product":
        """With the width that reads most strings right where their length is known, and so with the terms."""
        width = max(WIDTHS, key=lambda width: strings_right(cls(only_digits, width).read(maps, True), texts))
        tried = [cls(only_digits, width, terms) for terms in TERMS]
        return max(tried, key=lambda tried: strings_right(tried.read(maps, False), texts))

    def read(self, maps: Maps, known: bool) -> list[str]:
        """The digits on each map, whether or not it is known that there are five."""
        zones = SegmentWidths((self.width,))
        terms = NO_TERMS if known else self.terms

        def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> list[str]:
            digits = log_probs[..., :NO_DIGIT]
            if self.only_digits:
                digits = digits - np.logaddexp.reduce(digits, axis=2, keepdims=True)
            lengths = [LENGTH] * len(digits) if known else None
            scores = digits[:, :, None] + terms.digit
            paths, _ = best_segments(scores, zones, lengths, columns, terms.column)
            return [text_of(zones.collapse(path[:last])) for path, last in zip(paths, columns, strict=True)]

        return map_in_batches(maps, LENGTH * self.width, found)


def read_by_topology(topology: Topology) -> Callable[[Maps, bool], list[str]]:
    """Reads through one of the trellises of our own net."""

    def read(maps: Maps, known: bool) -> list[str]:
        automaton = _five_digits() if known else None
        return [_of_path(path) for path in decode(maps, topology=topology, automaton=automaton)]

    return read


def read_with_durations(durations: Durations) -> Callable[[Maps, bool], list[str]]:
    """Reads through the strict trellis with durations."""

    def read(maps: Maps, known: bool) -> list[str]:
        trellis = duration_trellis(_five_digits() if known else any_string(), durations)

        def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> list[str]:
            of_labels = durations.class_map(log_probs)
            paths, _ = best_paths(of_labels, repeated_trellis(trellis, len(of_labels)), columns)
            return [
                _of_path(durations.class_of(path[:last])) for path, last in zip(paths, columns, strict=True)
            ]

        return map_in_batches(maps, len(trellis.labels), found)

    return read


def fitted_durations(maps: Maps, texts: Sequence[str]) -> Durations:
    """As they come out on the best strict path that spells each text."""
    paths = forced_alignments(maps, [[int(digit) for digit in text] for text in texts], Topology.STRICT)
    return Durations.fitted([collapse(path, NO_DIGIT) for path in paths if path is not None])


def readings(maps: Maps, validation: Maps, texts: Sequence[str]) -> dict[str, Any]:
    """What all trellises read.

    Args:
        maps: To be read.
        validation: Maps to fit on.
        texts: Their digits.

    Returns:
        JSON-able: what was fitted, and `trellises`, for each of which the `texts` with known length, the
        `texts_of_any_length`, and how many of the texts to fit on are right.
    """
    durations = fitted_durations(validation, texts)
    ten, eleven = (Product.fitted(only_digits, validation, texts) for only_digits in (True, False))
    readers: dict[str, Callable[[Maps, bool], list[str]]] = {
        TEN_SHARES: ten.read,
        ELEVEN_SHARES: eleven.read,
        CTC: read_by_topology(Topology.CTC),
        STRICT: read_by_topology(Topology.STRICT),
        DURATIONS: read_with_durations(durations),
    }
    return {
        "durations": asdict(durations),
        "products": [asdict(ten), asdict(eleven)],
        "trellises": {
            name: {
                "texts": read(maps, True),
                "texts_of_any_length": read(maps, False),
                "validation_right": strings_right(read(validation, True), texts),
            }
            for name, read in readers.items()
        },
    }


def _five_digits() -> Automaton:
    asked = constraint(length=LENGTH)
    assert asked is not None
    return asked.automaton


def _of_path(path: IntArray | None) -> str:
    return "" if path is None else text_of(collapse(path, NO_DIGIT))

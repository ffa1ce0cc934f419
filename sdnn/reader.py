"""The pipeline: picture, strip, class map, path, digits."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.decoder import decode
from sdnn.decoding.posterior import digit_probs
from sdnn.models.engine import BUNDLED, Engine
from sdnn.preprocessing import load_page, strip_of_page
from sdnn.preprocessing.loading import ImageSource
from sdnn.results import DIGITS, Box, ClassMap, Digit, Evidence, FloatArray, Reading, Span, Status, Strip

INK: float = 0.25
"""Ink above which a pixel counts to a digit when its box is drawn."""


class Reader:
    """Reads strips with one model.

    Attributes:
        engine: The model.
        decoder: How digits are found on the class map.
        topology: Which paths the trellis allows.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        decoder: Decoder | str = Decoder.VITERBI,
        topology: Topology | str = Topology.CTC,
    ) -> None:
        """Loads the model, by default the bundled one.

        Raises:
            ModelError: When the model file is missing, damaged or of another kind.
        """
        self.engine = Engine(Path(model) if model else BUNDLED)
        self.decoder = Decoder(decoder)
        self.topology = Topology(topology)

    def read(self, source: ImageSource) -> Reading:
        """Reads the digit string on a picture of one line.

        Args:
            source: Path, encoded bytes, binary file, Pillow image or array.

        Raises:
            UnreadableInput: When the picture cannot be read.
        """
        page = load_page(source)
        strip = strip_of_page(page, self.engine.description.geometry)
        if strip is None:
            return Reading("", 1.0, Status.EMPTY, "no ink on the picture")
        class_map = self.engine.class_map(strip)
        path, spans = decode(class_map.log_probs, self.decoder, self.topology)
        boxes = digit_boxes(strip, class_map, spans)
        evidence = Evidence(strip, class_map, path, tuple(spans), tuple(boxes))
        return self._reading(evidence, page.shape)

    def _reading(self, evidence: Evidence, page_shape: tuple[int, ...]) -> Reading:
        log_probs = evidence.class_map.log_probs
        labels = [span.label for span in evidence.spans]
        confidence, probs = digit_probs(log_probs, labels, self.topology)
        if not labels:
            return Reading("", confidence, Status.EMPTY, "no digits found", evidence=evidence)
        height, width = page_shape
        boxes = [evidence.strip.to_page(box).clipped(width, height) for box in evidence.boxes]
        digits = tuple(
            Digit(
                DIGITS[span.label],
                float(row[span.label]),
                box,
                (span.first, span.last),
                _alternatives(row, span),
            )
            for span, row, box in zip(evidence.spans, probs, boxes, strict=True)
        )
        text = "".join(digit.digit for digit in digits)
        return Reading(text, confidence, Status.ACCEPTED, None, Box.around(boxes), digits, evidence)


@lru_cache(maxsize=4)
def load(model: str | Path | None = None) -> Reader:
    """A reader for the given model file, kept for the next call; the bundled model by default."""
    return Reader(model)


def read(source: ImageSource) -> Reading:
    """Reads the digit string on a picture with the bundled model; see `Reader.read`."""
    return load().read(source)


def digit_boxes(strip: Strip, class_map: ClassMap, spans: Sequence[Span]) -> list[Box]:
    """The ink of each digit, as boxes in pixels of the strip.

    A column of the map says where the middle of a digit is, not how wide it is: between two digits the ink is
    cut half-way between their middles, and no digit is wider than a window.
    """
    middles = [class_map.centre_px(span.centre) for span in spans]
    half = class_map.window_px / 2
    boxes = []
    for place, middle in enumerate(middles):
        left = (middles[place - 1] + middle) / 2 if place > 0 else middle - half
        right = (middle + middles[place + 1]) / 2 if place + 1 < len(middles) else middle + half
        first = max(0, round(max(left, middle - half)))
        last = max(first + 1, round(min(right, middle + half)))
        boxes.append(_ink_box(strip.ink[:, first:last], first))
    return boxes


def _ink_box(ink: FloatArray, left: int) -> Box:
    columns = np.flatnonzero((ink > INK).any(axis=0))
    rows = np.flatnonzero((ink > INK).any(axis=1))
    if not len(columns):
        return Box(left, 0, left + ink.shape[1], ink.shape[0])
    return Box(left + int(columns[0]), int(rows[0]), left + int(columns[-1]) + 1, int(rows[-1]) + 1)


def _alternatives(probs: FloatArray, span: Span, least: float = 0.001) -> tuple[tuple[str, float], ...]:
    others = [label for label in np.argsort(-probs) if label != span.label and probs[label] >= least]
    return tuple((DIGITS[label], float(probs[label])) for label in others)

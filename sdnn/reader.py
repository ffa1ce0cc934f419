"""The pipeline: picture, strip, class map, path, digits.

Where the first look leaves doubt, the same writing is brought to the size of a strip in other ways, too:
smaller and taller, wider, leaning a little. The reading is the string with the highest probability over all
of these views.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.consensus import consensus
from sdnn.decoding.decoder import decode, spell
from sdnn.decoding.posterior import digit_probs
from sdnn.decoding.recursion import best_path
from sdnn.decoding.trellis import one_string
from sdnn.errors import UnreadableInput
from sdnn.models.engine import BUNDLED, Engine
from sdnn.preprocessing import Writing, load_page, to_strip, writing_on
from sdnn.preprocessing.loading import ImageSource
from sdnn.results import (
    CLASSES,
    DIGITS,
    NO_DIGIT,
    Box,
    ClassMap,
    Digit,
    Evidence,
    FloatArray,
    Reading,
    Span,
    Status,
    Strip,
)


@dataclass(frozen=True)
class View:
    """A way of bringing writing to the size of a strip.

    Attributes:
        scale: Text height, as a multiple of the net's.
        aspect: Width, as a multiple of what keeps the proportions.
        slant: Lean taken away beyond the estimated one, in pixels to the side per pixel up.
        upright: Whether the estimated one is taken away.
    """

    scale: float = 1.0
    aspect: float = 1.0
    slant: float = 0.0
    upright: bool = True


VIEWS: Final = (
    View(),
    View(scale=0.84, slant=-0.2),
    View(scale=0.72),
    View(scale=1.35),
    View(aspect=1.5),
)
"""The first is the usual one; the others, chosen on the development sets, are for when it leaves doubt."""
MOST_FOR_DOUBT: Final = 60
"""Digits beyond which a line is looked at once: on so many there is always doubt, and looking takes long."""
MOST_COLUMNS: Final = 8192
"""Columns of a class map beyond which a line is not read: about 800 digits, or no digits at all."""
SURE: Final = 0.9
"""Confidence from which on the first view is enough."""
INK: Final = 0.25
"""Ink above which a pixel counts to a digit when its box is drawn."""


class Reader:
    """Reads strips with one model.

    Attributes:
        engine: The model.
        decoder: How digits are found on the class map.
        topology: Which paths the trellis allows.
        views: How writing is brought to the size of a strip; all but the first only where that leaves doubt.
        sure: Confidence from which on the first view leaves none.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        decoder: Decoder | str = Decoder.VITERBI,
        topology: Topology | str = Topology.CTC,
        views: Sequence[View] = VIEWS,
        sure: float = SURE,
    ) -> None:
        """Loads the model, by default the bundled one.

        Raises:
            ModelError: When the model file is missing, damaged or of another kind.
        """
        self.engine = Engine(Path(model) if model else BUNDLED)
        self.decoder = Decoder(decoder)
        self.topology = Topology(topology)
        self.views = views
        self.sure = sure

    def read(self, source: ImageSource) -> Reading:
        """Reads the digit string on a picture of one line.

        Args:
            source: Path, encoded bytes, binary file, Pillow image or array.

        Raises:
            UnreadableInput: When the picture cannot be read, or the line is too long.
        """
        page = load_page(source)
        writing = writing_on(page)
        if writing is None:
            return Reading("", 1.0, Status.EMPTY, "no ink on the picture")
        self._check_length(writing, str(source) if isinstance(source, str | Path) else "picture")
        looks = self._look(writing, self.views[:1])
        string, log_probs = self._consensus(looks)
        doubt = np.exp(log_probs[0]) < self.sure and len(string) <= MOST_FOR_DOUBT
        if doubt and self.decoder is Decoder.VITERBI:  # peaks are not scored
            looks += self._look(writing, self.views[1:])
            string, log_probs = self._consensus(looks)
        strip, class_map = looks[int(log_probs.argmax())]
        evidence = self._evidence(page, strip, class_map, string)
        return self._reading(evidence, float(np.exp(log_probs).mean()), len(looks))

    def _check_length(self, writing: Writing, name: str) -> None:
        geometry = self.engine.description.geometry
        columns = writing.text.width / writing.text.height * geometry.text_height_px / geometry.stride_px
        if columns > MOST_COLUMNS:
            raise UnreadableInput(f"{name}: the line is too long for its height; cut it into pieces")

    def _look(self, writing: Writing, views: Sequence[View]) -> list[tuple[Strip, ClassMap]]:
        geometry = self.engine.description.geometry
        strips = [
            to_strip(
                writing.ink,
                writing.text,
                geometry,
                slant=writing.slant * view.upright + view.slant,
                scale=view.scale,
                aspect=view.aspect,
            )
            for view in views
        ]
        return list(zip(strips, self.engine.class_maps(strips), strict=True))

    def _consensus(self, looks: Sequence[tuple[Strip, ClassMap]]) -> tuple[tuple[int, ...], FloatArray]:
        return consensus([class_map.log_probs for _, class_map in looks], self.decoder, self.topology)

    def _evidence(
        self, page: FloatArray, strip: Strip, class_map: ClassMap, string: Sequence[int]
    ) -> Evidence:
        """What speaks for a string on one of the views."""
        if self.decoder is Decoder.VITERBI:
            path, _ = best_path(class_map.log_probs, one_string(string, CLASSES, self.topology))
            spans = spell(path, NO_DIGIT)
        else:
            path, spans = decode(class_map.log_probs, self.decoder, self.topology)
        boxes = digit_boxes(strip, class_map, spans)
        return Evidence(page, strip, class_map, path, tuple(spans), tuple(boxes))

    def _reading(self, evidence: Evidence, confidence: float, views: int) -> Reading:
        log_probs = evidence.class_map.log_probs
        labels = [span.label for span in evidence.spans]
        probs = digit_probs(log_probs, labels, self.topology)
        if not labels:
            return Reading("", confidence, Status.EMPTY, "no digits found", views=views, evidence=evidence)
        height, width = evidence.page.shape
        boxes = [page_box(evidence.strip, box).clipped(width, height) for box in evidence.boxes]
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
        return Reading(text, confidence, Status.ACCEPTED, None, Box.around(boxes), digits, views, evidence)


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


def page_box(strip: Strip, box: Box) -> Box:
    """The ink that a box of the strip holds, as a box in the picture.

    Where the strip was set upright this is narrower than the picture of the box, which leans.
    """
    left, top, right, bottom = box.rounded()
    rows, columns = np.nonzero(strip.ink[top:bottom, left:right] > INK)
    if not len(rows):
        return strip.to_page(box)
    centres = np.stack([columns + left + 0.5, rows + top + 0.5, np.ones(len(rows))])
    x, y = strip.page_from_strip @ centres
    half_x, half_y = np.abs(strip.page_from_strip[:, :2]).sum(axis=1) / 2
    return Box(
        float(x.min() - half_x), float(y.min() - half_y), float(x.max() + half_x), float(y.max() + half_y)
    )


def _ink_box(ink: FloatArray, left: int) -> Box:
    columns = np.flatnonzero((ink > INK).any(axis=0))
    rows = np.flatnonzero((ink > INK).any(axis=1))
    if not len(columns):
        return Box(left, 0, left + ink.shape[1], ink.shape[0])
    return Box(left + int(columns[0]), int(rows[0]), left + int(columns[-1]) + 1, int(rows[-1]) + 1)


def _alternatives(probs: FloatArray, span: Span, least: float = 0.001) -> tuple[tuple[str, float], ...]:
    others = [label for label in np.argsort(-probs) if label != span.label and probs[label] >= least]
    return tuple((DIGITS[label], float(probs[label])) for label in others)

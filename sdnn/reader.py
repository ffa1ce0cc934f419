"""The pipeline: picture, strip, class map, path, digits.

Where the first look leaves doubt, the same writing is brought to the size of a strip in other ways, too:
smaller and taller, wider, leaning a little. The reading is the string with the highest probability over all
of these views, among those that a constraint allows.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.boxes import digit_boxes, page_box
from sdnn.choices import Decoder, Topology
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import Consensus, consensus
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.decoder import decode, spell
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_probs
from sdnn.decoding.recursion import best_path
from sdnn.decoding.trellis import one_string
from sdnn.errors import UnreadableInput, UsageError
from sdnn.models.engine import BUNDLED, Engine
from sdnn.preprocessing import Writing, load_page, writing_on
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
from sdnn.views import VIEWS, View, strips_of

MOST_FOR_DOUBT: Final = 60
"""Digits beyond which a line is looked at once: on so many there is always doubt, and looking takes long."""
MOST_COLUMNS: Final = 8192
"""Columns of a class map beyond which a line is not read: about 800 digits, or no digits at all."""
SURE: Final = 0.9
"""Confidence from which on the first view is enough."""


class Reader:
    """Reads strips with one model.

    Attributes:
        engine: The model.
        decoder: How digits are found on the class map.
        topology: Which paths the trellis allows.
        constraint: Which texts are allowed; None for all.
        min_confidence: Readings that are less probable are rejected.
        min_fit: Readings are rejected where the constraint keeps less probability.
        most_texts: How many of the likeliest texts a reading lists.
        views: How writing is brought to the size of a strip; all but the first only where that leaves doubt.
        sure: Confidence from which on the first view leaves none.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        decoder: Decoder | str = Decoder.VITERBI,
        topology: Topology | str = Topology.CTC,
        *,
        constraint: Constraint | None = None,
        min_confidence: float = 0.0,
        min_fit: float = 0.0,
        most_texts: int = 1,
        temperature: float | None = None,
        views: Sequence[View] = VIEWS,
        sure: float = SURE,
    ) -> None:
        """Loads the model, by default the bundled one; `temperature` takes the place of the model's own.

        Raises:
            ModelError: When the model file is missing, damaged or of another kind.
            UsageError: When peak picking, which knows no strings, is to obey a constraint, or a number lies
                outside its range.
        """
        for name, share in (("min_confidence", min_confidence), ("min_fit", min_fit)):
            if not 0 <= share <= 1:
                raise UsageError(f"{name} {share}: give a probability from 0 to 1")
        if temperature is not None and not temperature > 0:
            raise UsageError(f"temperature {temperature}: give a number above 0")
        self.engine = Engine(Path(model) if model else BUNDLED, temperature)
        self.decoder = Decoder(decoder)
        self.topology = Topology(topology)
        if constraint and self.decoder is Decoder.NMS:
            raise UsageError(
                f"--decoder nms knows no strings and cannot obey {constraint.description}; leave it out"
            )
        self.constraint = constraint
        self.min_confidence = min_confidence
        self.min_fit = min_fit
        self.most_texts = most_texts
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
        first, free = self._agreed(looks)
        doubt = len(free.string) <= MOST_FOR_DOUBT and (first is None or first.confidence < self.sure)
        if doubt and self.decoder is not Decoder.NMS:  # peaks are not scored
            looks += self._look(writing, self.views[1:])
            first, free = self._agreed(looks)
        return self._reading(page, looks, first, free)

    def _agreed(self, looks: Sequence[tuple[Strip, ClassMap]]) -> tuple[Consensus | None, Consensus]:
        """What the views agree on under the constraint, and without it."""
        maps = [class_map.log_probs for _, class_map in looks]
        free = consensus(maps, self.decoder, self.topology)
        assert free is not None  # some string is possible on every map
        if self._automaton is None:
            return free, free
        return consensus(maps, self.decoder, self.topology, self._automaton), free

    def _check_length(self, writing: Writing, name: str) -> None:
        geometry = self.engine.description.geometry
        columns = writing.text.width / writing.text.height * geometry.text_height_px / geometry.stride_px
        if columns > MOST_COLUMNS:
            raise UnreadableInput(f"{name}: the line is too long for its height; cut it into pieces")

    def _look(self, writing: Writing, views: Sequence[View]) -> list[tuple[Strip, ClassMap]]:
        strips = strips_of(writing, views, self.engine.description.geometry)
        return list(zip(strips, self.engine.class_maps(strips), strict=True))

    def _evidence(
        self, page: FloatArray, strip: Strip, class_map: ClassMap, string: Sequence[int]
    ) -> Evidence:
        """What speaks for a string on one of the views."""
        if self.decoder is not Decoder.NMS:
            path, _ = best_path(class_map.log_probs, one_string(string, CLASSES, self.topology))
            spans = spell(path, NO_DIGIT)
        else:
            path, spans = decode(class_map.log_probs, self.decoder, self.topology)
        boxes = digit_boxes(strip, class_map, spans)
        return Evidence(page, strip, class_map, path, tuple(spans), tuple(boxes))

    def _reading(
        self,
        page: FloatArray,
        looks: Sequence[tuple[Strip, ClassMap]],
        agreed: Consensus | None,
        free: Consensus,
    ) -> Reading:
        """What the views agree on, with boxes and probabilities.

        Args:
            page: The picture.
            looks: The views.
            agreed: Their consensus under the constraint; None where no allowed text is possible.
            free: Their consensus without it.
        """
        shown = agreed or free
        strip, class_map = looks[int(shown.log_probs.argmax())]
        evidence = self._evidence(page, strip, class_map, shown.string)
        if not free.string:
            empty = "no digits found"
            return Reading("", free.confidence, Status.EMPTY, empty, views=len(looks), evidence=evidence)
        unconstrained = "".join(DIGITS[label] for label in free.string)
        if agreed is None:
            assert self.constraint is not None  # without one any string is possible
            return Reading(
                "",
                0.0,
                Status.REJECTED,
                f"the strip is too short for {self.constraint.description}",
                views=len(looks),
                fit=0.0,
                unconstrained=unconstrained,
                missing=1.0,
            )
        digits = self._digits(evidence)
        reason = self._doubt(agreed)
        nbest, missing = self._likeliest(looks, agreed)
        return Reading(
            self._format(agreed.string),
            agreed.confidence,
            Status.REJECTED if reason else Status.ACCEPTED,
            reason,
            Box.around([digit.box for digit in digits]) if digits else None,
            digits,
            len(looks),
            agreed.fit,
            unconstrained,
            nbest,
            missing,
            evidence,
        )

    def _doubt(self, agreed: Consensus) -> str | None:
        """Why a reading is rejected; None where it is not."""
        if agreed.confidence < self.min_confidence:
            return f"confidence {agreed.confidence:.3f} is below {self.min_confidence:g}"
        if agreed.fit < self.min_fit:
            return f"fit {agreed.fit:.2g} is below {self.min_fit:g}: strip and constraint disagree"
        return None

    def _digits(self, evidence: Evidence) -> tuple[Digit, ...]:
        """The digits of the evidence with their boxes in the picture, probabilities and alternatives."""
        height, width = evidence.page.shape
        boxes = [page_box(evidence.strip, box).clipped(width, height) for box in evidence.boxes]
        labels = [span.label for span in evidence.spans]
        probs = digit_probs(evidence.class_map.log_probs, labels, self.topology, self._automaton)
        return tuple(
            Digit(
                DIGITS[span.label],
                float(row[span.label]),
                box,
                (span.first, span.last),
                _alternatives(row, span),
            )
            for span, row, box in zip(evidence.spans, probs, boxes, strict=True)
        )

    def _likeliest(
        self, looks: Sequence[tuple[Strip, ClassMap]], agreed: Consensus
    ) -> tuple[tuple[tuple[str, float], ...], float]:
        """The most probable texts, at least the one that was read, and what all others have together."""
        if self.most_texts > 1 and self.decoder is not Decoder.NMS:
            maps = [class_map.log_probs for _, class_map in looks]
            found = n_best(maps, self.most_texts, self._automaton, self.topology)
            if found.strings:
                return tuple((self._format(string), prob) for string, prob in found.strings), found.missing
        return ((self._format(agreed.string), agreed.confidence),), 1.0 - agreed.confidence

    @property
    def _automaton(self) -> Automaton | None:
        return self.constraint.automaton if self.constraint else None

    def _format(self, labels: Sequence[int]) -> str:
        digits = "".join(DIGITS[label] for label in labels)
        return self.constraint.format(digits) if self.constraint else digits


@lru_cache(maxsize=4)
def load(model: str | Path | None = None) -> Reader:
    """A reader for the given model file, kept for the next call; the bundled model by default."""
    return Reader(model)


def read(source: ImageSource) -> Reading:
    """Reads the digit string on a picture with the bundled model; see `Reader.read`."""
    return load().read(source)


def _alternatives(probs: FloatArray, span: Span, least: float = 0.001) -> tuple[tuple[str, float], ...]:
    others = [label for label in np.argsort(-probs) if label != span.label and probs[label] >= least]
    return tuple((DIGITS[label], float(probs[label])) for label in others)

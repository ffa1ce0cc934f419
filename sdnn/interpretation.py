"""From class maps to a reading: the text that the views agree on, its digits with boxes, how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdnn.boxes import digit_boxes, page_box
from sdnn.choices import Decoder, Status, Topology
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import Consensus, consensus
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.decoder import decode, spell
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_probs
from sdnn.decoding.recursion import best_path
from sdnn.decoding.trellis import one_string
from sdnn.errors import UsageError
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
    Strip,
)


@dataclass(frozen=True, eq=False)
class Look:
    """Writing as one view brings it to the size of a strip, and what the net says of it.

    Attributes:
        strip: Its way back leads to the page.
        class_map: Of that strip.
    """

    strip: Strip
    class_map: ClassMap


@dataclass(frozen=True, eq=False)
class Agreement:
    """What the views of one line agree on.

    Attributes:
        allowed: Under the constraint; None where no allowed text is possible on so short a strip.
        free: Without it.
    """

    allowed: Consensus | None
    free: Consensus


@dataclass(frozen=True)
class Interpreter:
    """How class maps are understood.

    Attributes:
        decoder: How digits are found on the class map.
        topology: Which paths the trellis allows.
        constraint: Which texts are allowed; None for all.
        min_confidence: Readings that are less probable are rejected.
        min_fit: Readings are rejected where the constraint keeps less probability.
        most_texts: How many of the likeliest texts a reading lists.
    """

    decoder: Decoder = Decoder.VITERBI
    topology: Topology = Topology.CTC
    constraint: Constraint | None = None
    min_confidence: float = 0.0
    min_fit: float = 0.0
    most_texts: int = 1

    def __post_init__(self) -> None:
        """Refuses what cannot be meant.

        Raises:
            UsageError: When peak picking, which knows no strings, is to obey a constraint, or a number lies
                outside its range.
        """
        for name, share in (("min_confidence", self.min_confidence), ("min_fit", self.min_fit)):
            if not 0 <= share <= 1:
                raise UsageError(f"{name} {share}: give a probability from 0 to 1")
        if self.constraint and self.decoder is Decoder.NMS:
            raise UsageError(
                f"--decoder nms knows no strings and cannot obey {self.constraint.description}; leave it out"
            )

    def agreement(self, looks: Sequence[Look]) -> Agreement:
        """What the views agree on, under the constraint and without it."""
        maps = [look.class_map.log_probs for look in looks]
        free = consensus(maps, self.decoder, self.topology)
        assert free is not None  # some string is possible on every map
        if self._automaton is None:
            return Agreement(free, free)
        return Agreement(consensus(maps, self.decoder, self.topology, self._automaton), free)

    def reading(self, page: FloatArray, looks: Sequence[Look], agreement: Agreement) -> Reading:
        """The reading that the views agree on, with boxes and probabilities.

        Args:
            page: (H, W) brightness of the page that the strips lead back to.
            looks: The views of one line.
            agreement: Of these views.
        """
        allowed, free = agreement.allowed, agreement.free
        shown = allowed or free
        evidence = self._evidence(page, looks[int(shown.log_probs.argmax())], shown.string)
        if not free.string:
            empty = "no digits found"
            return Reading("", free.confidence, Status.EMPTY, empty, views=len(looks), evidence=evidence)
        unconstrained = "".join(DIGITS[label] for label in free.string)
        if allowed is None:
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
        reason = self._doubt(allowed)
        nbest, missing = self._likeliest(looks, allowed)
        return Reading(
            self._format(allowed.string),
            allowed.confidence,
            Status.REJECTED if reason else Status.ACCEPTED,
            reason,
            Box.around([digit.box for digit in digits]) if digits else None,
            digits,
            len(looks),
            allowed.fit,
            unconstrained,
            nbest,
            missing,
            evidence,
        )

    def _evidence(self, page: FloatArray, look: Look, string: Sequence[int]) -> Evidence:
        """What speaks for a string on one of the views."""
        log_probs = look.class_map.log_probs
        if self.decoder is not Decoder.NMS:
            path, _ = best_path(log_probs, one_string(string, CLASSES, self.topology))
            spans = spell(path, NO_DIGIT)
        else:
            path, spans = decode(log_probs, self.decoder, self.topology)
        boxes = digit_boxes(look.strip, look.class_map, spans)
        return Evidence(page, look.strip, look.class_map, path, tuple(spans), tuple(boxes))

    def _doubt(self, allowed: Consensus) -> str | None:
        """Why a reading is rejected; None where it is not."""
        if allowed.confidence < self.min_confidence:
            return f"confidence {allowed.confidence:.6g} is below {self.min_confidence:g}"
        if allowed.fit < self.min_fit:
            return f"fit {allowed.fit:.2g} is below {self.min_fit:g}: strip and constraint disagree"
        return None

    def _digits(self, evidence: Evidence) -> tuple[Digit, ...]:
        """The digits of the evidence with their boxes on the page, probabilities and alternatives."""
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
        self, looks: Sequence[Look], allowed: Consensus
    ) -> tuple[tuple[tuple[str, float], ...], float]:
        """The most probable texts, at least the one that was read, and what all others have together."""
        if self.most_texts > 1 and self.decoder is not Decoder.NMS:
            maps = [look.class_map.log_probs for look in looks]
            found = n_best(maps, self.most_texts, self._automaton, self.topology)
            if found.strings:
                return tuple((self._format(string), prob) for string, prob in found.strings), found.missing
        return ((self._format(allowed.string), allowed.confidence),), 1.0 - allowed.confidence

    @property
    def _automaton(self) -> Automaton | None:
        return self.constraint.automaton if self.constraint else None

    def _format(self, labels: Sequence[int]) -> str:
        digits = "".join(DIGITS[label] for label in labels)
        return self.constraint.format(digits) if self.constraint else digits


def _alternatives(probs: FloatArray, span: Span, least: float = 0.001) -> tuple[tuple[str, float], ...]:
    others = [label for label in np.argsort(-probs) if label != span.label and probs[label] >= least]
    return tuple((DIGITS[label], float(probs[label])) for label in others)

"""From class maps to a reading: the text that the views agree on, its digits with boxes, how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdnn.boxes import digit_boxes
from sdnn.choices import Decoder, Status, Topology
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import Consensus, consensus
from sdnn.decoding.decoder import paths_of, paths_through, spell
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_probs
from sdnn.errors import UsageError
from sdnn.results import (
    DIGITS,
    NO_DIGIT,
    Box,
    ClassMap,
    Digit,
    Evidence,
    FloatArray,
    Reading,
    Strip,
)

if TYPE_CHECKING:
    from sdnn.decoding.constraints import Constraint


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
    constraint: "Constraint | None" = None
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

    def agreements(self, lines: Sequence[Sequence[Look]]) -> list[Agreement]:
        """What the views of each line agree on, under the constraint and without it."""
        maps = [[look.class_map.log_probs for look in looks] for looks in lines]
        free = consensus(maps, self.decoder, self.topology)
        allowed = free
        if self._automaton is not None:
            allowed = consensus(maps, self.decoder, self.topology, self._automaton)
        agreements = []
        for of_allowed, of_all in zip(allowed, free, strict=True):
            assert of_all is not None  # some string is possible on every map
            agreements.append(Agreement(of_allowed, of_all))
        return agreements

    def readings(
        self, pages: Sequence[FloatArray], lines: Sequence[Sequence[Look]], agreements: Sequence[Agreement]
    ) -> list[Reading]:
        """The reading of each line, with boxes and probabilities.

        Args:
            pages: (H, W) brightness of the page that each line's strips lead back to.
            lines: The views of each line.
            agreements: Of these views.
        """
        shown = [agreement.allowed or agreement.free for agreement in agreements]
        surest = [views[int(each.log_probs.argmax())] for views, each in zip(lines, shown, strict=True)]
        maps = [look.class_map.log_probs for look in surest]
        if self.decoder is Decoder.NMS:
            found = paths_through(maps, self.decoder)
        else:
            found = paths_of(maps, [each.string for each in shown], self.topology)
        paths = [path for path in found if path is not None]
        assert len(paths) == len(maps)  # a string is possible on the map that is surest of it
        spans = [spell(path, NO_DIGIT) for path in paths]
        strings = [[span.label for span in of_line] for of_line in spans]
        probs = digit_probs(maps, strings, self.topology, self._automaton)
        readings = []
        for page, views, agreement, look, path, of_line, of_digits in zip(
            pages, lines, agreements, surest, paths, spans, probs, strict=True
        ):
            boxes, page_boxes = digit_boxes(look.strip, look.class_map, of_line)
            evidence = Evidence(page, look.strip, look.class_map, path, tuple(of_line), tuple(boxes))
            digits = _digits(evidence, page_boxes, of_digits)
            readings.append(self._reading(views, agreement, digits, evidence))
        return readings

    def _reading(
        self, looks: Sequence[Look], agreement: Agreement, digits: tuple[Digit, ...], evidence: Evidence
    ) -> Reading:
        """The reading of one line."""
        allowed, free = agreement.allowed, agreement.free
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

    def _doubt(self, allowed: Consensus) -> str | None:
        """Why a reading is rejected; None where it is not."""
        if allowed.confidence < self.min_confidence:
            return f"confidence {allowed.confidence:.6g} is below {self.min_confidence:g}"
        if allowed.fit < self.min_fit:
            return f"fit {allowed.fit:.2g} is below {self.min_fit:g}: strip and constraint disagree"
        return None

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


def _digits(evidence: Evidence, boxes: Sequence[Box], probs: FloatArray) -> tuple[Digit, ...]:
    """The digits of the evidence.

    Args:
        evidence: Their spans.
        boxes: Where they stand on the page.
        probs: (L, 10) probability of each digit at each position.
    """
    height, width = evidence.page.shape
    return tuple(
        Digit(
            DIGITS[span.label],
            of_digits[span.label],
            box.clipped(width, height),
            (span.first, span.last),
            _alternatives(of_digits, span.label),
        )
        for span, of_digits, box in zip(evidence.spans, probs.tolist(), boxes, strict=True)
    )


def _alternatives(probs: Sequence[float], read: int, least: float = 0.001) -> tuple[tuple[str, float], ...]:
    """Digits beside the one that was read, the likeliest first."""
    others = [label for label, prob in enumerate(probs) if label != read and prob >= least]
    return tuple((DIGITS[label], probs[label]) for label in sorted(others, key=lambda label: -probs[label]))

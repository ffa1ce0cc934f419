"""From class maps to a reading: the text that the views agree on, its digits with boxes, how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import Hypothesis, consensus, propose
from sdnn.decoding.decoder import collapse, forced_alignments
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_marginals
from sdnn.enums import Decoder, Status
from sdnn.reading.boxes import digit_boxes
from sdnn.reading.records import Line, Page, ViewOutput
from sdnn.reading.settings import DEFAULT, ReadingSettings
from sdnn.results import DIGITS, NO_DIGIT, Box, Digit, Evidence, FloatArray, Reading


@dataclass(frozen=True)
class LineDecoder:
    """Decodes the views of lines.

    Attributes:
        settings: Decoder, topology, constraint, thresholds of rejection, number of texts.
    """

    settings: ReadingSettings = DEFAULT

    def propose(self, outputs: Sequence[ViewOutput]) -> None:
        """Decodes the class map of each view alone, with and without the constraint."""
        maps = [output.class_map.log_probs for output in outputs]
        decoder, topology = self.settings.decoder, self.settings.topology
        free = allowed = propose(maps, decoder, topology)
        if self._automaton is not None:
            allowed = propose(maps, decoder, topology, self._automaton)
        for output, of_all, of_allowed in zip(outputs, free, allowed, strict=True):
            output.unconstrained, output.constrained = of_all, of_allowed

    def agree(self, lines: Sequence[Line]) -> None:
        """Finds the string on which the views of each line agree, with and without the constraint."""
        decoder, topology = self.settings.decoder, self.settings.topology
        proposed = [[output.unconstrained for output in line.outputs] for line in lines]
        free = allowed = consensus(proposed, decoder, topology)
        if self._automaton is not None:
            proposed = [[output.constrained for output in line.outputs] for line in lines]
            allowed = consensus(proposed, decoder, topology, self._automaton)
        for line, of_all, of_allowed in zip(lines, free, allowed, strict=True):
            assert of_all is not None  # some string is possible on every map
            line.unconstrained, line.constrained = of_all, of_allowed

    def read(self, pages: Sequence[Page]) -> None:
        """Reads the lines of each page, with boxes and probabilities of their digits."""
        self._align([line for page in pages for line in page.lines])
        for page in pages:
            for line in page.lines:
                line.reading = self._reading(line, page)

    def _align(self, lines: Sequence[Line]) -> None:
        """Finds where the digits of each line stand on the view that is most confident in its text."""
        topology = self.settings.topology
        for line in lines:
            line.path = line.proposal.path
        others = [line for line in lines if line.proposal.string != line.hypothesis.string]
        paths = forced_alignments(_maps(others), [line.hypothesis.string for line in others], topology)
        for line, path in zip(others, paths, strict=True):
            line.path = path
        strings = [line.hypothesis.string for line in lines]
        probs = digit_marginals(_maps(lines), strings, topology, self._automaton)
        for line, of_digits in zip(lines, probs, strict=True):
            line.digit_marginals = of_digits

    def _reading(self, line: Line, page: Page) -> Reading:
        """The reading of one line."""
        output, path = line.best, line.path
        assert path is not None  # a string is possible on the map that is most confident in it
        spans = collapse(path, NO_DIGIT)
        boxes, page_boxes = digit_boxes(output.strip, output.class_map, spans)
        evidence = None
        if page.brightness is not None:
            shown = output.strip, output.class_map, path, tuple(spans), tuple(boxes)
            evidence = Evidence(page.brightness, *shown, page.heat)
        allowed, free, views = line.constrained, line.unconstrained, len(line.outputs)
        if not free.string:
            empty = "no digits found"
            return Reading("", free.confidence, Status.EMPTY, empty, views=views, evidence=evidence)
        unconstrained = "".join(DIGITS[label] for label in free.string)
        if allowed is None:
            assert self.settings.constraint is not None  # without one any string is possible
            return Reading(
                "",
                0.0,
                Status.REJECTED,
                f"the strip is too short for {self.settings.constraint.description}",
                views=views,
                constraint_probability=0.0,
                unconstrained=unconstrained,
                residual_probability=1.0,
            )
        digits = tuple(
            Digit(
                DIGITS[span.label],
                of_digit[span.label],
                box.clipped(*page.size_px),
                (span.first, span.last),
                _alternatives(of_digit, span.label),
            )
            for span, of_digit, box in zip(spans, line.digit_marginals.tolist(), page_boxes, strict=True)
        )
        reason = self._doubt(allowed)
        nbest, residual_probability = self._likeliest(line, allowed)
        return Reading(
            self._format(allowed.string),
            allowed.confidence,
            Status.REJECTED if reason else Status.ACCEPTED,
            reason,
            Box.around([digit.box for digit in digits]) if digits else None,
            digits,
            views,
            allowed.constraint_probability,
            unconstrained,
            nbest,
            residual_probability,
            evidence,
        )

    def _doubt(self, allowed: Hypothesis) -> str | None:
        """Why a reading is rejected; None where it is not."""
        least = self.settings
        if allowed.confidence < least.min_confidence:
            return f"confidence {allowed.confidence:.6g} is below {least.min_confidence:g}"
        if allowed.constraint_probability < least.min_constraint_probability:
            probability = f"constraint probability {allowed.constraint_probability:.2g}"
            return (
                f"{probability} is below {least.min_constraint_probability:g}: strip and constraint disagree"
            )
        return None

    def _likeliest(self, line: Line, allowed: Hypothesis) -> tuple[tuple[tuple[str, float], ...], float]:
        """The most probable texts, at least the one that was read, and what all others have together."""
        if self.settings.nbest > 1 and self.settings.decoder is not Decoder.NMS:
            maps = [output.class_map.log_probs for output in line.outputs]
            found = n_best(maps, self.settings.nbest, self._automaton, self.settings.topology)
            if found.strings:
                return tuple(
                    (self._format(string), prob) for string, prob in found.strings
                ), found.residual_probability
        return ((self._format(allowed.string), allowed.confidence),), 1.0 - allowed.confidence

    @property
    def _automaton(self) -> Automaton | None:
        return self.settings.constraint.automaton if self.settings.constraint else None

    def _format(self, labels: Sequence[int]) -> str:
        digits = "".join(DIGITS[label] for label in labels)
        return self.settings.constraint.format(digits) if self.settings.constraint else digits


def _maps(lines: Sequence[Line]) -> list[FloatArray]:
    """The class map of each line's best view."""
    return [line.best.class_map.log_probs for line in lines]


def _alternatives(probs: Sequence[float], read: int, least: float = 0.001) -> tuple[tuple[str, float], ...]:
    """Digits beside the one that was read, the likeliest first."""
    others = [label for label, prob in enumerate(probs) if label != read and prob >= least]
    return tuple((DIGITS[label], probs[label]) for label in sorted(others, key=lambda label: -probs[label]))

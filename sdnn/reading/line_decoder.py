"""From the class maps of a line's views to its reading: text, confidence, digits with boxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import MAX_DIGITS, Hypothesis, consensus, decode_candidates
from sdnn.decoding.decoder import collapse, forced_alignments
from sdnn.decoding.nbest import n_best
from sdnn.decoding.posterior import digit_marginals
from sdnn.decoding.trellis import is_too_large
from sdnn.enums import Decoder, Status
from sdnn.reading.boxes import digit_boxes
from sdnn.reading.page import Line, Page, ViewOutput
from sdnn.reading.settings import DEFAULT, ReadingSettings
from sdnn.results import DIGITS, NO_DIGIT, Box, Digit, Evidence, FloatArray, Reading

MIN_ALTERNATIVE: Final = 0.001
"""Smallest probability of a digit that is listed as an alternative."""


LOW_CONFIDENCE: Final = "confidence "
"""Beginning of the reason of readings that are rejected for their confidence."""


def low_confidence(confidence: float, min_confidence: float) -> str:
    """The reason of a reading that is rejected for its confidence."""
    return f"{LOW_CONFIDENCE}{confidence:.6g} is below {min_confidence:g}"


@dataclass(frozen=True)
class LineDecoder:
    """Decodes lines.

    Attributes:
        settings: Decoder, topology, constraint, thresholds of rejection, number of texts.
    """

    settings: ReadingSettings = DEFAULT

    def decode_views(self, outputs: Sequence[ViewOutput]) -> None:
        """Decodes the class map of each view alone, with and without the constraint."""
        maps = [output.class_map.log_probs for output in outputs]
        decoder, topology = self.settings.decoder, self.settings.topology
        free = allowed = decode_candidates(maps, decoder, topology)
        if self._automaton is not None:
            allowed = decode_candidates(maps, decoder, topology, self._automaton)
        for output, unconstrained, constrained in zip(outputs, free, allowed, strict=True):
            output.unconstrained, output.constrained = unconstrained, constrained

    def combine_views(self, lines: Sequence[Line]) -> None:
        """Finds the most probable string over the views of each line, with and without the constraint."""
        decoder, topology = self.settings.decoder, self.settings.topology
        candidates = [[output.unconstrained for output in line.outputs] for line in lines]
        free = allowed = consensus(candidates, decoder, topology)
        if self._automaton is not None:
            candidates = [[output.constrained for output in line.outputs] for line in lines]
            allowed = consensus(candidates, decoder, topology, self._automaton)
        for line, unconstrained, constrained in zip(lines, free, allowed, strict=True):
            assert unconstrained is not None  # some string is possible on every map
            line.unconstrained, line.constrained = unconstrained, constrained

    def make_readings(self, pages: Sequence[Page]) -> None:
        """Makes the reading of each line, with boxes and probabilities of its digits."""
        self._align([line for page in pages for line in page.lines])
        for page in pages:
            for line in page.lines:
                line.reading = self._reading(line, page)

    def _align(self, lines: Sequence[Line]) -> None:
        """Finds the path of each line's string on its best view, and the probabilities of its digits."""
        topology = self.settings.topology
        others = []
        for line in lines:
            view = line.best_view
            candidate = view.constrained if line.constrained else view.unconstrained
            line.path = candidate.path
            if candidate.string != line.hypothesis.string:
                others.append(line)
        paths = forced_alignments(_maps(others), [line.hypothesis.string for line in others], topology)
        for line, path in zip(others, paths, strict=True):
            line.path = path
        scored = [line for line in lines if len(line.hypothesis.string) <= MAX_DIGITS]
        strings = [line.hypothesis.string for line in scored]
        best = [line.path for line in scored]
        marginals = digit_marginals(_maps(scored), strings, topology, self._automaton, best)
        for line, of_line in zip(scored, marginals, strict=True):
            line.digit_marginals = of_line

    def _reading(self, line: Line, page: Page) -> Reading:
        view, path = line.best_view, line.path
        assert path is not None  # a string is possible on the map that is most confident in it
        spans = collapse(path, NO_DIGIT)
        boxes, page_boxes = digit_boxes(view.strip, view.class_map, spans)
        evidence = None
        if page.brightness is not None:
            stages = view.strip, view.class_map, path, tuple(spans), tuple(boxes)
            evidence = Evidence(page.brightness, *stages, page.digit_ink)
        constrained, free, views = line.constrained, line.unconstrained, len(line.outputs)
        if not free.string:
            empty = "no digits found"
            return Reading("", free.confidence, Status.EMPTY, empty, views=views, evidence=evidence)
        unconstrained = "".join(DIGITS[label] for label in free.string)
        if constrained is None or len(constrained.string) > MAX_DIGITS:
            return Reading(
                "",
                0.0,
                Status.REJECTED,
                self._missing_text_reason(line),
                views=views,
                constraint_probability=0.0,
                unconstrained=unconstrained,
                residual_probability=1.0,
            )
        digits = tuple(
            Digit(
                DIGITS[span.label],
                probs[span.label],
                box.clipped(*page.size_px),
                (span.first, span.last),
                _alternatives(probs, span.label),
            )
            for span, probs, box in zip(spans, line.digit_marginals.tolist(), page_boxes, strict=True)
        )
        reason = self._rejection_reason(constrained)
        nbest, residual_probability = self._nbest(line, constrained)
        return Reading(
            self._format(constrained.string),
            constrained.confidence,
            Status.REJECTED if reason else Status.ACCEPTED,
            reason,
            Box.around([digit.box for digit in digits]) if digits else None,
            digits,
            views,
            constrained.constraint_probability,
            unconstrained,
            nbest,
            residual_probability,
            evidence,
        )

    def _missing_text_reason(self, line: Line) -> str:
        """Why a line has no text: it is too long to be scored, or has none that the constraint allows."""
        if line.constrained is not None:
            return f"more than {MAX_DIGITS:,} digits on the line: cut it into pieces"
        assert self.settings.constraint is not None  # without one any string is possible
        description = self.settings.constraint.description
        columns = max(len(output.class_map) for output in line.outputs)
        if is_too_large(self._automaton, columns):
            return f"{description}: too large for a line of {columns:,} columns; allow less, or cut the line"
        return f"the strip is too short for {description}"

    def _rejection_reason(self, hypothesis: Hypothesis) -> str | None:
        settings, probability = self.settings, hypothesis.constraint_probability
        if probability < settings.min_constraint_probability:
            bounds = f"{probability:.2g} is below {settings.min_constraint_probability:g}"
            return f"constraint probability {bounds}: strip and constraint disagree"
        if hypothesis.confidence < settings.min_confidence:
            return low_confidence(hypothesis.confidence, settings.min_confidence)
        return None

    def _nbest(self, line: Line, hypothesis: Hypothesis) -> tuple[tuple[tuple[str, float], ...], float]:
        """The most probable texts, at least that of the reading, and the probability of all others."""
        if self.settings.nbest > 1 and self.settings.decoder is not Decoder.NMS:
            maps = [output.class_map.log_probs for output in line.outputs]
            best = n_best(maps, self.settings.nbest, self._automaton, self.settings.topology)
            if best.strings:
                texts = tuple((self._format(string), prob) for string, prob in best.strings)
                return texts, best.residual_probability
        return ((self._format(hypothesis.string), hypothesis.confidence),), 1.0 - hypothesis.confidence

    @property
    def _automaton(self) -> Automaton | None:
        return self.settings.constraint.automaton if self.settings.constraint else None

    def _format(self, labels: Sequence[int]) -> str:
        digits = "".join(DIGITS[label] for label in labels)
        return self.settings.constraint.format(digits) if self.settings.constraint else digits


def _maps(lines: Sequence[Line]) -> list[FloatArray]:
    """The class map of each line's best view."""
    return [line.best_view.class_map.log_probs for line in lines]


def _alternatives(probs: Sequence[float], read: int) -> tuple[tuple[str, float], ...]:
    """Other digits than the one of the reading, most probable first."""
    others = [label for label, prob in enumerate(probs) if label != read and prob >= MIN_ALTERNATIVE]
    return tuple((DIGITS[label], probs[label]) for label in sorted(others, key=lambda label: -probs[label]))

"""Two nets on the same pages: figures before and after fine-tuning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sdnn.evaluation.metrics import Score, score
from sdnn.evaluation.threshold import Threshold, min_sample_size
from sdnn.results import Reading

MAX_SYNTHETIC_LOSS: Final = 0.005
"""Accuracy on synthetic strips that fine-tuning may cost, 0 to 1."""


@dataclass(frozen=True)
class Figures:
    """What one net reads of a set of strips.

    Attributes:
        score: Counts.
        confidence: Mean confidence.
    """

    score: Score
    confidence: float

    @classmethod
    def of(cls, labels: Sequence[str], readings: Sequence[Reading]) -> "Figures":
        """The figures of readings beside their labels."""
        pairs = [(label, reading.string) for label, reading in zip(labels, readings, strict=True)]
        confidence = float(np.mean([reading.confidence for reading in readings])) if readings else 0.0
        return cls(score(pairs), confidence)

    def to_record(self) -> dict[str, Any]:
        """The figures in plain JSON types."""
        return {
            "n": self.score.n,
            "right": self.score.right,
            "accuracy": self.score.accuracy,
            "interval": list(self.score.interval),
            "digit_error_rate": self.score.digit_error_rate,
            "confidence": self.confidence,
        }


@dataclass(frozen=True)
class BeforeAndAfter:
    """Figures of the net at the start and of the tuned one, on the same strips."""

    before: Figures
    after: Figures

    @property
    def gain(self) -> float:
        """Accuracy gained, 0 to 1; negative where it was lost."""
        return round(self.after.score.accuracy - self.before.score.accuracy, 9)  # 0.895 - 0.9 is below -0.005

    def to_record(self) -> dict[str, Any]:
        """The figures in plain JSON types."""
        return {"before": self.before.to_record(), "after": self.after.to_record()}


@dataclass(frozen=True)
class Comparison:
    """Figures before and after, on both kinds of strips that were not learned from.

    Attributes:
        held_out: The user's own, whose labels were held out.
        synthetic: Synthetic ones of validation digits.
    """

    held_out: BeforeAndAfter
    synthetic: BeforeAndAfter

    @property
    def objection(self) -> str | None:
        """Reason not to save the tuned net; None without any."""
        if self.held_out.gain < 0:
            return f"{_change(self.held_out)} on your held-out strips"
        if self.synthetic.gain < -MAX_SYNTHETIC_LOSS:
            return f"{_change(self.synthetic)} on synthetic strips"
        return None

    def table(self) -> Iterator[str]:
        """The figures as lines of text."""
        yield _row("strips", "", "n", "right %", "95 % interval", "digit errors %", "confidence")
        for name, each in (("own, held out", self.held_out), ("synthetic", self.synthetic)):
            for time, figures in (("before", each.before), ("after", each.after)):
                total = figures.score
                low, high = total.interval
                interval = f"{100 * low:.1f}–{100 * high:.1f}"
                shares = f"{100 * total.accuracy:.1f}", interval, f"{100 * total.digit_error_rate:.1f}"
                yield _row(name, time, f"{total.n:,}", *shares, f"{figures.confidence:.3f}")
                name = ""


def _row(name: str, time: str, n: str, accuracy: str, interval: str, errors: str, confidence: str) -> str:
    return f"{name:<13} {time:<6} {n:>6}  {accuracy:>7}  {interval:>13}  {errors:>14}  {confidence:>10}"


def _change(each: BeforeAndAfter) -> str:
    before, after = (100 * one.score.accuracy for one in (each.before, each.after))
    return f"it reads {after:.1f} % in place of {before:.1f} %"


@dataclass(frozen=True)
class Outcome:
    """What a fine-tuning came to.

    Attributes:
        comparison: Figures before and after.
        learned: Number of own strips that were learned from.
        gate_offset: Number that was added to the gate's score.
        temperature: Temperature of the new net.
        threshold: Confidence threshold for the target error, on the held-out strips; None if none meets it.
        target_error: Largest share of wrong texts among the accepted ones.
    """

    comparison: Comparison
    learned: int
    gate_offset: float
    temperature: float
    threshold: Threshold | None
    target_error: float

    @property
    def advice(self) -> str:
        """The threshold, or why there is none."""
        if self.threshold is not None:
            value, coverage = float(self.threshold.value), 100 * self.threshold.coverage
            return f"--min-confidence {value!r} accepts {coverage:.0f} % at an error of {self.target_error:g}"
        held_out, needed = self.comparison.held_out.after.score.n, min_sample_size(self.target_error)
        if held_out < needed:
            return (
                f"no confidence threshold for an error of {self.target_error:g}: "
                f"{held_out} held-out strips are too few, it takes {needed}"
            )
        return f"no confidence threshold for an error of {self.target_error:g}: too many confident errors"

    def to_record(self) -> dict[str, Any]:
        """The outcome in plain JSON types."""
        return {
            "learned": self.learned,
            "held_out": self.comparison.held_out.to_record(),
            "synthetic": self.comparison.synthetic.to_record(),
            "gate_offset": self.gate_offset,
            "temperature": self.temperature,
            "min_confidence": self.threshold.value if self.threshold else None,
            "target_error": self.target_error,
        }

"""The settings of reading, and their validation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sdnn.enums import DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_CONSTRAINT_PROBABILITY, Decoder, Polarity, Topology
from sdnn.errors import UsageError
from sdnn.preprocessing.loading import MAX_PIXELS
from sdnn.reading.views import VIEWS, View
from sdnn.validation import TEMPERATURE_BOUNDS

if TYPE_CHECKING:
    from sdnn.decoding.constraints import Constraint

TTA_THRESHOLD: Final = 0.8
"""Confidence of the first view below which the other views are read, too."""


@dataclass(frozen=True)
class ReadingSettings:
    """Settings of reading.

    Attributes:
        constraint: Allowed texts, see `sdnn.constraint`; None for all.
        min_confidence: Smallest confidence of an accepted reading; 0 accepts all.
        min_constraint_probability: Smallest probability of the constraint for an accepted reading; 0 accepts
            all.
        nbest: Number of most probable texts that a reading lists.
        decoder: Decoder of the class map, or its name.
        topology: Paths that the trellis allows, or their name.
        temperature: Divisor of the logits; None for the model's own.
        polarity: Ink darker or lighter than the paper, or its name.
        region: Left, top, width and height in pixels of the part of each page that is read; None for all.
        max_pixels: Largest page that is read.
        handwritten: Whether printed strings are left out.
        views: Views of a line; all but the first are test-time augmentation (TTA).
        tta_threshold: Confidence of the first view below which the other views are read, too.
    """

    constraint: "Constraint | None" = None
    min_confidence: float = DEFAULT_MIN_CONFIDENCE
    min_constraint_probability: float = DEFAULT_MIN_CONSTRAINT_PROBABILITY
    nbest: int = 1
    decoder: Decoder = Decoder.VITERBI
    topology: Topology = Topology.CTC
    temperature: float | None = None
    polarity: Polarity = Polarity.AUTO
    region: tuple[float, float, float, float] | None = None
    max_pixels: int = MAX_PIXELS
    handwritten: bool = False
    views: tuple[View, ...] = VIEWS
    tta_threshold: float = TTA_THRESHOLD

    def __post_init__(self) -> None:
        """Validates the settings.

        Raises:
            ValueError: When there is no decoder, topology or polarity of a name.
            UsageError: When a number lies outside its range, or peak picking has a constraint.
        """
        for name, kind in (("decoder", Decoder), ("topology", Topology), ("polarity", Polarity)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        for name in ("min_confidence", "min_constraint_probability"):
            if not 0 <= (prob := getattr(self, name)) <= 1:
                raise UsageError(f"{name} {prob}: give a probability from 0 to 1")
        low, high = TEMPERATURE_BOUNDS
        if self.temperature is not None and not low <= self.temperature <= high:
            raise UsageError(f"temperature {self.temperature}: give a number above 0, from {low} to {high:g}")
        if self.constraint and self.decoder is Decoder.NMS:
            raise UsageError(
                f"--decoder nms knows no strings and cannot obey {self.constraint.description}; leave it out"
            )


DEFAULT: Final = ReadingSettings()
ACCEPT_ALL: Final = ReadingSettings(min_confidence=0, min_constraint_probability=0)
"""Settings without rejection."""

"""The choices that people name on the command line and in calls, and default thresholds.

Imports next to nothing, so that help stays fast.
"""

from enum import StrEnum
from typing import Final

DEFAULT_MIN_CONFIDENCE: Final = 0.4
"""Confidence below which a reading is rejected unless a call, an option or a profile names another.

Of readings of validation documents below 0.3 most are wrong, of those up to 0.5 about half; see
`benchmarks/bench_thresholds.py`.
"""
DEFAULT_MIN_CONSTRAINT_PROBABILITY: Final = 0.01
"""Fit below which a reading is rejected unless a call, an option or a profile names another.

Below it a wrong constraint, as of one string in a hundred, is likelier than a strip that is hard to read. On
validation documents it rejects 0.3 % of the right readings under their true length, and 8 % under a list of
200 texts; see `benchmarks/bench_thresholds.py`.
"""


class Decoder(StrEnum):
    """How the digits are found on the class map."""

    VITERBI = "viterbi"
    POSTERIOR = "posterior"
    NMS = "nms"


class Topology(StrEnum):
    """Which paths through the class map are allowed; see `decoding.trellis`."""

    CTC = "ctc"
    STRICT = "strict"


class Polarity(StrEnum):
    """Whether ink is darker or lighter than the paper; auto: as most of the ink that is seen is."""

    AUTO = "auto"
    DARK = "dark"
    LIGHT = "light"


class PageMode(StrEnum):
    """What is wanted of a picture: one row (line), or a row for each string (page, and auto)."""

    LINE = "line"
    PAGE = "page"
    AUTO = "auto"


class Format(StrEnum):
    """How readings are written out; see `formats`."""

    TEXT = "text"
    TSV = "tsv"
    CSV = "csv"
    JSON = "json"
    ALTO = "alto"


class Status(StrEnum):
    """What became of a picture."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EMPTY = "empty"
    ERROR = "error"


class Source(StrEnum):
    """Where digits come from: MNIST, drawn ones, both; or both and the pen strokes of real hands."""

    MNIST = "mnist"
    PEN = "pen"
    MIXED = "mixed"
    HANDS = "hands"


class Split(StrEnum):
    """Which part of MNIST: to fit, to choose, or for the final figure."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Stage(StrEnum):
    """Which part of the training."""

    BOTH = "both"
    DIGITS = "digits"
    STRINGS = "strings"


class Objective(StrEnum):
    """What string training minimises; see `training.objectives`."""

    FORWARD = "forward"
    VITERBI = "viterbi"


class Gradient(StrEnum):
    """Where the Viterbi objective pushes: the three ways of the 1992 paper; see `training.objectives`."""

    REINFORCE = "reinforce"
    CORRECT = "correct"
    CONTRAST = "contrast"

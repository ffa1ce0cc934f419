"""Choices by name, of options and calls, and default thresholds.

Imports next to nothing, so that help stays fast.
"""

from enum import StrEnum
from typing import Final

DEFAULT_MIN_CONFIDENCE: Final = 0.4
"""Lowest accepted confidence by default: of the readings of validation documents below 0.3 most are wrong, of
those up to 0.5 about half (`benchmarks/bench_thresholds.py`).
"""
DEFAULT_MIN_CONSTRAINT_PROBABILITY: Final = 0.01
"""Lowest accepted probability of the constraint by default: below it a wrong constraint, as of one string in
a hundred, is likelier than a strip that is hard to read. On validation documents it rejects 0.3 % of the
right readings under their true length, and 8 % under a list of 200 texts (`benchmarks/bench_thresholds.py`).
"""


class Decoder(StrEnum):
    """Algorithm that finds the digits on the class map."""

    VITERBI = "viterbi"
    POSTERIOR = "posterior"
    NMS = "nms"


class Topology(StrEnum):
    """Paths allowed through the class map; see `decoding.trellis`."""

    CTC = "ctc"
    STRICT = "strict"


class Polarity(StrEnum):
    """Brightness of the ink relative to the paper; auto: that of most ink on the picture."""

    AUTO = "auto"
    DARK = "dark"
    LIGHT = "light"


class PageMode(StrEnum):
    """Rows of a picture: one (line), or one for each string (page, and auto)."""

    LINE = "line"
    PAGE = "page"
    AUTO = "auto"


class Format(StrEnum):
    """Output format; see `formats`."""

    TEXT = "text"
    TSV = "tsv"
    CSV = "csv"
    JSON = "json"
    ALTO = "alto"


class Engine(StrEnum):
    """Engine of a batch: processes of this machine, or Ray Data."""

    LOCAL = "local"
    RAY = "ray"


class Status(StrEnum):
    """Outcome of reading a picture."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EMPTY = "empty"
    ERROR = "error"


class Source(StrEnum):
    """Source of digits: MNIST, drawn ones, both; or both and UNIPEN's strokes of real writers."""

    MNIST = "mnist"
    PEN = "pen"
    MIXED = "mixed"
    HANDS = "hands"


class Split(StrEnum):
    """Part of the data: for fitting, for choices, or for final figures."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Net(StrEnum):
    """Net to train."""

    READER = "reader"
    DETECTOR = "detector"


class Device(StrEnum):
    """Device to train on."""

    CPU = "cpu"
    CUDA = "cuda"


class Tracker(StrEnum):
    """Tool that follows a training; see `tracking.trackers`."""

    TENSORBOARD = "tensorboard"
    MLFLOW = "mlflow"


class Stage(StrEnum):
    """Part of the reader's training."""

    BOTH = "both"
    DIGITS = "digits"
    STRINGS = "strings"


class Objective(StrEnum):
    """Loss of string training; see `training.objectives`."""

    FORWARD = "forward"
    VITERBI = "viterbi"


class Gradient(StrEnum):
    """Gradient of the Viterbi objective: a, b and c of the 1992 paper; see `training.objectives`."""

    REINFORCE = "reinforce"
    CORRECT = "correct"
    CONTRAST = "contrast"

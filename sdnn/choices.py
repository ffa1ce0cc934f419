"""The choices that people name on the command line and in calls. Imports nothing, so that help stays fast."""

from enum import StrEnum


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
    """Whether ink is darker or lighter than the paper; auto: whichever departs more strongly from it."""

    AUTO = "auto"
    DARK = "dark"
    LIGHT = "light"


class Contents(StrEnum):
    """What a picture shows; auto: a page where it clearly is one, else one line."""

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
    """Where digits come from."""

    MNIST = "mnist"
    PEN = "pen"
    MIXED = "mixed"


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

"""Values of reading that an option, a profile or a call states by name: constraints and thresholds.

One row each; options, profiles and `sdnn.constraint` follow it. Imports next to nothing, so that help stays
fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sdnn.enums import DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_CONSTRAINT_PROBABILITY


@dataclass(frozen=True)
class Parameter:
    """A value that is stated by name.

    Attributes:
        name: In calls and profiles; as an option with hyphens.
        type: Of the value.
        help: What it does, in a line.
        metavar: Placeholder of the value in the help; the type's own where None.
        least: Smallest value of an option; None where there is no limit.
        most: Greatest value of an option; None where there is no limit.
        default: Value where none is stated; None where nothing is.
        older_name: Name that it had in the version before, still understood; None where it had the same.
    """

    name: str
    type: type
    help: str
    metavar: str | None = None
    least: int | None = None
    most: int | None = None
    default: float | None = None
    older_name: str | None = None


@dataclass(frozen=True)
class ConstraintKind(Parameter):
    """A way of saying which strings are allowed.

    Attributes:
        builder: Module in `sdnn.decoding.constraints` and its function that makes a `Constraint` of a value.
        label: What a value is called in descriptions; the name where None.
    """

    builder: str = field(kw_only=True)
    label: str | None = None

    def describe(self, value: object) -> str:
        """The constraint with its value, in a few words."""
        return f"{self.label or self.name} {value}"


_KINDS = (
    ConstraintKind("length", str, "Number of digits.", "N|MIN-MAX", builder="length.length"),
    ConstraintKind(
        "pattern",
        str,
        "What the text looks like; what is no digit is inserted, not read.",
        "REGEX",
        builder="pattern.pattern",
    ),
    ConstraintKind(
        "lexicon",
        Path,
        "The allowed texts, one a line, each with its weight or without.",
        "FILE",
        builder="lexicon.of_file",
    ),
    ConstraintKind(
        "check",
        str,
        "Check digits: luhn, verhoeff, damm, ean, us.rtn, …",
        "NAME",
        builder="check_digits.check",
    ),
    ConstraintKind(
        "min_value", int, "Least number.", least=0, builder="interval.min_value", label="value from"
    ),
    ConstraintKind(
        "max_value", int, "Greatest number.", least=0, builder="interval.max_value", label="value up to"
    ),
)
CONSTRAINTS: Final = {kind.name: kind for kind in _KINDS}
"""The constraints by name, in the order in which they are described."""
MIN_CONFIDENCE: Final = Parameter(
    "min_confidence",
    float,
    "Reject readings less probable than P; 0 accepts all.",
    "P",
    least=0,
    most=1,
    default=DEFAULT_MIN_CONFIDENCE,
)
MIN_CONSTRAINT_PROBABILITY: Final = Parameter(
    "min_constraint_probability",
    float,
    "Reject readings where the constraint keeps less probability than P; 0 accepts all.",
    "P",
    least=0,
    most=1,
    default=DEFAULT_MIN_CONSTRAINT_PROBABILITY,
    older_name="min_fit",
)
TEMPERATURE: Final = Parameter("temperature", float, "Divisor of the logits, in place of the model's own.")
PARAMETERS: Final[Mapping[str, Parameter]] = {
    **CONSTRAINTS,
    **{each.name: each for each in (MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY, TEMPERATURE)},
}
"""All that a profile may state, by name."""
OLDER_NAMES: Final = {each.older_name: each.name for each in PARAMETERS.values() if each.older_name}
"""Today's name of each parameter by the one that it had before."""

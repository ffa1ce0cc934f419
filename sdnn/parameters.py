"""Parameters of reading: constraints and thresholds, for options, profiles and calls.

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
    """A named parameter.

    Attributes:
        name: Name in calls and profiles; with hyphens, that of the option.
        type: Type of the value.
        help: Help of the option, in a line.
        metavar: Placeholder of the value in the help; None for that of the type.
        minimum: Smallest value of an option, or None.
        maximum: Largest value of an option, or None.
        default: Default value, or None.
        older_name: Name in the previous version, still understood, or None.
    """

    name: str
    type: type
    help: str
    metavar: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    default: float | None = None
    older_name: str | None = None


@dataclass(frozen=True)
class ConstraintKind(Parameter):
    """A parameter that restricts the strings.

    Attributes:
        builder: Module and function in `sdnn.decoding.constraints` that make a `Constraint` of a value.
        label: Name of the value in descriptions; None for that of the parameter.
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
        "Pattern; its literals are inserted, not read.",
        "REGEX",
        builder="pattern.compile_pattern",
    ),
    ConstraintKind(
        "lexicon", Path, "File of allowed texts, one a line.", "FILE", builder="lexicon.read_lexicon"
    ),
    ConstraintKind(
        "check", str, "Check digits: luhn, damm, ean, us.rtn, …", "NAME", builder="check_digits.check_digits"
    ),
    ConstraintKind(
        "min_value", int, "Smallest number.", minimum=0, builder="interval.min_value", label="value from"
    ),
    ConstraintKind(
        "max_value", int, "Largest number.", minimum=0, builder="interval.max_value", label="value up to"
    ),
)
CONSTRAINTS: Final = {kind.name: kind for kind in _KINDS}
"""Constraints by name, in the order of descriptions."""
MIN_CONFIDENCE: Final = Parameter(
    "min_confidence",
    float,
    "Lowest confidence that is accepted; 0 accepts all.",
    "P",
    minimum=0,
    maximum=1,
    default=DEFAULT_MIN_CONFIDENCE,
)
MIN_CONSTRAINT_PROBABILITY: Final = Parameter(
    "min_constraint_probability",
    float,
    "Lowest probability of the constraint that is accepted; 0 accepts all.",
    "P",
    minimum=0,
    maximum=1,
    default=DEFAULT_MIN_CONSTRAINT_PROBABILITY,
    older_name="min_fit",
)
TEMPERATURE: Final = Parameter("temperature", float, "Divisor of the logits, in place of the model's own.")
PARAMETERS: Final[Mapping[str, Parameter]] = {
    **CONSTRAINTS,
    **{each.name: each for each in (MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY, TEMPERATURE)},
}
"""Parameters of a profile, by name."""
OLDER_NAMES: Final = {each.older_name: each.name for each in PARAMETERS.values() if each.older_name}
"""Name of each renamed parameter by its older name."""

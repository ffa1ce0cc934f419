"""What several commands have in common on the command line: options, and how their values are understood."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sdnn.choices import DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_FIT, Decoder, Topology
from sdnn.errors import UsageError
from sdnn.profiles import Profile, load_profile

if TYPE_CHECKING:
    from sdnn.decoding.constraints import Constraint
    from sdnn.reader import Reader

CONSTRAINTS = ("length", "pattern", "lexicon", "check", "min_value", "max_value")
"""Settings of a profile that say which texts are allowed."""

ModelOption = Annotated[
    Path | None, typer.Option(envvar="SDNN_MODEL", help="Model file (.onnx); the bundled one by default.")
]
DecoderOption = Annotated[Decoder, typer.Option(help="Best path through the trellis, or peak picking.")]
TopologyOption = Annotated[
    Topology,
    typer.Option(help="No-digit column needed between equal digits (ctc) or between any two (strict)."),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder that holds MNIST/raw (else: SDNN_DATA, data/ of a checkout, the user's cache)."
    ),
]
LengthOption = Annotated[
    str | None,
    typer.Option("--length", metavar="N|MIN-MAX", help="Number of digits.", rich_help_panel="Constraint"),
]
PatternOption = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX",
        help="What the text looks like; what is no digit is inserted, not read.",
        rich_help_panel="Constraint",
    ),
]
LexiconOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The allowed texts, one a line, each with its weight or without.",
        rich_help_panel="Constraint",
    ),
]
CheckOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Check digits: luhn, verhoeff, damm, ean, us.rtn, …",
        rich_help_panel="Constraint",
    ),
]
MinValueOption = Annotated[
    int | None, typer.Option(min=0, help="Least number.", rich_help_panel="Constraint")
]
MaxValueOption = Annotated[
    int | None, typer.Option(min=0, help="Greatest number.", rich_help_panel="Constraint")
]
MinConfidenceOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        metavar="P",
        help="Reject readings less probable than P; 0 accepts all.",
        show_default=f"{DEFAULT_MIN_CONFIDENCE:g}",
        rich_help_panel="Constraint",
    ),
]
MinFitOption = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        metavar="P",
        help="Reject readings where the constraint keeps less probability than P; 0 accepts all.",
        show_default=f"{DEFAULT_MIN_FIT:g}",
        rich_help_panel="Constraint",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Settings by name: us-zip, student-id, cheque-amount, date, meter, or one of sdnn.toml.",
        rich_help_panel="Constraint",
    ),
]


def profile_of(
    name: str | None,
    length: str | None = None,
    pattern: str | None = None,
    lexicon: Path | None = None,
    check: str | None = None,
    min_value: int | None = None,
    max_value: int | None = None,
    min_confidence: float | None = None,
    min_fit: float | None = None,
) -> Profile:
    """The named profile, with what the other options say instead."""
    options = Profile(length, pattern, lexicon, check, min_value, max_value, min_confidence, min_fit)
    return (Profile() if name is None else load_profile(name)).with_options(options)


def reader_of(
    model: Path | None, decoder: Decoder, topology: Topology, settings: Profile, **others: Any
) -> "Reader":
    """A reader with the constraint and thresholds of a profile, or the reader's own thresholds.

    `others` as `Reader` takes them.
    """
    from sdnn.reader import Reader

    return Reader(
        model,
        decoder,
        topology,
        constraint=_constraint_of(settings),
        min_confidence=settings.min_confidence,
        min_fit=settings.min_fit,
        temperature=settings.temperature,
        **others,
    )


def _constraint_of(settings: Profile) -> "Constraint | None":
    asked = {name: value for name, value in settings.stated().items() if name in CONSTRAINTS}
    if not asked:
        return None  # what constraints are made of need not be loaded
    from sdnn.decoding.constraints import constraint

    return constraint(**asked)


def region_of(text: str) -> tuple[float, float, float, float]:
    """`x,y,w,h`: left, top, width and height in pixels."""
    try:
        left, top, width, height = (float(number) for number in text.split(","))
        usable = width > 0 and height > 0 and all(map(math.isfinite, (left, top, width, height)))
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"--region {text}: give left, top, width and height in pixels, as in 120,40,300,60")
    return left, top, width, height


def digits_range(text: str) -> tuple[int, int]:
    """`5` or `3-8`."""
    low, dash, high = text.partition("-")
    high = high if dash else low
    if not (low.isdecimal() and high.isdecimal() and 1 <= int(low) <= int(high)):
        raise UsageError(f"--digits {text}: give a number such as 5 or a range such as 3-8, from 1 up")
    return int(low), int(high)


def gap_range(text: str) -> tuple[int, int]:
    """`0:6` or `-2:4`."""
    try:
        low, high = (int(bound) for bound in text.split(":"))
    except ValueError:
        raise UsageError(f"--gap {text}: give two whole numbers of pixels such as 0:6") from None
    if low > high:
        raise UsageError(f"--gap {text}: the first number must not be the greater one")
    return low, high

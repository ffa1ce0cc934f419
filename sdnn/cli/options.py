"""Options that several commands share, and parsers of their values."""

import inspect
import math
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from sdnn.enums import Decoder, Topology
from sdnn.errors import UsageError
from sdnn.parameters import Parameter
from sdnn.profiles import BUILT_IN, FILE_NAME, Profile, load_profile

FoldersArgument = Annotated[
    list[Path], typer.Argument(metavar="DIR...", help="Folders with labels.csv (file,label).")
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        envvar="SDNN_MODEL", help="Model file (.onnx), or name of your own.", show_default="the bundled one"
    ),
]
DecoderOption = Annotated[
    Decoder, typer.Option(help="Decoder: best path, most probable string, or peak picking.")
]
TopologyOption = Annotated[
    Topology,
    typer.Option(help="No-digit column required between equal digits (ctc) or between any two (strict)."),
]
DATA_DEFAULT = "SDNN_DATA, data/ of a checkout, the user's cache"
DataOption = Annotated[
    Path | None, typer.Option(help="Folder with MNIST/raw and unipen.", show_default=DATA_DEFAULT)
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Profile of settings: {', '.join(BUILT_IN)}, or one in {FILE_NAME}.",
        rich_help_panel="Constraint",
    ),
]


def with_profile(*parameters: Parameter) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds --profile and an option for each of the parameters to a command.

    The command receives one `Profile` with all of them, as its argument `profile`; typer reads the options
    from the signature.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def decorated(*, profile: str | None, **values: Any) -> None:
            given = {each.name: values.pop(each.name) for each in parameters}
            for older, name in older_names.items():
                value = values.pop(older)
                given[name] = value if given[name] is None else given[name]
            base = Profile() if profile is None else load_profile(profile)
            command(profile=base.with_options(given), **values)

        older_names = {each.older_name: each.name for each in parameters if each.older_name}
        own = inspect.signature(command)
        kept = [each for each in own.parameters.values() if each.name != "profile"]
        options = {"profile": ProfileOption, **{each.name: _option(each) for each in parameters}}
        options |= {each.older_name: _option(each, True) for each in parameters if each.older_name}
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
            for name, option in options.items()
        ]
        decorated.__signature__ = own.replace(parameters=kept + added)  # type: ignore[attr-defined]
        return decorated

    return decorate


def _option(parameter: Parameter, is_hidden: bool = False) -> Any:
    """The option of a parameter."""
    option = typer.Option(
        metavar=parameter.metavar,
        help=parameter.help,
        min=parameter.minimum,
        max=parameter.maximum,
        show_default=True if parameter.default is None else f"{parameter.default:g}",
        rich_help_panel="Constraint",
        hidden=is_hidden,
    )
    return Annotated[parameter.type | None, option]


def parse_region(text: str) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels, from `x,y,w,h`."""
    try:
        left, top, width, height = (float(number) for number in text.split(","))
        usable = width > 0 and height > 0 and all(map(math.isfinite, (left, top, width, height)))
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"--region {text}: give left, top, width and height in pixels, as in 120,40,300,60")
    return left, top, width, height


def parse_digits(text: str) -> tuple[int, int]:
    """Smallest and largest number of digits, from `5` or `3-8`."""
    low, dash, high = text.partition("-")
    high = high if dash else low
    if not (low.isdecimal() and high.isdecimal() and 1 <= int(low) <= int(high)):
        raise UsageError(f"--digits {text}: give a number such as 5 or a range such as 3-8, from 1 up")
    return int(low), int(high)


def parse_gap(text: str) -> tuple[int, int]:
    """Smallest and largest gap in pixels, from `0:6` or `-2:4`."""
    try:
        low, high = (int(bound) for bound in text.split(":"))
    except ValueError:
        raise UsageError(f"--gap {text}: give two whole numbers of pixels such as 0:6") from None
    if low > high:
        raise UsageError(f"--gap {text}: the first number must not be the greater one")
    return low, high

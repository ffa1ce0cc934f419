"""Stranger's data decoded into types with ranges: models, checkpoints, run records, metrics, profiles.

Each message names the field: `geometry.height_px: expected int <= 512`. The caller adds the file and the
remedy, and chooses the type of the error.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Final, TypeVar, get_type_hints

import msgspec

T = TypeVar("T")

MAX_DEPTH: Final = 24
"""Greatest depth of nested objects, arrays and tables; a recipe has five levels."""
MAX_LENGTH: Final = 300
"""Greatest length of a message, which may quote the file."""

ORDERED: Final = "ordered"
"""Mark of a pair that is a lower and an upper bound."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""Name or checksum."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""Share or probability."""
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
"""Quantity above 0."""
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
"""Quantity that is not negative."""
Bound = Annotated[float, msgspec.Meta(ge=0, le=180)]
"""Bound of an angle, a logarithm or a displacement."""
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
"""Random seed."""
Count = Annotated[int, msgspec.Meta(ge=1, le=2**40)]
"""Number of examples or steps."""
BatchSize = Annotated[int, msgspec.Meta(ge=1, le=2**16)]
"""Number of examples in a batch."""
Number = Annotated[int, msgspec.Meta(ge=1, le=1000)]
"""Number of digits, views or effects."""
Maps = Annotated[int, msgspec.Meta(ge=1, le=1024)]
"""Number of feature maps."""
Size = Annotated[int, msgspec.Meta(ge=1, le=256)]
"""Side of a small area in pixels."""
Length = Annotated[int, msgspec.Meta(ge=0, le=4096)]
"""Length in pixels."""
Pixels = Annotated[int, msgspec.Meta(ge=-4096, le=4096)]
"""Displacement in pixels."""
ShareBounds = Annotated[tuple[Share, Share], ORDERED]
"""Bounds of a share."""
NumberBounds = Annotated[tuple[Number, Number], ORDERED]
"""Bounds of a number of digits."""
PixelBounds = Annotated[tuple[Pixels, Pixels], ORDERED]
"""Bounds of a displacement in pixels."""
HeightBounds = Annotated[tuple[Positive, Positive], ORDERED]
"""Bounds of a height in pixels."""
Checksums = Mapping[Name, Name]
"""Checksums of files, by name."""
TEMPERATURE_BOUNDS: Final = (0.01, 100.0)
"""Bounds of a temperature; one that is fitted lies between 0.25 and 4."""
Temperature = Annotated[float, msgspec.Meta(ge=TEMPERATURE_BOUNDS[0], le=TEMPERATURE_BOUNDS[1])]
"""Divisor of logits."""


def decode_json(content: bytes | str, kind: type[T]) -> T:
    """A value of a type from JSON.

    Args:
        content: UTF-8 JSON.
        kind: Type that `msgspec` knows; a dataclass accepts no unknown fields.

    Raises:
        ValueError: When the content is not JSON, nested too deeply, or does not fit the type; one line that
            begins with the field.
    """
    try:
        value = msgspec.json.decode(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({one_line(str(error))})") from error
    return convert(value, kind)


def decode_toml(content: bytes) -> dict[str, Any]:
    """The table of a TOML document.

    Raises:
        ValueError: When the content is not TOML, or nested too deeply; one line.
    """
    import tomllib

    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(one_line(str(error))) from error
    _check_depth(table)
    return table


def convert(value: Any, kind: type[T]) -> T:
    """A value of a type from plain values: mappings, lists, text and numbers.

    Raises:
        ValueError: When it is nested too deeply or does not fit the type; one line that begins with the
            field.
    """
    _check_depth(value)
    try:
        result = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, place = str(error).replace("`", "").partition(" - at ")
        field = re.sub(r"^(key in )?\$\.?", "", place)
        raise ValueError(one_line(f"{field + ': ' if field else ''}{what[:1].lower()}{what[1:]}")) from error
    _check_fields(value, result, "")
    return result


def _check_fields(value: Any, result: Any, place: str) -> None:
    """Refuses entries for which a dataclass has no field, which would have no effect, and reversed bounds."""
    if not (is_dataclass(result) and isinstance(value, Mapping)):
        return
    hints = get_type_hints(type(result), include_extras=True)
    if unknown := sorted(value.keys() - {each.name for each in fields(result)}):
        raise ValueError(one_line(f"{place}{unknown[0][:80]}: unknown field"))
    for name, entry in value.items():
        found = getattr(result, name)
        if ORDERED in getattr(hints[name], "__metadata__", ()) and found[0] > found[1]:
            raise ValueError(f"{place}{name}: expected a lower and an upper bound")
        _check_fields(entry, found, f"{place}{name}.")


def _check_depth(value: Any) -> None:
    """Refuses what is nested so deeply that recursive code could fail on it."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Iterable[Any]] = [
            each.values() if isinstance(each, Mapping) else each
            for each in level
            if isinstance(each, Mapping | list | tuple)
        ]
        if not inner:
            return
        level = [each for group in inner for each in group]
    raise ValueError(f"nested more than {MAX_DEPTH} levels deep")


def one_line(text: str) -> str:
    """Text that may quote a file, for a message: short, and without control characters."""
    plain = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[:MAX_LENGTH])
    return plain if len(text) <= MAX_LENGTH else f"{plain}…"

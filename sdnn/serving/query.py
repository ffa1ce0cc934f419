"""Options of a request, from its query: names and ranges as in `sdnn.parameters`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from sdnn.enums import Decoder, Polarity, Topology
from sdnn.errors import UsageError
from sdnn.parameters import CONSTRAINTS, MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY, Parameter

SERVER_ONLY: Final = ("lexicon", "model", "profile")
"""Options of the command that name files of the server, so that no client can give them."""
MAX_LETTERS: Final = 1000
"""Letters of a value."""

_OTHERS: Final[Mapping[str, Any]] = {
    "nbest": (int | None, Field(None, ge=1, le=100, description="Number of most probable texts to list.")),
    "page": (
        bool | None,
        Field(None, description="A record for each string (true, and by default) or each picture (false)."),
    ),
    "polarity": (Polarity | None, Field(None, description="Ink darker or lighter than the paper.")),
    "decoder": (Decoder | None, Field(None, description="Decoder of the class map.")),
    "topology": (Topology | None, Field(None, description="Paths that the trellis allows.")),
    "handwritten": (bool | None, Field(None, description="Whether printed strings are left out.")),
}


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """The field of a parameter."""
    limits: dict[str, Any] = {"max_length": MAX_LETTERS} if parameter.type is str else {}
    limits |= {} if parameter.minimum is None else {"ge": parameter.minimum}
    limits |= {} if parameter.maximum is None else {"le": parameter.maximum}
    return parameter.type | None, Field(None, description=parameter.help, **limits)


_ALLOWED: Final = [
    *(kind for name, kind in CONSTRAINTS.items() if name not in SERVER_ONLY),
    MIN_CONFIDENCE,
    MIN_CONSTRAINT_PROBABILITY,
]
_FIELDS: Final[dict[str, Any]] = {parameter.name: _field(parameter) for parameter in _ALLOWED} | {**_OTHERS}
_Query: Final[type[BaseModel]] = create_model("Query", __config__=ConfigDict(extra="forbid"), **_FIELDS)
NAMES: Final = tuple(_Query.model_fields)
"""Names of all options."""


def parse_query(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Options that a query gives; empty values count as not given.

    Args:
        pairs: Names and values, as they stand in the query.

    Raises:
        UsageError: When a name is unknown or given twice, or a value is of another type or out of range.
    """
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in SERVER_ONLY:
            raise UsageError(
                f"{name}: names a file of the server, which a client cannot give; "
                f"start the server with --{name}"
            )
        if name in values:
            raise UsageError(f"{_short(name)}: is given twice; give it once")
        if value:
            values[name] = value
    try:
        given = _Query.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise UsageError(
                f"{_short(name)}: there is no such option; there are {', '.join(NAMES)}"
            ) from None
        raise UsageError(f"{name}={_short(values[name])}: {_lower(first['msg'])}") from None
    return given.model_dump(mode="json", exclude_none=True)


def openapi_parameters() -> list[dict[str, Any]]:
    """The options as parameters of an OpenAPI document."""
    properties = _Query.model_json_schema(ref_template="{model}")
    definitions = properties.get("$defs", {})
    parameters = []
    for name, schema in properties["properties"].items():
        kind = next(each for each in schema["anyOf"] if each.get("type") != "null")
        kind = definitions.get(kind.get("$ref"), kind)
        described = {key: value for key, value in kind.items() if key not in {"title", "description"}}
        description = schema["description"]
        parameters.append({"name": name, "in": "query", "schema": described, "description": description})
    return parameters


def _short(text: str) -> str:
    """A text of a client in a message: its beginning, in one line."""
    return repr(text[:60])[1:-1]


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]

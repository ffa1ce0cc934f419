import math
from dataclasses import dataclass
from typing import Any

import pytest

from sdnn.validation import (
    MAX_DEPTH,
    Name,
    Share,
    ShareBounds,
    Size,
    convert,
    decode_json,
    decode_toml,
    one_line,
)


@dataclass(frozen=True)
class Inner:
    size_px: Size = 1
    share: Share = 0.0
    bounds: ShareBounds = (0.0, 1.0)


@dataclass(frozen=True)
class Outer:
    name: Name
    inner: Inner = Inner()
    maybe: Inner | None = None


def refusal(value: Any) -> str:
    with pytest.raises(ValueError, match=" ") as caught:
        convert(value, Outer)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400
    return message


def test_plain_values_become_the_type() -> None:
    value = {"name": "x", "inner": {"size_px": 4, "bounds": [0, 0.5]}, "maybe": None}
    assert convert(value, Outer) == Outer("x", Inner(4, bounds=(0.0, 0.5)))
    assert decode_json(b'{"name": "x"}', Outer) == Outer("x")


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ({"size_px": 0}, "inner.size_px: expected int >= 1"),
        ({"size_px": 257}, "inner.size_px: expected int <= 256"),
        ({"size_px": 1.5}, "inner.size_px: expected int, got float"),
        ({"size_px": True}, "inner.size_px: expected int, got bool"),
        ({"size_px": "4"}, "inner.size_px: expected int, got str"),
        ({"size_px": 10**400}, "inner.size_px: "),
        ({"share": math.nan}, "inner.share: expected float"),
        ({"share": math.inf}, "inner.share: expected float"),
        ({"share": None}, "inner.share: expected float, got null"),
        ({"bounds": [0.5, 0.4]}, "inner.bounds: expected a lower and an upper bound"),
        ({"bounds": [0.5]}, "inner.bounds: expected array of length 2"),
        ({"depth": 1}, "inner.depth: unknown field"),
        ({"\x1b\n" + 1000 * "x": 1}, r"inner.\x1b\nxxx"),
        ([], "inner: expected object, got array"),
        (None, "inner: expected object, got null"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(inner: Any, message: str) -> None:
    assert refusal({"name": "x", "inner": inner}).startswith(message)


def test_a_missing_field_is_named() -> None:
    assert "name" in refusal({})


def test_fields_of_an_optional_part_are_looked_at_too() -> None:
    assert refusal({"name": "x", "maybe": {"depth": 1}}) == "maybe.depth: unknown field"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"NaN", b"1e999", b'"\xff"', b'"\0"', rb'"\ud800"', 100_000 * b"[", 5000 * b"1", b"[1,]"],
    ids=lambda content: repr(content[:10]),
)
def test_what_is_not_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON") as caught:
        decode_json(content, Any)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"[", b"a = '\xff'", b"a = '\0'", b"a = " + 100_000 * b"[", b"a = 1e"])
def test_what_is_not_toml_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=" ") as caught:
        decode_toml(content)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_depth_is_limited(pair: str) -> None:
    opening, closing = (pair[0] + ('"a":' if pair == "{}" else "")), pair[1]
    deepest = (MAX_DEPTH - 1) * opening + pair + (MAX_DEPTH - 1) * closing
    decode_json(deepest, Any)
    with pytest.raises(ValueError, match="levels deep"):
        decode_json(opening + deepest + closing, Any)


def test_text_that_quotes_a_file_is_short_and_printable() -> None:
    assert one_line("größer\x1b[2J\nsdnn: all is well") == r"größer\x1b[2J\nsdnn: all is well"
    assert one_line(1000 * "x") == 300 * "x" + "…"

"""Protocol Buffers messages taken apart without their schema: fields by number.

ONNX files are such messages. The package that knows them, `onnx`, is not among those that reading needs, and
would follow a file's references to other files.

Reference:
    The encoding, https://protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterator
from typing import Final

Value = int | memoryview
"""A number, or the bytes of a text, a packed list, a float or another message."""

VARINT: Final = 0
FIXED: Final = {1: 8, 5: 4}
"""Bytes of the other kinds of numbers."""
LENGTH: Final = 2
MAX_VARINT_BYTES: Final = 10


def message_fields(content: memoryview) -> Iterator[tuple[int, Value]]:
    """Number and value of each field of a message, in the order of the file.

    Raises:
        ValueError: When the content is no message.
    """
    position = 0
    while position < len(content):
        key, position = _varint(content, position)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, position = _varint(content, position)
            yield number, value
            continue
        if kind == LENGTH:
            length, position = _varint(content, position)
        elif kind in FIXED:
            length = FIXED[kind]
        else:
            raise ValueError("is no message of ONNX")
        if length > len(content) - position:
            raise ValueError("is cut short")
        yield number, content[position : position + length]
        position += length


def integers(value: Value) -> list[int]:
    """The signed integers of a field: one, or a packed list.

    Raises:
        ValueError: When the bytes are no such list.
    """
    if isinstance(value, int):
        return [_signed(value)]
    numbers, position = [], 0
    while position < len(value):
        number, position = _varint(value, position)
        numbers.append(_signed(number))
    return numbers


def text(value: Value) -> str:
    """The text of a field.

    Raises:
        ValueError: When it is no text in UTF-8.
    """
    if isinstance(value, int):
        raise ValueError("has a number in place of text")
    return bytes(value).decode("utf-8")


def submessage(value: Value) -> memoryview:
    """The bytes of a field that is a message, or a list of bytes.

    Raises:
        ValueError: When it is a number.
    """
    if isinstance(value, int):
        raise ValueError("has a number in place of a message")
    return value


def _varint(content: memoryview, position: int) -> tuple[int, int]:
    """A number of variable length, below 2**64, and the position behind it."""
    if position < len(content) and (byte := content[position]) < 0x80:  # most of them
        return byte, position + 1
    value = 0
    for index, byte in enumerate(content[position : position + MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & (2**64 - 1), position + index + 1
    raise ValueError("is cut short, or has a number that is too long")


def _signed(value: int) -> int:
    """A number of 64 bits in two's complement."""
    return value - 2**64 if value >= 2**63 else value

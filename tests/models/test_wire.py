import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.models.wire import integers, message_fields, submessage, text


def test_fields_come_in_the_order_of_the_file() -> None:
    # The example of the documentation: field 1, 150; then a text, a float and a double.
    content = b"\x08\x96\x01" + b"\x12\x07testing" + b"\x1d\0\0\x80\x3f" + b"\x21" + 8 * b"\0"
    found = list(message_fields(memoryview(content)))
    assert [number for number, _ in found] == [1, 2, 3, 4]
    assert found[0][1] == 150
    assert text(found[1][1]) == "testing"
    assert bytes(submessage(found[2][1])) == b"\0\0\x80\x3f"
    assert bytes(submessage(found[3][1])) == 8 * b"\0"


def test_integers_are_single_or_packed_and_may_be_negative() -> None:
    assert integers(150) == [150]
    assert integers(2**64 - 4) == [-4]
    assert integers(memoryview(b"\x01\x96\x01" + 9 * b"\xff" + b"\x01")) == [1, 150, -1]
    assert integers(memoryview(b"")) == []


@pytest.mark.parametrize(
    "content", [b"\x08", b"\x80", b"\x12\x05test", b"\x1d\0", b"\x0b", 11 * b"\xff", b"\x0f"]
)
def test_what_is_no_message_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="is "):
        list(message_fields(memoryview(content)))


def test_numbers_and_messages_are_not_taken_for_each_other() -> None:
    for read in (text, submessage):
        with pytest.raises(ValueError, match="number in place"):
            read(5)
    with pytest.raises(ValueError, match="utf-8"):
        text(memoryview(b"\xff"))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_an_error(content: bytes) -> None:
    try:
        for _, value in message_fields(memoryview(content)):
            assert isinstance(value, int) or len(value) <= len(content)
    except ValueError as error:
        assert str(error).startswith("is ")  # noqa: PT017

import pytest
from helpers.language_enumeration import language, words

from sdnn.decoding.constraints.length import MAX_DIGITS, length_range, parse_length
from sdnn.errors import UsageError


@pytest.mark.parametrize(("fewest", "most"), [(0, 0), (0, None), (1, 1), (2, 3), (3, None), (1, 4), (4, 4)])
def test_a_string_is_allowed_when_its_length_is(fewest: int, most: int | None) -> None:
    expected = [word for word in words(4) if fewest <= len(word) and (most is None or len(word) <= most)]
    assert language(length_range(fewest, most), 4) == dict.fromkeys(expected, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", (5, 5)), ("4-6", (4, 6)), ("4-", (4, None)), ("3-3", (3, 3)), (" 12 ", (12, 12)), ("05", (5, 5))],
)
def test_a_length_is_a_number_a_range_or_a_range_without_end(
    text: str, expected: tuple[int, int | None]
) -> None:
    assert parse_length(text) == expected


@pytest.mark.parametrize(
    "text", ["", "-", "-6", "0", "0-4", "6-4", "five", "4-6-8", "4,6", "4.0", "+4", "٤", "9" * 10, "1-99999"]
)
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match="length"):
        parse_length(text)


@pytest.mark.parametrize(
    ("fewest", "most"), [(-1, None), (-2, -1), (3, 2), (0, MAX_DIGITS + 1), (MAX_DIGITS + 1, None)]
)
def test_lengths_that_contradict_themselves_or_are_absurd_are_refused(fewest: int, most: int | None) -> None:
    with pytest.raises(UsageError, match="length"):
        length_range(fewest, most)


def test_there_is_one_state_more_than_digits() -> None:
    assert len(length_range(7, 9)) == 10
    assert len(length_range(7, None)) == 8

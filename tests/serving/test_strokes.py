import pytest

from sdnn.errors import UsageError
from sdnn.serving.strokes import written_strokes


def test_a_number_is_written_from_left_to_right_from_the_corner() -> None:
    strokes = written_strokes("1234567", 0)
    assert min(x for stroke in strokes for x, _ in stroke) == 0
    assert min(y for stroke in strokes for _, y in stroke) == 0
    assert max(y for stroke in strokes for _, y in stroke) < 2
    assert strokes[-1][0][0] > strokes[0][0][0]


def test_a_seed_is_a_writer() -> None:
    assert written_strokes("50417", 1) == written_strokes("50417", 1)
    assert written_strokes("50417", 1) != written_strokes("50417", 2)


@pytest.mark.parametrize("number", ["", "12a", "٣", "1" * 13, "-1"])
def test_other_numbers_are_refused(number: str) -> None:
    with pytest.raises(UsageError, match="1 to 12 digits"):
        written_strokes(number, 0)

import pytest

from sdnn.decoding.constraints.glushkov import MAX_POSITIONS, Fragment, bits, one_of
from sdnn.errors import UsageError

ONE, TWO = one_of(frozenset("1")), one_of(frozenset("2"))


def test_one_fragment_follows_the_other() -> None:
    both = ONE + TWO
    assert (both.first, both.last, both.follow, both.is_optional) == (0b01, 0b10, (0b10, 0), False)


def test_what_follows_an_optional_fragment_may_come_first() -> None:
    assert (ONE.repeated(0, 1) + TWO).first == 0b11
    assert (ONE + TWO.repeated(0, 1)).last == 0b11


def test_alternatives_do_not_follow_each_other() -> None:
    either = ONE | TWO
    assert (either.first, either.last, either.follow, either.is_optional) == (0b11, 0b11, (0, 0), False)
    assert (ONE | Fragment()).is_optional


def test_only_the_last_copy_loops() -> None:
    assert ONE.repeated(2, None).follow == (0b10, 0b10)
    assert ONE.repeated(0, None).follow == (0b1,)
    assert ONE.repeated(0, None).is_optional


def test_no_repetition_is_the_empty_string() -> None:
    assert ONE.repeated(0, 0) == Fragment()


def test_there_are_so_many_positions_at_most() -> None:
    most = ONE.repeated(25, 25).repeated(MAX_POSITIONS // 25, None)
    assert len(most.characters) == MAX_POSITIONS
    with pytest.raises(UsageError, match="more than 1,000 characters"):
        most | ONE


def test_a_fragment_reversed_twice_is_itself() -> None:
    fragment = (ONE + TWO.repeated(0, 3) | TWO).repeated(1, None)
    assert fragment.reversed() != fragment
    assert fragment.reversed().reversed() == fragment


def test_bits_are_counted_from_the_lowest() -> None:
    assert list(bits(0b1101)) == [0, 2, 3]

import threading
from collections.abc import Iterator

import pytest

from sdnn.workers import in_order


def counting(first: int, length: int) -> Iterator[tuple[int, int]]:
    yield from ((first, number) for number in range(length))


@pytest.mark.parametrize("workers", [0, 1, 2, 7])
def test_items_come_stream_by_stream_and_in_order(workers: int) -> None:
    lengths = [3, 0, 1, 5, 0, 2]
    streams = (counting(first, length) for first, length in enumerate(lengths))
    expected = [(first, number) for first, length in enumerate(lengths) for number in range(length)]
    assert list(in_order(streams, workers)) == expected


def test_no_streams_give_no_items() -> None:
    assert list(in_order(iter(()), 2)) == []


def test_streams_are_asked_for_only_a_few_ahead() -> None:
    begun = 0

    def streams() -> Iterator[Iterator[int]]:
        nonlocal begun
        for number in range(1000):
            begun += 1
            yield iter([number])

    items = in_order(streams(), 2)
    for number in range(10):
        assert next(items) == number
        assert begun <= number + 2 + 2
    items.close()  # type: ignore[attr-defined]  # a generator has it


def test_a_long_stream_is_made_one_item_ahead() -> None:
    made = 0

    def stream() -> Iterator[int]:
        nonlocal made
        for number in range(1000):
            made += 1
            yield number

    items = in_order([stream()], 3)
    for number in range(10):
        assert next(items) == number
        assert made <= number + 2
    items.close()  # type: ignore[attr-defined]  # a generator has it


def test_several_streams_are_made_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=20)

    def stream(number: int) -> Iterator[int]:
        together.wait()
        yield number

    assert list(in_order((stream(number) for number in range(3)), 3)) == [0, 1, 2]


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_where_the_streams_end_with_an_error_those_before_it_come_first(workers: int) -> None:
    def streams() -> Iterator[Iterator[int]]:
        yield from (iter([number]) for number in range(3))
        raise KeyError("no more")

    items = in_order(streams(), workers)
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError, match="no more"):
        next(items)


def test_what_goes_wrong_in_a_stream_comes_out_at_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("broken")

    items = in_order([iter([0]), broken(), iter([2])], 2)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(KeyError, match="broken"):
        next(items)

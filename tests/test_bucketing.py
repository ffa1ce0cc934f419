from hypothesis import given
from hypothesis import strategies as st

from sdnn.bucketing import bucket_by_length

sizes = st.lists(st.integers(1, 500), max_size=40)


def test_what_fits_together_is_done_together() -> None:
    assert list(bucket_by_length([10, 11, 10], max_total=100)) == [[0, 2, 1]]
    assert list(bucket_by_length([10, 11, 10], max_total=30)) == [[0, 2], [1]]
    assert list(bucket_by_length([10, 30, 12], max_total=100, max_ratio=1.5)) == [[0, 2], [1]]
    assert list(bucket_by_length([], max_total=100)) == []


def test_what_is_too_large_by_itself_is_done_alone() -> None:
    assert list(bucket_by_length([500, 10, 700], max_total=100)) == [[1], [0], [2]]


@given(sizes, st.integers(1, 2000), st.sampled_from([1.0, 1.3, 5.0]))
def test_every_place_is_in_one_group_that_is_no_larger_than_allowed(
    given_sizes: list[int], most: int, widening: float
) -> None:
    groups = list(bucket_by_length(given_sizes, most, widening))
    assert sorted(place for group in groups for place in group) == list(range(len(given_sizes)))
    for group in groups:
        in_group = [given_sizes[place] for place in group]
        assert in_group == sorted(in_group)
        assert len(group) == 1 or len(group) * in_group[-1] <= most
        assert in_group[-1] <= widening * in_group[0]

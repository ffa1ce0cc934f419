"""Groups of similar lengths, so that little is padded in a batch."""

from collections.abc import Iterator, Sequence


def bucket_by_length(
    lengths: Sequence[int], max_total: int, max_ratio: float = float("inf")
) -> Iterator[list[int]]:
    """Indices of the lengths in groups, each in rising order.

    Args:
        lengths: Lengths, 1 or more.
        max_total: Padded length of a whole group; a single length may exceed it.
        max_ratio: Ratio of the greatest to the smallest length of a group.
    """
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[index]
        if group and (length > max_ratio * lengths[group[0]] or (len(group) + 1) * length > max_total):
            yield group
            group = []
        group.append(index)
    if group:
        yield group

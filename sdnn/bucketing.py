"""Things of similar size are done together: what is smaller is filled up to the size of the largest."""

from collections.abc import Iterator, Sequence


def bucket_by_length(sizes: Sequence[int], most: int, widening: float = float("inf")) -> Iterator[list[int]]:
    """Places of the sizes in groups, each in rising order.

    Args:
        sizes: From 1 up.
        most: Size of a whole group, everything in it filled up, beyond which nothing joins it.
        widening: How many times larger than the smallest of a group the largest may be.
    """
    group: list[int] = []
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        if group and (sizes[place] > widening * sizes[group[0]] or (len(group) + 1) * sizes[place] > most):
            yield group
            group = []
        group.append(place)
    if group:
        yield group

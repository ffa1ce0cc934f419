import itertools

import numpy as np

from sdnn.datasets.rng import RngPurpose, make_rng


def test_no_two_uses_seeds_or_numbers_share_a_stream() -> None:
    first = {
        (seed, number, use): make_rng(seed, number, use).integers(2**63)
        for seed, number, use in itertools.product((0, 1, 2, 2**32 - 1), (0, 1, 2, 3), RngPurpose)
    }
    assert len(set(first.values())) == len(first)


def test_a_stream_begins_again_where_it_began() -> None:
    np.testing.assert_array_equal(
        make_rng(1, 2, RngPurpose.STRIPS).random(5), make_rng(1, 2, RngPurpose.STRIPS).random(5)
    )


def test_the_uses_keep_their_numbers() -> None:
    assert [use.value for use in RngPurpose] == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12]
    np.testing.assert_array_equal(
        make_rng(7, 8, RngPurpose.STRIPS).random(3), np.random.default_rng([7, 8, 2]).random(3)
    )

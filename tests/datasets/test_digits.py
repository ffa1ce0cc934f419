import numpy as np
import pytest

from sdnn.datasets.digits import DigitImage, MixedDigits, Writer, plain_part


class One:
    """Always the same digit, told by its index."""

    pen_px = 2.0

    def __init__(self, index: int) -> None:
        self.index = index

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        return DigitImage(np.ones((28, 1), np.uint8), label, self.index)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        return self


def test_the_first_source_of_a_mixture_is_the_plain_one() -> None:
    first = One(1)
    assert plain_part(MixedDigits(first, One(2), 0.9)) is first
    assert plain_part(first) is first


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_mixture_takes_the_second_source_by_its_share(share: float) -> None:
    rng = np.random.default_rng(0)
    mixed = MixedDigits(One(1), One(2), share)
    drawn = [mixed.draw(5, rng).index for _ in range(1000)]
    assert drawn.count(2) / 1000 == pytest.approx(share, abs=0.05)


def test_one_writer_of_a_mixture_keeps_to_one_source() -> None:
    rng = np.random.default_rng(0)
    writers = [MixedDigits(One(1), One(2), 0.5).writer(rng) for _ in range(50)]
    drawn = [{writer.draw(5, rng).index for _ in range(5)} for writer in writers]
    assert all(len(indices) == 1 for indices in drawn)
    assert {1, 2} == set().union(*drawn)

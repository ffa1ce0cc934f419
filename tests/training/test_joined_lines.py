from itertools import pairwise

import numpy as np
import pytest
from helpers.cli_runner import SAMPLES

from sdnn.detection import LineCrop
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import Box, FloatArray
from sdnn.training.joined_lines import OwnLine, joined, with_cuts
from sdnn.training.own_lines import load_own_pages

ROWS = 90


def bars(height: int, places: list[int], slant: float = 0.0, dark: float = 1.0) -> OwnLine:
    """Bars 10 px apart or more, as high as the line, with a cut in the middle between any two."""
    layers = np.zeros((ROWS, places[-1] + 40, 2), np.float32)
    top = (ROWS - height) // 2
    for row in range(top, top + height):
        lean = slant * (ROWS / 2 - 0.5 - row)  # to the right going up
        for place in places:
            at = round(place + lean)
            layers[row, at : at + 2] = dark
    box = Box(places[0], top, places[-1] + 2, top + height)
    cuts = tuple((one + other) / 2 + 1 for one, other in pairwise(places))
    return OwnLine(LineCrop(layers, box, slant), "1" * len(places), cuts)


def columns(ink: FloatArray) -> list[int]:
    """Columns in which ink begins."""
    dark = ink.max(axis=0) > 0.5
    return [place for place in range(1, len(dark)) if dark[place] and not dark[place - 1]]


class First:
    """Chooses the cut of the given number, first of one line, then of the other."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def integers(self, count: int) -> int:
        assert self.numbers[0] < count
        return self.numbers.pop(0)


def test_the_first_digits_of_one_line_stand_before_the_last_ones_of_another() -> None:
    first, second = bars(30, [20, 40, 60]), bars(30, [30, 40, 70])
    # Cuts at 31 and 51; at 36 and 56.
    line = joined(first, second, First(1, 0))  # type: ignore[arg-type]
    # Two bars before 51; of the second line those at 40 and 70, which is 36 less and 51 more.
    assert columns(line.crop.ink(1.0)) == [20, 40, 55, 85]
    assert line.text == "1111"
    assert line.crop.text == Box(20, 30, 87, 60)
    assert (line.crop.slant, line.cuts) == (0.0, ())


def test_the_other_line_is_scaled_to_the_height_of_the_first() -> None:
    first, second = bars(30, [20, 40]), bars(60, [20, 62])
    line = joined(first, second, First(0, 0))  # type: ignore[arg-type]
    ink = line.crop.ink(1.0)
    # The cut of the second is at 42: its bar at 62 is 20 px behind it, half of that here.
    assert columns(ink) == [20, 31 + 10]
    assert np.flatnonzero(ink[:, 41] > 0.5)[[0, -1]].tolist() == [30, 59]
    assert line.crop.text.right == 31 + (64 - 42) / 2


@pytest.mark.parametrize("slants", [(0.3, 0.3), (0.0, 0.5), (0.4, -0.2)])
def test_digits_of_any_slant_become_upright(slants: tuple[float, float]) -> None:
    first, second = (bars(40, [40, 80, 120], slant) for slant in slants)
    line = joined(first, second, First(0, 1))  # type: ignore[arg-type]
    ink = line.crop.ink(1.0)[30:60]
    for place in columns(ink):
        assert (ink[:, place : place + 3].sum(axis=1) > 1).all()
    assert len(columns(ink)) == 2
    assert line.crop.slant == 0


def test_joined_text_has_the_digits_of_both() -> None:
    first, second = bars(30, [20, 40, 60]), bars(30, [20, 40, 60, 80])
    one, other = OwnLine(first.crop, "123", first.cuts), OwnLine(second.crop, "4567", second.cuts)
    rng = np.random.default_rng(0)
    texts = {joined(one, other, rng).text for _ in range(200)}
    assert texts == {begin + end for begin in ("1", "12") for end in ("7", "67", "567")}


def test_cuts_lie_between_the_digits() -> None:
    reader = Reader(settings=ACCEPT_ALL)
    pages = load_own_pages([SAMPLES], reader).pages
    lines = [OwnLine(page.crop, page.label) for page in pages if page.crop is not None]
    found = with_cuts(lines, reader.engine)
    cut = [line for line in found if line.cuts]
    assert len(cut) >= 10
    for line in cut:
        assert len(line.cuts) == len(line.text) - 1
        assert list(line.cuts) == sorted(line.cuts)
        assert line.crop.text.left < line.cuts[0]
        assert line.cuts[-1] < line.crop.text.right


def test_joined_lines_of_the_samples_are_read_as_their_text() -> None:
    reader = Reader(settings=ACCEPT_ALL)
    pages = load_own_pages([SAMPLES], reader).pages
    lines = with_cuts(
        [OwnLine(page.crop, page.label) for page in pages if page.crop is not None], reader.engine
    )
    cut = [line for line in lines if line.cuts]
    rng = np.random.default_rng(1)
    made = [joined(cut[rng.integers(len(cut))], cut[rng.integers(len(cut))], rng) for _ in range(60)]
    again = with_cuts(made, reader.engine)
    # A joined line that is read with as many digits as its text has cuts.
    assert sum(bool(line.cuts) for line in again if len(line.text) > 1) >= 50


def test_lines_that_are_read_with_other_numbers_of_digits_are_not_cut() -> None:
    reader = Reader(settings=ACCEPT_ALL)
    page = load_own_pages([SAMPLES], reader).pages[0]
    assert page.crop is not None
    label = page.label
    lines = [OwnLine(page.crop, text) for text in (label, label[:-1], label + "1", "7", "")]
    assert [bool(line.cuts) for line in with_cuts(lines, reader.engine)] == [True, False, False, False, False]

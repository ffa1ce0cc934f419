from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from helpers.unipen_distribution import ANGLE, BAR, RING, Points

from sdnn.datasets.digits import DigitSource, Writer
from sdnn.datasets.unipen import Sample, UnipenDigits
from sdnn.datasets.unipen.writers import UnipenWriter, slant_deg
from sdnn.datasets.writer_style import PenStyle

PLAIN = PenStyle(pen_px=2.0)


def sample(
    label: str, points: Points, writer: str = "aga/ann", size: float = 1.0, slant: float = 0
) -> Sample:
    x, y = np.array(points, np.float32).T * np.float32(size)
    return Sample(label, writer, (np.column_stack([x + np.float32(slant) * (y.max() - y), y]),))


def writing(writer: str, size: float = 1.0, slant: float = 0) -> list[Sample]:
    shapes: Sequence[tuple[str, Points]] = (("0", RING), ("1", BAR), ("7", ANGLE))
    return [sample(label, shape, writer, size, slant) for label, shape in shapes for _ in range(4)]


def writer(
    source: UnipenDigits, style: PenStyle = PLAIN, scale: int = 1, name: str = "aga/ann"
) -> UnipenWriter:
    (samples,) = (samples for samples in source.writers if samples.name == name)
    return UnipenWriter(source, samples, style, scale)


def rows(ink: npt.NDArray[np.uint8]) -> int:
    return int(np.ptp(np.flatnonzero(ink.any(axis=1)))) + 1


@pytest.mark.parametrize("scale", [1, 2])
def test_digits_come_as_drawn_ones_do(scale: int) -> None:
    source: DigitSource = UnipenDigits(writing("aga/ann"))
    rng = np.random.default_rng(0)
    for label in (0, 1, 7):
        narrowed: Writer = source.writer(rng, scale)
        digit = narrowed.draw(label, rng)
        assert (digit.label, digit.index, digit.scale) == (label, None, scale)
        assert digit.ink.dtype == np.uint8
        assert len(digit.ink) == (28 if scale == 1 else 36 * scale)
        assert digit.ink[:, 0].any()
        assert digit.ink[:, -1].any()
        assert not digit.ink[[0, -1]].any()
        assert 0.6 <= narrowed.pen_px <= 5


@pytest.mark.parametrize("scale", [1, 2])
def test_the_usual_digit_is_twenty_pixels_high_and_upright(scale: int) -> None:
    digit = writer(UnipenDigits(writing("aga/ann")), scale=scale).draw(7, np.random.default_rng(0)).ink
    assert rows(digit) == pytest.approx(20 * scale, abs=1.5)
    inked = np.flatnonzero(digit.any(axis=1))
    assert inked[0] + inked[-1] == pytest.approx(len(digit) - 1, abs=1)
    upper, lower = digit[inked[0] + scale], digit[inked[-1] - 2 * scale]
    assert np.ptp(np.flatnonzero(upper)) > 8 * scale > np.ptp(np.flatnonzero(lower))


@pytest.mark.parametrize(("size", "height"), [(1.25, 24.5), (0.6, 12.8), (0.3, 11), (3.0, 33.5)])
def test_a_writers_small_digits_stay_small(size: float, height: float) -> None:
    samples = [*writing("aga/ann"), sample("3", ANGLE, size=size)]
    digit = writer(UnipenDigits(samples), scale=2).draw(3, np.random.default_rng(0)).ink
    assert rows(digit) == pytest.approx(2 * height, abs=2)


@pytest.mark.parametrize("scale", [1, 2])
def test_no_digit_is_ever_cut(scale: int) -> None:
    samples = [*writing("aga/ann"), sample("3", ANGLE, size=5), sample("5", [(0, 0), (400, 5)])]
    source, rng = UnipenDigits(samples), np.random.default_rng(0)
    for label in [3, 5] * 50:
        ink = source.writer(rng, scale).draw(label, rng).ink
        assert not ink[[0, -1]].any()


def test_the_most_similar_writer_stands_in_for_a_missing_label() -> None:
    samples = [*writing("aga/ann", slant=0.5), *writing("aga/bob")]
    samples += [*writing("aga/upright"), *writing("aga/leaning", slant=0.5)]
    samples += [sample("3", ANGLE, "aga/upright"), sample("3", ANGLE, "aga/leaning", slant=0.5)]
    source = UnipenDigits(samples)
    substitutes = {writer.name: source.samples_with("3", writer).name for writer in source.writers}
    assert substitutes["aga/ann"] == substitutes["aga/leaning"] == "aga/leaning"
    assert substitutes["aga/bob"] == substitutes["aga/upright"] == "aga/upright"
    assert writer(source).draw(3, np.random.default_rng(0)).label == 3


def test_a_label_without_samples_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no writer has a digit '4'"):
        UnipenDigits(writing("aga/ann")).draw(4, np.random.default_rng(0))


def test_writers_of_few_digits_only_stand_in() -> None:
    source = UnipenDigits([*writing("aga/ann"), sample("3", ANGLE, "aga/bob")])
    assert [writer.name for writer in source.writers] == ["aga/ann"]
    with pytest.raises(ValueError, match="no writer has 10 digits"):
        UnipenDigits([sample("3", ANGLE), *[sample("A", ANGLE)] * 20])


def test_every_writer_writes_as_often() -> None:
    source = UnipenDigits([*writing("aga/ann") * 5, *writing("aga/bob"), *writing("aga/eve")])
    rng = np.random.default_rng(0)
    names = [source.writer(rng).samples.name for _ in range(600)]
    assert [names.count(f"aga/{name}") for name in ("ann", "bob", "eve")] == pytest.approx([200] * 3, abs=40)


def test_a_digit_is_made_again_from_its_seed() -> None:
    source = UnipenDigits([*writing("aga/ann"), *writing("aga/bob", 2)])
    one, other = (source.draw(7, np.random.default_rng(5)).ink for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_no_digit_is_drawn_twice_alike_by_a_writer() -> None:
    rng = np.random.default_rng(5)
    narrowed = UnipenDigits(writing("aga/ann")).writer(rng)
    one, other = (narrowed.draw(0, rng).ink for _ in range(2))
    assert one.shape != other.shape or (one != other).any()


def test_a_writer_narrowed_again_stays_the_same() -> None:
    rng = np.random.default_rng(5)
    narrowed = UnipenDigits([*writing("aga/ann"), *writing("aga/bob")]).writer(rng)
    finer = narrowed.writer(rng, 2)
    assert (finer.samples, finer.style) == (narrowed.samples, narrowed.style)
    assert len(finer.draw(1, rng).ink) == 72


@pytest.mark.parametrize("lean", [-0.3, 0.0, 0.6])
def test_slant_is_measured_on_downward_strokes(lean: float) -> None:
    samples = [sample("1", [(0, 0), (0, 100)], slant=lean), sample("-", [(0, 0), (80, 0)])]
    assert slant_deg(samples) == pytest.approx(np.degrees(np.arctan(lean)), abs=0.1)
    assert slant_deg(samples[1:]) == 0


def test_cramped_or_slanted_writers_get_no_broad_pen() -> None:
    source = UnipenDigits([*writing("aga/ann"), *writing("aga/bob", slant=0.5)])
    max_pen_px = {writer.name: writer.max_pen_px for writer in source.writers}
    assert max_pen_px["aga/bob"] < max_pen_px["aga/ann"] <= 4.7

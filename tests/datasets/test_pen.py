import cv2
import numpy as np
import pytest
from helpers.steady_digits import SHAPES, STEADY, all_shapes, holes, steady, width_and_height
from hypothesis import given
from hypothesis import strategies as st

from sdnn.datasets.allographs import ALLOGRAPHS
from sdnn.datasets.digits import IMAGE_PX, TEXT_PX, DigitSource
from sdnn.datasets.pen import SyntheticDigits, draw_digit
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.writer_style import WriterStyle, random_writer_style

HOLES = [1, 0, 0, 0, 0, 0, 1, 0, 2, 1]
NO_HOLE = {0: ("open",), 6: ("open", "curled", "closed top"), 9: ("open", "ear")}
ONE_HOLE = {
    2: ("looped", "ringed", "closed", "heel", "q", "loop and tick"),
    3: ("looped",),
    4: ("closed", "looped"),
    8: ("gap", "ribbon", "tail"),
}
OTHER_HOLES = {
    (label, name): count
    for count, shapes in enumerate((NO_HOLE, ONE_HOLE))
    for label, names in shapes.items()
    for name in names
}

seeds = st.integers(0, 2**32 - 1)


def height_share(label: int, name: str) -> float:
    """Height in the table over that of a usual digit."""
    (strokes,) = (allograph.strokes for allograph in ALLOGRAPHS[label] if allograph.name == name)
    return float(np.ptp([point.y for stroke in strokes for point in stroke])) / 100


def assert_whole(image: Ink) -> None:
    assert image.max() > 0
    assert image[[0, -1]].max() == image[:, [0, -1]].max() == 0


@given(seed=seeds, label=st.integers(0, 9))
def test_a_digit_is_made_again_from_its_seed(seed: int, label: int) -> None:
    first, second = (
        draw_digit(label, random_writer_style(rng), rng)
        for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    np.testing.assert_array_equal(first, second)


@given(seed=seeds, shape=st.sampled_from(SHAPES), scale=st.sampled_from([1, 2, 4]))
def test_a_digit_is_whole_centred_and_as_high_as_its_style(
    seed: int, shape: tuple[int, str], scale: int
) -> None:
    rng = np.random.default_rng(seed)
    style = random_writer_style(rng)
    image = draw_digit(shape[0], style, rng, shape[1], scale)
    assert len(image) == IMAGE_PX * scale
    assert image.dtype == np.uint8
    assert_whole(image)
    assert image.max() > 120
    paper = [image[:scale], image[-scale:], image[:, :scale], image[:, -scale:]]
    assert max(edge.max() for edge in paper) == 0

    # A quill's line ends in a thin or a broad edge.
    slack_px = 2 + style.pressure * style.pen_px * scale
    inked_rows, inked_columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert inked_rows[0] + inked_rows[-1] == pytest.approx(len(image) - 1, abs=slack_px)
    assert inked_columns[0] + inked_columns[-1] == pytest.approx(image.shape[1] - 1, abs=slack_px)
    height = len(image[inked_rows[0] : inked_rows[-1] + 1])
    usual = min(TEXT_PX * style.size * height_share(*shape), 25.5) * scale
    spread = 2 * style.size_spread
    assert (1 - spread) * usual - slack_px <= height <= (1 + spread) * usual + slack_px


@all_shapes
def test_a_steady_digit_is_as_high_as_its_allograph(label: int, name: str) -> None:
    for scale in (1, 2):
        height = scale * min(TEXT_PX * height_share(label, name), IMAGE_PX - 2.5)
        assert width_and_height(steady(label, name, scale))[1] == pytest.approx(height, abs=1.3)


@all_shapes
def test_twice_the_scale_is_the_same_picture_twice_as_large(label: int, name: str) -> None:
    small, large = steady(label, name), steady(label, name, 2)
    assert large.shape[1] == pytest.approx(2 * small.shape[1], abs=2)
    assert large.sum() / 4 == pytest.approx(small.sum(), rel=0.05)


@all_shapes
def test_no_style_cuts_a_digit_at_the_border(label: int, name: str) -> None:
    assert_whole(steady(label, name, size=2.0, pen_px=5, slant_deg=45, aspect=2))


@all_shapes
def test_a_steady_digit_has_the_holes_of_its_class(label: int, name: str) -> None:
    expected = OTHER_HOLES.get((label, name), HOLES[label])
    assert holes(steady(label, name, 2, pen_px=1.2, aspect=1.2)) == expected


@pytest.mark.parametrize("label", [0, 8])
def test_the_loops_of_most_random_digits_stay_open(label: int) -> None:
    rng = np.random.default_rng(1)
    counts = [holes(draw_digit(label, random_writer_style(rng), rng, scale=2)) for _ in range(200)]
    assert np.mean(np.greater(counts, 0)) > 0.8


def test_with_more_rows_a_long_tail_is_not_pressed_into_the_height() -> None:
    def height(rows_px: int) -> int:
        ink = draw_digit(9, STEADY, np.random.default_rng(0), "deep", scale=2, rows_px=rows_px)
        assert len(ink) == 2 * rows_px
        assert_whole(ink)
        return int(np.ptp(np.flatnonzero(ink.any(axis=1)))) + 1

    assert height(28) == pytest.approx(2 * 25.5, abs=1)
    assert height(36) == pytest.approx(2 * 20 * 1.46, abs=2)


@all_shapes
def test_no_two_allographs_of_a_digit_are_the_same_picture(label: int, name: str) -> None:
    image = steady(label, name).astype(int)
    for other in ALLOGRAPHS[label]:
        if other.name != name:
            drawn = steady(label, other.name).astype(int)
            width = min(image.shape[1], drawn.shape[1])
            assert np.abs(image[:, :width] - drawn[:, :width]).sum() > 8 * 255


def test_two_digits_of_one_random_writer_are_more_alike_than_of_two() -> None:
    rng = np.random.default_rng(0)

    def ink_apart(first: Ink, second: Ink) -> float:
        width = max(first.shape[1], second.shape[1])
        padded = [np.pad(image, ((0, 0), (0, width - image.shape[1]))) for image in (first, second)]
        return float(cv2.absdiff(*padded).sum())

    same, other = [], []
    for label in 20 * list(range(10)):
        style, another = random_writer_style(rng), random_writer_style(rng)
        first = draw_digit(label, style, rng)
        same.append(ink_apart(first, draw_digit(label, style, rng)))
        other.append(ink_apart(first, draw_digit(label, another, rng)))
    assert np.mean(same) < 0.75 * np.mean(other)


@all_shapes
def test_one_style_never_draws_a_digit_twice_alike(label: int, name: str) -> None:
    rng = np.random.default_rng(0)
    assert not np.array_equal(
        draw_digit(label, WriterStyle(), rng, name), draw_digit(label, WriterStyle(), rng, name)
    )


@all_shapes
def test_edges_are_soft(label: int, name: str) -> None:
    image = steady(label, name)
    ink = image > 0
    between = ink & (image < 255)
    assert between.sum() > 0.3 * ink.sum()
    assert len(np.unique(image)) > 8


@all_shapes
def test_a_broader_pen_leaves_more_ink_in_the_same_height(label: int, name: str) -> None:
    thin, broad = (steady(label, name, 2, pen_px=pen_px) for pen_px in (1.6, 3.2))
    assert broad.sum() > 1.4 * thin.sum()
    assert width_and_height(broad)[1] == pytest.approx(width_and_height(thin)[1], abs=2)


@pytest.mark.parametrize("scale", [1, 2])
def test_the_line_is_as_wide_as_the_pen(scale: int) -> None:
    for pen_px in (0.7, 1.5, 2.0, 2.7, 3.5, 5.0):
        across = steady(1, "plain", scale, pen_px=pen_px)[IMAGE_PX * scale // 2].sum() / 255
        assert across == pytest.approx(scale * pen_px, abs=0.14 * scale)


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_no_digit_is_refused(label: int) -> None:
    with pytest.raises(ValueError, match=f"no digit {label}"):
        draw_digit(label, STEADY, np.random.default_rng(0))


def test_an_unknown_allograph_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(ValueError, match="digit 7 has no allograph 'curly': it has plain, crossed"):
        steady(7, "curly")


@pytest.mark.parametrize("label", range(10))
def test_a_synthetic_digit_is_cropped_to_its_inked_columns(label: int) -> None:
    digit = SyntheticDigits().draw(label, np.random.default_rng(label))
    assert digit.ink.shape[0] == 28
    assert digit.ink[:, [0, -1]].any(axis=0).all()
    assert (digit.label, digit.index) == (label, None)


def test_the_source_draws_every_digit_in_another_style_and_a_writer_in_one() -> None:
    rng = np.random.default_rng(0)

    def spread_of_heights(source: DigitSource) -> float:
        return float(np.std([source.draw(0, rng).ink.any(axis=1).sum() for _ in range(40)]))

    writers = [spread_of_heights(SyntheticDigits().writer(rng)) for _ in range(5)]
    assert np.mean(writers) < 0.8 * spread_of_heights(SyntheticDigits())

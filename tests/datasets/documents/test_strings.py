from dataclasses import replace

import numpy as np
import pytest

from sdnn.datasets.digits import TEXT_PX, DigitImage, Writer
from sdnn.datasets.documents.ink_canvas import Canvas, mapped
from sdnn.datasets.documents.strings import StringSetting, WrittenString, draw_sign, write_string
from sdnn.datasets.handwriting import LineStyle, random_line_style
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.signs import SIGN_STROKES
from sdnn.results import FloatArray

PLAIN = LineStyle(
    heights=np.ones(10),
    drops=np.zeros(10),
    gap=0.3,
    gap_spread=0.0,
    width_spread=0.0,
    size_spread=0.0,
    baseline_spread=0.0,
)
BARE = StringSetting(height_px=20.0, tone=1.0, signs=0.0, fading=0.0)
SHAPE = (120, 320)
LEVEL = np.eye(2, 3)


class Blocks:
    """A writer whose digits are full rectangles, 12 columns wide and as high as a usual digit, or higher."""

    pen_px = 2.0

    def __init__(self, rows: int = TEXT_PX) -> None:
        self.rows = rows

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        ink = np.zeros((self.rows + 8, 12), np.uint8)
        ink[4:-4] = 255
        return DigitImage(ink, label)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        return self


def write(
    text: str,
    setting: StringSetting = BARE,
    style: LineStyle = PLAIN,
    writer: Writer | None = None,
    picture_from_sheet: FloatArray = LEVEL,
    seed: int = 0,
) -> tuple[WrittenString, Canvas]:
    canvas, rng = Canvas(*SHAPE, picture_from_sheet), np.random.default_rng(seed)
    return write_string(canvas, writer or Blocks(), text, (40.0, 70.0), setting, style, rng), canvas


def inked(canvas: Canvas, least: int = 60) -> FloatArray:
    """(N, 2) middles of the pixels that are ink of digits."""
    rows, columns = np.nonzero(canvas.mask > least)
    return np.stack([columns, rows], axis=1) + 0.5


def within(points: FloatArray, quad: FloatArray) -> FloatArray:
    """Points in the frame of a parallelogram, in pixels along and down from its upper left corner."""
    sides = np.stack([quad[1] - quad[0], quad[3] - quad[0]], axis=1)
    return np.asarray((points - quad[0]) @ np.linalg.inv(sides).T * np.hypot(*sides))


def test_digits_stand_on_the_baseline_side_by_side() -> None:
    written, canvas = write("123")
    lefts, tops = written.truth.quads[:, 0].T
    rights, bottoms = written.truth.quads[:, 2].T
    np.testing.assert_allclose(lefts, [40, 58, 76])  # 12 pixels wide, and gaps of 0.3 heights
    np.testing.assert_allclose(rights - lefts, 12)
    np.testing.assert_allclose([*tops, *bottoms], [50] * 3 + [70] * 3)
    np.testing.assert_allclose(written.edges, [(0, 12), (18, 30), (36, 48)])
    assert (canvas.mask > 127).sum() == 3 * 12 * 20


@pytest.mark.parametrize("seed", range(30))
def test_a_quad_holds_the_ink_of_its_digit_closely(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = rng.uniform(-0.5, 0.5)
    cos, sin = np.cos(turn), np.sin(turn)
    placed = np.array([[cos, -sin, 60.0], [sin, cos, 10 - 60 * sin]])
    setting = replace(BARE, height_px=float(rng.uniform(20, 40)), tilt=0.05)
    written, canvas = write(
        str(seed % 10), setting, random_line_style(rng), SyntheticDigits().writer(rng, 2), placed, seed
    )
    (quad,) = written.truth.quads
    places = within(inked(canvas), quad)
    size = np.hypot(*np.stack([quad[1] - quad[0], quad[3] - quad[0]], axis=1))
    np.testing.assert_allclose(places.min(axis=0), 0, atol=2)
    np.testing.assert_allclose(places.max(axis=0), size, atol=2)


@pytest.mark.parametrize("seed", range(10))
def test_all_the_ink_of_a_string_is_in_its_quads(seed: int) -> None:
    rng = np.random.default_rng(seed)
    written, canvas = write(
        "60417", style=random_line_style(rng), writer=SyntheticDigits().writer(rng, 2), seed=seed
    )
    points = inked(canvas)
    inside = np.zeros(len(points), bool)
    for quad in written.truth.quads:
        size = np.hypot(*np.stack([quad[1] - quad[0], quad[3] - quad[0]], axis=1))
        places = within(points, quad)
        inside |= ((places > -1) & (places < size + 1)).all(axis=1)
    assert inside.all()


def test_the_centre_line_runs_through_the_middles_of_the_digits() -> None:
    style, setting = replace(PLAIN, slant=0.3), replace(BARE, tilt=0.1)
    placed = np.array([[1.1, -0.2, 10], [0.2, 1.0, 0]])
    truth = write("0123456", setting, style, picture_from_sheet=placed)[0].truth
    middles = truth.quads.mean(axis=1)
    np.testing.assert_allclose((middles - truth.centre[0]) @ truth.down, 0, atol=1e-6)
    along = (middles - truth.centre[0]) @ truth.along
    length = np.hypot(*(truth.centre[1] - truth.centre[0]))
    half = (along[1] - along[0]) * 6 / 18  # half a width, where 18 is from one digit to the next
    np.testing.assert_allclose([along[0], length - along[-1]], half, atol=1e-6)
    assert truth.slant == 0.3


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_height_is_that_of_the_digits_on_the_picture(scale: float) -> None:
    placed = np.array([[scale, 0, 0], [0, scale, 0]])
    assert write("88", picture_from_sheet=placed)[0].truth.height_px == pytest.approx(20 * scale)


def test_tails_count_neither_for_the_height_nor_for_the_centre_line() -> None:
    truth = write("77", writer=Blocks(rows=30))[0].truth
    np.testing.assert_allclose(truth.quads[:, [0, 2], 1], [(48, 78)] * 2)  # what is over 1.1 heights hangs
    assert truth.height_px == pytest.approx(22)
    np.testing.assert_allclose(truth.centre[:, 1], 59)


def test_a_style_can_make_the_first_digit_taller() -> None:
    truth = write("888", style=replace(PLAIN, first=1.5))[0].truth
    np.testing.assert_allclose(truth.quads[:, 0, 1], [40, 50, 50])
    np.testing.assert_allclose(truth.quads[:, 2, 1], 70)  # all stand on the baseline
    np.testing.assert_allclose(truth.quads[:, 0, 0], [40, 64, 82])  # 18, 12 and 12 wide, and gaps of 6
    np.testing.assert_allclose(truth.quads[:, 2, 0], [58, 76, 94])
    assert truth.height_px == pytest.approx(20)
    np.testing.assert_allclose(truth.centre, [(40, 60), (94, 60)])


def test_the_tail_of_a_taller_first_digit_grows_with_it() -> None:
    truth = write("777", style=replace(PLAIN, first=1.5), writer=Blocks(rows=30))[0].truth
    # 45 and 30 high, of which what is over 1.1 heights, here of 30 and of 20, hangs: 12 and 8.
    np.testing.assert_allclose(truth.quads[:, 2, 1], [82, 78, 78])
    np.testing.assert_allclose(truth.quads[:, 0, 1], [37, 48, 48])
    assert truth.height_px == pytest.approx(22)


def test_digits_of_a_comb_stand_in_their_cells_without_signs() -> None:
    written, _ = write("987654", replace(BARE, pitch_px=25.0, signs=1.0))
    lefts, rights = written.truth.quads[:, 0, 0] - 40, written.truth.quads[:, 2, 0] - 40
    assert (lefts >= 25 * np.arange(6)).all()
    assert (rights <= 25 * np.arange(1, 7)).all()
    assert not len(written.signs)


@pytest.mark.parametrize("seed", range(8))
def test_struck_digits_are_listed_and_have_other_ink_on_them(seed: int) -> None:
    written, canvas = write("12345", replace(BARE, struck=0.5), replace(PLAIN, gap=0.8), seed=seed)
    crossed = []
    for number, quad in enumerate(written.truth.quads):
        (left, top), (right, bottom) = np.rint(quad[0]).astype(int), np.rint(quad[2]).astype(int)
        if canvas.others[top:bottom, left:right].any():
            crossed.append(number)
    assert tuple(crossed) == written.truth.struck
    assert written.truth.text == "12345"


def test_some_digits_are_struck_at_times() -> None:
    struck = [len(write("12345", replace(BARE, struck=0.5), seed=seed)[0].truth.struck) for seed in range(20)]
    assert 1.5 < np.mean(struck) < 3.5
    assert write("12345", replace(BARE, struck=1.0))[0].truth.struck == (0, 1, 2, 3, 4)
    assert write("12345")[0].truth.struck == ()


class Recorded(Canvas):
    """A canvas that keeps how many points each line had that was drawn on it."""

    def __init__(self) -> None:
        super().__init__(*SHAPE, LEVEL)
        self.lines: list[int] = []

    def line(self, points: FloatArray, thickness_px: float, tone: float, closed: bool = False) -> None:
        self.lines.append(len(points))
        super().line(points, thickness_px, tone, closed)


def test_most_struck_digits_have_a_single_stroke_through_them() -> None:
    """The others have two, a cross among them, or a scrawl of many turns."""
    strikes = []
    for seed in range(400):
        canvas, rng = Recorded(), np.random.default_rng(seed)
        write_string(canvas, Blocks(), "5", (40.0, 70.0), replace(BARE, struck=1.0), PLAIN, rng)
        strikes.append(canvas.lines)
    # A third and more is struck aslant, as many level, of which seven in ten with one stroke.
    assert np.mean([lines == [2] for lines in strikes]) == pytest.approx(0.35 + 0.7 * 0.35, abs=0.07)
    assert np.mean([lines == [2, 2] for lines in strikes]) == pytest.approx(0.15 + 0.3 * 0.35, abs=0.07)
    assert np.mean([lines == [9] for lines in strikes]) == pytest.approx(0.15, abs=0.06)


def test_signs_are_where_they_are_said_to_be() -> None:
    placed = np.array([[1.2, -0.1, 0], [0.1, 1.2, 0]])
    seen = 0
    for seed in range(20):
        written, canvas = write("1234", replace(BARE, signs=1.0), picture_from_sheet=placed, seed=seed)
        seen += len(written.signs)
        near = np.zeros(SHAPE, bool)
        rows, columns = np.indices(SHAPE) + 0.5
        for x, y, size in written.signs:
            spot = np.maximum(np.abs(columns - x), np.abs(rows - y)) < size / 2 + 3
            assert (canvas.others[spot] > 100).any() or not spot.any()
            near |= spot
        assert not (canvas.others[~near] > 100).any()
    assert seen > 10


def test_signs_take_their_own_room() -> None:
    """No digit stands on a sign: their middles keep apart along the line."""
    for seed in range(20):
        written, _ = write("1234", replace(BARE, signs=1.0), seed=seed)
        for x, _, _ in written.signs:
            lefts, rights = written.truth.quads[:, 0, 0], written.truth.quads[:, 1, 0]
            assert not ((lefts + 1 < x) & (x < rights - 1)).any()


def test_the_box_holds_digits_and_signs_on_the_sheet() -> None:
    placed = np.array([[1.0, 0, 25], [0, 1, -5]])
    for seed in range(10):
        written, _ = write("123", replace(BARE, signs=1.0), picture_from_sheet=placed, seed=seed)
        left, top, right, bottom = written.box
        on_sheet = written.truth.quads.reshape(-1, 2) - [25, -5]
        assert (on_sheet >= [left, top]).all()
        assert (on_sheet <= [right, bottom]).all()
        assert ((written.signs[:, 0] - 25 > left) & (written.signs[:, 0] - 25 < right)).all()


def test_a_pen_that_runs_dry_leaves_the_truth_dark() -> None:
    _, canvas = write("11111111", replace(BARE, fading=1.0))
    tops = [int(canvas.digits[55:65, round(40 + 18 * number + 6)].max()) for number in range(8)]
    assert min(tops) < 0.7 * max(tops)
    assert tops.index(min(tops)) > 0
    assert (canvas.mask.max(axis=0)[[46 + 18 * number for number in range(8)]] == 255).all()


def test_print_is_said_to_be_print() -> None:
    canvas = Canvas(*SHAPE, LEVEL)
    rng = np.random.default_rng(0)
    assert write_string(canvas, Blocks(), "1", (40, 70), BARE, PLAIN, rng, printed=True).truth.printed
    assert not write("1")[0].truth.printed


def test_a_place_on_the_sheet_is_mapped_to_the_picture() -> None:
    placed = np.array([[0.9, -0.3, 20], [0.3, 0.9, 5]])
    truth = write("5", picture_from_sheet=placed)[0].truth
    np.testing.assert_allclose(truth.quads[0, 3], mapped(np.array([40.0, 70.0]), placed))


@pytest.mark.parametrize("sign", SIGN_STROKES)
def test_a_sign_has_its_ink_round_the_middle_that_it_returns(sign: str) -> None:
    canvas = Canvas(100, 120, np.eye(2, 3))
    line = np.array([[1.0, -0.2, 40], [0.0, 1.0, 60]])
    width, (x, y, size) = draw_sign(canvas, sign, 5.0, 30.0, line, 2.0, 1.0, np.random.default_rng(0))
    rows, columns = np.nonzero(canvas.others > 100)
    left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    assert (left + right) / 2 == pytest.approx(x, abs=2)
    assert (top + bottom) / 2 == pytest.approx(y, abs=2)
    assert max(right - left, bottom - top) == pytest.approx(size + 2, abs=3)  # the pen is round
    assert 0 <= width < 45
    assert not canvas.mask.any()

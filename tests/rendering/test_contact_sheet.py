import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sdnn.enums import Status
from sdnn.rendering import contact_sheet as module
from sdnn.rendering.canvas import ACCENT, text_width_px
from sdnn.rendering.contact_sheet import (
    DIGIT_PX,
    GAP_PX,
    LABEL_PX,
    SHEET_PX,
    SheetEntry,
    align,
    contact_sheet,
    elide,
)
from sdnn.results import CLASSES, ClassMap, Evidence, Reading, Strip

LEGEND_PX = 64


def entry(truth: str, text: str, width_px: int = 100, name: str = "strip.png") -> SheetEntry:
    """An entry with a grey strip of the given width."""
    strip = Strip(np.full((28, width_px), 0.5, dtype=np.float32))
    class_map = ClassMap(np.zeros((0, CLASSES)), window_px=28, stride_px=2)
    evidence = Evidence(1 - strip.ink, strip, class_map, np.zeros(0, dtype=np.intp), (), ())
    return SheetEntry(name, truth, Reading(text, 0.5, Status.ACCEPTED, evidence=evidence))


def marks(picture: Image.Image) -> npt.NDArray[np.intp]:
    """(N, 2) row and column of the accented pixels below the legend."""
    return np.argwhere((np.asarray(picture)[LEGEND_PX:] == np.array(ACCENT)).all(axis=-1))


@pytest.mark.parametrize(
    ("truth", "text", "pairs"),
    [
        ("123", "123", [("1", "1"), ("2", "2"), ("3", "3")]),
        ("123", "173", [("1", "1"), ("2", "7"), ("3", "3")]),
        ("123", "13", [("1", "1"), ("2", ""), ("3", "3")]),
        ("13", "123", [("1", "1"), ("", "2"), ("3", "3")]),
        ("12", "", [("1", ""), ("2", "")]),
        ("", "", []),
    ],
    ids=["right", "wrong", "missing", "extra", "nothing read", "nothing there"],
)
def test_text_is_set_under_the_truth(truth: str, text: str, pairs: list[tuple[str, str]]) -> None:
    assert align(truth, text) == pairs


def test_a_right_reading_has_no_mark() -> None:
    assert not len(marks(contact_sheet([entry("50417", "50417")])))


@pytest.mark.parametrize(("text", "slot"), [("50411", 4), ("10417", 0), ("5017", 2), ("504177", 4)])
def test_the_mark_stands_where_the_reading_differs(text: str, slot: int) -> None:
    found = marks(contact_sheet([entry("50417", text)]))
    left = GAP_PX + LABEL_PX + slot * DIGIT_PX
    assert len(found)
    assert found[:, 1].min() >= left
    # Of two equal digits either may be the extra one.
    assert found[:, 1].max() < left + DIGIT_PX * (2 if len(text) > 5 else 1)


def test_a_wrong_digit_is_underlined_and_not_only_coloured() -> None:
    rows = marks(contact_sheet([entry("7", "1")]))[:, 0]
    # The 1 itself is nowhere this wide but at its foot; the line stands below a gap.
    lowest = rows.max()
    assert (rows == lowest).sum() >= 11
    assert len(np.unique(rows)) < lowest - rows.min() + 1


def test_missing_digits_of_an_unread_strip_are_marked() -> None:
    found = marks(contact_sheet([entry("471", "")]))[:, 1]
    slots = np.unique((found - GAP_PX - LABEL_PX) // DIGIT_PX)
    assert slots.tolist() == [0, 1, 2]


def test_no_entries_give_a_small_picture() -> None:
    picture = contact_sheet([])
    assert picture.height < 100
    assert np.asarray(picture).min() < 100  # it says so


def test_a_strip_without_evidence_has_a_cell() -> None:
    blank = SheetEntry("blank.png", "12", Reading("", 0.0, Status.EMPTY))
    alone = contact_sheet([blank])
    assert len(marks(alone))
    assert contact_sheet([blank, entry("12", "12")]).width > alone.width


@pytest.mark.parametrize("widths", [[100], [100] * 60, [4500, 100], [450] * 7])
def test_the_sheet_fits_on_a_page(widths: list[int]) -> None:
    assert contact_sheet([entry("1", "7", width) for width in widths]).width <= SHEET_PX


def test_more_entries_make_a_longer_sheet() -> None:
    heights = [contact_sheet([entry("1", "7")] * count).height for count in (4, 8, 12)]
    assert heights[0] < heights[1] < heights[2]
    assert heights[2] - heights[1] == heights[1] - heights[0]


def test_a_long_text_is_broken_into_lines_that_stay_in_the_cell() -> None:
    picture = contact_sheet([entry("1" * 200, "7" * 200)])
    assert marks(picture)[:, 1].max() < picture.width - GAP_PX


def test_the_same_entries_give_the_same_sheet() -> None:
    one, other = (contact_sheet([entry("12", "13"), entry("4", "")]) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_a_long_name_keeps_both_ends() -> None:
    name = "scans/2021/a-long-folder-name/strip-00017.png"
    short = elide(name, 14, 160)
    assert text_width_px(short, 14) <= 160
    start, end = short.split("...")
    assert name.startswith(start)
    assert name.endswith(end)
    assert elide("strip.png", 14, 160) == "strip.png"


def test_a_name_in_any_letters_can_be_drawn() -> None:
    usual, odd = (
        contact_sheet([entry("1", "1", name=name)]) for name in ("strip.png", "chèque\n\udcff数.png")
    )
    assert odd.size == usual.size
    assert odd.tobytes() != usual.tobytes()


def test_an_extra_digit_has_a_mark_of_its_own() -> None:
    wrong, extra = (marks(contact_sheet([entry(truth, "7")])) for truth in ("1", ""))
    assert np.ptp(extra[:, 0]) > np.ptp(wrong[:, 0])  # a frame is higher than digit and line


@pytest.mark.parametrize(("brightness", "note"), [(1.0, "no ink"), (0.0, "no line found")])
def test_no_ink_is_said_only_of_an_even_picture(brightness: float, note: str) -> None:
    page = np.ones((20, 30), np.float32)
    page[5:9] = brightness
    found = Reading("", 1.0, Status.EMPTY, evidence=Evidence.without_line(page, None))
    assert module._absence(found) == note


def test_thousands_of_digits_have_four_lines_from_the_first_error_on() -> None:
    long = contact_sheet([entry("1" * 1000, "1" * 900 + "2" + "1" * 99)])
    assert long.height < 450
    assert len(marks(long)) > 0
    assert contact_sheet([entry("1" * 1000, "2" * 5000)]).height < 450


def test_a_name_of_thousands_of_letters_is_elided_at_once() -> None:
    assert elide("a" * 100_000 + "b", 14, 100).endswith("b")

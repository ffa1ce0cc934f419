import itertools
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sdnn.enums import Status
from sdnn.models.lenet import LENET
from sdnn.rendering.canvas import ACCENT, INK_RAMP, QUIET, Colour
from sdnn.rendering.explain import DIGIT_RAMP, explain
from sdnn.rendering.explanation_layout import (
    CONTENT_PX,
    EDGE_PX,
    GUTTER_PX,
    LABELS_PX,
    MAX_BANDS,
    PageRow,
    cut_into_bands,
    place_page,
    span_edges,
)
from sdnn.results import (
    CLASSES,
    NO_DIGIT,
    Box,
    ClassMap,
    Digit,
    Evidence,
    Reading,
    Span,
    Strip,
)

GEOMETRY = LENET.geometry
MARGIN_PX = GEOMETRY.window_px // 2 + 2 * GEOMETRY.stride_px
DIGIT, ITS_STRIP_PX = Box(MARGIN_PX, 12, MARGIN_PX + 20, 36), 2 * MARGIN_PX + 20


def evidence_for(width_px: int, spans: tuple[Span, ...] = (), boxes: tuple[Box, ...] = ()) -> Evidence:
    """A blank strip whose map says no-digit everywhere but in the given spans."""
    columns = GEOMETRY.columns(width_px)
    path = np.full(columns, NO_DIGIT, dtype=np.intp)
    for span in spans:
        path[span.first : span.last + 1] = span.label
    probs = np.full((columns, CLASSES), 1e-9)
    probs[np.arange(columns), path] = 1.0
    ink = np.zeros((GEOMETRY.height_px, width_px), dtype=np.float32)
    class_map = ClassMap(np.log(probs), GEOMETRY.window_px, GEOMETRY.stride_px)
    return Evidence(1 - ink, Strip(ink), class_map, path, spans, boxes)


def reading_of(boxes: list[Box], width_px: int, confidence: float = 0.9) -> Reading:
    """A reading of ones that stand in the given boxes of the strip."""
    middles = [
        round(((box.left + box.right) / 2 - GEOMETRY.window_px / 2) / GEOMETRY.stride_px) for box in boxes
    ]
    evidence = evidence_for(width_px, tuple(Span(1, middle, middle) for middle in middles), tuple(boxes))
    digits = tuple(Digit("1", confidence, box, (k, k)) for box, k in zip(boxes, middles, strict=True))
    return Reading("1" * len(boxes), confidence, Status.ACCEPTED, digits=digits, evidence=evidence)


def row_of_digits(count: int, pitch_px: int = 33, width_px: int = 24) -> tuple[list[Box], int]:
    """Boxes at equal distances, and the width of the strip that holds them."""
    lefts = [MARGIN_PX + k * pitch_px for k in range(count)]
    return [Box(left, 11, left + width_px, 37) for left in lefts], lefts[-1] + width_px + MARGIN_PX


def on_page(reading: Reading, page: npt.NDArray[np.float32], *boxes: Box) -> Reading:
    """The reading as one of the given page, its digits in the given boxes of it."""
    assert reading.evidence is not None
    evidence = replace(reading.evidence, page=page)
    digits = tuple(replace(digit, box=box) for digit, box in zip(reading.digits, boxes, strict=True))
    return replace(reading, digits=digits, box=Box.around(list(boxes)) if boxes else None, evidence=evidence)


def page_part(reading: Reading) -> tuple[Image.Image, PageRow]:
    """The row of the picture that shows the page, and the layout of that row."""
    assert reading.evidence is not None
    picture = explain(reading)
    row = place_page(reading.evidence.page.shape, reading.box, picture.width - GUTTER_PX - EDGE_PX)
    top = explain(replace(reading, evidence=None)).height
    return picture.crop((0, top, picture.width, top + row.size[1])), row


def places(picture: Image.Image, colour: Colour) -> npt.NDArray[np.intp]:
    """(N, 2) row and column of the pixels of exactly this colour."""
    return np.argwhere((np.asarray(picture) == np.array(colour)).all(axis=-1))


@pytest.mark.parametrize(
    ("width_px", "column"), [(112, 0), (112, 11), (190, 20), (450, 3), (450, 90), (2800, 660)]
)
def test_a_column_of_the_map_stands_under_the_pixels_it_judges(width_px: int, column: int) -> None:
    evidence = evidence_for(width_px)
    evidence.class_map.log_probs[column] = np.log(1e-9)
    evidence.class_map.log_probs[column, 3] = 0.0
    centre = int(evidence.class_map.centre_px(column))
    half = GEOMETRY.stride_px // 2
    evidence.strip.ink[:, centre - half : centre + half] = 1.0

    picture = explain(Reading("", 0.9, Status.EMPTY, evidence=evidence))

    ink, cell = places(picture, INK_RAMP[-1]), places(picture, DIGIT_RAMP[-1])
    cell = cell[cell[:, 0] < picture.height - 84]  # without the legend
    assert np.unique(ink[:, 1]).tolist() == np.unique(cell[:, 1]).tolist()
    assert ink[:, 0].max() < cell[:, 0].min()


def test_the_path_has_a_dot_in_every_column_of_a_digit() -> None:
    evidence = evidence_for(200, (Span(7, 10, 13), Span(0, 30, 31)))
    reading = Reading("70", 0.9, Status.ACCEPTED, evidence=evidence)
    title_px = explain(reading).height
    (band,) = cut_into_bands(evidence)
    title_px -= band.size[1] + 84

    picture = explain(reading)

    for label, column in [(7, 10), (7, 11), (7, 12), (7, 13), (0, 30), (0, 31)]:
        cell = band.row_box(label, *span_edges(evidence.class_map, column, column))
        at = (int((cell.left + cell.right) / 2), title_px + int((cell.top + cell.bottom) / 2))
        assert picture.getpixel(at) == ACCENT


def test_a_box_stands_around_its_digit() -> None:
    reading = reading_of([DIGIT], ITS_STRIP_PX)
    assert reading.evidence is not None
    left, top, right, bottom = DIGIT.rounded()
    reading.evidence.strip.ink[top:bottom, left:right] = 1.0

    picture = explain(reading)

    ink = places(picture, INK_RAMP[-1])
    frame = places(picture, ACCENT)
    above_path = frame[:, 0] < ink[:, 0].max() + 9
    frame = frame[above_path & (frame[:, 0] > ink[:, 0].min() - 9)]  # and below the page
    # The outline lies just inside the edges; its round corners leave the corners of the ink to be seen.
    assert frame.min(axis=0).tolist() == ink.min(axis=0).tolist()
    assert frame.max(axis=0).tolist() == ink.max(axis=0).tolist()


@pytest.mark.parametrize("count", [1, 5, 20, 200])
def test_bands_cover_the_strip_once_and_fit_on_a_page(count: int) -> None:
    boxes, width_px = row_of_digits(count)
    evidence = evidence_for(width_px, boxes=tuple(boxes))

    bands = cut_into_bands(evidence)

    assert (bands[0].start_px, bands[-1].stop_px) == (0, width_px)
    assert all(one.stop_px == other.start_px for one, other in itertools.pairwise(bands))
    assert all((band.stop_px - band.start_px) * band.magnification <= CONTENT_PX for band in bands)
    columns = [column for band in bands for column in band.columns(evidence.class_map)]
    assert columns == list(range(len(evidence.class_map)))


def test_a_band_ends_between_digits() -> None:
    boxes, width_px = row_of_digits(60)
    bands = cut_into_bands(evidence_for(width_px, boxes=tuple(boxes)))
    cuts = [band.stop_px for band in bands[:-1]]
    assert len(cuts) >= 4
    assert not [cut for cut in cuts for box in boxes if box.left < cut < box.right]


def test_a_strip_without_a_gap_is_cut_all_the_same() -> None:
    reading = reading_of([Box(MARGIN_PX, 11, 1500 - MARGIN_PX, 37)], 1500)
    assert explain(reading).width <= 1328


def test_long_strips_grow_downwards() -> None:
    short, long = (explain(reading_of(*row_of_digits(count))) for count in (20, 150))
    assert long.width <= 1328
    assert long.height > 3 * short.height


@pytest.mark.parametrize(("pitch_px", "written"), [(22, True), (4, False)])
def test_confidences_are_left_out_where_digits_crowd(pitch_px: int, written: bool) -> None:
    boxes, width_px = row_of_digits(60, pitch_px, width_px=3)
    reading = reading_of(boxes, width_px)
    picture = explain(reading)
    strip_top = places(picture, INK_RAMP[0])[:, 0].min()
    confidences = picture.crop((0, strip_top - 24, picture.width, strip_top - 8))
    assert bool(len(places(confidences, QUIET))) is written


def test_the_same_reading_gives_the_same_picture() -> None:
    one, other = (explain(reading_of(*row_of_digits(5))) for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_another_confidence_gives_another_picture() -> None:
    boxes, width_px = row_of_digits(5)
    one, other = (explain(reading_of(boxes, width_px, confidence)) for confidence in (0.9, 0.4))
    assert one.tobytes() != other.tobytes()


def test_a_blank_page_gives_a_small_picture() -> None:
    picture = explain(Reading("", 0.0, Status.EMPTY, reason="no ink in the picture"))
    assert picture.height < 200
    assert np.asarray(picture).min() < 100  # it says so


def test_a_strip_without_digits_is_drawn_with_its_map() -> None:
    picture = explain(Reading("", 0.97, Status.EMPTY, reason="no digit", evidence=evidence_for(80)))
    assert len(places(picture, INK_RAMP[0]))
    assert picture.height > LABELS_PX + GEOMETRY.height_px * 8


def test_a_strip_narrower_than_the_window_is_drawn_without_columns() -> None:
    picture = explain(Reading("", 0.0, Status.EMPTY, evidence=evidence_for(20)))
    assert len(places(picture, INK_RAMP[0]))


def test_a_long_reason_stays_in_the_picture() -> None:
    short, long = (explain(Reading("", 0.0, Status.ERROR, reason="no ink there " * n)) for n in (1, 12))
    assert np.asarray(long)[:, -20:].min() == 255
    assert long.height > short.height


def test_the_page_is_shown_as_it_was_given() -> None:
    page = np.linspace(0, 1, 30 * 90, dtype=np.float32).reshape(30, 90)
    reading = on_page(Reading("", 0.9, Status.EMPTY, evidence=evidence_for(120)), page)

    part, row = page_part(reading)

    assert (row.shown, row.magnification) == (Box(0, 0, 90, 30), 4)
    for y, x in [(1, 1), (1, 88), (15, 44), (28, 1), (28, 88)]:
        pixel = row.page_box(Box(x, y, x + 1, y + 1))
        grey = round(255 * float(page[y, x]))
        assert part.getpixel((int(pixel.left) + 1, int(pixel.top) + 1)) == (grey, grey, grey)


def test_what_the_detector_saw_is_in_colour_on_the_page() -> None:
    page, digit_ink = np.ones((30, 90), np.float32), np.zeros((30, 90), np.float32)
    digit_ink[10:20, 40:50] = 1
    reading = on_page(Reading("", 0.9, Status.EMPTY, evidence=evidence_for(120)), page)
    assert reading.evidence is not None

    part, row = page_part(replace(reading, evidence=replace(reading.evidence, digit_ink=digit_ink)))

    coloured = np.asarray(part).astype(int)
    coloured = np.argwhere(coloured.max(axis=2) - coloured.min(axis=2) > 100)
    left, top, right, bottom = row.page_box(Box(40, 10, 50, 20)).rounded()
    assert (*coloured.min(axis=0), *coloured.max(axis=0) + 1) == (top, left, bottom, right)


def test_without_a_line_the_page_is_shown_with_what_the_detector_saw() -> None:
    page, digit_ink = np.ones((30, 90), np.float32), np.zeros((30, 90), np.float32)
    digit_ink[10:20, 40:50] = 1
    empty = Reading("", 0.9, Status.EMPTY, reason="no digits found")
    title = explain(empty)

    picture = explain(replace(empty, evidence=Evidence.without_line(page, digit_ink)))

    assert picture.height > title.height + 4 * 30
    coloured = np.asarray(picture).astype(int)
    coloured = coloured.max(axis=2) - coloured.min(axis=2) > 100
    assert coloured.sum() == pytest.approx(16 * 100, rel=0.05)  # ten by ten pixels, four times as large


def test_of_a_sheet_the_colour_is_where_the_part_that_is_shown_has_it() -> None:
    page, digit_ink = np.ones((3508, 2480), np.float32), np.zeros((3508, 2480), np.float32)
    digit = Box(1500, 900, 1640, 940)
    digit_ink[900:940, 1500:1640] = 1
    reading = on_page(reading_of([DIGIT], ITS_STRIP_PX), page, digit)
    assert reading.evidence is not None

    part, row = page_part(replace(reading, evidence=replace(reading.evidence, digit_ink=digit_ink)))

    blue = np.argwhere(np.abs(np.asarray(part).astype(int) - [89, 169, 222]).sum(axis=2) < 20)
    left, top, right, bottom = row.page_box(digit).rounded()
    assert (*blue.min(axis=0), *blue.max(axis=0)) == pytest.approx((top, left, bottom, right), abs=5)


def test_a_box_on_the_page_leaves_the_ink_of_its_digit_to_be_seen() -> None:
    page = np.ones((40, 90), dtype=np.float32)
    page[8:30, 50:66] = 0.0
    digit = Box(50, 8, 66, 30)
    part, row = page_part(on_page(reading_of([DIGIT], ITS_STRIP_PX), page, digit))

    ink, frame = places(part, (0, 0, 0)), places(part, ACCENT)

    left, top, right, bottom = row.page_box(digit).rounded()
    assert (*ink.min(axis=0), *ink.max(axis=0) + 1) == (top, left, bottom, right)
    assert (*frame.min(axis=0), *frame.max(axis=0)) == (top - 1, left - 1, bottom, right)


@pytest.mark.parametrize(("height_px", "boxed"), [(40, True), (700, False)])
def test_digits_too_small_to_be_seen_in_a_box_have_none_on_the_page(height_px: int, boxed: bool) -> None:
    page = np.ones((height_px, 10 * height_px), dtype=np.float32)
    digits = [Box(x, 0.5 * height_px, x + 10, 0.5 * height_px + 20) for x in (10.0, 9.9 * height_px)]
    part, _ = page_part(on_page(reading_of(*row_of_digits(2)), page, *digits))
    assert bool(len(places(part, ACCENT))) is boxed


def test_a_reading_without_evidence_has_no_page_to_show() -> None:
    blank = Reading("", 1.0, Status.EMPTY, reason="no ink on the picture")
    with_page = explain(replace(blank, evidence=evidence_for(80)))
    assert with_page.height > explain(blank).height + LABELS_PX
    assert explain(blank).height < 130


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (5000, 1), (30, 90), (90, 30), (500, 10_000), (2000, 1400)]
)
def test_pages_of_any_shape_fit(shape: tuple[int, int]) -> None:
    reading = Reading("", 0.9, Status.EMPTY, evidence=evidence_for(300))
    usual = explain(reading)
    reading = on_page(reading, np.full(shape, 0.5, dtype=np.float32))

    part, row = page_part(reading)

    frame = row.page_box(row.shown)
    assert row.magnification <= 4
    assert frame.width <= CONTENT_PX
    assert frame.height <= 200
    assert part.width == usual.width
    assert len(places(part, QUIET))  # the caption


def test_of_a_sheet_the_part_round_the_text_is_shown() -> None:
    text = Box(1500, 900, 1640, 940)
    row = place_page((3508, 2480), text, CONTENT_PX)
    assert row.shown == Box(1460, 860, 1680, 980)
    assert text.height * row.magnification > 60


def test_a_part_ends_where_the_page_ends() -> None:
    assert place_page((3508, 2480), Box(10, 0, 150, 40), CONTENT_PX).shown == Box(0, 0, 190, 80)


@pytest.mark.parametrize("text", [None, Box(30, 20, 270, 60), Box(100, 30, 160, 60)])
def test_a_page_that_leaves_its_digits_large_is_shown_whole(text: Box | None) -> None:
    assert place_page((90, 300), text, CONTENT_PX).shown == Box(0, 0, 300, 90)


def test_a_text_without_extent_has_a_part_all_the_same() -> None:
    row = place_page((3508, 2480), Box(2480, 3508, 2480, 3508), CONTENT_PX)
    assert row.shown == Box(2479, 3507, 2480, 3508)


def test_only_a_reading_of_several_views_speaks_of_them() -> None:
    reading = reading_of(*row_of_digits(5))
    one, seven = explain(reading), explain(replace(reading, views=7))
    title_px = explain(replace(reading, evidence=None)).height
    line_px = seven.height - one.height

    added = seven.crop((0, title_px, seven.width, title_px + line_px))
    rest = seven.crop((0, title_px + line_px, seven.width, seven.height))

    assert line_px > 0
    assert len(places(added, QUIET))
    assert rest.tobytes() == one.crop((0, title_px, one.width, one.height)).tobytes()


def test_what_is_said_in_large_letters_is_not_repeated_in_small_ones() -> None:
    said, unsaid = (
        explain(Reading("", 1.0, Status.EMPTY, reason=reason)) for reason in ("no digits found", None)
    )
    assert said.tobytes() == unsaid.tobytes()


def test_of_a_strip_of_thousands_of_digits_the_beginning_is_drawn() -> None:
    boxes, width_px = row_of_digits(1000)
    picture = explain(reading_of(boxes, width_px))
    bands = cut_into_bands(evidence_for(width_px))
    assert len(bands) == MAX_BANDS
    assert bands[-1].stop_px < width_px
    assert picture.height < MAX_BANDS * bands[0].size[1] + 1500

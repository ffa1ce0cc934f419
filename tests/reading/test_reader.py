import io
import multiprocessing
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers.fake_detections import Seen, line_along
from helpers.single_map import string_log_probs
from PIL import Image, ImageFilter

import sdnn
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, random_strip
from sdnn.decoding.constraints import constraint
from sdnn.enums import (
    DEFAULT_MIN_CONFIDENCE,
    DEFAULT_MIN_CONSTRAINT_PROBABILITY,
    Decoder,
    PageMode,
    Status,
    Topology,
)
from sdnn.errors import UnreadableInput, UsageError
from sdnn.preprocessing.loading import ImageSource, load_page
from sdnn.reading.page import Page
from sdnn.reading.reader import TTA_MAX_DIGITS, Reader
from sdnn.reading.settings import TTA_THRESHOLD, ReadingSettings
from sdnn.reading.views import VIEWS, View
from sdnn.results import Box, Reading

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
SAMPLE = SAMPLES / "00000.png"


def reader_with(**settings: Any) -> Reader:
    return Reader(settings=ReadingSettings(**settings))


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def reading(reader: Reader) -> Reading:
    return reader.read_line(SAMPLE)


def test_the_public_names_are_the_readers_own() -> None:
    assert sdnn.read_line(SAMPLE).text == sdnn.load().read_line(SAMPLE).text
    assert [reading.text for reading in sdnn.read(SAMPLE)] == [sdnn.read_line(SAMPLE).text]
    assert sdnn.Reader is Reader
    assert sdnn.Reading is Reading
    assert sdnn.ReadingSettings is ReadingSettings
    assert sdnn.constraint is constraint
    with pytest.raises(AttributeError, match="nonsense"):
        _ = sdnn.nonsense


def test_every_kind_of_source_reads_the_same(reader: Reader, reading: Reading) -> None:
    with Image.open(SAMPLE) as image:
        image.load()
    sources: list[ImageSource] = [
        str(SAMPLE),
        SAMPLE.read_bytes(),
        io.BytesIO(SAMPLE.read_bytes()),
        image,
        np.asarray(image),
    ]
    for source in sources:
        assert reader.read_line(source).text == reading.text


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.png")), ids=lambda path: path.stem)
@pytest.mark.parametrize("change", ["inverted", "padded", "doubled", "darker paper"])
def test_what_does_not_change_the_writing_does_not_change_the_reading(
    reader: Reader, path: Path, change: str
) -> None:
    with Image.open(path) as image:
        page = np.asarray(image)
        doubled = np.asarray(image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC))
    changed = {
        "inverted": 255 - page,
        "padded": np.pad(page, ((30, 5), (7, 40)), constant_values=255),
        "doubled": doubled,
        "darker paper": (40 + page * 0.6).astype(np.uint8),
    }[change]
    assert reader.read_line(changed).text == reader.read_line(path).text


def left_by_the_detector(reader: Reader, source: ImageSource) -> float:
    """Probability that no digit beside the line was missed."""
    (line,) = reader.preprocessor.page(load_page(source), "line").lines
    return 1 - line.text_line.missed


def test_confidence_is_the_probability_of_the_text_and_of_no_digit_missed(
    reader: Reader, reading: Reading
) -> None:
    assert reading.evidence
    string = [int(digit) for digit in reading.text]
    (log_prob,) = string_log_probs(reading.evidence.class_map.log_probs, [string])
    expected = np.exp(log_prob) * left_by_the_detector(reader, SAMPLE)
    assert reading.confidence == pytest.approx(expected, abs=1e-12)


def test_a_digit_and_its_alternatives_are_at_most_certain_together(reading: Reading) -> None:
    for digit in reading.digits:
        total = digit.confidence + sum(confidence for _, confidence in digit.alternatives)
        assert 0.99 < total <= 1 + 1e-9
        assert digit.digit not in dict(digit.alternatives)


def test_digits_stand_in_the_order_of_their_boxes_and_columns(reading: Reading) -> None:
    assert "".join(digit.digit for digit in reading.digits) == reading.text
    lefts = [digit.box.left for digit in reading.digits]
    columns = [column for digit in reading.digits for column in digit.columns]
    assert lefts == sorted(lefts)
    assert columns == sorted(columns)


def test_a_blank_page_is_empty(reader: Reader) -> None:
    blank = reader.read_line(np.full((40, 200), 255, np.uint8))
    assert (blank.text, blank.status, blank.digits) == ("", Status.EMPTY, ())


@pytest.mark.parametrize("decoder", list(Decoder))
@pytest.mark.parametrize("topology", list(Topology))
def test_every_decoder_reads_a_clear_strip(decoder: Decoder, topology: Topology) -> None:
    clear = SAMPLES / "00009.png"  # peaks miss the thin 1 of the first
    assert reader_with(decoder=decoder, topology=topology).read_line(clear).text == "9047"


@pytest.fixture(scope="module")
def doubtful() -> npt.NDArray[np.uint8]:
    """Writing so blurred that no single look is sure of it."""
    with Image.open(SAMPLES / "00002.png") as image:
        return np.asarray(image.filter(ImageFilter.GaussianBlur(2.4)))


def test_a_clear_strip_is_looked_at_once(reading: Reading) -> None:
    assert reading.confidence >= TTA_THRESHOLD
    assert reading.views == 1


def test_doubt_makes_the_reader_look_again_in_other_ways(
    reader: Reader, doubtful: npt.NDArray[np.uint8]
) -> None:
    assert reader_with(tta_threshold=0).read_line(doubtful).views == 1
    assert reader_with(tta_threshold=0).read_line(doubtful).confidence < TTA_THRESHOLD
    assert reader.read_line(doubtful).views == len(VIEWS)


def test_over_several_views_confidence_is_the_mean_probability_of_the_text(
    reader: Reader, doubtful: npt.NDArray[np.uint8]
) -> None:
    together = reader_with(tta_threshold=1.1).read_line(doubtful)
    string = [int(digit) for digit in together.text]
    probs = []
    for view in VIEWS:
        evidence = reader_with(views=(view,), tta_threshold=0).read_line(doubtful).evidence
        assert evidence
        probs.append(float(np.exp(string_log_probs(evidence.class_map.log_probs, [string])[0])))
    expected = np.mean(probs) * left_by_the_detector(reader, doubtful)
    assert together.confidence == pytest.approx(expected, abs=1e-9)
    assert together.evidence
    (shown,) = np.exp(string_log_probs(together.evidence.class_map.log_probs, [string]))
    assert shown == pytest.approx(max(probs), abs=1e-9)  # the view most confident in the text


def test_the_evidence_spells_the_text_whichever_view_it_comes_from(doubtful: npt.NDArray[np.uint8]) -> None:
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(0, 30, doubtful.shape)
        found = reader_with(tta_threshold=1.1).read_line(np.clip(doubtful + noise, 0, 255).astype(np.uint8))
        assert found.evidence
        assert "".join(str(span.label) for span in found.evidence.spans) == found.text
        assert len(found.digits) == len(found.text)


def test_a_line_of_very_many_digits_is_looked_at_once(reader: Reader) -> None:
    page = 1 - np.tile(
        random_strip(SyntheticDigits(), Layout(gap_px=(4, 8)), np.random.default_rng(0)).ink / 255, 20
    )
    found = reader.read_line(page)
    assert len(found.text) > TTA_MAX_DIGITS
    assert found.views == 1


def test_a_line_too_long_for_its_height_is_refused_in_one_line() -> None:
    ink = np.zeros((30, 12_000), np.float32)
    ink[12:17, ::9] = 1
    reader = Reader()
    seen = Seen(line_along((0, 14.5), (12_000, 14.5), 5, ink))
    reader.preprocessor = replace(reader.preprocessor, detector=seen)
    with pytest.raises(UnreadableInput, match="cut it into pieces"):
        reader.read(1 - ink)


def test_peaks_are_looked_for_once_for_they_have_no_probability(doubtful: npt.NDArray[np.uint8]) -> None:
    assert reader_with(decoder=Decoder.NMS).read_line(doubtful).views == 1


@pytest.mark.parametrize("view", VIEWS)
def test_boxes_hold_the_same_digit_in_every_view(reading: Reading, view: View) -> None:
    found = reader_with(views=(view,), tta_threshold=0).read_line(SAMPLE)
    assert found.text == reading.text
    for digit, usual in zip(found.digits, reading.digits, strict=True):
        assert digit.box.left == pytest.approx(usual.box.left, abs=4)
        assert digit.box.bottom == pytest.approx(usual.box.bottom, abs=4)


def test_a_photograph_forty_times_as_large_reads_the_same(reader: Reader, reading: Reading) -> None:
    with Image.open(SAMPLE) as image:
        large = image.resize((40 * image.width, 40 * image.height), Image.Resampling.BICUBIC)
    assert reader.read_line(large).text == reading.text


def test_boxes_stay_in_the_picture(reader: Reader) -> None:
    with Image.open(SAMPLE) as image:
        page = np.asarray(image)[5:25, 9:-9]  # cut close, through the ink
    found = reader.read_line(page)
    assert found.digits
    for digit in found.digits:
        assert 0 <= digit.box.left < digit.box.right <= page.shape[1]
        assert 0 <= digit.box.top < digit.box.bottom <= page.shape[0]


# Several strings on a picture.


@pytest.fixture(scope="module")
def two_lines() -> npt.NDArray[np.uint8]:
    """A picture with a longer string below a shorter one."""
    with Image.open(SAMPLES / "00004.png") as above, Image.open(SAMPLE) as below:
        page = Image.new("L", (260, 200), 255)
        page.paste(above, (90, 30))
        page.paste(below, (40, 120))
        return np.asarray(page)


def test_all_strings_are_read_in_reading_order(reader: Reader, two_lines: npt.NDArray[np.uint8]) -> None:
    first, second = reader.read(two_lines)
    assert (first.text, second.text) == ("8809", "14662")
    assert first.box
    assert second.box
    assert (first.box.left, first.box.top) == pytest.approx((99, 34), abs=4)
    assert (second.box.left, second.box.top) == pytest.approx((49, 124), abs=4)
    assert {first.status, second.status} == {Status.ACCEPTED}
    assert first.page_size_px == second.page_size_px == (260, 200)


def test_as_one_line_the_longest_of_several_strings_is_rejected(
    reader: Reader, two_lines: npt.NDArray[np.uint8]
) -> None:
    _, second = reader.read(two_lines)
    found = reader.read_line(two_lines)
    assert (found.text, found.status) == (second.text, Status.REJECTED)
    assert found.reason
    assert "another string" in found.reason
    assert found.confidence < 0.1
    assert found.digits == second.digits


@pytest.mark.parametrize(("page_mode", "rows"), [("auto", 2), ("page", 2), ("line", 1)])
def test_a_picture_of_a_batch_has_a_reading_for_each_string_unless_it_is_one_line(
    reader: Reader, two_lines: npt.NDArray[np.uint8], page_mode: str, rows: int
) -> None:
    readings = list(reader.read_many([two_lines, SAMPLE, two_lines], page_mode=page_mode))
    assert len(readings) == 2 * rows + 1
    assert readings[rows].text == "14662"
    in_groups = list(reader.read_pages([two_lines, SAMPLE], page_mode=page_mode))
    assert [[reading.text for reading in group] for group in in_groups] == [
        [reading.text for reading in readings[:rows]],
        ["14662"],
    ]


def test_evidence_shows_where_the_detector_saw_ink(reader: Reader, two_lines: npt.NDArray[np.uint8]) -> None:
    readings = reader.read(two_lines)
    assert len(readings) == 2
    for reading in readings:
        assert reading.evidence
        digit_ink = reading.evidence.digit_ink
        assert digit_ink is not None
        assert digit_ink.shape == two_lines.shape
        assert 0 <= digit_ink.min() <= digit_ink.max() <= 1
        assert digit_ink[two_lines < 100].mean() > 0.7
        assert digit_ink[two_lines == 255].mean() < 0.1


def test_where_no_line_is_found_the_page_and_what_the_detector_saw_are_kept(reader: Reader) -> None:
    page = np.full((90, 200), 230, np.uint8)
    (reading,) = reader.read(page)
    assert (reading.text, reading.status) == ("", Status.EMPTY)
    assert reading.evidence
    assert reading.evidence.digit_ink is not None
    assert reading.evidence.digit_ink.shape == page.shape
    assert reading.evidence.strip.ink.size == 0
    np.testing.assert_allclose(reading.evidence.page, page / 255, atol=0.05)


def test_with_a_region_what_the_detector_saw_lies_there(two_lines: npt.NDArray[np.uint8]) -> None:
    (reading,) = reader_with(region=(30, 100, 200, 90)).read(two_lines)
    assert reading.text == "14662"
    assert reading.evidence
    digit_ink = reading.evidence.digit_ink
    assert digit_ink is not None
    assert digit_ink[100:][two_lines[100:] < 100].mean() > 0.7
    assert digit_ink[:95].max() < 0.1


def test_printed_strings_are_left_out_where_handwritten_ones_are_asked_for(
    two_lines: npt.NDArray[np.uint8],
) -> None:
    ink = 1 - two_lines.astype(np.float32) / 255
    lines = (
        line_along((100, 45), (160, 45), 20, ink, printed=0.9),
        line_along((50, 135), (125, 135), 20, ink, printed=0.1),
    )
    for handwritten, expected in ((False, [("8809", True), ("14662", False)]), (True, [("14662", False)])):
        reader = reader_with(handwritten=handwritten)
        reader.preprocessor = replace(reader.preprocessor, detector=Seen(*lines))
        assert [(reading.text, reading.printed) for reading in reader.read(two_lines)] == expected
        assert reader.read_line(two_lines).text == "14662"


def test_a_sign_between_two_digits_is_listed_with_its_place(reader: Reader, reading: Reading) -> None:
    with Image.open(SAMPLE) as image:
        ink = 1 - np.asarray(image, dtype=np.float32) / 255
    boxes = [digit.box for digit in reading.digits]
    gap = Box(boxes[1].right, 20, boxes[2].left, 24)
    marked = Reader()
    found = line_along((10, 14), (76, 14), 20, ink, signs=(gap,))
    marked.preprocessor = replace(marked.preprocessor, detector=Seen(found))
    (sign,) = marked.read_line(SAMPLE).signs
    assert (sign.place, sign.box) == (2, gap)


# Several pictures.


@pytest.fixture(scope="module")
def mixed(doubtful: npt.NDArray[np.uint8]) -> list[ImageSource]:
    """Clear strips, one in doubt, a blank page, and files that cannot be read."""
    return [
        SAMPLE,
        np.full((40, 200), 255, np.uint8),
        SAMPLES / "missing.png",
        doubtful,
        b"no picture",
        *sorted(SAMPLES.glob("*.png")),
    ]


@pytest.fixture(scope="module")
def alone(reader: Reader, mixed: list[ImageSource]) -> list[Reading]:
    """Each of them read by itself."""
    return [next(reader.read_many([source])) for source in mixed]


def told(reading: Reading) -> tuple[str, str, Status, str | None, int]:
    return reading.source, reading.text, reading.status, reading.reason, reading.views


@pytest.mark.parametrize(
    ("jobs", "batch_size"),
    [
        (1, 1),
        (1, 64),
        pytest.param(2, 1, marks=pytest.mark.slow),
        pytest.param(2, 3, marks=pytest.mark.slow),
    ],
)
def test_a_batch_reads_each_picture_as_it_reads_alone(
    reader: Reader,
    mixed: list[ImageSource],
    alone: list[Reading],
    jobs: int,
    batch_size: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sdnn.process_map.WORTH_STARTING_S", 0.0)
    together = list(reader.read_many(mixed, jobs=jobs, batch_size=batch_size))
    assert [told(reading) for reading in together] == [told(reading) for reading in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert [digit.box for digit in one.digits] == [digit.box for digit in other.digits]


@pytest.mark.slow
def test_a_long_batch_is_shared_out_among_processes(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdnn.process_map.WORTH_STARTING_S", 0.0)
    before = multiprocessing.active_children()
    readings = reader.read_many(repeat(SAMPLE), jobs=2)
    assert len({next(readings).text for _ in range(3)}) == 1
    assert len(multiprocessing.active_children()) == len(before) + 2
    readings.close()
    assert multiprocessing.active_children() == before


def test_evidence_is_given_whatever_the_number_of_processes(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdnn.process_map.WORTH_STARTING_S", 0.0)
    before = multiprocessing.active_children()
    pages = reader.read_pages([SAMPLE] * 3, jobs=2, evidence=True)
    for _ in range(3):
        (reading,) = next(pages)
        assert reading.evidence
        assert multiprocessing.active_children() == before
    assert next(pages, None) is None


def test_the_order_of_a_batch_changes_no_reading(reader: Reader, mixed: list[ImageSource]) -> None:
    forwards = list(reader.read_many(mixed))
    backwards = list(reader.read_many(mixed[::-1]))[::-1]
    assert [told(reading) for reading in forwards] == [told(reading) for reading in backwards]
    for one, other in zip(forwards, backwards, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_what_cannot_be_read_says_why_and_stops_nothing(reader: Reader, mixed: list[ImageSource]) -> None:
    readings = list(reader.read_many(mixed))
    bad = [reading for reading in readings if reading.status is Status.ERROR]
    assert [reading.source for reading in bad] == [str(SAMPLES / "missing.png"), "picture"]
    for reading in bad:
        assert reading.reason
        assert (reading.text, reading.confidence, reading.digits) == ("", 0.0, ())
    assert readings[-1].status is Status.ACCEPTED


def test_sources_are_asked_for_only_a_few_ahead(reader: Reader) -> None:
    asked = 0

    def sources() -> Iterator[Path]:
        nonlocal asked
        for _ in range(10_000):
            asked += 1
            yield SAMPLE

    readings = reader.read_many(sources(), jobs=2, batch_size=4)
    assert next(readings).text
    assert asked < 20
    readings.close()


def test_sources_that_end_with_an_error_do_not_take_readings_with_them(reader: Reader) -> None:
    def sources() -> Iterator[ImageSource]:
        yield from [SAMPLE, SAMPLE, SAMPLE]
        raise KeyError("no more")

    readings = reader.read_many(sources(), jobs=2)
    assert [next(readings).status for _ in range(3)] == [Status.ACCEPTED] * 3
    with pytest.raises(KeyError, match="no more"):
        next(readings)


def test_large_pages_are_not_gathered_into_a_batch(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    sizes: list[int] = []
    read_batch = reader.read_batch

    def noted(pages: Sequence[Page], page_mode: PageMode) -> list[list[Reading]]:
        sizes.append(len(pages))
        return read_batch(pages, page_mode)

    monkeypatch.setattr(reader, "read_batch", noted)
    (page,) = replace(reader.preprocessor, keeps_pages=False).pages(SAMPLE)
    monkeypatch.setattr("sdnn.reading.batching.MAX_BATCH_BYTES", 3 * page.memory_bytes)
    assert len(list(reader.read_many([SAMPLE] * 10))) == 10
    assert sizes == [3, 3, 3, 1]


def test_every_page_of_a_file_has_a_reading_with_its_number(reader: Reader, tmp_path: Path) -> None:
    pages = [Image.open(path) for path in sorted(SAMPLES.glob("*.png"))[:3]]
    path = tmp_path / "pages.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    readings = list(reader.read_many([path, SAMPLE]))
    expected = [reader.read_line(page).text for page in pages]
    assert [(reading.page, reading.text) for reading in readings[:3]] == list(enumerate(expected, start=1))
    assert [reading.page_size_px for reading in readings[:3]] == [page.size for page in pages]
    assert (readings[3].source, readings[3].page) == (str(SAMPLE), 1)


def test_readings_of_a_batch_hold_on_to_no_pictures(reader: Reader) -> None:
    (reading,) = reader.read_many([SAMPLE])
    assert reading.evidence is None


# Parts of a picture.


def framed(left: int, top: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The sample on a larger page, with other digits above it."""
    with Image.open(SAMPLE) as image, Image.open(SAMPLES / "00003.png") as other:
        page = Image.new("L", (width, height), 255)
        page.paste(image, (left, top))
        page.paste(other, (left + 30, 5))
        return np.asarray(page)


def test_a_region_is_read_and_its_boxes_are_those_of_the_page(reader: Reader, reading: Reading) -> None:
    page = framed(60, 90, 400, 200)
    found = reader_with(region=(55, 85, 250, 50)).read_line(page)
    assert found.text == reading.text
    for digit, alone in zip(found.digits, reading.digits, strict=True):
        assert digit.box.left == pytest.approx(alone.box.left + 60, abs=2)
        assert digit.box.bottom == pytest.approx(alone.box.bottom + 90, abs=2)


def test_a_region_beyond_the_picture_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="region"):
        reader_with(region=(5000, 10, 20, 20)).read_line(SAMPLE)


@pytest.mark.parametrize("tilt_deg", [-9, 8, 20])
def test_a_tilted_line_is_read_and_its_boxes_are_where_its_digits_are(
    reader: Reader, reading: Reading, tilt_deg: float
) -> None:
    with Image.open(SAMPLE) as image:
        page = Image.new("L", (image.width + 40, image.height + 60), 255)
        page.paste(image, (20, 30))
    tilted = page.rotate(tilt_deg, Image.Resampling.BICUBIC, fillcolor=255)
    found = reader.read_line(tilted)
    assert found.text == reading.text
    turn = np.deg2rad(tilt_deg)
    for digit, level in zip(found.digits, reading.digits, strict=True):
        x = (level.box.left + level.box.right) / 2 + 20 - page.width / 2
        y = (level.box.top + level.box.bottom) / 2 + 30 - page.height / 2
        middle = (digit.box.left + digit.box.right) / 2, (digit.box.top + digit.box.bottom) / 2
        assert middle[0] == pytest.approx(x * np.cos(turn) + y * np.sin(turn) + page.width / 2, abs=5)
        assert middle[1] == pytest.approx(y * np.cos(turn) - x * np.sin(turn) + page.height / 2, abs=5)


def test_forced_polarity_sees_ink_of_that_side_only(reader: Reader, reading: Reading) -> None:
    with Image.open(SAMPLE) as image:
        page = np.asarray(image)
    assert reader_with(polarity="dark").read_line(page).text == reading.text
    assert reader_with(polarity="light").read_line(255 - page).text == reading.text
    assert reader_with(polarity="light").read_line(page).text != reading.text


def test_a_page_above_the_limit_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="--max-pixels"):
        reader_with(max_pixels=100).read_line(SAMPLE)


# Constraints. The sample has five digits.


def test_what_is_read_obeys_the_constraint_and_says_what_it_would_have_been(reading: Reading) -> None:
    found = reader_with(constraint=constraint(length="4"), min_constraint_probability=0).read_line(SAMPLE)
    assert len(found.text) == 4
    assert found.unconstrained == reading.text
    assert found.constraint_probability < 0.5
    assert found.status is Status.ACCEPTED


def test_a_constraint_that_the_text_obeys_keeps_it_and_makes_it_surer(reading: Reading) -> None:
    found = reader_with(constraint=constraint(length=str(len(reading.text)))).read_line(SAMPLE)
    assert found.text == reading.text
    assert found.confidence >= reading.confidence
    assert found.confidence * found.constraint_probability == pytest.approx(reading.confidence, abs=1e-9)


def test_signs_of_a_pattern_are_inserted_between_the_digits(reading: Reading) -> None:
    found = reader_with(constraint=constraint(pattern=r"\d{3}-\d{2}")).read_line(SAMPLE)
    assert found.text == f"{reading.text[:3]}-{reading.text[3:]}"
    assert found.string == reading.text
    assert len(found.digits) == 5


def test_alternatives_obey_the_constraint(doubtful: npt.NDArray[np.uint8]) -> None:
    found = reader_with(constraint=constraint(pattern="[0-4]+")).read_line(doubtful)
    others = {other for digit in found.digits for other, _ in digit.alternatives}
    assert others <= set("01234")


def test_a_strip_too_short_for_any_allowed_text_is_rejected() -> None:
    found = reader_with(constraint=constraint(length="300")).read_line(SAMPLE)
    assert (found.status, found.text, found.confidence, found.constraint_probability) == (
        Status.REJECTED,
        "",
        0.0,
        0.0,
    )
    assert found.reason
    assert "too short" in found.reason


def test_a_blank_page_is_empty_before_any_constraint() -> None:
    blank = np.full((40, 200), 255, np.uint8)
    assert reader_with(constraint=constraint(length="5")).read_line(blank).status is Status.EMPTY


def test_peaks_obey_no_constraint() -> None:
    with pytest.raises(UsageError, match="nms"):
        reader_with(decoder=Decoder.NMS, constraint=constraint(length="5"))


def test_what_is_not_sure_enough_is_rejected_with_the_reason(doubtful: npt.NDArray[np.uint8]) -> None:
    found = reader_with(min_confidence=0.999).read_line(doubtful)
    assert found.status is Status.REJECTED
    assert found.text
    assert found.reason
    assert "0.999" in found.reason


def test_a_text_that_the_constraint_forces_on_a_strip_is_rejected_by_default() -> None:
    found = reader_with(constraint=constraint(length="3")).read_line(SAMPLE)
    assert found.constraint_probability < DEFAULT_MIN_CONSTRAINT_PROBABILITY
    assert found.status is Status.REJECTED
    assert found.reason
    assert "disagree" in found.reason


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({}, (DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_CONSTRAINT_PROBABILITY)),
        ({"min_confidence": 0, "min_constraint_probability": 0}, (0, 0)),
        ({"min_confidence": 0.25}, (0.25, DEFAULT_MIN_CONSTRAINT_PROBABILITY)),
        ({"min_constraint_probability": 0.25}, (DEFAULT_MIN_CONFIDENCE, 0.25)),
    ],
    ids=str,
)
def test_a_threshold_that_is_not_given_has_its_default(
    given: dict[str, float], meant: tuple[float, float]
) -> None:
    decoder = reader_with(**given).decoder
    assert (decoder.settings.min_confidence, decoder.settings.min_constraint_probability) == meant


def test_the_likeliest_texts_come_with_their_probabilities(doubtful: npt.NDArray[np.uint8]) -> None:
    found = reader_with(nbest=5).read_line(doubtful)
    probs = [prob for _, prob in found.nbest]
    assert probs == sorted(probs, reverse=True)
    assert sum(probs) + found.residual_probability == pytest.approx(1, abs=1e-9)
    assert dict(found.nbest)[found.text] == pytest.approx(found.confidence, abs=1e-6)


def test_another_temperature_changes_confidence(reading: Reading) -> None:
    found = reader_with(temperature=3.0).read_line(SAMPLE)
    assert found.text == reading.text
    assert found.confidence < reading.confidence


def test_a_reader_goes_to_another_process_with_all_its_settings(reader: Reader) -> None:
    settled = reader_with(
        decoder="posterior", constraint=constraint(length="5"), min_confidence=0.3, temperature=1.7
    )
    copy = pickle.loads(pickle.dumps(settled))
    assert copy.engine.metadata.temperature == 1.7
    assert copy.engine.sha256 == reader.engine.sha256
    for one, other in zip(copy.read_many([SAMPLE]), settled.read_many([SAMPLE]), strict=True):
        assert told(one) == told(other)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-9)


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"batch_size": 0}], ids=str)
def test_there_is_one_process_and_one_line_at_least(reader: Reader, wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="from 1 up"):
        list(reader.read_many([SAMPLE], **wrong))  # type: ignore[arg-type]  # mypy takes the names for any

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

import sdnn
from sdnn.choices import Decoder, Topology
from sdnn.datasets.digits import Pen
from sdnn.datasets.strips import Layout, random_strip
from sdnn.decoding.posterior import string_log_probs
from sdnn.errors import UnreadableInput
from sdnn.preprocessing import to_strip, writing_on
from sdnn.preprocessing.loading import ImageSource
from sdnn.reader import MOST_FOR_DOUBT, SURE, VIEWS, Reader, View, digit_boxes, page_box
from sdnn.results import Box, ClassMap, Geometry, Reading, Span, Status, Strip

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
SAMPLE = SAMPLES / "00000.png"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def reading(reader: Reader) -> Reading:
    return reader.read(SAMPLE)


def test_the_public_names_are_the_readers_own() -> None:
    assert sdnn.read(SAMPLE).text == sdnn.load().read(SAMPLE).text
    assert sdnn.Reader is Reader
    assert sdnn.Reading is Reading
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
        assert reader.read(source).text == reading.text


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
    assert reader.read(changed).text == reader.read(path).text


def test_confidence_is_the_probability_of_the_text(reading: Reading) -> None:
    assert reading.evidence
    string = [int(digit) for digit in reading.text]
    (log_prob,) = string_log_probs(reading.evidence.class_map.log_probs, [string])
    assert reading.confidence == pytest.approx(np.exp(log_prob), abs=1e-12)


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
    blank = reader.read(np.full((40, 200), 255, np.uint8))
    assert (blank.text, blank.status, blank.digits) == ("", Status.EMPTY, ())


@pytest.mark.parametrize("decoder", list(Decoder))
@pytest.mark.parametrize("topology", list(Topology))
def test_every_decoder_reads_a_clear_strip(reading: Reading, decoder: Decoder, topology: Topology) -> None:
    assert Reader(decoder=decoder, topology=topology).read(SAMPLE).text == reading.text


@pytest.fixture(scope="module")
def doubtful() -> npt.NDArray[np.uint8]:
    """Writing so blurred that no single look is sure of it."""
    with Image.open(SAMPLES / "00003.png") as image:
        return np.asarray(image.filter(ImageFilter.GaussianBlur(2.0)))


def test_a_clear_strip_is_looked_at_once(reading: Reading) -> None:
    assert reading.confidence >= SURE
    assert reading.views == 1


def test_doubt_makes_the_reader_look_again_in_other_ways(
    reader: Reader, doubtful: npt.NDArray[np.uint8]
) -> None:
    assert Reader(sure=0).read(doubtful).views == 1
    assert Reader(sure=0).read(doubtful).confidence < SURE
    assert reader.read(doubtful).views == len(VIEWS)


def test_over_several_views_confidence_is_the_mean_probability_of_the_text(
    doubtful: npt.NDArray[np.uint8],
) -> None:
    together = Reader(sure=1.1).read(doubtful)
    string = [int(digit) for digit in together.text]
    probs = []
    for view in VIEWS:
        evidence = Reader(views=(view,), sure=0).read(doubtful).evidence
        assert evidence
        probs.append(float(np.exp(string_log_probs(evidence.class_map.log_probs, [string])[0])))
    assert together.confidence == pytest.approx(np.mean(probs), abs=1e-9)
    assert together.evidence
    (shown,) = np.exp(string_log_probs(together.evidence.class_map.log_probs, [string]))
    assert shown == pytest.approx(max(probs), abs=1e-9)  # the view most confident in the text


def test_the_evidence_spells_the_text_whichever_view_it_comes_from(doubtful: npt.NDArray[np.uint8]) -> None:
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(0, 30, doubtful.shape)
        found = Reader(sure=1.1).read(np.clip(doubtful + noise, 0, 255).astype(np.uint8))
        assert found.evidence
        assert "".join(str(span.label) for span in found.evidence.spans) == found.text
        assert len(found.digits) == len(found.text)


def test_a_line_of_very_many_digits_is_looked_at_once(reader: Reader) -> None:
    page = 1 - np.tile(random_strip(Pen(), Layout(gap_px=(4, 8)), np.random.default_rng(0)).ink / 255, 20)
    found = reader.read(page)
    assert len(found.text) > MOST_FOR_DOUBT
    assert found.views == 1


def test_a_line_too_long_for_its_height_is_refused_in_one_line(reader: Reader) -> None:
    page = np.ones((30, 12_000), np.uint8) * 255
    page[12:17, ::9] = 0
    with pytest.raises(UnreadableInput, match="cut it into pieces"):
        reader.read(page)


def test_peaks_are_looked_for_once_for_they_have_no_probability(doubtful: npt.NDArray[np.uint8]) -> None:
    assert Reader(decoder=Decoder.NMS).read(doubtful).views == 1


@pytest.mark.parametrize("view", VIEWS)
def test_boxes_hold_the_same_digit_in_every_view(reading: Reading, view: View) -> None:
    found = Reader(views=(view,), sure=0).read(SAMPLE)
    assert found.text == reading.text
    for digit, usual in zip(found.digits, reading.digits, strict=True):
        assert digit.box.left == pytest.approx(usual.box.left, abs=4)
        assert digit.box.bottom == pytest.approx(usual.box.bottom, abs=4)


def test_boxes_are_cut_half_way_between_digits_that_touch() -> None:
    ink = np.zeros((28, 60), np.float32)
    ink[5:20, 20:40] = 1.0  # two digits of ten columns that touch at 30
    class_map = ClassMap(np.zeros((17, 11)), window_px=28, stride_px=2)
    spans = [Span(1, 5, 6), Span(7, 10, 11)]  # middles at 25 and 35
    assert digit_boxes(Strip(ink), class_map, spans) == [Box(20, 5, 30, 20), Box(30, 5, 40, 20)]


@pytest.mark.parametrize("slant", [0.0, 0.5, -0.3])
def test_the_box_of_leaning_ink_is_as_wide_as_the_ink(slant: float) -> None:
    page = np.ones((60, 200), np.float32)
    for left in (60, 100, 140):
        for row in range(10, 50):
            start = round(left + slant * (30 - row))
            page[row, start : start + 5] = 0
    writing = writing_on(page)
    assert writing
    strip = to_strip(writing.ink, writing.text, Geometry(), slant=slant)
    whole = Box(0, 0, strip.ink.shape[1], strip.ink.shape[0])
    found, inked = page_box(strip, whole), np.flatnonzero((page == 0).any(axis=0))
    assert (found.left, found.right) == pytest.approx((inked[0], inked[-1] + 1), abs=1.5)
    assert (found.top, found.bottom) == pytest.approx((10, 50), abs=1.5)


def test_a_box_without_ink_is_mapped_as_it_is() -> None:
    strip = Strip(np.zeros((32, 60), np.float32), np.array([[2.0, 0.0, 5.0], [0.0, 2.0, 1.0]]))
    assert page_box(strip, Box(1, 2, 3, 4)) == Box(7, 5, 11, 9)


def test_a_photograph_forty_times_as_large_reads_the_same(reader: Reader, reading: Reading) -> None:
    with Image.open(SAMPLE) as image:
        large = image.resize((40 * image.width, 40 * image.height), Image.Resampling.BICUBIC)
    assert reader.read(large).text == reading.text


def test_boxes_stay_in_the_picture(reader: Reader) -> None:
    with Image.open(SAMPLE) as image:
        page = np.asarray(image)[5:25, 9:-9]  # cut close, through the ink
    found = reader.read(page)
    assert found.digits
    for digit in found.digits:
        assert 0 <= digit.box.left < digit.box.right <= page.shape[1]
        assert 0 <= digit.box.top < digit.box.bottom <= page.shape[0]

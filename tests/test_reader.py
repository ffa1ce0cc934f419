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
from sdnn.decoding.constraints import constraint
from sdnn.decoding.posterior import string_log_probs
from sdnn.errors import UnreadableInput, UsageError
from sdnn.preprocessing.loading import ImageSource
from sdnn.reader import MOST_FOR_DOUBT, SURE, Reader
from sdnn.results import Reading, Status
from sdnn.views import VIEWS, View

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


# Constraints. The sample has five digits.


def test_what_is_read_obeys_the_constraint_and_says_what_it_would_have_been(reading: Reading) -> None:
    found = Reader(constraint=constraint(length="4")).read(SAMPLE)
    assert len(found.text) == 4
    assert found.unconstrained == reading.text
    assert found.fit < 0.5
    assert found.status is Status.ACCEPTED


def test_a_constraint_that_the_text_obeys_keeps_it_and_makes_it_surer(reading: Reading) -> None:
    found = Reader(constraint=constraint(length=str(len(reading.text)))).read(SAMPLE)
    assert found.text == reading.text
    assert found.confidence >= reading.confidence
    assert found.confidence * found.fit == pytest.approx(reading.confidence, abs=1e-9)


def test_signs_of_a_pattern_are_inserted_between_the_digits(reading: Reading) -> None:
    found = Reader(constraint=constraint(pattern=r"\d{3}-\d{2}")).read(SAMPLE)
    assert found.text == f"{reading.text[:3]}-{reading.text[3:]}"
    assert found.string == reading.text
    assert len(found.digits) == 5


def test_alternatives_obey_the_constraint(doubtful: npt.NDArray[np.uint8]) -> None:
    found = Reader(constraint=constraint(pattern="[0-4]+")).read(doubtful)
    others = {other for digit in found.digits for other, _ in digit.alternatives}
    assert others <= set("01234")


def test_a_strip_too_short_for_any_allowed_text_is_rejected() -> None:
    found = Reader(constraint=constraint(length="300")).read(SAMPLE)
    assert (found.status, found.text, found.confidence, found.fit) == (Status.REJECTED, "", 0.0, 0.0)
    assert found.reason
    assert "too short" in found.reason


def test_a_blank_page_is_empty_before_any_constraint() -> None:
    blank = np.full((40, 200), 255, np.uint8)
    assert Reader(constraint=constraint(length="5")).read(blank).status is Status.EMPTY


def test_peaks_obey_no_constraint() -> None:
    with pytest.raises(UsageError, match="nms"):
        Reader(decoder=Decoder.NMS, constraint=constraint(length="5"))


def test_what_is_not_sure_enough_is_rejected_with_the_reason(doubtful: npt.NDArray[np.uint8]) -> None:
    found = Reader(min_confidence=0.999).read(doubtful)
    assert found.status is Status.REJECTED
    assert found.text
    assert found.reason
    assert "0.999" in found.reason


def test_the_likeliest_texts_come_with_their_probabilities(doubtful: npt.NDArray[np.uint8]) -> None:
    found = Reader(most_texts=5).read(doubtful)
    probs = [prob for _, prob in found.nbest]
    assert probs == sorted(probs, reverse=True)
    assert sum(probs) + found.missing == pytest.approx(1, abs=1e-9)
    assert dict(found.nbest)[found.text] == pytest.approx(found.confidence, abs=1e-6)


def test_another_temperature_changes_confidence(reading: Reading) -> None:
    found = Reader(temperature=3.0).read(SAMPLE)
    assert found.text == reading.text
    assert found.confidence < reading.confidence

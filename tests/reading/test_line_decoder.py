"""Class maps written by hand: what the net would have to say is plain, so what is read is, too."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers.fake_detections import line_along
from helpers.single_map import string_log_probs

from sdnn.decoding.constraints import constraint
from sdnn.decoding.decoder import forced_alignments
from sdnn.detection import LineCrop
from sdnn.enums import Decoder, Status, Topology
from sdnn.models.lenet import LENET
from sdnn.reading.line_decoder import LineDecoder
from sdnn.reading.page import Line, Page, ViewOutput
from sdnn.reading.settings import ReadingSettings
from sdnn.results import CLASSES, NO_DIGIT, Box, ClassMap, FloatArray, Reading, Strip

GEOMETRY = LENET.geometry
PAGE = np.ones((GEOMETRY.height_px, 120), np.float32)
N = NO_DIGIT


def view(path: Sequence[int], sure: float = 0.9, second: int | None = None) -> ViewOutput:
    """A view whose map says `path`, each column with the same probability; `second` has most of the rest."""
    probs = np.full((len(path), CLASSES), (1 - sure) / (CLASSES - 1))
    probs[np.arange(len(path)), path] = sure
    if second is not None:
        digits = np.flatnonzero(np.array(path) != N)
        probs[digits, second] += 0.8 * (1 - sure)
        probs[digits] /= probs[digits].sum(axis=1, keepdims=True)
    window, stride = GEOMETRY.window_px, GEOMETRY.stride_px
    ink = np.zeros((GEOMETRY.height_px, window + stride * (len(path) - 1)), np.float32)
    ink[11:37, window // 2 : window // 2 + stride * len(path)] = 1
    output = ViewOutput(Strip(ink))
    output.class_map = ClassMap(np.log(probs), window, stride)
    return output


def read(outputs: Sequence[ViewOutput], page: FloatArray | None = PAGE, **settings: Any) -> Reading:
    """The reading of a line seen in these views, on a page that is kept or not."""
    ink = np.zeros_like(PAGE)
    crop = LineCrop(ink, Box(10, 14, 110, 34), 0.0)
    line = Line(line_along((10, 24), (110, 24), 20, ink), np.eye(2, 3), crop, list(outputs))
    decoder = LineDecoder(
        ReadingSettings(**{"min_confidence": 0, "min_constraint_probability": 0, **settings})
    )
    decoder.decode_views(outputs)
    decoder.combine_views([line])
    height, width = PAGE.shape
    decoder.make_readings([Page("a.png", size_px=(width, height), lines=[line], brightness=page)])
    return line.reading


@pytest.mark.parametrize("decoder", list(Decoder))
def test_the_digits_of_the_map_are_read(decoder: Decoder) -> None:
    found = read([view([N, N, 4, 4, N, N, N, 0, N, N, N, 7, N, N])], decoder=decoder)
    assert (found.text, found.status, found.views) == ("407", Status.ACCEPTED, 1)
    assert found.digits[0].columns[0] in {2, 3}


def test_the_topology_decides_whether_digits_may_touch() -> None:
    assert read([view([N, 4, 0, N])], topology=Topology.CTC).text == "40"
    assert read([view([N, 4, 0, N])], topology=Topology.STRICT).text != "40"


def test_a_map_of_no_digit_is_empty_and_sure_of_it() -> None:
    found = read([view([N] * 6, sure=0.99)])
    assert (found.text, found.status, found.digits) == ("", Status.EMPTY, ())
    assert found.confidence > 0.9
    assert found.reason == "no digits found"


def test_views_are_added_up() -> None:
    one, other = view([N, 1, N], 0.55, second=7), view([N, 7, N], 0.95)
    found = read([one, other])
    assert found.text == "7"
    assert found.views == 2
    probs = [float(np.exp(string_log_probs(each.class_map.log_probs, [[7]])[0])) for each in (one, other)]
    assert found.confidence == pytest.approx(np.mean(probs), abs=1e-12)


def test_evidence_comes_from_the_view_that_is_surest_of_the_text() -> None:
    one, other = view([N, 7, N], 0.6), view([N, N, 7, 7, N], 0.95)
    found = read([one, other])
    assert found.evidence
    assert found.evidence.class_map is other.class_map
    assert found.digits[0].columns == (2, 3)


def test_a_constraint_changes_the_reading_and_says_so() -> None:
    found = read([view([N, 1, N], 0.7, second=7)], constraint=constraint(pattern="[5-9]+"))
    assert (found.text, found.unconstrained) == ("7", "1")
    assert found.constraint_probability < 0.5
    assert found.confidence > 0.5


def test_a_strip_with_too_few_columns_for_any_allowed_text_is_rejected() -> None:
    found = read([view([N, 1, N])], constraint=constraint(length="9"))
    assert (found.text, found.status, found.constraint_probability, found.residual_probability) == (
        "",
        Status.REJECTED,
        0.0,
        1.0,
    )
    assert found.unconstrained == "1"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"min_confidence": 0.99}, "confidence"),
        ({"constraint": constraint(length="2"), "min_constraint_probability": 0.5}, "constraint probability"),
    ],
    ids=["confidence", "constraint_probability"],
)
def test_a_threshold_rejects_but_shows_what_was_read(settings: dict[str, Any], reason: str) -> None:
    found = read([view([N, 1, N, 1, N, 1, N], 0.8)], **settings)
    assert found.status is Status.REJECTED
    assert found.text
    assert found.reason
    assert found.reason.startswith(reason)


def test_the_likeliest_texts_are_listed_down_to_the_number_asked_for() -> None:
    found = read([view([N, 1, N], 0.6, second=7)], nbest=3)
    assert [text for text, _ in found.nbest[:2]] == ["1", "7"]
    assert len(found.nbest) == 3
    assert sum(prob for _, prob in found.nbest) + found.residual_probability == pytest.approx(1, abs=1e-9)


def test_evidence_is_made_only_for_a_page_that_is_kept() -> None:
    found = read([view([N, 1, N])], page=None)
    assert found.text == "1"
    assert found.evidence is None


@pytest.mark.parametrize("topology", list(Topology))
def test_the_path_is_the_best_that_spells_the_text_whichever_view_proposed_it(topology: Topology) -> None:
    """The second view reads 17 alone and is most confident in the 11 of the first two together."""
    one, other = view([N, 1, N, 1, N, N], 0.99), view([N, 1, N, N, 1, N], 0.9)
    other.class_map.log_probs[4] = np.log([0.0025, 0.48, *[0.0025] * 5, 0.4975, 0.0025, 0.0025, 0.0025])
    for outputs in ([other], [one, other]):
        found = read(outputs, topology=topology)
        assert found.evidence
        maps = found.evidence.class_map.log_probs
        (expected,) = forced_alignments([maps], [[int(digit) for digit in found.text]], topology)
        np.testing.assert_array_equal(found.evidence.path, expected)


def test_a_constraint_that_the_strip_contradicts_is_the_reason_before_low_confidence() -> None:
    found = read(
        [view([N, 1, N])],
        constraint=constraint(length="2"),
        min_constraint_probability=0.5,
        min_confidence=1.0,
    )
    assert (found.status, found.confidence < 1) == (Status.REJECTED, True)
    assert found.reason
    assert found.reason.startswith("constraint probability")


def test_a_line_of_more_digits_than_are_scored_is_rejected_with_its_digits() -> None:
    path = [digit for _ in range(501) for digit in (1, 2)]
    found = read([view(path)])
    assert (found.status, found.text) == (Status.REJECTED, "")
    assert found.reason == "more than 1,000 digits on the line: cut it into pieces"
    assert found.unconstrained == "12" * 501
    assert read([view(path)], constraint=constraint(length="5")).reason != found.reason


def test_a_constraint_too_large_for_a_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdnn.decoding.trellis.MAX_WORK", 900)
    path = [N, 4, N, N, 0, N]
    for decoder in (Decoder.VITERBI, Decoder.POSTERIOR):
        found = read([view(path)], constraint=constraint(length="2"), decoder=decoder, nbest=3)
        assert found.status is Status.REJECTED
        assert found.reason == "length 2: too large for a line of 6 columns; allow less, or cut the line"
        assert found.unconstrained == "40"

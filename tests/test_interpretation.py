"""Class maps written by hand: what the net would have to say is plain, so what is read is, too."""

from collections.abc import Sequence

import numpy as np
import pytest
from single import string_log_probs

from sdnn.choices import Decoder, Status, Topology
from sdnn.decoding.constraints import constraint
from sdnn.errors import UsageError
from sdnn.interpretation import Interpreter, Look
from sdnn.models.lenet import LENET
from sdnn.results import CLASSES, NO_DIGIT, ClassMap, Reading, Strip

GEOMETRY = LENET.geometry
PAGE = np.ones((GEOMETRY.height_px, 120), np.float32)
N = NO_DIGIT


def look(path: Sequence[int], sure: float = 0.9, second: int | None = None) -> Look:
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
    return Look(Strip(ink), ClassMap(np.log(probs), window, stride))


def read(interpreter: Interpreter, *looks: Look) -> Reading:
    (found,) = interpreter.readings([PAGE], [looks], interpreter.agreements([looks]))
    return found


@pytest.mark.parametrize("decoder", list(Decoder))
def test_the_digits_of_the_map_are_read(decoder: Decoder) -> None:
    found = read(Interpreter(decoder), look([N, N, 4, 4, N, N, N, 0, N, N, N, 7, N, N]))
    assert (found.text, found.status, found.views) == ("407", Status.ACCEPTED, 1)
    assert found.digits[0].columns[0] in {2, 3}


def test_the_topology_decides_whether_digits_may_touch() -> None:
    assert read(Interpreter(topology=Topology.CTC), look([N, 4, 0, N])).text == "40"
    assert read(Interpreter(topology=Topology.STRICT), look([N, 4, 0, N])).text != "40"


def test_a_map_of_no_digit_is_empty_and_sure_of_it() -> None:
    found = read(Interpreter(), look([N] * 6, sure=0.99))
    assert (found.text, found.status, found.digits) == ("", Status.EMPTY, ())
    assert found.confidence > 0.9
    assert found.reason == "no digits found"


def test_views_are_added_up() -> None:
    one, other = look([N, 1, N], 0.55, second=7), look([N, 7, N], 0.95)
    found = read(Interpreter(), one, other)
    assert found.text == "7"
    assert found.views == 2
    probs = [float(np.exp(string_log_probs(each.class_map.log_probs, [[7]])[0])) for each in (one, other)]
    assert found.confidence == pytest.approx(np.mean(probs), abs=1e-12)


def test_evidence_comes_from_the_view_that_is_surest_of_the_text() -> None:
    one, other = look([N, 7, N], 0.6), look([N, N, 7, 7, N], 0.95)
    found = read(Interpreter(), one, other)
    assert found.evidence
    assert found.evidence.class_map is other.class_map
    assert found.digits[0].columns == (2, 3)


def test_a_constraint_changes_the_reading_and_says_so() -> None:
    found = read(Interpreter(constraint=constraint(pattern="[5-9]+")), look([N, 1, N], 0.7, second=7))
    assert (found.text, found.unconstrained) == ("7", "1")
    assert found.fit < 0.5
    assert found.confidence > 0.5


def test_a_strip_with_too_few_columns_for_any_allowed_text_is_rejected() -> None:
    found = read(Interpreter(constraint=constraint(length="9")), look([N, 1, N]))
    assert (found.text, found.status, found.fit, found.missing) == ("", Status.REJECTED, 0.0, 1.0)
    assert found.unconstrained == "1"


@pytest.mark.parametrize(
    ("interpreter", "reason"),
    [
        (Interpreter(min_confidence=0.99), "confidence"),
        (Interpreter(constraint=constraint(length="2"), min_fit=0.5), "fit"),
    ],
    ids=["confidence", "fit"],
)
def test_a_threshold_rejects_but_shows_what_was_read(interpreter: Interpreter, reason: str) -> None:
    found = read(interpreter, look([N, 1, N, 1, N, 1, N], 0.8))
    assert found.status is Status.REJECTED
    assert found.text
    assert found.reason
    assert found.reason.startswith(reason)


def test_the_likeliest_texts_are_listed_down_to_the_number_asked_for() -> None:
    found = read(Interpreter(most_texts=3), look([N, 1, N], 0.6, second=7))
    assert [text for text, _ in found.nbest[:2]] == ["1", "7"]
    assert len(found.nbest) == 3
    assert sum(prob for _, prob in found.nbest) + found.missing == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("thresholds", [{"min_confidence": 1.5}, {"min_fit": -0.1}], ids=str)
def test_thresholds_are_probabilities(thresholds: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="from 0 to 1"):
        Interpreter(**thresholds)  # type: ignore[arg-type]  # mypy takes the names for any


def test_peak_picking_obeys_no_constraint() -> None:
    with pytest.raises(UsageError, match="nms"):
        Interpreter(Decoder.NMS, constraint=constraint(length="5"))

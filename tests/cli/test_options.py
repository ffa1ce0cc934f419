"""Options that several commands share, and the readers that come of them."""

import re
from pathlib import Path

import pytest

from sdnn.choices import DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_FIT, Decoder, Topology
from sdnn.cli.options import profile_of, reader_of
from sdnn.profiles import Profile

CHAPTER = (Path(__file__).parents[2] / "docs/constraints.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "thresholds"),
    [
        (Profile(), (DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_FIT)),
        (Profile(min_confidence=0.0, min_fit=0.0), (0.0, 0.0)),
        (Profile(min_confidence=0.9), (0.9, DEFAULT_MIN_FIT)),
        (profile_of(None, min_fit=0.2), (DEFAULT_MIN_CONFIDENCE, 0.2)),
    ],
    ids=["defaults", "all", "profile", "option"],
)
def test_thresholds_come_from_options_or_profile_or_else_are_the_defaults(
    settings: Profile, thresholds: tuple[float, float]
) -> None:
    interpreter = reader_of(None, Decoder.VITERBI, Topology.CTC, settings).interpreter
    assert (interpreter.min_confidence, interpreter.min_fit) == thresholds


def test_the_reader_takes_what_else_is_given() -> None:
    assert reader_of(None, Decoder.VITERBI, Topology.CTC, Profile(), handwritten=True).handwritten


@pytest.mark.parametrize(
    ("option", "default"), [("min-confidence", DEFAULT_MIN_CONFIDENCE), ("min-fit", DEFAULT_MIN_FIT)]
)
def test_the_book_names_the_default_thresholds(option: str, default: float) -> None:
    (named,) = re.findall(rf"`--{option} P` \| .* \(default ([0-9.e-]+)\)", CHAPTER)
    assert float(named) == default

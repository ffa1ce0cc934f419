import pytest

from sdnn.decoding.constraints import constraint
from sdnn.enums import Decoder, Polarity, Topology
from sdnn.errors import UsageError
from sdnn.reading.settings import ReadingSettings


@pytest.mark.parametrize(
    "thresholds", [{"min_confidence": 1.5}, {"min_constraint_probability": -0.1}], ids=str
)
def test_thresholds_are_probabilities(thresholds: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="from 0 to 1"):
        ReadingSettings(**thresholds)  # type: ignore[arg-type]  # mypy takes the names for any


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), 1e-320, float("inf"), 1e308])
def test_a_temperature_is_above_0(temperature: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        ReadingSettings(temperature=temperature)


def test_peak_picking_obeys_no_constraint() -> None:
    with pytest.raises(UsageError, match="nms"):
        ReadingSettings(decoder=Decoder.NMS, constraint=constraint(length="5"))


def test_names_stand_for_what_they_name_and_others_are_refused() -> None:
    named = ReadingSettings(decoder="nms", topology="strict", polarity="light")  # type: ignore[arg-type]
    assert named == ReadingSettings(decoder=Decoder.NMS, topology=Topology.STRICT, polarity=Polarity.LIGHT)
    assert named.decoder is Decoder.NMS
    with pytest.raises(ValueError, match="beam"):
        ReadingSettings(decoder="beam")  # type: ignore[arg-type]

import numpy as np
import pytest
from helpers.data_places import Places, unpacked
from helpers.unipen_distribution import ANGLE, add_writer

from sdnn.datasets.digit_sources import UNIPEN_SHARE, digit_source
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.unipen import CATEGORIES
from sdnn.enums import Source, Split
from sdnn.errors import UnreadableInput


def test_synthetic_digits_need_no_data(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDNN_DATA", str(places.variable))
    assert isinstance(digit_source(Source.PEN, Split.TRAIN), SyntheticDigits)


@pytest.mark.usefixtures("small_mnist")
def test_a_source_has_the_digits_of_its_name(places: Places) -> None:
    data = unpacked(places.argument)
    for category in CATEGORIES:
        (data / "unipen" / "data" / category).mkdir(parents=True)
    add_writer(data, "1a", "aga/ann", [(label, [ANGLE]) for label in "0123456789"])
    rng = np.random.default_rng(0)
    indices: dict[Source, list[int | None]] = {}
    for source in Source:
        drawn_from = digit_source(source, Split.TRAIN, 0.25, data)
        indices[source] = [drawn_from.draw(3, rng).index for _ in range(200)]
    assert set(indices[Source.MNIST]) == {3}
    assert set(indices[Source.PEN]) == {None}
    assert indices[Source.MIXED].count(None) == pytest.approx(50, abs=20)
    others = 200 * (UNIPEN_SHARE + 0.25 * (1 - UNIPEN_SHARE))
    assert indices[Source.HANDS].count(None) == pytest.approx(others, abs=25)


@pytest.mark.usefixtures("small_mnist")
def test_missing_unipen_is_refused(places: Places) -> None:
    data = unpacked(places.argument)
    with pytest.raises(UnreadableInput, match="no UNIPEN there"):
        digit_source(Source.HANDS, Split.TRAIN, data=data)

"""Work of decoding a picture: scans of a progressive JPEG."""

import io

import numpy as np
import pytest
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing import decoding_work, loading
from sdnn.preprocessing.decoding_work import MAX_SCANNED_PIXELS, MAX_SCANS
from sdnn.preprocessing.loading import load_page


def progressive(scans: int, side: int = 64) -> bytes:
    """A JPEG whose last scan comes some times more."""
    file = io.BytesIO()
    Image.fromarray(np.eye(side, dtype=np.uint8) * 255).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def test_a_jpeg_of_the_usual_scans_is_read_whatever_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding_work, "MAX_SCANNED_PIXELS", 0)
    assert load_page(progressive(1)).shape == (64, 64)


def test_scans_beyond_the_budget_of_their_pixels_are_refused() -> None:
    assert load_page(progressive(300)).shape == (64, 64)  # small enough for them
    most = max(MAX_SCANS, MAX_SCANNED_PIXELS // 1500**2)
    with pytest.raises(UnreadableInput, match=f"^bytes: a JPEG of more than {most} scans; save it again"):
        load_page(progressive(most + 1, 1500))


def test_a_plain_jpeg_has_no_scans_to_count() -> None:
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(file, "JPEG")
    assert load_page(file.getvalue()).shape == (10, 10)


@pytest.mark.parametrize("form", ["WEBP", "AVIF"])
def test_a_format_that_is_copied_has_a_lower_limit(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(file, form)
    monkeypatch.setattr(loading, "MAX_COPIED_PIXELS", 1000)
    assert load_page(file.getvalue(), 2 * loading.MAX_PIXELS).shape == (30, 40)  # a raised limit raises it
    with pytest.raises(UnreadableInput, match="more than 1,000 pixels; scale it down, or raise --max-pixels"):
        load_page(file.getvalue())


def test_a_side_without_end_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    Image.new("L", (1, 300), 255).save(file, "PNG")
    monkeypatch.setattr(loading, "MAX_SIDE_PX", 299)
    with pytest.raises(UnreadableInput, match=r"^bytes: a side of more than 299 pixels; cut it into pieces"):
        load_page(file.getvalue())

"""Work of decoding a picture: scans of a progressive JPEG."""

import io

import numpy as np
import pytest
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing import decoding_work
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

"""Large pictures are the same in bands as whole."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image

from sdnn.preprocessing import memory
from sdnn.preprocessing.brightness import image_brightness
from sdnn.preprocessing.memory import bands, image_bytes, is_memory_error

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"]


def picture(mode: str) -> Image.Image:
    rng = np.random.default_rng(0)
    if mode in {"I", "F", "I;16"}:
        kind = {"I": np.int32, "F": np.float32, "I;16": np.uint16}[mode]
        return Image.fromarray(rng.integers(0, 4000, size=(37, 50)).astype(kind))
    if mode == "LAB":
        return Image.merge("LAB", Image.fromarray(rng.integers(0, 255, (37, 50, 3), np.uint8)).split())
    return Image.fromarray(rng.integers(0, 255, (37, 50, 4), np.uint8)).convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_brightness_does_not_depend_on_bands(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = image_brightness(picture(mode))
    monkeypatch.setattr(memory, "BAND_PIXELS", 333)
    np.testing.assert_allclose(image_brightness(picture(mode)), whole, atol=1e-6)


def test_a_palette_with_opacity_has_it_in_every_band(monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture("P")
    image.info["transparency"] = bytes(range(256))
    expected = np.asarray(image.convert("RGBA"))
    monkeypatch.setattr(memory, "BAND_PIXELS", 100)
    assert (image_bytes(image, "RGBA") == expected).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (10, 3), (1, 5_000_000), (5_000_000, 1), (2500, 4000)])
def test_bands_cover_every_row_once(height: int, width: int) -> None:
    rows = list(bands(height, width))
    assert rows[0].start == 0
    assert rows[-1].stop == height
    assert all(above.stop == below.start for above, below in pairwise(rows))


def test_a_lack_of_memory_is_told_from_other_errors() -> None:
    assert is_memory_error(MemoryError())
    assert is_memory_error(RuntimeError("Failed to allocate memory for requested buffer"))
    assert not is_memory_error(ValueError("damaged"))
    with pytest.raises(cv2.error) as caught:
        cv2.resize(np.zeros((2, 2)), (0, 0))
    assert not is_memory_error(caught.value)

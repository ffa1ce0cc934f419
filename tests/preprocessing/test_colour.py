import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sdnn.preprocessing.colour import LUMA, contrast_channel
from sdnn.results import FloatArray

Bytes = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

HIDDEN = {  # paper, and ink of about its brightness
    "red on blue": ((80, 110, 190), (205, 60, 55)),
    "green on red": ((200, 70, 70), (60, 130, 60)),
    "yellow on white": ((250, 250, 250), (255, 240, 60)),
    "pale yellow on white": ((250, 250, 245), (255, 252, 150)),
    "pencil on red": ((230, 110, 110), (146, 146, 146)),
    "pencil on blue": ((120, 160, 230), (150, 150, 150)),
    "orange on cyan": ((90, 190, 200), (240, 140, 60)),
}
SEEN = {
    "black on white": ((250, 250, 250), (40, 40, 40)),
    "black on blue": ((150, 190, 240), (40, 40, 45)),
    "black on red": ((210, 60, 60), (30, 30, 30)),
    "black on green": ((60, 140, 70), (25, 25, 25)),
    "blue on white": ((245, 245, 245), (40, 60, 180)),
    "blue on yellow": ((250, 235, 150), (40, 60, 180)),
    "red on white": ((250, 250, 250), (220, 40, 40)),
    "green on white": ((250, 250, 250), (20, 150, 70)),
    "orange on white": ((250, 250, 250), (255, 140, 30)),
    "cyan on white": ((250, 250, 250), (60, 190, 220)),
    "pencil on yellow": ((250, 235, 150), (180, 175, 150)),
    "white on blue": ((30, 60, 150), (240, 240, 240)),
    "faint grey": ((235, 235, 235), (215, 215, 215)),
}


def strokes(height: int = 80, width: int = 300, lines: int = 1) -> FloatArray:
    """(H, W) drawn digits, from 0 paper to 1 ink."""
    mask = np.zeros((height, width), np.uint8)
    for line in range(lines):
        place = 20 + 37 * line % (width // 2), 60 + (height - 80) * line // max(lines, 1)
        cv2.putText(mask, "2084551", place, cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 3, cv2.LINE_AA)
    return mask.astype(np.float32) / 255


def painted(paper: Any, ink: Colour, mask: FloatArray, noise: float = 0, quality: int | None = None) -> Bytes:
    """(H, W, 3) strokes on paper, with noise of so many grey levels, and what JPEG leaves of them."""
    colours = paper * (1 - mask[..., None]) + np.array(ink) * mask[..., None]
    rng = np.random.default_rng(0)
    values = (colours + rng.normal(0, noise, colours.shape)).clip(0, 255).astype(np.uint8)
    return values if quality is None else jpeg(values, quality)


def jpeg(values: Bytes, quality: int) -> Bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def luma(rgb: Bytes) -> FloatArray:
    return np.asarray(Image.fromarray(rgb).convert("L"), dtype=np.float32) / 255


def contrast(page: FloatArray, mask: FloatArray) -> float:
    """Brightness of the ink less that of the paper."""
    return float(np.median(page[mask > 0.9]) - np.median(page[mask == 0]))


@pytest.mark.parametrize("noise", [0, 8])
@pytest.mark.parametrize("quality", [None, 85, 40])
@pytest.mark.parametrize(("paper", "ink"), HIDDEN.values(), ids=list(HIDDEN))
def test_ink_as_bright_as_its_paper_is_seen(
    paper: Colour, ink: Colour, noise: float, quality: int | None
) -> None:
    mask = strokes()
    rgb = painted(paper, ink, mask, noise, quality)
    page = contrast_channel(rgb)
    assert page.shape == mask.shape
    assert page.dtype == np.float32
    assert 0 <= page.min() <= page.max() <= 1
    seen = abs(contrast(page, mask))
    assert seen > 0.12
    assert seen > 2 * abs(contrast(luma(rgb), mask))


@pytest.mark.parametrize("noise", [0, 8])
@pytest.mark.parametrize("quality", [None, 40])
@pytest.mark.parametrize(("paper", "ink"), SEEN.values(), ids=list(SEEN))
def test_ink_that_brightness_shows_stays_exactly_as_bright(
    paper: Colour, ink: Colour, noise: float, quality: int | None
) -> None:
    rgb = painted(paper, ink, strokes(), noise, quality)
    np.testing.assert_array_equal(contrast_channel(rgb), luma(rgb))


@pytest.mark.parametrize(
    "pattern",
    [
        ((245, 245, 245), (180, 230, 190)),
        ((245, 185, 200), (180, 215, 190)),
        ((250, 240, 240), (255, 150, 150)),
        ((250, 250, 250), (255, 240, 120)),
        ((230, 110, 110), (80, 170, 110)),
    ],
    ids=["green", "pink and green", "red", "yellow", "red and green"],
)
@pytest.mark.parametrize("size", [(80, 300), (900, 1200)])
@pytest.mark.parametrize("quality", [None, 50])
def test_black_ink_on_coloured_guilloche_stays_exactly_as_bright(
    pattern: tuple[Colour, Colour], size: tuple[int, int], quality: int | None
) -> None:
    y, x = np.mgrid[: size[0], : size[1]]
    waves = (np.sin(2 * np.pi * (y + 6 * np.sin(x / 17)) / 14) > 0.2)[..., None]
    paper = np.where(waves, np.array(pattern[1]), np.array(pattern[0]))
    rgb = painted(paper, (30, 30, 30), strokes(*size), 4, quality)
    np.testing.assert_array_equal(contrast_channel(rgb), luma(rgb))


@pytest.mark.parametrize("paper", [(240, 240, 240), (250, 235, 150), (90, 70, 60)])
@pytest.mark.parametrize("noise", [0, 4, 15])
@pytest.mark.parametrize("quality", [None, 30])
def test_noise_on_blank_paper_is_not_taken_for_ink(paper: Colour, noise: float, quality: int | None) -> None:
    rgb = painted(paper, paper, np.zeros((400, 600), np.float32), noise, quality)
    np.testing.assert_array_equal(contrast_channel(rgb), luma(rgb))


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_a_grey_picture_stays_as_it_is_though_jpeg_colours_it(quality: int) -> None:
    grey = np.asarray(painted((230, 230, 230), (60, 60, 60), strokes(), 6))
    rgb = jpeg(grey[..., :1].repeat(3, axis=2), quality)
    np.testing.assert_array_equal(contrast_channel(rgb), luma(rgb))


@pytest.mark.parametrize("colour", [(200, 40, 40), (10, 90, 250), (1, 2, 30)])
def test_one_colour_all_over_is_as_bright_as_it_was(colour: Colour) -> None:
    rgb = np.full((60, 70, 3), colour, np.uint8)
    np.testing.assert_array_equal(contrast_channel(rgb), luma(rgb))


def test_a_large_page_with_few_strokes_is_seen() -> None:
    mask = strokes(1600, 1200, lines=2)
    page = contrast_channel(painted((80, 110, 190), (205, 60, 55), mask, 4, 80))
    assert abs(contrast(page, mask)) > 0.3


@pytest.mark.parametrize(("paper", "ink"), [((80, 110, 190), (205, 60, 55)), ((205, 60, 55), (80, 110, 190))])
def test_ink_is_on_the_side_of_the_paper_where_brightness_has_it(paper: Colour, ink: Colour) -> None:
    mask = strokes()
    rgb = painted(paper, ink, mask)
    assert contrast(luma(rgb), mask) * contrast(contrast_channel(rgb), mask) > 0


def test_the_range_of_the_mixture_does_not_depend_on_what_is_on_the_picture() -> None:
    mask = strokes()
    blue = contrast_channel(painted((250, 250, 250), (250, 250, 50), mask))
    expected = (250 - 200 * mask) / 255  # of yellow on white, the blue channel
    np.testing.assert_allclose(blue, expected, atol=0.01)


def test_floats_give_the_same_as_bytes() -> None:
    for paper, ink in (HIDDEN["red on blue"], SEEN["blue on yellow"]):
        rgb = painted(paper, ink, strokes())
        floats = rgb.astype(np.float32) / 255
        np.testing.assert_allclose(contrast_channel(floats), contrast_channel(rgb), atol=1 / 255)
    np.testing.assert_array_equal(contrast_channel(floats), floats @ LUMA)


def test_brightness_that_is_given_is_handed_on_where_it_suffices() -> None:
    given = np.full((80, 300), 51, np.uint8)
    page = contrast_channel(painted(*SEEN["black on white"], strokes()), given)
    np.testing.assert_allclose(page, 0.2, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1000), (3000, 1), (2, 40), (1, 600_000), (600_000, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_pictures_of_any_size_have_a_channel(shape: tuple[int, int], dtype: Any) -> None:
    values = np.random.default_rng(0).integers(256, size=(*shape, 4), dtype=np.uint8)
    rgb = values[..., :3] if dtype == np.uint8 else (values[..., :3] / 255).astype(np.float32)
    page = contrast_channel(rgb)
    assert page.shape == shape
    assert 0 <= page.min() <= page.max() <= 1

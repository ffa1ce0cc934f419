from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sdnn.preprocessing.transparency import composited, ground_for
from sdnn.results import FloatArray

Colour = tuple[int, int, int]


def strokes() -> FloatArray:
    """(80, 300) drawn digits, from 0 clear to 1 opaque."""
    mask = np.zeros((80, 300), np.uint8)
    cv2.putText(mask, "2084551", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 4, cv2.LINE_AA)
    return cv2.GaussianBlur(mask, (3, 3), 0.8).astype(np.float32) / 255


def ink(colour: Colour, opacity: FloatArray, premultiplied: bool = False) -> npt.NDArray[np.uint8]:
    """(H, W, 4) strokes of one colour."""
    share = opacity[..., None] if premultiplied else np.ones_like(opacity)[..., None]
    return np.round(np.dstack([np.array(colour) * share, 255 * opacity])).astype(np.uint8)


def on(ground: int, colour: Colour, opacity: FloatArray) -> FloatArray:
    return np.asarray(ground + (np.array(colour) - ground) * opacity[..., None], dtype=np.float32)


PALE = [(255, 255, 255), (255, 240, 120), (230, 230, 230), (255, 255, 0)]
DARK = [(0, 0, 0), (40, 60, 180), (220, 40, 40), (128, 128, 128), (0, 150, 80)]


@pytest.mark.parametrize("premultiplied", [False, True])
@pytest.mark.parametrize(
    ("colour", "ground"), [*((each, 0) for each in PALE), *((each, 255) for each in DARK)], ids=str
)
def test_strokes_lie_on_the_ground_that_shows_them_without_a_halo(
    colour: Colour, ground: int, premultiplied: bool
) -> None:
    opacity = strokes()
    rgba = ink(colour, opacity, premultiplied)
    expected = on(ground, colour, opacity)
    np.testing.assert_allclose(composited(rgba), expected, atol=3)
    np.testing.assert_allclose(composited(rgba.astype(np.float32) / 255), expected / 255, atol=3 / 255)


def test_black_strokes_lie_on_white_exactly_as_pillow_lays_them() -> None:
    rgba = ink((0, 0, 0), strokes())
    white = Image.new("RGBA", (300, 80), "white")
    expected = Image.alpha_composite(white, Image.fromarray(rgba)).convert("RGB")
    np.testing.assert_array_equal(composited(rgba), np.asarray(expected))


def test_strokes_that_are_half_transparent_throughout_lie_on_the_ground_that_shows_them() -> None:
    opacity = strokes() / 2
    np.testing.assert_allclose(
        composited(ink((255, 255, 255), opacity)), on(0, (255, 255, 255), opacity), atol=2
    )
    np.testing.assert_allclose(composited(ink((0, 0, 0), opacity)), on(255, (0, 0, 0), opacity), atol=2)


def card(paper: int, writing: int) -> npt.NDArray[np.uint8]:
    """(140, 360, 4) an opaque card with digits, and nothing round it."""
    mask = strokes()
    rgba = np.zeros((140, 360, 4), np.uint8)
    rgba[30:110, 30:330, :3] = np.round(paper + (writing - paper) * mask[..., None])
    rgba[30:110, 30:330, 3] = 255
    return rgba


@pytest.mark.parametrize(("paper", "writing"), [(255, 0), (255, 200), (0, 255), (230, 60)])
def test_a_card_with_contrast_of_its_own_lies_on_white(paper: int, writing: int) -> None:
    page = composited(card(paper, writing))
    assert (page[0] == 255).all()
    np.testing.assert_array_equal(page[30:110, 30:330], card(paper, writing)[30:110, 30:330, :3])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_opaque_picture_stays_as_it_is(dtype: Any) -> None:
    values = np.random.default_rng(0).integers(256, size=(20, 30, 4), dtype=np.uint8)
    values[..., 3] = 255
    rgba = values if dtype == np.uint8 else (values / 255).astype(np.float32)
    np.testing.assert_array_equal(composited(rgba), rgba[..., :3])


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255)])
def test_a_picture_that_is_all_clear_is_white(colour: Colour) -> None:
    assert (composited(ink(colour, np.zeros((4, 5), np.float32))) == 255).all()


def test_a_large_picture_is_judged_by_pixels_spread_over_it() -> None:
    opacity = np.tile(strokes(), (12, 4))
    np.testing.assert_allclose(
        composited(ink((255, 255, 255), opacity)), on(0, (255, 255, 255), opacity), atol=2
    )


def test_the_ground_is_white_unless_that_hides_all() -> None:
    assert ground_for(np.zeros(0, np.float32)) == 1
    assert ground_for(np.full(1000, 0.95, np.float32)) == 0
    assert ground_for(np.full(1000, 0.7, np.float32)) == 1
    assert ground_for(np.linspace(0.78, 1, 1000, dtype=np.float32)) == 1

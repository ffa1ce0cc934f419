from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from helpers.degraded_pages import BARE, INK, TEXT, alone, darkness_of_text, grey_page, page_of, writing

from sdnn.datasets.paper import DegradationConfig, degrade
from sdnn.datasets.paper.degradation import EFFECTS, GROUPS
from sdnn.results import Box

EVERYTHING: dict[str, Any] = dict.fromkeys(EFFECTS, 1.0)


def test_clean_paper_shows_the_ink_as_it_is() -> None:
    ink = INK * np.linspace(0.1, 1, INK.shape[1], dtype=np.float32)
    for seed in range(5):
        np.testing.assert_array_equal(page_of(BARE, seed, ink), 1 - ink)


def test_untouched_pages_are_clean_whatever_the_recipe() -> None:
    np.testing.assert_array_equal(page_of(replace(DegradationConfig(), untouched=1.0), 0), 1 - INK)


def test_the_share_of_untouched_pages_is_that_of_the_config() -> None:
    clean = [np.array_equal(page_of(DegradationConfig(), seed), 1 - INK) for seed in range(400)]
    assert np.mean(clean) == pytest.approx(DegradationConfig().untouched, abs=0.06)


def test_the_same_seed_gives_the_same_page_whatever_was_drawn_before() -> None:
    first = [page_of(DegradationConfig(), seed) for seed in range(40)]
    cv2.setRNGSeed(5)
    again = [page_of(DegradationConfig(), seed) for seed in reversed(range(40))]
    np.testing.assert_array_equal(first, again[::-1])


def test_different_seeds_give_different_pages() -> None:
    pages = {page_of(replace(DegradationConfig(), untouched=0.0), seed).tobytes() for seed in range(40)}
    assert len(pages) == 40


SIZES = [
    (28, 30, Box(2, 4, 28, 24)),
    (28, 30, Box(0, 0, 30, 28)),
    (40, 50, Box(10, 10, 40, 34)),
    (61, 181, Box(1, 1, 180, 60)),
    (110, 400, Box(30, 25, 380, 85)),
    (600, 1100, Box(100, 200, 900, 300)),
]


@pytest.mark.parametrize(("height", "width", "text"), SIZES)
@pytest.mark.parametrize(
    "recipe", [replace(DegradationConfig(), untouched=0.0), DegradationConfig(**EVERYTHING)]
)
def test_a_page_has_the_size_of_the_ink_and_brightness_from_0_to_1(
    recipe: DegradationConfig, height: int, width: int, text: Box
) -> None:
    ink = writing(height, width, text)
    for seed in range(30 if height < 200 else 3):
        page = degrade(ink, text, recipe, np.random.default_rng(seed), [ink, ink])
        assert page.shape == ink.shape
        assert page.dtype == np.float32
        assert np.isfinite(page).all()
        assert page.min() >= 0
        assert page.max() <= 1


@pytest.mark.parametrize("name", EFFECTS)
def test_the_given_ink_is_not_modified(name: str) -> None:
    ink, line = INK.copy(), INK.copy()
    ink.flags.writeable = line.flags.writeable = False
    for recipe in (alone(name), alone(name, neighbours=1.0)):
        for seed in range(5):
            degrade(ink, TEXT, recipe, np.random.default_rng(seed), [line, line])


@pytest.mark.parametrize("name", EFFECTS)
def test_each_effect_alone_changes_the_page_and_leaves_the_writing_visible(name: str) -> None:
    changes, visible = [], []
    for seed in range(40):
        page = page_of(alone(name), seed)
        changes.append(float(np.abs(page - grey_page()).max()))
        visible.append(darkness_of_text(page))
    assert np.mean(np.array(changes) > 0.02) > 0.9
    if name == "inverted":
        visible = [-contrast for contrast in visible]
    assert min(visible) > 0.1


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_not_the_same_on_every_page(name: str) -> None:
    if name != "inverted":
        assert len({page_of(alone(name), seed).tobytes() for seed in range(20)}) > (
            10 if name != "marker" else 1
        )


def test_with_all_groups_off_there_is_only_grey_paper_and_paler_ink() -> None:
    recipe = replace(DegradationConfig(), untouched=0.0, faint=0.0).without(*GROUPS)
    for seed in range(20):
        page = page_of(recipe, seed)
        levels = np.unique(page)
        assert len(levels) == 2
        assert recipe.brightness[0] <= levels[1] <= recipe.brightness[1]
        assert recipe.contrast[0] <= 1 - levels[0] / levels[1] <= recipe.contrast[1]


def test_faint_writing_has_the_contrast_of_the_recipe() -> None:
    recipe = replace(BARE, faint=1.0, faint_contrast=(0.12, 0.3))
    darkness = np.array([darkness_of_text(page_of(recipe, seed)) for seed in range(60)])
    assert 0.12 <= darkness.min() < 0.15
    assert 0.27 < darkness.max() <= 0.3


def test_writing_is_darker_than_the_paper_between_it() -> None:
    recipe = replace(DegradationConfig(), untouched=0.0, inverted=0.0)
    darkness = np.array([darkness_of_text(page_of(recipe, seed)) for seed in range(400)])
    assert darkness.min() > 0.02
    assert np.median(darkness) > 0.25


def test_inverted_writing_is_lighter_than_the_paper_between_it() -> None:
    recipe = replace(DegradationConfig(), untouched=0.0, inverted=1.0)
    darkness = np.array([darkness_of_text(page_of(recipe, seed)) for seed in range(200)])
    assert darkness.max() < -0.02


def test_where_many_effects_meet_each_is_weaker() -> None:
    def roughness(full_strength: int) -> float:
        recipe = alone("grain", sensor_noise=1.0, hatching=1.0, blotches=1.0, full_strength=full_strength)
        return float(np.mean([page_of(recipe, seed, np.zeros_like(INK)).std() for seed in range(20)]))

    assert roughness(1) < 0.5 * roughness(4)
    assert roughness(4) == roughness(9)

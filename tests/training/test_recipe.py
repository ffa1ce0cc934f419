import json
from dataclasses import asdict

import pytest

from sdnn.choices import Source
from sdnn.datasets.degradation import Distortion
from sdnn.datasets.strips import Layout
from sdnn.datasets.windows import WindowRecipe
from sdnn.training.recipe import DigitRecipe, digit_recipe

UNUSUAL = DigitRecipe(
    source=Source.MNIST,
    pen_share=0.7,
    windows=100,
    windows_per_epoch=50,
    batch=7,
    learning_rate=0.1,
    warm_up=0.3,
    weight_decay=0.5,
    dropout=0.4,
    seed=9,
    window=WindowRecipe(
        layout=Layout(digits=(2, 3), gap_px=(1, 2), margin_px=5, wide_gap_px=(8, 9), wide_share=0.5),
        anywhere_share=0.1,
        near=0.2,
        far=0.4,
        noisy_share=0.3,
        noise=0.2,
        distortion=Distortion(1, 2, 3, 4, 5, 6),
    ),
)


@pytest.mark.parametrize(
    "recipe",
    [DigitRecipe(), DigitRecipe(window=WindowRecipe.isolated()), UNUSUAL],
    ids=["default", "isolated", "unusual"],
)
def test_a_recipe_survives_json(recipe: DigitRecipe) -> None:
    again = DigitRecipe.from_record(json.loads(json.dumps(asdict(recipe))))
    assert again == recipe
    assert isinstance(again.source, Source)


@pytest.mark.parametrize(
    ("windows", "windows_per_epoch", "batch", "steps", "steps_per_epoch"),
    [(64, 32, 16, 4, 2), (65, 33, 16, 5, 3), (1, 1, 16, 1, 1)],
)
def test_a_batch_begun_is_a_step(
    windows: int, windows_per_epoch: int, batch: int, steps: int, steps_per_epoch: int
) -> None:
    recipe = DigitRecipe(windows=windows, windows_per_epoch=windows_per_epoch, batch=batch)
    assert (recipe.steps, recipe.steps_per_epoch) == (steps, steps_per_epoch)


def test_the_default_recipe_ends_with_a_whole_epoch() -> None:
    assert DigitRecipe().steps % DigitRecipe().steps_per_epoch == 0


def test_the_command_line_changes_what_it_names_and_no_more() -> None:
    assert digit_recipe(Source.PEN, 3) == DigitRecipe(source=Source.PEN, seed=3)
    assert digit_recipe(Source.PEN, 3, windows=500) == DigitRecipe(source=Source.PEN, seed=3, windows=500)
    assert digit_recipe(Source.MIXED, 0, isolated=True) == DigitRecipe(window=WindowRecipe.isolated())


def test_an_unknown_setting_in_a_record_is_an_error() -> None:
    with pytest.raises(TypeError):
        DigitRecipe.from_record({**asdict(DigitRecipe()), "momentum": 0.9})

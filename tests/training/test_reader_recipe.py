import json
import re
from dataclasses import asdict, fields, replace
from typing import Any

import pytest

from sdnn.datasets.distortion import Distortion
from sdnn.datasets.pages import GeometryJitter, PageRecipe
from sdnn.datasets.paper import DegradationConfig
from sdnn.datasets.strips import Layout
from sdnn.datasets.windows import WindowRecipe
from sdnn.enums import Gradient, Objective, Source, Stage
from sdnn.errors import UsageError
from sdnn.models.lenet import LENET
from sdnn.training.reader_recipe import (
    DIGITS_ALONE_WINDOWS,
    FINE_TUNE_LEARNING_RATE,
    DigitRecipe,
    Recipe,
    StageRecipe,
    StringRecipe,
    chosen_recipe,
)

UNUSUAL = Recipe(
    source=Source.MNIST,
    seed=9,
    channels=(1, 2, 3, 4, 5, 6),
    start="00ff",
    architecture="other",
    parts=3,
    digits=DigitRecipe(
        pen_share=0.7,
        examples=100,
        examples_per_epoch=50,
        batch=7,
        learning_rate=0.1,
        warm_up=0.3,
        weight_decay=0.5,
        dropout=0.4,
        window=WindowRecipe(
            layout=Layout(digits=(2, 3), gap_px=(1, 2), margin_px=5, wide_gap_px=(8, 9), wide_share=0.5),
            anywhere_share=0.1,
            near=0.21,
            far=0.4,
            noisy_share=0.3,
            noise=0.2,
            distortion=Distortion(1, 2, 3, 4, 5, 6),
        ),
    ),
    strings=StringRecipe(
        pen_share=0.35,
        examples=200,
        examples_per_epoch=60,
        batch=9,
        learning_rate=0.2,
        warm_up=0.4,
        weight_decay=0.6,
        dropout=0.5,
        objective=Objective.VITERBI,
        gradient=Gradient.CONTRAST,
        mean_decay=0.5,
        frozen=True,
        page=PageRecipe(
            most_digits=3,
            repeated=0.5,
            clean_share=0.9,
            clean_gap_px=(1, 7),
            marked_share=0.1,
            paper=replace(DegradationConfig.clean(), faint_contrast=(0.3, 0.4), full_strength=2, fold=0.25),
            jitter=GeometryJitter(0.1, 0.2, 0.3, 0.4),
            views=1,
            other_ink=(0.2, 0.9),
            widest_px=300,
        ),
    ),
)
ISOLATED = Recipe(digits=DigitRecipe(window=WindowRecipe.isolated()), strings=None)


@pytest.mark.parametrize(
    "recipe",
    [Recipe(), ISOLATED, Recipe(digits=None), UNUSUAL],
    ids=["default", "digits alone", "strings alone", "unusual"],
)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    again = Recipe.from_record(json.loads(json.dumps(asdict(recipe))))
    assert again == recipe
    assert isinstance(again.source, Source)
    if again.strings:
        assert isinstance(again.strings.objective, Objective)
        assert isinstance(again.strings.gradient, Gradient)
    assert hash(again) == hash(recipe)  # lists have become tuples, all the way down


@pytest.mark.parametrize(
    ("unusual", "usual"),
    [(UNUSUAL, Recipe()), (UNUSUAL.digits, DigitRecipe()), (UNUSUAL.strings, StringRecipe())],
    ids=["recipe", "digits", "strings"],
)
def test_nothing_about_the_unusual_recipe_is_usual(unusual: Any, usual: Any) -> None:
    for field in fields(usual):
        assert getattr(unusual, field.name) != getattr(usual, field.name), field.name


@pytest.mark.parametrize("kind", [DigitRecipe, StringRecipe])
@pytest.mark.parametrize(
    ("examples", "examples_per_epoch", "batch", "steps", "steps_per_epoch"),
    [(64, 32, 16, 4, 2), (65, 33, 16, 5, 3), (1, 1, 16, 1, 1)],
)
def test_a_batch_begun_is_a_step(
    kind: type[DigitRecipe] | type[StringRecipe],
    examples: int,
    examples_per_epoch: int,
    batch: int,
    steps: int,
    steps_per_epoch: int,
) -> None:
    recipe = kind(examples=examples, examples_per_epoch=examples_per_epoch, batch=batch)
    assert (recipe.steps, recipe.steps_per_epoch) == (steps, steps_per_epoch)


@pytest.mark.parametrize("stage", [DigitRecipe(), DigitRecipe(examples=DIGITS_ALONE_WINDOWS), StringRecipe()])
def test_the_default_stages_end_with_a_whole_epoch(stage: StageRecipe) -> None:
    assert stage.steps % stage.steps_per_epoch == 0


def test_the_default_net_has_the_default_channels() -> None:
    assert Recipe().channels == LENET.channels


def test_without_wishes_the_default_recipe_is_chosen() -> None:
    assert chosen_recipe() == Recipe()


def test_the_command_line_changes_what_it_names_and_no_more() -> None:
    assert chosen_recipe(source=Source.PEN, seed=3) == Recipe(Source.PEN, 3)
    assert chosen_recipe(windows=500) == Recipe(digits=DigitRecipe(examples=500))
    assert chosen_recipe(strips=500) == Recipe(strings=StringRecipe(examples=500))
    assert chosen_recipe(objective=Objective.VITERBI, gradient=Gradient.REINFORCE) == Recipe(
        strings=StringRecipe(objective=Objective.VITERBI, gradient=Gradient.REINFORCE)
    )
    assert chosen_recipe(isolated=True) == Recipe(digits=DigitRecipe(window=WindowRecipe.isolated()))


def test_a_stage_alone_leaves_the_other_out() -> None:
    strings = chosen_recipe(Stage.STRINGS, strips=500)
    assert strings == Recipe(digits=None, strings=StringRecipe(examples=500))
    assert strings.strings
    assert not strings.strings.frozen  # a new net has no statistics to keep
    alone = chosen_recipe(Stage.DIGITS)
    assert alone == Recipe(digits=DigitRecipe(examples=DIGITS_ALONE_WINDOWS), strings=None)
    assert chosen_recipe(Stage.DIGITS, windows=500) == Recipe(digits=DigitRecipe(examples=500), strings=None)


PLACES: list[list[str]] = [
    [],
    ["digits"],
    ["digits", "window"],
    ["digits", "window", "layout"],
    ["digits", "window", "distortion"],
    ["strings"],
    ["strings", "page"],
    ["strings", "page", "paper"],
    ["strings", "page", "jitter"],
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(["recipe", *place]))
def test_an_unknown_setting_in_a_record_is_an_error(place: list[str]) -> None:
    record = asdict(Recipe())
    inner = record
    for name in place:
        inner = inner[name]
    inner["momentum"] = 0.9
    with pytest.raises(ValueError, match=re.escape(".".join([*place, "momentum: unknown field"]))):
        Recipe.from_record(record)


@pytest.mark.parametrize("changes", [{"source": "crayon"}, {"strings": {"objective": "backward"}}])
def test_a_choice_that_there_is_not_is_an_error(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="invalid enum value"):
        Recipe.from_record(changes)


def test_the_recipe_of_the_first_version_is_an_error() -> None:
    with pytest.raises(ValueError, match="windows: unknown field"):
        Recipe.from_record({"source": "pen", "windows": 100, "seed": 0})


def test_a_trained_net_goes_on_with_strings_more_gently() -> None:
    further = chosen_recipe(fine_tune=True)
    assert further.digits is None
    # Only with the statistics that it came with is there a mean of it and what comes out.
    assert further.strings == StringRecipe(learning_rate=FINE_TUNE_LEARNING_RATE, frozen=True)
    assert StringRecipe().learning_rate > FINE_TUNE_LEARNING_RATE


def test_an_architecture_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="lenet"):
        chosen_recipe(architecture="transformer")
    assert chosen_recipe(architecture="lenet") == Recipe()

"""Grids in TOML: every combination once, and nothing that the recipe does not know."""

from pathlib import Path

import pytest

from sdnn.enums import Objective, Source
from sdnn.errors import UsageError
from sdnn.scale.grid import Trial, read_grid
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.reader_recipe import Recipe, chosen_recipe


def grid(path: Path, text: str) -> list[Trial]:
    (path / "grid.toml").write_text(text, encoding="utf-8")
    return read_grid(path / "grid.toml")


def test_lists_are_axes_and_the_rest_holds_for_all(tmp_path: Path) -> None:
    trials = grid(
        tmp_path,
        'source = "pen"\nseed = [1, 2, 3]\nstrips = 640\nobjective = "viterbi"\n'
        "[recipe.strings]\nlearning_rate = [1e-3, 2]\n",
    )
    assert [trial.name for trial in trials[:3]] == [
        "0000-seed=1-learning_rate=0.001",
        "0001-seed=1-learning_rate=2",
        "0002-seed=2-learning_rate=0.001",
    ]
    places = [
        (trial.recipe.seed, trial.recipe.strings.learning_rate)
        for trial in trials
        if isinstance(trial.recipe, Recipe) and trial.recipe.strings
    ]
    assert places == [(seed, rate) for seed in (1, 2, 3) for rate in (1e-3, 2.0)]
    for trial in trials:
        assert isinstance(trial.recipe, Recipe)
        assert trial.recipe.source is Source.PEN
        assert trial.recipe.strings is not None
        assert (trial.recipe.strings.objective, trial.recipe.strings.examples) == (Objective.VITERBI, 640)


def test_a_grid_without_axes_is_one_training_with_the_default_recipe(tmp_path: Path) -> None:
    (trial,) = grid(tmp_path, "")
    assert (trial.name, trial.recipe) == ("0000", chosen_recipe())


def test_settings_that_are_lists_are_lists_of_lists(tmp_path: Path) -> None:
    first, second = grid(tmp_path, "[recipe]\nchannels = [[4, 4, 4, 4, 6, 8], [8, 8, 8, 8, 12, 16]]\n")
    assert isinstance(first.recipe, Recipe)
    assert isinstance(second.recipe, Recipe)
    assert first.recipe.channels == (4, 4, 4, 4, 6, 8)
    assert second.recipe.channels == (8, 8, 8, 8, 12, 16)


def test_the_detector_has_grids_too(tmp_path: Path) -> None:
    trials = grid(tmp_path, 'net = "detector"\nsteps = [10, 20]\n[recipe.loss]\nink = 2\n')
    recipes = [trial.recipe for trial in trials if isinstance(trial.recipe, DetectorRecipe)]
    assert [(recipe.steps, recipe.loss.ink) for recipe in recipes] == [(10, 2.0), (20, 2.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = [", "is not TOML"),
        ('net = "other"', "reader, detector"),
        ("strip = 5", "no option strip"),
        ('stage = "all"', "both, digits, strings"),
        ("seed = -1", "a whole number from 0"),
        ("seed = [1, true]", "a whole number from 0"),
        ("windows = 1.5", "a whole number from 1"),
        ('isolated = "yes"', "true or false"),
        ("seed = []", "at least one value"),
        ("recipe = 3", "write \\[recipe\\]"),
        ("[recipe.strings]\nrate = 1", "no strings.rate"),
        ("[recipe.other]\nrate = 1", "no other.rate"),
        ('[recipe.strings]\nlearning_rate = "high"', "give a value like 0.0015"),
        ("[recipe.strings]\nobjective = 3", "give a value like"),
        ("[recipe]\nchannels = 5", "give a value like"),
        ('architecture = "resnet"', "choose from"),
        ('net = "detector"\nwindows = 5', "windows"),
        (f"seed = {[*range(101)]}\nstrips = {[*range(1, 101)]}", "10,100 trainings"),
    ],
)
def test_what_a_recipe_does_not_know_is_one_line_that_names_the_file(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        grid(tmp_path, text)
    assert str(refused.value).startswith(str(tmp_path / "grid.toml"))
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"grid\.toml: cannot be read"):
        read_grid(tmp_path / "grid.toml")

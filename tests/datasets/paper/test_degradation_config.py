from dataclasses import fields
from typing import get_args

import pytest

from sdnn.datasets.paper import DegradationConfig
from sdnn.datasets.paper.degradation import EFFECTS, GROUPS
from sdnn.datasets.paper.degradation_config import Group, effect_groups


def test_every_share_of_the_recipe_belongs_to_one_effect() -> None:
    general = {
        "untouched",
        "full_strength",
        "brightness",
        "contrast",
        "faint_contrast",
        "faint",
        "neighbours",
    }
    assert {field.name for field in fields(DegradationConfig)} - general == set(EFFECTS)
    assert sum(len(group) for group in GROUPS.values()) == len(EFFECTS)
    assert set(GROUPS) == set(get_args(Group))


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_can_be_switched_off_and_leaves_the_others_alone(group: Group) -> None:
    left = DegradationConfig().without(group)
    for name in EFFECTS:
        assert getattr(left, name) == (0.0 if name in GROUPS[group] else getattr(DegradationConfig(), name))


def test_the_recipe_and_the_effects_agree_on_the_groups() -> None:
    assert effect_groups() == {name: group for group, effects in GROUPS.items() for name in effects}


def test_on_clean_paper_nothing_ever_happens() -> None:
    clean = DegradationConfig.clean()
    assert not any(getattr(clean, name) for name in (*EFFECTS, "untouched", "faint", "neighbours"))
    assert clean.brightness == clean.contrast == (1.0, 1.0)

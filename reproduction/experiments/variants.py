"""The nets of experiments 1 to 4, 7 and 8: variants of the training of 1992, three seeds each."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from reproduction.net_1992 import ZONE_WIDTHS, Net1992
from reproduction.synthetic_zip import (
    TEST_SEED,
    TEST_STRIPS,
    ZipStrip,
    lone_digits,
    strings_right,
    zip_strips,
)
from reproduction.zone_nets import (
    EVAL_STRIPS,
    TERMS,
    NetRecipe,
    confidences,
    digit_net,
    read,
    read_windows,
    string_net,
)
from sdnn.enums import Gradient, Objective, Split
from sdnn.hardware import hardware
from sdnn.models.checkpoint import load_tensors, save_tensors

ALONE: Final = "single digits alone"
REINFORCE: Final = "a: reinforce"
CORRECT: Final = "b: correct"
CONTRAST: Final = "c: contrast"
REINFORCE_TARGETS: Final = "a, with targets"
CORRECT_TARGETS: Final = "b, with targets"
FORWARD: Final = "forward, scores of zones"
SEGMENTATIONS: Final = "forward over segmentations"
MORE: Final = "forward, ten times the strips"
ONE_WIDTH: Final = {width: f"forward, {width} columns alone" for width in ZONE_WIDTHS}

VITERBI: Final = NetRecipe(objective=Objective.VITERBI)
DISCRIMINATIVE: Final = NetRecipe(objective=Objective.FORWARD, of_zones=False)
VARIANTS: Final[Mapping[str, NetRecipe]] = {
    ALONE: NetRecipe(),
    REINFORCE: replace(VITERBI, gradient=Gradient.REINFORCE),
    CORRECT: VITERBI,
    CONTRAST: replace(VITERBI, gradient=Gradient.CONTRAST),
    REINFORCE_TARGETS: replace(VITERBI, gradient=Gradient.REINFORCE, targets=True),
    CORRECT_TARGETS: replace(VITERBI, targets=True),
    FORWARD: replace(DISCRIMINATIVE, of_zones=True),
    SEGMENTATIONS: DISCRIMINATIVE,
    MORE: replace(DISCRIMINATIVE, strips=60_000, passes=2),
    **{name: replace(DISCRIMINATIVE, widths=(width,)) for width, name in ONE_WIDTH.items()},
}
"""What they are called in the tables."""
VALIDATION_STRIPS: Final = 1_000


def scaled(recipe: NetRecipe, quick: bool) -> NetRecipe:
    """The recipe, or a short one of the same kind."""
    if not quick:
        return recipe
    return replace(
        recipe, strips=recipe.strips // 4, passes=min(recipe.passes, 4), digits=20_000, digit_passes=2
    )


def train(variant: str, seed: int, quick: bool, folder: Path) -> dict[str, Any]:
    """Trains one net, from the single-digit net of the same seed where that is on file, and reads with it.

    Args:
        variant: Of `VARIANTS`.
        seed: Decides everything.
        quick: Whether to train for a short time, and to read fewer strips.
        folder: Where nets are kept.

    Returns:
        JSON-able: how it was trained, and of the test strips the truths, the digit images they are made of,
        the texts with the number of digits known and not known, and confidences of the former; truths and
        texts of strips of the training; `eval_points`, the share of validation strips right at points of the
        training.
    """
    recipe = scaled(VARIANTS[variant], quick)
    started = time.perf_counter()
    net = _beginning(recipe, seed, folder)
    eval_points = [] if recipe.objective is None else string_net(net, recipe, seed)
    seconds = time.perf_counter() - started
    count = TEST_STRIPS // 3 if quick else TEST_STRIPS
    test = zip_strips(Split.TEST, count, TEST_SEED)
    validation = zip_strips(Split.VALIDATION, VALIDATION_STRIPS, TEST_SEED)
    truths = [strip.text for strip in validation]
    seen = zip_strips(Split.TRAIN, recipe.strips, seed)[:count]
    if recipe.objective is None:
        net.zone_widths = _best_widths(net, validation)
    terms = max(
        TERMS,
        key=lambda terms: strings_right(read(net, validation, recipe.of_zones, None, terms), truths),
    )
    return {
        "variant": variant,
        "seed": seed,
        "quick": quick,
        "recipe": asdict(recipe),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "seconds": round(seconds, 1),
        "eval_points": [right / EVAL_STRIPS for right in eval_points],
        "single_digits": _right_digits(net),
        "sources": [strip.indices for strip in test],
        "truths": [strip.text for strip in test],
        "texts": read(net, test, recipe.of_zones),
        "confidences": confidences(net, test, recipe.of_zones),
        "texts_of_any_length": read(net, test, recipe.of_zones, None, terms),
        "terms": asdict(terms),
        "zone_widths": net.zone_widths,
        "trained_truths": [strip.text for strip in seen],
        "trained_texts": read(net, seen, recipe.of_zones),
        "hardware": hardware(),
    }


def _beginning(recipe: NetRecipe, seed: int, folder: Path) -> Net1992:
    """The net that knows single digits: its weights are the same whatever the zones are."""
    path = folder / f"digits-{seed}.safetensors"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save_tensors(path, digit_net(recipe, seed).state_dict(), {})
    net = Net1992(recipe.widths)
    net.load_state_dict(load_tensors(path)[0])
    return net


def _best_widths(net: Net1992, strips: Sequence[ZipStrip]) -> tuple[int, ...]:
    """The widths that read most strips right with a net that has learned windows of the widest zone alone."""
    truths = [strip.text for strip in strips]
    right = {}
    for widths in (ZONE_WIDTHS, *((width,) for width in ZONE_WIDTHS)):
        net.zone_widths = widths
        right[widths] = strings_right(read(net, strips, of_zones=True), truths)
    return max(right, key=lambda widths: right[widths])


def _right_digits(net: Net1992) -> float:
    """Share of single test digits that the widest zone reads right."""
    windows = lone_digits(Split.TEST, 5_000, TEST_SEED)
    return float((read_windows(net, windows) == windows.labels).mean())

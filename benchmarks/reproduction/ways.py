"""The nets of experiments 1 to 4, 7 and 8: the 1992 system trained in several ways, each with three seeds."""

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from reproduction.mail import TEST_STRIPS, MailStrip, lone_digits, mail_strips
from reproduction.nets import NetRecipe, Read, accuracy_of_digits, digit_net, read, string_net
from sdnn.choices import Gradient, Objective, Split
from sdnn.machine import hardware
from sdnn.models.checkpoint import load_tensors, save_tensors
from sdnn.models.net_1992 import Net1992

VITERBI: Final = NetRecipe(objective=Objective.VITERBI)
WAYS: Final[Mapping[str, NetRecipe]] = {
    "single digits alone": NetRecipe(),
    "a: reinforce": replace(VITERBI, gradient=Gradient.REINFORCE),
    "b: correct": VITERBI,
    "c: contrast": replace(VITERBI, gradient=Gradient.CONTRAST),
    "forward": replace(VITERBI, objective=Objective.FORWARD),
    "forward over segmentations": replace(VITERBI, objective=Objective.FORWARD, of_zones=False),
    "forward, one width": replace(VITERBI, objective=Objective.FORWARD, of_zones=False, widths=(5,)),
    "forward, ten times the strips": replace(
        VITERBI, objective=Objective.FORWARD, of_zones=False, strips=60_000, passes=2
    ),
}
"""What they are called in the tables."""
PRICES: Final = (-0.5, -1.0, -1.5, -2.0, -3.0, -4.0)
"""Of a column left out, where the number of digits is not known; the best on validation strips is taken."""
VALIDATION_STRIPS: Final = 1_000
TEST_SEED: Final = 1992
"""Of the strips that are read; all nets read the same."""


def scaled(recipe: NetRecipe, quick: bool) -> NetRecipe:
    """The recipe, or a short one of the same kind."""
    if not quick:
        return recipe
    return replace(
        recipe, strips=recipe.strips // 4, passes=min(recipe.passes, 4), digits=20_000, digit_passes=2
    )


def train(way: str, seed: int, quick: bool, folder: Path) -> dict[str, Any]:
    """Trains one net, from the single-digit net of the same seed where that is on file, and reads with it.

    Args:
        way: Of `WAYS`.
        seed: Decides everything.
        quick: Whether to train for a short time, and to read fewer strips.
        folder: Where nets are kept.

    Returns:
        JSON-able: how it was trained, and every test strip's truth, text and log-score, with the number of
        digits known and not known, and texts of the strips trained on.
    """
    recipe = scaled(WAYS[way], quick)
    started = time.perf_counter()
    net = _beginning(recipe, seed, folder)
    if recipe.objective is not None:
        net = string_net(net, recipe, seed)
    seconds = time.perf_counter() - started
    count = TEST_STRIPS // 3 if quick else TEST_STRIPS
    test = mail_strips(Split.TEST, count, TEST_SEED)
    validation = mail_strips(Split.VALIDATION, VALIDATION_STRIPS, TEST_SEED)
    seen = mail_strips(Split.TRAIN, count, seed)
    price = max(
        PRICES, key=lambda price: _right(read(net, validation, recipe.of_zones, None, price), validation)
    )
    return {
        "way": way,
        "seed": seed,
        "quick": quick,
        "recipe": asdict(recipe),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "seconds": round(seconds, 1),
        "single_digits": accuracy_of_digits(net, lone_digits(Split.TEST, 5_000, TEST_SEED)),
        "sources": [strip.indices for strip in test],
        "test": _pairs(read(net, test, recipe.of_zones), test),
        "unknown_length": _pairs(read(net, test, recipe.of_zones, None, price), test),
        "price": price,
        "train": _pairs(read(net, seen, recipe.of_zones), seen),
        "hardware": hardware(),
    }


def _beginning(recipe: NetRecipe, seed: int, folder: Path) -> Net1992:
    """The net that knows single digits: its weights are the same whatever the zones are."""
    path = folder / f"digits-{seed}.safetensors"
    if not path.exists():
        save_tensors(path, digit_net(recipe, seed).state_dict(), {})
    net = Net1992(recipe.widths)
    net.load_state_dict(load_tensors(path)[0])
    return net


def _right(readings: list[Read], strips: list[MailStrip]) -> float:
    return float(
        np.mean([reading.text == strip.text for reading, strip in zip(readings, strips, strict=True)])
    )


def _pairs(readings: list[Read], strips: list[MailStrip]) -> list[tuple[str, str, float]]:
    return [
        (strip.text, reading.text, round(reading.log_score, 3))
        for reading, strip in zip(readings, strips, strict=True)
    ]

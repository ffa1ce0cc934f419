"""Experiment 6: digits that have neighbours to train on, against digits alone; and the maps of experiment 5.

The net of 1992 with a class that says there is no digit, trained on single windows, never on strings, then
swept. What differs is what the windows show beside the digit, and below it.

Reference:
    LeCun et al. 1998, section VII: random neighbours, a class for windows without a digit in the middle, 10 %
    salt-and-pepper noise.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import torch

from reproduction.experiments import trellises
from reproduction.net_1992 import Net1992
from reproduction.synthetic_zip import (
    LENGTH,
    TEST_SEED,
    TEST_STRIPS,
    Windows,
    ZipStrip,
    flanked_digits,
    zip_strips,
)
from reproduction.zone_nets import learn_windows, read_windows, swept
from sdnn.decoding.temperature import fit_temperature
from sdnn.enums import Split
from sdnn.hardware import hardware
from sdnn.results import CLASSES, NO_DIGIT, FloatArray, log_softmax

WINDOWS_READ: Final = 5_000
VALIDATION_STRIPS: Final = 500


@dataclass(frozen=True)
class WindowRecipe:
    """What the windows show.

    Attributes:
        length: Digits on the strips that they are cut from: five, or one, which has no neighbours.
        noise: Share of the pixels that are turned to paper or ink.
        jitter_px: Half a stride: so far a digit stands from the middle of the nearest window of the sweep.
        between: Windows without a digit for every five with one: about as many as in the sweep.
        count: How many.
        passes: How often each is shown.
    """

    length: int = LENGTH
    noise: float = 0.0
    jitter_px: float = 2.0
    between: int = 4
    count: int = 60_000
    passes: int = 6


FLANKED: Final = "flanked"
NETS: Final[Mapping[str, WindowRecipe]] = {
    "alone": WindowRecipe(length=1),
    FLANKED: WindowRecipe(),
    "flanked, salt and pepper": WindowRecipe(noise=0.1),
}
"""What they are called in the tables."""


def train(name: str, seed: int, quick: bool) -> dict[str, Any]:
    """Trains one net, sweeps it and reads through all trellises.

    Args:
        name: Of `NETS`.
        seed: Decides everything.
        quick: Whether to train on less and to read fewer strips.

    Returns:
        JSON-able: how it was trained, how many flanked windows it reads right, the temperature, and of the
        test strips truths, digit images and the `trellises.readings`.
    """
    recipe = NETS[name]
    if quick:
        recipe = replace(recipe, count=20_000, passes=3)
    started = time.perf_counter()
    torch.manual_seed(seed)
    net = Net1992((5,), CLASSES)
    windows = _windows(Split.TRAIN, recipe, recipe.count, seed)
    learn_windows(net, windows, recipe.passes, np.random.default_rng([seed, 1]))
    seconds = time.perf_counter() - started

    held_out = _windows(Split.TEST, NETS[FLANKED], WINDOWS_READ, TEST_SEED)
    right = read_windows(net, held_out) == held_out.labels
    fitting = zip_strips(Split.VALIDATION, VALIDATION_STRIPS, TEST_SEED)
    texts = [strip.text for strip in fitting]
    logits = _maps(net, fitting)
    temperature = fit_temperature(
        [log_softmax(each, 1.0) for each in logits], [[int(digit) for digit in text] for text in texts]
    )
    test = zip_strips(Split.TEST, TEST_STRIPS // 3 if quick else TEST_STRIPS, TEST_SEED)
    read, validation = (
        [log_softmax(each, temperature) for each in maps] for maps in (_maps(net, test), logits)
    )
    return {
        "net": name,
        "seed": seed,
        "quick": quick,
        "recipe": asdict(recipe),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "seconds": round(seconds, 1),
        "windows": {
            "n": len(right),
            "digits": float(right[held_out.labels != NO_DIGIT].mean()),
            "no_digit": float(right[held_out.labels == NO_DIGIT].mean()),
        },
        "temperature": temperature,
        "sources": [strip.indices for strip in test],
        "truths": [strip.text for strip in test],
        "readings": trellises.readings(read, validation, texts),
        "hardware": hardware(),
    }


def _windows(split: Split, recipe: WindowRecipe, count: int, seed: int) -> Windows:
    return flanked_digits(
        split,
        count,
        seed,
        jitter_px=recipe.jitter_px,
        noise=recipe.noise,
        between=recipe.between,
        length=recipe.length,
    )


def _maps(net: Net1992, strips: Sequence[ZipStrip]) -> list[FloatArray]:
    """(T, 11) logits of each strip's windows of 32 px."""
    return [logits[:, 0] for logits in swept(net, strips)]

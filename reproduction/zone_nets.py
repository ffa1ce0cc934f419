"""The 1992 system trained as each variant of the experiments asks, and read with.

Every net begins with single digits; string training goes on from that net of the same seed, on strips of
which only the digits are known. All of it is trained on MNIST images 0-54,999.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from reproduction.net_1992 import ZONE_WIDTHS, Net1992
from reproduction.segment_lattice import SegmentWidths, best_segments, segment_marginals, segments_of_each
from reproduction.segment_losses import segment_loss
from reproduction.synthetic_zip import (
    LENGTH,
    TRAIN_STRIPS,
    Picture,
    Windows,
    ZipStrip,
    lone_digits,
    strings_right,
    zip_strips,
)
from sdnn.decoding.dynamic_programming import log_partition, log_plus
from sdnn.enums import Gradient, Objective, Split
from sdnn.results import FloatArray, IntArray, log_softmax, text_of

FEATURE_PX: Final = 4
"""Distance of feature columns."""
FIRST_COLUMN_PX: Final = 12
"""A strip of W pixels has (W - 12) // 4 feature columns."""


@dataclass(frozen=True)
class NetRecipe:
    """How one of the nets is trained.

    Attributes:
        widths: Feature columns of its zones.
        objective: Of string training; None for single digits alone.
        gradient: Where the Viterbi objective pushes.
        targets: Whether it moves winners towards targets, not along a derivative.
        of_zones: Whether scores are softmax in each zone, as in the paper, when it is read and in forward.
        strips: Different strips to train on.
        passes: Times that each of them is shown.
        digits: Windows with single digits that come first.
        digit_passes: Times that each of those is shown.
    """

    widths: tuple[int, ...] = ZONE_WIDTHS
    objective: Objective | None = None
    gradient: Gradient = Gradient.CORRECT
    targets: bool = False
    of_zones: bool = True
    strips: int = TRAIN_STRIPS
    passes: int = 12
    digits: int = 55_000
    digit_passes: int = 6


DIGIT_RATE: Final = 3e-3
STRING_RATE: Final = 1e-3
DIGIT_BATCH: Final = 128
STRIP_BATCH: Final = 32
EVAL_POINTS: Final = 12
"""Readings of validation strips in the course of a training."""
EVAL_STRIPS: Final = 300
EVAL_SEED: Final = 1990


@dataclass(frozen=True)
class Terms:
    """What makes numbers of digits comparable where theirs is not known.

    Attributes:
        column: Log-score of a column that no digit takes.
        digit: Added to the log-score of every digit.
    """

    column: float = 0.0
    digit: float = 0.0


NO_TERMS: Final = Terms()
TERMS: Final = (
    *(
        Terms(column=price)
        for price in (-3.0, -2.0, -1.4, -1.0, -0.7, -0.5, -0.35, -0.25, -0.15, -0.1, -0.05, -0.02)
    ),
    *(Terms(digit=toll) for toll in (-11.0, -8.0, -5.6, -4.0, -2.8, -2.0, -1.4, -1.0, -0.5)),
    *(Terms(digit=reward) for reward in (0.1, 0.25, 0.5, 0.75, 1.0, 1.4, 2.0, 2.8, 4.0)),
)
"""Of which those are taken that read most validation strips right.

Scores that are softmax in each zone are logarithms of probabilities, and no digit at all would be best
without a price or a reward. Logits as they are may lie anywhere, if only five digits were ever asked for.
"""


def digit_net(recipe: NetRecipe, seed: int) -> Net1992:
    """A net that knows single digits only."""
    torch.manual_seed(seed)
    net = Net1992(recipe.widths)
    windows = lone_digits(Split.TRAIN, recipe.digits, seed)
    return learn_windows(net, windows, recipe.digit_passes, np.random.default_rng([seed, 1]))


def learn_windows(net: Net1992, windows: Windows, passes: int, rng: np.random.Generator) -> Net1992:
    """The net trained on single windows, each of which is shown so many times, in place."""
    optimizer = torch.optim.Adam(net.parameters())
    steps = passes * -(-len(windows.labels) // DIGIT_BATCH)
    for step, places in enumerate(_batches(len(windows.labels), DIGIT_BATCH, passes, rng)):
        _set_rate(optimizer, DIGIT_RATE, step / steps)
        logits = net.digits(_as_input(windows.ink[places]))
        loss = functional.cross_entropy(logits, torch.from_numpy(windows.labels[places]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return net


def string_net(net: Net1992, recipe: NetRecipe, seed: int) -> list[int]:
    """Trains the net further on strips, in place.

    Returns:
        How many of 300 validation strips were read right after each twelfth of the training.
    """
    assert recipe.objective is not None
    strips = zip_strips(Split.TRAIN, recipe.strips, seed)
    held_out = zip_strips(Split.VALIDATION, EVAL_STRIPS, EVAL_SEED)
    loss_of = segment_loss(
        recipe.objective, recipe.gradient, SegmentWidths(recipe.widths), recipe.of_zones, recipe.targets
    )
    optimizer = torch.optim.Adam(net.parameters())
    rng = np.random.default_rng([seed, 2])
    batches = list(_by_width(strips))
    order = np.concatenate([rng.permutation(len(batches)) for _ in range(recipe.passes)])
    eval_steps = np.linspace(0, len(order), EVAL_POINTS + 1).round()[1:]
    right = []
    for step, place in enumerate(order):
        _set_rate(optimizer, STRING_RATE, step / len(order))
        batch = batches[place]
        loss = loss_of(net(_as_input(batch.ink)), batch.texts, batch.columns)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        if step + 1 in eval_steps:
            texts = read(net, held_out, recipe.of_zones)
            right.append(strings_right(texts, [strip.text for strip in held_out]))
    return right


def swept(net: Net1992, strips: Sequence[ZipStrip]) -> list[FloatArray]:
    """(T, Z, C) logits of the zones on each strip, T its own."""
    found: dict[int, FloatArray] = {}
    for batch in _by_width(strips):
        for place, logits, columns in zip(batch.places, _logits(net, batch), batch.columns, strict=True):
            found[place] = logits[:columns]
    return [found[place] for place in range(len(strips))]


def read(
    net: Net1992,
    strips: Sequence[ZipStrip],
    of_zones: bool,
    length: int | None = LENGTH,
    terms: Terms = NO_TERMS,
) -> list[str]:
    """The digits of the strips' best segmentations, none where a strip has no room for so many.

    Args:
        net: Scores the zones.
        strips: In any order.
        of_zones: Whether scores are softmax in each zone; else the logits as they are, as they were trained.
        length: Digits on each strip; None where they are not known.
        terms: Matter where they are not known.
    """
    zones = SegmentWidths(net.zone_widths)
    texts = [""] * len(strips)
    for batch in _by_width(strips):
        lengths = None if length is None else [length] * len(batch.texts)
        scores = _scores(net, batch, of_zones) + terms.digit
        paths, best = best_segments(scores, zones, lengths, batch.columns, terms.column)
        for place, path, columns, log_score in zip(batch.places, paths, batch.columns, best, strict=True):
            if np.isfinite(log_score):
                texts[place] = text_of(zones.collapse(path[:columns]))
    return texts


def confidences(net: Net1992, strips: Sequence[ZipStrip], of_zones: bool) -> list[float]:
    """How sure it is that the five digits read from each strip are right; 0 where there is no room for five.

    Where scores are softmax in each zone it is their product along the best segmentation, the paper's score;
    over all segmentations they sum to the number of ways to place five zones, whatever the net says. Logits
    have a softmax over whole segmentations: then it is the share of those that say the text.

    Args:
        net: Scores the zones.
        strips: In any order.
        of_zones: As for `read`.
    """
    zones = SegmentWidths(net.zone_widths)
    found = [0.0] * len(strips)
    for batch in _by_width(strips):
        scores = _scores(net, batch, of_zones)
        lengths = [LENGTH] * len(batch.texts)
        paths, log_shares = best_segments(scores, zones, lengths, batch.columns)
        if not of_zones:
            spans = [
                zones.collapse(path[:columns]) for path, columns in zip(paths, batch.columns, strict=True)
            ]
            trellis = segments_of_each([[span.label for span in digits] for digits in spans], zones)
            of_text = log_partition(zones.class_map(scores), trellis, log_plus, batch.columns)
            _, of_all = segment_marginals(scores, zones, lengths, batch.columns)
            fits = np.isfinite(log_shares)
            log_shares = np.where(fits, of_text, -np.inf) - np.where(fits, of_all, 0.0)
        for place, log_share in zip(batch.places, np.minimum(log_shares, 0.0), strict=True):
            found[place] = float(np.exp(log_share))
    return found


def _scores(net: Net1992, batch: "_Batch", of_zones: bool) -> FloatArray:
    logits = _logits(net, batch)
    return log_softmax(logits, 1.0) if of_zones else logits


def _logits(net: Net1992, batch: "_Batch") -> FloatArray:
    with torch.inference_mode():
        return np.asarray(net(_as_input(batch.ink)).double().numpy())


@dataclass(frozen=True, eq=False)
class _Batch:
    """Strips of similar widths, filled up with paper on the right.

    Attributes:
        ink: (B, 28, W) uint8.
        texts: The digits on each.
        columns: Feature columns that each has without the filling.
        places: Of the strips, among all.
    """

    ink: Picture
    texts: tuple[str, ...]
    columns: tuple[int, ...]
    places: tuple[int, ...]


def _by_width(strips: Sequence[ZipStrip]) -> Iterator[_Batch]:
    ordered = sorted(range(len(strips)), key=lambda place: strips[place].ink.shape[1])
    for first in range(0, len(ordered), STRIP_BATCH):
        places = ordered[first : first + STRIP_BATCH]
        group = [strips[place] for place in places]
        widths = [strip.ink.shape[1] for strip in group]
        ink = np.zeros((len(group), group[0].ink.shape[0], max(widths)), np.uint8)
        for row, strip in zip(ink, group, strict=True):
            row[:, : strip.ink.shape[1]] = strip.ink
        columns = tuple((width - FIRST_COLUMN_PX) // FEATURE_PX for width in widths)
        yield _Batch(ink, tuple(strip.text for strip in group), columns, tuple(places))


def _batches(count: int, size: int, passes: int, rng: np.random.Generator) -> Iterator[IntArray]:
    """Places in random order, so many at a time, all of them in each pass."""
    for _ in range(passes):
        order = rng.permutation(count)
        for first in range(0, count, size):
            yield order[first : first + size]


def _set_rate(optimizer: torch.optim.Optimizer, highest: float, done: float) -> None:
    """Rises over the first twentieth of the training, then falls as a half cosine."""
    rate = highest * min(1.0, done / 0.05) * (1 + math.cos(math.pi * done)) / 2
    for group in optimizer.param_groups:
        group["lr"] = max(rate, 1e-6)


def _as_input(ink: Picture) -> torch.Tensor:
    return torch.from_numpy(ink.astype(np.float32) / np.float32(255)).unsqueeze(1)


def read_windows(net: Net1992, windows: Windows) -> IntArray:
    """(N,) the class that the widest zone has for each window."""
    with torch.inference_mode():
        return np.asarray(net.digits(_as_input(windows.ink)).argmax(1).numpy())

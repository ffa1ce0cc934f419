"""Experiment 9: does a reader memorise its training strings? A swept net beside a recurrent one.

    python -m reproduction.experiments.memorising

Both have the same convolutional features, about the same number of parameters and the same training, CTC on
the digits of a strip. The swept one ends in a kernel across its window, and no column of it sees beyond that;
the recurrent one ends in an LSTM that runs over the whole strip from both sides. They are trained on many
pictures of few strings and read new pictures: of the same strings, and of strings that never were there.

The command tries learning rates for both, on unseen strings of validation digits: `LEARNING_RATES` are what
came out best.

Reference:
    Zhan et al. 2017: readers with recurrent layers fall to 26 and 27 % on the CVL strings, of which few are
    there to train on. Shi et al. 2015: the recurrent net's form, which is much larger there.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from reproduction.synthetic_zip import ZipStrip, distinct_strings, strings_right, zip_strips
from sdnn.decoding.decoder import collapse
from sdnn.enums import Split
from sdnn.hardware import hardware
from sdnn.results import CLASSES, NO_DIGIT, text_of
from sdnn.training.precision import MEMORY_FORMAT

CHANNELS: Final = (8, 20, 32)
"""Of the features, the same in both nets."""
FEATURE_ROWS: Final = 3
HIDDEN: Final = 32
"""Of each of the recurrent net's two directions."""
WIDTH_STEP_PX: Final = 16
"""Strips are filled up with paper to a multiple of this: what is read does not depend on the batch."""
REPERTOIRES: Final = (10, 100, 1_000)


class Kind(StrEnum):
    """Which net."""

    SWEPT = "swept"
    RECURRENT = "recurrent"


KERNEL_COLUMNS: Final = 11
"""Of the swept net's last kernel: with it a column sees 34 px of the strip."""
KERNEL_CHANNELS: Final = 32
RATES_TRIED: Final = (3e-3, 1e-2, 3e-2)
LEARNING_RATES: Final = {Kind.SWEPT: 1e-2, Kind.RECURRENT: 1e-2}
"""The best of these, by `rates`."""
TEST_SEED: Final = 19_000
"""Of the test strips, plus the net's seed: no strip was read while this was being made."""


@dataclass(frozen=True)
class MemorisingRecipe:
    """How both nets are trained and tested.

    Attributes:
        strips: Different pictures to train on.
        epochs: How often each is shown.
        batch: Strips in a step.
        most_gradient: Length beyond which a step's gradient is shortened.
        test_strips: Read of each kind.
    """

    strips: int = 6_000
    epochs: int = 20
    batch: int = 32
    most_gradient: float = 5.0
    test_strips: int = 1_000


FULL: Final = MemorisingRecipe()
QUICK: Final = replace(FULL, strips=3_000, epochs=8, test_strips=500)
TRIAL: Final = replace(FULL, epochs=10)
"""To find a learning rate."""


class SweptHead(nn.Module):
    """A kernel across the window, then the classes: each column sees its window alone."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(CHANNELS[-1], KERNEL_CHANNELS, (FEATURE_ROWS, KERNEL_COLUMNS), bias=False),
            nn.BatchNorm2d(KERNEL_CHANNELS),
            nn.ReLU(inplace=True),
            nn.Conv2d(KERNEL_CHANNELS, CLASSES, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """From (B, C, 3, W) features to (T, B, 11) logits."""
        logits: Tensor = self.layers(features).squeeze(2).permute(2, 0, 1)
        return logits


class RecurrentHead(nn.Module):
    """An LSTM over the columns from both sides, then the classes: each column can see the whole strip."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(CHANNELS[-1] * FEATURE_ROWS, HIDDEN, bidirectional=True)
        self.classes = nn.Linear(2 * HIDDEN, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """From (B, C, 3, W) features to (T, B, 11) logits."""
        states, _ = self.lstm(features.flatten(1, 2).permute(2, 0, 1))
        logits: Tensor = self.classes(states)
        return logits


def new_net(kind: Kind) -> nn.Sequential:
    """A net as it is before training, from (B, 1, 28, W) strips to (T, B, 11) logits, a column every 2 px."""
    first, second, third = CHANNELS
    net = nn.Sequential(
        *_layer(1, first, 5, pooled=(2, 2)),  # 24 rows, then 12
        *_layer(first, second, 3, pooled=(2, 1)),  # 10, then 5
        *_layer(second, third, 3),  # 3
        SweptHead() if kind is Kind.SWEPT else RecurrentHead(),
    )
    return net.to(memory_format=MEMORY_FORMAT)


def _layer(
    channels_in: int, channels_out: int, side: int, pooled: tuple[int, int] | None = None
) -> list[nn.Module]:
    """A convolution, of which maxima are taken before the rest has to be done for all of it."""
    return [
        nn.Conv2d(channels_in, channels_out, side, bias=False),
        *([nn.MaxPool2d(pooled)] if pooled else []),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    ]


def parameters_of(net: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(parameter.numel() for parameter in net.parameters())


@dataclass(frozen=True, eq=False)
class Batch:
    """Strips of one width: (B, 28, W) uint8 ink, (B, L) digits, and the strips' places among all."""

    ink: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    places: npt.NDArray[np.intp]

    def as_input(self) -> Tensor:
        """(B, 1, 28, W), 0 paper to 1 ink."""
        ink = torch.from_numpy(self.ink)[:, None].float() / 255
        return ink.to(memory_format=MEMORY_FORMAT)


def batches(strips: Sequence[ZipStrip], size: int, rng: np.random.Generator | None) -> Iterator[Batch]:
    """All strips once, in batches of about one width; in random order where there is a generator."""
    widths = np.array([-(-strip.ink.shape[1] // WIDTH_STEP_PX) * WIDTH_STEP_PX for strip in strips])
    order = np.arange(len(strips)) if rng is None else rng.permutation(len(strips))
    of_widths = [order[widths[order] == width] for width in np.unique(widths)]
    groups = [group[first : first + size] for group in of_widths for first in range(0, len(group), size)]
    for at in range(len(groups)) if rng is None else rng.permutation(len(groups)):
        places = groups[at]
        ink = np.zeros((len(places), strips[0].ink.shape[0], widths[places[0]]), np.uint8)
        for row, place in zip(ink, places, strict=True):
            row[:, : strips[place].ink.shape[1]] = strips[place].ink
        labels = np.array([[int(digit) for digit in strips[place].text] for place in places], np.int64)
        yield Batch(ink, labels, places)


def train(kind: Kind, repertoire: int, seed: int, quick: bool) -> dict[str, Any]:
    """Trains one net and reads with it.

    Args:
        kind: Which net.
        repertoire: How many strings the training strips say, in turn.
        seed: Decides strings, pictures and the start of the net; both kinds have the same strips.
        quick: Whether to train for a short time, on fewer strips.

    Returns:
        JSON-able: what was trained, seconds, and for strips that were `trained` on, for `new` pictures of the
        same strings, and for `unseen` strings the truths, the texts and the digit images they are made of.
    """
    recipe = QUICK if quick else FULL
    strings = distinct_strings(repertoire, seed)
    strips = zip_strips(Split.TRAIN, recipe.strips, seed, strings)
    started = time.perf_counter()
    net, losses = trained(kind, repertoire, seed, recipe, LEARNING_RATES[kind], strips)
    seconds = time.perf_counter() - started
    tests = {
        "trained": strips[: recipe.test_strips],
        "new": zip_strips(Split.TEST, recipe.test_strips, TEST_SEED + 2 * seed, strings),
        "unseen": unseen_strips(Split.TEST, recipe.test_strips, TEST_SEED + 2 * seed + 1, strings),
    }
    return {
        "kind": kind.value,
        "repertoire": repertoire,
        "seed": seed,
        "quick": quick,
        "recipe": asdict(recipe),
        "learning_rate": LEARNING_RATES[kind],
        "parameters": parameters_of(net),
        "seconds": round(seconds, 1),
        "losses": losses,
        "strings": strings,
        **{name: _readings(read(net, them), them) for name, them in tests.items()},
        "hardware": hardware(),
    }


def unseen_strips(split: Split, count: int, seed: int, strings: Sequence[str]) -> tuple[ZipStrip, ...]:
    """Strips that each say a string of their own, none of those given."""
    return zip_strips(split, count, seed, distinct_strings(count, seed, strings))


def trained(
    kind: Kind,
    repertoire: int,
    seed: int,
    recipe: MemorisingRecipe,
    learning_rate: float,
    strips: Sequence[ZipStrip],
) -> tuple[nn.Sequential, list[float]]:
    """A net trained on strips, and its mean loss in each epoch."""
    torch.manual_seed(seed)
    net = new_net(kind)
    losses = learn(net, strips, recipe, learning_rate, np.random.default_rng([seed, repertoire]))
    return net, losses


def rates() -> Iterator[tuple[Kind, float, list[float]]]:
    """What each learning rate gives each kind of net: strings right, for each repertoire.

    Of 1,000 unseen strings of validation digits, by one net each.
    """
    for kind in Kind:
        for learning_rate in RATES_TRIED:
            shares = []
            for repertoire in REPERTOIRES:
                strings = distinct_strings(repertoire, 0)
                strips = zip_strips(Split.TRAIN, TRIAL.strips, 0, strings)
                net, _ = trained(kind, repertoire, 0, TRIAL, learning_rate, strips)
                held_out = unseen_strips(Split.VALIDATION, TRIAL.test_strips, TEST_SEED, strings)
                texts = read(net, held_out)
                truths = [strip.text for strip in held_out]
                shares.append(strings_right(texts, truths) / len(held_out))
            yield kind, learning_rate, shares


def learn(
    net: nn.Module,
    strips: Sequence[ZipStrip],
    recipe: MemorisingRecipe,
    learning_rate: float,
    rng: np.random.Generator,
) -> list[float]:
    """Trains the net in place; gives the mean loss of each epoch.

    Args:
        net: Is changed.
        strips: To train on.
        recipe: How.
        learning_rate: Its peak, after a tenth of the steps.
        rng: Decides the order.
    """
    steps = sum(1 for _ in batches(strips, recipe.batch, None)) * recipe.epochs
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, steps, pct_start=0.1)
    net.train()
    losses = []
    for _ in range(recipe.epochs):
        of_epoch = []
        for batch in batches(strips, recipe.batch, rng):
            log_probs = net(batch.as_input()).log_softmax(2)
            count, length = batch.labels.shape
            loss = functional.ctc_loss(
                log_probs,
                torch.from_numpy(batch.labels),
                torch.full((count,), len(log_probs)),
                torch.full((count,), length),
                blank=NO_DIGIT,
                zero_infinity=True,
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), recipe.most_gradient)
            optimizer.step()
            schedule.step()
            of_epoch.append(float(loss.detach()))
        losses.append(round(float(np.mean(of_epoch)), 4))
    return losses


def read(net: nn.Module, strips: Sequence[ZipStrip]) -> list[str]:
    """What the net reads: the best class of every column, any number of digits."""
    net.eval()
    texts = [""] * len(strips)
    with torch.inference_mode():
        for batch in batches(strips, 100, None):
            paths = net(batch.as_input()).argmax(2).T.numpy()
            for place, path in zip(batch.places, paths, strict=True):
                texts[place] = text_of(collapse(path, NO_DIGIT))
    return texts


def _readings(texts: Sequence[str], strips: Sequence[ZipStrip]) -> dict[str, Any]:
    return {
        "truths": [strip.text for strip in strips],
        "texts": list(texts),
        "sources": [strip.indices for strip in strips],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    for kind, learning_rate, shares in rates():
        print(kind, f"{learning_rate:g}", *(f"{share:.1%}" for share in shares), flush=True)

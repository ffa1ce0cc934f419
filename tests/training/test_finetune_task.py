from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from helpers.brute_force import net_in_use

from sdnn.datasets.pages import LineSource, PageRecipe
from sdnn.datasets.pen import SyntheticDigits
from sdnn.detection import Detector, LineCrop
from sdnn.models.digit_net import DigitNet
from sdnn.models.lenet import LENET
from sdnn.results import Box
from sdnn.training.finetune_recipe import OwnRecipe
from sdnn.training.finetune_task import Choice, FineTuneTask
from sdnn.training.joined_lines import OwnLine
from sdnn.training.own_strips import MixedMaker
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.string_task import StripMaker, strip_loss

TINY = (4, 4, 4, 4, 6, 8)
PAGE = PageRecipe(most_digits=2)
LINES = LineSource(SyntheticDigits(), Detector(threads=1))
CROP = LineCrop(np.ones((78, 100, 2), np.float32), Box(26, 26, 74, 52), 0.0)


def mark(net: DigitNet) -> float:
    """A number that goes straight from one net to the other in their means."""
    last = net.classifier[-1]
    assert isinstance(last, torch.nn.Linear)
    return round(float(last.bias.detach()[0]), 4)


def marked(value: float) -> DigitNet:
    net = net_in_use(seed=2, channels=TINY)
    last = net.classifier[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.bias.fill_(value)
    return net


@dataclass(eq=False)
class Known(FineTuneTask):
    """A task in which a net of mark m has known figures."""

    figures: dict[float, tuple[float, float]] = field(default_factory=dict)

    def measure(self, net: DigitNet) -> Choice:
        return Choice(net, *self.figures[mark(net)])


def task(**figures: tuple[float, float]) -> Known:
    made = Known(None, [])  # type: ignore[arg-type]
    made.figures = {int(name[1:]) / 100: value for name, value in figures.items()}
    return made


def test_the_net_with_the_least_loss_is_kept_as_it_was_and_epochs_since_are_counted() -> None:
    made = task(m10=(0.8, 1.0), m20=(0.7, 0.9), m30=(0.9, 0.9), m40=(0.8, 0.8))
    net, seen = marked(0.1), []
    for value in (0.1, 0.2, 0.3, 0.4):
        last = net.classifier[-1]
        assert isinstance(last, torch.nn.Linear)
        with torch.no_grad():
            last.bias.fill_(value)
        figures = made.evaluate(net)
        assert made.best is not None
        seen.append((mark(made.best.net), made.epochs_since))
    assert seen == [(0.1, 0), (0.2, 0), (0.2, 1), (0.4, 0)]
    assert figures == {"accuracy": 0.8, "held-out loss": 0.8}


def test_own_and_synthetic_strips_weigh_as_their_shares() -> None:
    source = StripMaker(LINES, StringRecipe(batch=4, page=PAGE), LENET.geometry, seed=3)
    maker = MixedMaker(source, [OwnLine(CROP, "12")], OwnRecipe(share=0.25))
    made, net, batch = FineTuneTask(maker, []), marked(0.1), maker(0)[0]
    with torch.inference_mode():
        own, synthetic = (float(strip_loss(net, part, maker.recipe)) for part in (batch.own, batch.synthetic))
        assert own != synthetic
        assert float(made.loss(net, batch)) == pytest.approx(own / 4 + 3 * synthetic / 4)

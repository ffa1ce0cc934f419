from dataclasses import dataclass, field, replace

import pytest
import torch
from helpers.brute_force import net_in_use

from sdnn.models.digit_net import DigitNet
from sdnn.training import finetune_task
from sdnn.training.finetune_recipe import OwnRecipe
from sdnn.training.finetune_task import Choice, FineTuneTask
from sdnn.training.own_strips import MixedMaker

TINY = (4, 4, 4, 4, 6, 8)


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

    figures: dict[float, tuple[float, float, float]] = field(default_factory=dict)

    def measure(self, net: DigitNet) -> Choice:
        return Choice(net, *self.figures[mark(net)])


def task(maker: MixedMaker | None, **figures: tuple[float, float, float]) -> Known:
    made = Known(maker, [], [])  # type: ignore[arg-type]
    made.figures = {int(name[1:]) / 100: value for name, value in figures.items()}
    return made


@pytest.fixture
def unchanged_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The net at the start reads nine tenths of the synthetic strips."""
    monkeypatch.setattr(finetune_task, "accuracy", lambda net, batches: 0.9)


def test_the_best_net_is_kept_as_it_was_and_epochs_since_are_counted() -> None:
    made = task(None, m10=(0.7, 1.0, 0.9), m20=(0.8, 1.0, 0.9), m30=(0.8, 1.2, 0.9), m40=(0.8, 0.9, 0.5))
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
    assert figures == {"accuracy": 0.8, "held-out loss": 0.9, "synthetic": 0.5}


@pytest.mark.usefixtures("unchanged_at_the_start")
def test_the_mean_that_reads_own_strips_best_without_losing_much_is_chosen() -> None:
    own = replace(OwnRecipe(), tuned_shares=(1.0, 0.5, 0.25), max_lost=0.01)
    made = task(None, m100=(0.95, 1.0, 0.85), m50=(0.9, 1.0, 0.89), m25=(0.85, 1.0, 0.9))
    made.best = Choice(marked(1.0), 0.95, 1.0, 0.85)
    share, net = made.choose_mean(marked(0.0), own)
    assert (share, mark(net)) == (0.5, 0.5)


@pytest.mark.usefixtures("unchanged_at_the_start")
def test_where_all_means_lose_too_much_the_one_that_loses_least_is_taken() -> None:
    own = replace(OwnRecipe(), tuned_shares=(1.0, 0.5), max_lost=0.01)
    made = task(None, m100=(0.95, 1.0, 0.8), m50=(0.9, 1.0, 0.85))
    made.best = Choice(marked(1.0), 0.95, 1.0, 0.8)
    assert made.choose_mean(marked(0.0), own)[0] == 0.5

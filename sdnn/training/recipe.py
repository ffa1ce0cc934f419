"""The settings of a training run, saved with the model they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sdnn.choices import Source
from sdnn.datasets.degradation import Distortion
from sdnn.datasets.strips import Layout
from sdnn.datasets.windows import WindowRecipe


@dataclass(frozen=True)
class DigitRecipe:
    """How the single-digit net is trained.

    Attributes:
        source: Where digits come from.
        pen_share: How many of the digits are drawn, where the source is mixed.
        windows: Windows shown in all.
        windows_per_epoch: Windows between two records and checkpoints.
        batch: Windows per step.
        learning_rate: At its highest, after the warm-up.
        warm_up: Share of the steps in which the rate rises; then it falls as a half cosine to nothing.
        weight_decay: Of AdamW, on kernels only.
        dropout: Before the last layer.
        seed: Decides weights and data; two runs with the same one are equal.
        window: How the windows are made.
    """

    source: Source = Source.MIXED
    pen_share: float = 0.2
    windows: int = 1_228_800
    windows_per_epoch: int = 51_200
    batch: int = 512
    learning_rate: float = 4e-3
    warm_up: float = 0.1
    weight_decay: float = 0.02
    dropout: float = 0.25
    seed: int = 0
    window: WindowRecipe = field(default_factory=WindowRecipe)

    @property
    def steps(self) -> int:
        """Batches in all."""
        return -(-self.windows // self.batch)

    @property
    def steps_per_epoch(self) -> int:
        """Batches between two records."""
        return -(-self.windows_per_epoch // self.batch)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "DigitRecipe":
        """The recipe that `dataclasses.asdict` and JSON made the record of."""
        window = dict(record["window"])
        window["distortion"] = Distortion(**window["distortion"])
        layout: dict[str, Any] = {
            # JSON has no tuples.
            name: tuple(value) if isinstance(value, list) else value
            for name, value in window["layout"].items()
        }
        window["layout"] = Layout(**layout)
        return cls(**{**record, "source": Source(record["source"]), "window": WindowRecipe(**window)})


def digit_recipe(
    source: Source, seed: int, windows: int | None = None, isolated: bool = False
) -> DigitRecipe:
    """The default recipe with what the command line may change of it."""
    recipe = DigitRecipe(source=source, seed=seed)
    if windows is not None:
        recipe = replace(recipe, windows=windows)
    return replace(recipe, window=WindowRecipe.isolated()) if isolated else recipe

"""The settings of a training of the reader's net, saved with the model they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, Self, get_args, get_type_hints

from sdnn.datasets.pages import PageRecipe
from sdnn.datasets.windows import WindowRecipe
from sdnn.enums import Gradient, Objective, Source, Stage
from sdnn.errors import UsageError
from sdnn.models.architecture import Architecture
from sdnn.models.registry import ARCHITECTURES, DEFAULT


@dataclass(frozen=True)
class StageRecipe:
    """Settings of both stages.

    Attributes:
        pen_share: How many of the writers are drawn ones, where the source is mixed.
        examples: Windows or strips shown in all.
        examples_per_epoch: Of these, between two records and checkpoints.
        batch: Examples per step.
        learning_rate: At its highest, after the warm-up.
        warm_up: Share of the steps in which the rate rises; then it falls as a half cosine to nothing.
        weight_decay: Of AdamW, on kernels only.
        dropout: Before the last layer.
    """

    pen_share: float
    examples: int
    examples_per_epoch: int
    batch: int
    learning_rate: float
    warm_up: float
    weight_decay: float
    dropout: float

    @property
    def steps(self) -> int:
        """Batches in all."""
        return -(-self.examples // self.batch)

    @property
    def steps_per_epoch(self) -> int:
        """Batches between two records."""
        return -(-self.examples_per_epoch // self.batch)


@dataclass(frozen=True)
class DigitRecipe(StageRecipe):
    """How the single-digit net is trained, on windows.

    Attributes:
        window: How the windows are made.
    """

    pen_share: float = 0.2
    examples: int = 204_800
    examples_per_epoch: int = 25_600
    batch: int = 512
    learning_rate: float = 4e-3
    warm_up: float = 0.1
    weight_decay: float = 0.02
    dropout: float = 0.25
    window: WindowRecipe = field(default_factory=WindowRecipe)

    @property
    def mean_decay(self) -> None:
        """No moving average."""
        return None


@dataclass(frozen=True)
class StringRecipe(StageRecipe):
    """How the net is trained further, on strips of which only the digits are known.

    Attributes:
        objective: What is minimised.
        gradient: Where the Viterbi objective pushes.
        mean_decay: Share of the running mean of the net that each step keeps.
        frozen: Whether the normalisation keeps the statistics that the net came with: the mean of a net and
            the one that it began from needs that.
        page: How the pages are made that the strips come from.
    """

    pen_share: float = 0.7
    examples: int = 102_400
    examples_per_epoch: int = 25_600
    batch: int = 64
    learning_rate: float = 1.5e-3
    warm_up: float = 0.02
    weight_decay: float = 0.02
    dropout: float = 0.1
    objective: Objective = Objective.FORWARD
    gradient: Gradient = Gradient.CORRECT
    mean_decay: float = 0.999
    frozen: bool = False
    page: PageRecipe = field(default_factory=PageRecipe)


class Recorded:
    """A dataclass of settings that can be had back from its record."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The recipe that `dataclasses.asdict` and JSON made the record of.

        Raises:
            TypeError: When the record is none of a recipe, or names a setting that there is not.
        """
        recipe = _from_record(cls, record)
        if not isinstance(recipe, cls) or not record:
            raise TypeError(f"{record!r}: no record of a recipe")
        return recipe


@dataclass(frozen=True)
class Recipe(Recorded):
    """A whole training of the reader's net.

    Attributes:
        source: Where digits come from.
        seed: Decides weights and data; two runs with the same one are equal.
        channels: Feature maps of the net's convolutions.
        start: SHA-256 of the file that the net begins from; a new net where None.
        digits: Stage 1; left out where None.
        strings: Stage 2; left out where None.
        architecture: Name of the net in the registry.
    """

    source: Source = Source.MIXED
    seed: int = 0
    channels: tuple[int, ...] = DEFAULT.channels
    start: str | None = None
    digits: DigitRecipe | None = field(default_factory=DigitRecipe)
    strings: StringRecipe | None = field(default_factory=StringRecipe)
    architecture: str = DEFAULT.name

    @property
    def net(self) -> Architecture:
        """The net's architecture with the recipe's channels."""
        return replace(ARCHITECTURES[self.architecture], channels=self.channels)


DIGITS_ALONE_WINDOWS = 614_400
"""Windows where the first stage is all there is: alone it has to do what strings else would."""
FINE_TUNE_LEARNING_RATE = 5e-4
"""Learning rate of fine-tuning a trained net on strings: a greater one would undo much of it first."""


def chosen_recipe(
    stage: Stage = Stage.BOTH,
    source: Source = Source.MIXED,
    seed: int = 0,
    windows: int | None = None,
    strips: int | None = None,
    objective: Objective = Objective.FORWARD,
    gradient: Gradient = Gradient.CORRECT,
    isolated: bool = False,
    fine_tune: bool = False,
    architecture: str | None = None,
) -> Recipe:
    """The default recipe with the settings of the command line; `fine_tune`: for a trained net."""
    digits, strings = DigitRecipe(), StringRecipe(objective=objective, gradient=gradient)
    if stage is Stage.DIGITS:
        digits = replace(digits, examples=DIGITS_ALONE_WINDOWS)
    if windows is not None:
        digits = replace(digits, examples=windows)
    if strips is not None:
        strings = replace(strings, examples=strips)
    if isolated:
        digits = replace(digits, window=WindowRecipe.isolated())
    if fine_tune:
        stage = Stage.STRINGS
        strings = replace(strings, learning_rate=FINE_TUNE_LEARNING_RATE, frozen=True)
    name = architecture or DEFAULT.name
    if name not in ARCHITECTURES:
        raise UsageError(f"--architecture {name}: there is none; choose from: {', '.join(ARCHITECTURES)}")
    return Recipe(
        source,
        seed,
        ARCHITECTURES[name].channels,
        architecture=name,
        digits=None if stage is Stage.STRINGS else digits,
        strings=None if stage is Stage.DIGITS else strings,
    )


def _from_record(kind: Any, value: Any) -> Any:
    """A value of the given type from what JSON made of it: dictionaries, lists, strings."""
    if value is None:
        return None
    kinds = [each for each in get_args(kind) if each is not type(None)]
    for each in [kind, *kinds]:
        if is_dataclass(each) and isinstance(each, type):
            if not isinstance(value, Mapping):
                raise TypeError(f"{value!r}: no record of a {each.__name__}")
            hints = get_type_hints(each)
            if unknown := set(value) - {one.name for one in fields(each)}:
                raise TypeError(f"{each.__name__} has no {', '.join(sorted(unknown))}")
            return each(**{name: _from_record(hints[name], entry) for name, entry in value.items()})
    if isinstance(value, list):
        return tuple(_from_record(None, each) for each in value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return value

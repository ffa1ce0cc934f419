"""Recipe of the reader's training, saved with the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from sdnn.datasets.pages import PageRecipe
from sdnn.datasets.windows import WindowRecipe
from sdnn.enums import Gradient, Objective, Source, Stage
from sdnn.errors import UsageError
from sdnn.models.architecture import Architecture
from sdnn.models.registry import ARCHITECTURES, DEFAULT
from sdnn.validation import BatchSize, Count, Maps, Name, NotNegative, Number, Positive, Seed, Share, convert


@dataclass(frozen=True)
class StageRecipe:
    """Settings of either stage; the defaults are those of digits.

    Attributes:
        pen_share: Share of drawn writers in a mixed source.
        examples: Number of windows or strips.
        examples_per_epoch: Number of windows or strips between two records and checkpoints.
        batch: Examples per step.
        learning_rate: Highest learning rate, after the warm-up.
        warm_up: Share of the steps in which the rate rises; then it falls as a half cosine to 0.
        weight_decay: Weight decay of AdamW, on kernels only.
        dropout: Dropout before the last layer.
    """

    pen_share: Share = 0.2
    examples: Count = 204_800
    examples_per_epoch: Count = 25_600
    batch: BatchSize = 512
    learning_rate: Positive = 4e-3
    warm_up: Share = 0.1
    weight_decay: NotNegative = 0.02
    dropout: Share = 0.25

    @property
    def steps(self) -> int:
        """Number of batches."""
        return -(-self.examples // self.batch)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches between two records."""
        return -(-self.examples_per_epoch // self.batch)


@dataclass(frozen=True)
class DigitRecipe(StageRecipe):
    """Training of the single-digit net, on windows.

    Attributes:
        window: Recipe of the windows.
    """

    window: WindowRecipe = field(default_factory=WindowRecipe)

    mean_decay: ClassVar = None  # no moving average


@dataclass(frozen=True)
class StringRecipe(StageRecipe):
    """Training of the swept net, on strips of which only the digits are known.

    Attributes:
        objective: Objective of the training.
        gradient: Gradient of the Viterbi objective.
        mean_decay: Decay of the moving average of the net.
        frozen: Whether the normalisation keeps its statistics: the mean of a net and the net it began from
            needs that.
        page: Recipe of the pages that the strips come from.
    """

    pen_share: Share = 0.8
    examples: Count = 102_400
    batch: BatchSize = 64
    learning_rate: Positive = 1.5e-3
    warm_up: Share = 0.02
    dropout: Share = 0.1
    objective: Objective = Objective.FORWARD
    gradient: Gradient = Gradient.CORRECT
    mean_decay: Share = 0.999
    frozen: bool = False
    page: PageRecipe = field(default_factory=PageRecipe)


class Recorded:
    """A dataclass of settings that can be restored from its record."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The recipe of a record that `dataclasses.asdict` and JSON made.

        Raises:
            ValueError: When it is not the record of a recipe, or has an unknown setting or one out of its
                range; the message begins with the setting.
        """
        if not record:
            raise ValueError("empty")
        return convert(record, cls)

    def check(self) -> None:
        """Checks that this version can train it; raises ValueError that begins with the setting."""


@dataclass(frozen=True)
class Recipe(Recorded):
    """A training of the reader's net.

    Attributes:
        source: Source of the digits.
        seed: Random seed of weights and data; two runs with the same one are equal.
        channels: Feature maps of the net's convolutions.
        start: SHA-256 of the file that the net begins from; None for a new net.
        digits: Recipe of stage 1, or None.
        strings: Recipe of stage 2, or None.
        architecture: Name of the net in the registry.
        parts: Parts of each batch, with statistics of their own; see `distributed`.
    """

    source: Source = Source.MIXED
    seed: Seed = 0
    channels: tuple[Maps, ...] = DEFAULT.channels
    start: Name | None = None
    digits: DigitRecipe | None = field(default_factory=DigitRecipe)
    strings: StringRecipe | None = field(default_factory=StringRecipe)
    architecture: Name = DEFAULT.name
    parts: Number = 1

    @property
    def batches(self) -> tuple[int, ...]:
        """Examples of a batch of each stage."""
        return tuple(stage.batch for stage in (self.digits, self.strings) if stage)

    def check(self) -> None:
        """Checks that there are stages, and such a net; see `Recorded`."""
        if not (self.digits or self.strings):
            raise ValueError("digits: expected a recipe here or in strings")
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"architecture: expected one of {', '.join(ARCHITECTURES)}")
        if len(self.channels) != len(ARCHITECTURES[self.architecture].channels):
            raise ValueError(f"channels: expected {len(ARCHITECTURES[self.architecture].channels)} numbers")

    @property
    def net(self) -> Architecture:
        """The net's architecture with the recipe's channels."""
        return replace(ARCHITECTURES[self.architecture], channels=self.channels)

    @property
    def steps(self) -> int:
        """Number of batches of both stages."""
        return sum(stage.steps for stage in (self.digits, self.strings) if stage)


DIGITS_ALONE_WINDOWS = 614_400
"""Number of windows of the first stage alone, which has to do the work of the second, too."""
FINE_TUNE_LEARNING_RATE = 5e-4
"""Learning rate of fine-tuning a trained net on strings; a higher one would first undo much of it."""


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
    """The default recipe with the options of `sdnn train`; `fine_tune`: for a trained net."""
    digits, strings = DigitRecipe(), StringRecipe(objective=objective, gradient=gradient)
    if windows or stage is Stage.DIGITS:
        digits = replace(digits, examples=windows or DIGITS_ALONE_WINDOWS)
    if strips:
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

"""Recipe of fine-tuning on the user's own strips, saved with the model."""

from dataclasses import dataclass, field

from sdnn.training.reader_recipe import Recipe, StringRecipe


@dataclass(frozen=True)
class OwnJitter:
    """Bounds of the random geometry and ink of own strips, round that of a random view; each is uniform.

    A few hundred strips stand for all that the same hands will write, so that no two steps should see the
    same picture.

    Attributes:
        log_scale: Natural logarithm of the text height.
        log_aspect: Natural logarithm of the width over the height.
        shear: Slant, in pixels to the side per pixel up.
        drop: Vertical displacement, as a share of the text height.
        end: Displacement of either end of the line, as a share of the text height.
        other_ink: Share of its darkness that other ink keeps.
        thickening_px: Width of strokes.
        wave_px: Standard deviation of a smooth random displacement of the ink, about a digit wide.
        log_darkness: Natural logarithm of the darkness.
        noise: Standard deviation of noise on half of the strips.
    """

    log_scale: float = 0.2
    log_aspect: float = 0.15
    shear: float = 0.2
    drop: float = 0.1
    end: float = 0.05
    other_ink: float = 0.3
    thickening_px: float = 0.4
    wave_px: float = 0.6
    log_darkness: float = 0.15
    noise: float = 0.08


@dataclass(frozen=True)
class OwnRecipe:
    """Settings of own strips.

    Attributes:
        share: Share of own strips in a batch; the others are synthetic, so that nothing is forgotten.
        joined_share: Share of the own strips whose digits are of two lines, see `joined_lines`.
        held_out: Share of the distinct labels whose strips are held out, to choose and to compare.
        patience: Epochs without a better net after which training stops.
        gate_offsets: Numbers added to the gate's score, see `gated_net`: the greater, the more strips are
            read by the tuned net. The greatest one that costs little on synthetic pages is taken.
        max_lost: Accuracy on synthetic pages that the gated net may lose, 0 to 1: less than the comparison
            allows, which is on other pages.
        jitter: Geometry and ink of the strips.
    """

    share: float = 0.6
    joined_share: float = 0.7
    held_out: float = 0.1
    patience: int = 5
    gate_offsets: tuple[float, ...] = (2.0, 1.0, 0.0, -1.0, -2.0, -4.0)
    max_lost: float = 0.003
    jitter: OwnJitter = field(default_factory=OwnJitter)


def own_strings(examples: int = 32_000) -> StringRecipe:
    """Settings of the stage of strings; the pages are set to those of the net that is tuned."""
    return StringRecipe(
        examples=examples,
        examples_per_epoch=max(2_560, examples // 10),
        batch=128,
        learning_rate=8e-4,
        warm_up=0.1,
        dropout=0.25,
        mean_decay=0.99,
        frozen=True,
    )


@dataclass(frozen=True)
class FineTuneRecipe(Recipe):
    """A fine-tuning of the reader's net on own strips.

    Attributes:
        own: Settings of the own strips.
    """

    own: OwnRecipe = field(default_factory=OwnRecipe)

"""Sheets of documents under construction: canvas, writers, and the writing of strings and words.

Sheet coordinates are in pixels, upright, with their origin in the middle of the picture.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sdnn.datasets.digits import DigitSource, Writer
from sdnn.datasets.documents.distractors import WORD_PX, WORDS, printed_word, stamp_at
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.form_elements import Rule
from sdnn.datasets.documents.handwritten_words import WordSource
from sdnn.datasets.documents.ink_canvas import Canvas
from sdnn.datasets.documents.printed_digits import PrintedDigits, random_print_style
from sdnn.datasets.documents.strings import StringSetting, WrittenString, write_string
from sdnn.datasets.handwriting import LineStyle, random_line_style
from sdnn.datasets.typefaces import TYPEFACES
from sdnn.results import FloatArray

SPARE_PX: Final = 4.0
"""Width of the sheet beyond the picture."""
LONG: Final = 2
"""Upper bound of a long string's digits over that of a usual one's."""
DIGIT_WIDTH: Final = 0.62
"""Width of a usual digit, in text heights."""


@dataclass(eq=False)
class Sheet:
    """A sheet with the properties that all writing on it shares.

    Attributes:
        recipe: Settings.
        rng: Random number generator.
        canvas: Canvas of the picture.
        reach_x: Distance from the middle to the left and right edge of the sheet, in pixels.
        reach_y: Distance to the upper and lower edge.
        height_px: Usual height of digits.
        tone: Darkness of handwriting, 0 to 1.
        style: Line style of the writer of digits.
        writer: Writer of digits.
        words: Source of the handwritten words.
        print_tone: Darkness of printed words.
        rule_tone: Darkness of printed lines.
        spaced: Whether digits are wide apart.
        printed: Whether all strings are print.
        written: Strings on the sheet.
    """

    recipe: DocumentRecipe
    rng: np.random.Generator
    canvas: Canvas
    reach_x: float
    reach_y: float
    height_px: float
    tone: float
    style: LineStyle
    writer: Writer
    words: WordSource
    print_tone: float
    rule_tone: float
    spaced: bool
    printed: bool
    written: list[WrittenString] = field(default_factory=list)

    @property
    def area(self) -> FloatArray:
        """(4,) left, top, right and bottom of the sheet."""
        return np.array([-self.reach_x, -self.reach_y, self.reach_x, self.reach_y])

    def rule(self, height_px: float) -> Rule:
        """A printed line of random thickness beside digits of a height."""
        return Rule(max(0.5, height_px * float(self.rng.uniform(0.015, 0.09))), self.rule_tone)

    def width_of(self, text: str, height_px: float, style: LineStyle | None = None) -> float:
        """Approximate width of a text."""
        style = style or self.style
        return len(text) * height_px * (DIGIT_WIDTH * style.aspect + max(0.0, style.gap))

    def random_text(self, room_px: float, height_px: float, most: int | None = None) -> str:
        """Random digits within the available width, at least one.

        Args:
            room_px: Available width on the sheet.
            height_px: Height of the digits.
            most: Upper bound of their number, by default the recipe's; one string in twelve has up to
                `LONG` times as many.
        """
        text = _random_text(most or self.recipe.most_digits, self.rng)
        each = self.width_of("0", height_px) + self.spaced * 0.7 * height_px
        return text[: max(1, int(room_px / each))]

    def write(
        self,
        text: str,
        x: float,
        baseline: float,
        height_px: float,
        style: LineStyle | None = None,
        pitch_px: float | None = None,
        signs: float = 0.4,
    ) -> WrittenString:
        """Writes a string, by hand or, at times, in print.

        Args:
            text: At least one digit.
            x: Left end of the baseline; of a comb the left edge of the first cell.
            baseline: Height of the baseline.
            height_px: Usual height of its digits.
            style: Line style; by default the sheet's.
            pitch_px: Distance between the cells of the digits; None without cells.
            signs: Probability of signs beside and between the digits.
        """
        rng = self.rng
        printed = self.printed or rng.random() < 0.05
        writer: Writer = PrintedDigits.writer(rng) if printed else self.writer
        style = random_print_style(rng) if printed else style or self.style
        setting = StringSetting(
            height_px=height_px,
            tone=self.tone * float(rng.uniform(0.85, 1.0)),
            pitch_px=pitch_px,
            tilt=0.0 if printed or pitch_px else float(np.clip(rng.normal(0, 0.02), -0.08, 0.08)),
            signs=signs,
            struck=0.25 if not printed and rng.random() < self.recipe.struck else 0.0,
            fading=0.0 if printed else 0.07,
        )
        written = write_string(self.canvas, writer, text, (x, baseline), setting, style, rng, printed)
        self.written.append(written)
        return written

    def write_words(
        self, x: float, baseline: float, height_px: float, room_px: float, gaps: bool = False
    ) -> None:
        """Words side by side, all in one typeface or by one writer.

        Args:
            x: Left end of the baseline.
            baseline: Height of the baseline.
            height_px: Height of a capital.
            room_px: Available width; the first word may be wider.
            gaps: Whether there may be wide gaps between words.
        """
        rng, end = self.rng, x + room_px
        printed = rng.random() < 0.5
        typeface = int(rng.integers(TYPEFACES))
        writer = None if printed else self.words.writer(rng)
        while x < end:
            if writer is None:
                ink, tone = printed_word(str(rng.choice(WORDS)), typeface), self.print_tone
                tall = height_px * ink.shape[0] / WORD_PX
                drop = 0.0 if ink.shape[0] <= WORD_PX else tall - height_px
            else:
                word, tone = writer.word(rng), self.tone
                ink, tall, drop = word.ink, height_px * word.height, height_px * word.drop
            wide = ink.shape[1] * tall / ink.shape[0]
            if x + wide > end and x > end - room_px:
                break
            stamp_at(self.canvas, ink, x, baseline + drop, tall, tone)
            wide += height_px * rng.uniform(0.4, 0.9)
            x += wide + (gaps and rng.random() < 0.1) * height_px * rng.uniform(2, 8)


def random_sheet(
    source: DigitSource, words: WordSource, recipe: DocumentRecipe, rng: np.random.Generator
) -> Sheet:
    """An empty sheet at a random angle, with a random writer of digits.

    Args:
        source: Source of the digits.
        words: Source of the handwritten words.
        recipe: Settings.
        rng: Random number generator; the sheet keeps it.
    """
    rows, columns = recipe.size_px
    # A wide flat picture has no room for a steep line.
    max_skew = np.arctan2(rows, columns) * (1.2 if rows < columns else 10)
    skew = float(np.clip(random_skew(rng), -max_skew, max_skew))
    aspect = float(np.exp(rng.normal(0, 0.04)))
    cos, sin = np.cos(skew), np.sin(skew)
    lean = rng.normal(0, 0.03)
    matrix = np.array([[cos * aspect, -sin + lean * cos, columns / 2], [sin * aspect, cos, rows / 2]])
    return Sheet(
        recipe,
        rng,
        canvas=Canvas(rows, columns, matrix),
        reach_x=(columns * cos + rows * abs(sin)) / 2 / aspect + SPARE_PX,
        reach_y=(rows * cos + columns * abs(sin)) / 2 + SPARE_PX,
        height_px=_random_height(recipe, rng),
        tone=1.0 if rng.random() < 0.6 else float(rng.uniform(0.5, 1.0)),
        style=random_line_style(rng),
        writer=source.writer(rng, scale=2),  # at scale 1 there is no room for tails
        words=words,
        print_tone=float(rng.uniform(0.35, 1.0)),
        rule_tone=float(rng.uniform(0.15, 1.0)),
        spaced=rng.random() < 0.12,
        printed=rng.random() < recipe.printed,
    )


def random_skew(rng: np.random.Generator) -> float:
    """Clockwise angle of a sheet, in radians: mostly small, at times up to 32 degrees."""
    kind = rng.random()
    degrees = rng.normal(0, 1.5) if kind < 0.6 else rng.normal(0, 6) if kind < 0.8 else rng.uniform(-32, 32)
    return float(np.deg2rad(degrees))


def _random_height(recipe: DocumentRecipe, rng: np.random.Generator) -> float:
    ranges = recipe.heights_px
    low, high, _ = ranges[rng.choice(len(ranges), p=[share for _, _, share in ranges])]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _random_text(most: int, rng: np.random.Generator) -> str:
    """Digits, often three to six of them, at times one, many, all the same, or zeros at the end."""
    count = int(rng.integers(1, most, endpoint=True))
    if (kind := rng.random()) < 0.5:
        count = min(most, int(rng.integers(3, 7)))
    elif kind < 0.6:
        count = 1
    elif kind < 0.68:
        count = int(rng.integers(most, LONG * most, endpoint=True))
    labels = rng.integers(10, size=count)
    kind = rng.random()
    if kind < 0.2 and count > 2:
        labels[-int(rng.integers(2, count)) :] = 0
    elif 0.2 <= kind < 0.25:
        labels[:] = labels[0]
    return "".join(map(str, labels))

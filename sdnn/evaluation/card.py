"""The model card: what a model is, how it was made, how well it reads, where it fails.

Synthetic and real strips have sections of their own, and no table holds both.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from sdnn.datasets.digits import Mnist
from sdnn.evaluation.confidence import BoolArray, coverage_at, expected_calibration_error, reliability
from sdnn.evaluation.folder import evaluate
from sdnn.evaluation.markdown import bullets, interval, paragraph, percent, table
from sdnn.evaluation.origin import how_it_was_made, record_beside, what_it_is
from sdnn.evaluation.report import FolderReport
from sdnn.evaluation.report import markdown as folder_table
from sdnn.evaluation.trials import Drawn, Figures, Outcome, confusion, measure, read_drawn
from sdnn.files import save_picture, written_whole
from sdnn.models.engine import BUNDLED
from sdnn.reader import Reader
from sdnn.rendering.contact_sheet import SheetEntry, contact_sheet
from sdnn.results import FloatArray, IntArray

PICTURE: Final = Path("data") / "failures.png"
"""Where the picture of failures goes, beside the card."""
SHOWN: Final = 20
"""Failures on it."""
ERRORS: Final = (0.01, 0.005)
"""Shares of wrong texts among the accepted ones that are asked about."""
CONFUSIONS: Final = 6
"""Pairs of digits that are named."""
DEVELOPMENT_SETS: Final = frozenset({"cheque-amounts", "register-numbers"})
"""Folders of real strips on which preprocessing and views were chosen."""
BY_HAND: Final = BUNDLED.with_name("card.md")
"""What no file of the bundled model tells, by the headings of the card."""

MISUSE: Final = (
    "Decisions without a person or a check behind them: payments, votes, marks, medical or legal records.",
    "Text that is not all digits. It knows no letters and no signs, and may take them for digits.",
    "Digits of other scripts than the European: it never saw any.",
    "Confidence as a promise on hands or paper unlike those above: fit it to your own strips first, with "
    "`sdnn calibrate`.",
    "Telling who wrote something, or whether writing is forged.",
)

Trust = tuple[str, FloatArray, BoolArray]
"""A name, (N,) confidences, and (N,) whether each string was read right."""


@dataclass(frozen=True, eq=False)
class Findings:
    """All that was measured for a card.

    Attributes:
        figures: On synthetic strips.
        folders: On real ones.
        drawn: On drawn numbers.
    """

    figures: Figures
    folders: Sequence[FolderReport]
    drawn: Drawn


def find_out(
    reader: Reader,
    digits: Mnist,
    folders: Sequence[Path],
    count: int,
    seed: int,
    jobs: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Findings:
    """Reads all that a card reports.

    Args:
        reader: Reads everything.
        digits: MNIST's test digits.
        folders: Real strips with `labels.csv`.
        count: Synthetic strips of each kind.
        seed: Decides which.
        jobs: Processes that read at the same time.
        advance: Called after every strip.

    Raises:
        UnreadableInput: When a folder or its labels cannot be read.
    """
    # The folders first: what is wrong with them shows at once.
    reports = [evaluate(reader, folder, advance)[0] for folder in folders]
    return Findings(
        measure(reader, digits, count, seed, jobs, advance), reports, read_drawn(reader, count, seed, advance)
    )


def write_card(out: Path, model: Mapping[str, Any], reader: Reader, found: Findings, made: str) -> None:
    """Writes the card, and beside it the picture of failures.

    Args:
        out: The card.
        model: The record that `sdnn model show --json` prints.
        reader: Of the model.
        found: What was measured.
        made: How, when, where and in what time the card was made: a line that differs every time.

    Raises:
        OutputError: When one of the two cannot be written.
    """
    picture = out.parent / PICTURE
    text = card(model, reader, found, made)
    with written_whole(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
        picture.parent.mkdir(exist_ok=True)
        save_picture(contact_sheet(_shown(found.drawn)), picture)


def card(model: Mapping[str, Any], reader: Reader, found: Findings, made: str) -> str:
    """The text of the card; arguments as for `write_card`."""
    path = Path(model["file"])
    run = record_beside(path, reader.engine.description)
    by_hand = _by_hand() if path.resolve() == BUNDLED.resolve() else {}
    sections: dict[str, Iterable[str]] = {
        "What it is": what_it_is(model),
        "How it was made": how_it_was_made(model, run),
        "How well it reads synthetic strips": _synthetic(found.figures),
        "How well it reads real strips": _real(found.folders),
        "Known failures": _failures(found.drawn),
        "What it must not be used for": [bullets(MISUSE)],
    }
    blocks = [f"# Model card: {model['name']}"]
    for title, section in sections.items():
        blocks += [f"## {title}", *by_hand.get(title, []), *section]
    return "\n\n".join([*blocks, "---", made]) + "\n"


def _by_hand() -> dict[str, list[str]]:
    """Paragraphs by the heading that they go under."""
    parts = re.split(r"^## (.+)\n", BY_HAND.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {title: [text.strip()] for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def _synthetic(figures: Figures) -> Iterator[str]:
    strips = figures.corruptions[0].score.n
    yield paragraph(
        f"MNIST test digits set side by side, {strips:,} strips a row; nothing was chosen on these digits. "
        "Right is a string of which every digit is right. Digits are 20 px high and stand 0 to 6 px apart "
        "unless said otherwise. Intervals are 95 %, by bootstrap over the digit images, which strips share. "
        "Default decoder, no constraint."
    )
    yield "### By length"
    yield _outcomes("length", figures.lengths)
    yield "### By gap"
    yield "Five digits, all at the same distance from one another; where it is negative they overlap."
    yield _outcomes("gap", figures.gaps)
    yield "### By corruption"
    yield paragraph(
        "The same strips of five digits in every row, with paper round them, spoilt in one way each: what "
        "differs between two rows is what was done to them. Brightness goes from 0 black to 1 white."
    )
    yield _outcomes("spoilt by", figures.corruptions)
    yield "### Single digits"
    yield from _single(figures.singles)
    yield "### How far confidence can be trusted"
    yield paragraph(
        "Confidence is the exact probability of the text, or its mean over the views that were taken. Clean: "
        "all strips by length and by gap. Spoilt: all strips by corruption. Calibration error is how far "
        "apart mean confidence and share of right texts lie in the rows of the second table, on average. A "
        "dash stands where there are too few strips to tell."
    )
    yield from _trust(
        [
            _pooled("clean", [*figures.lengths, *figures.gaps]),
            _pooled("spoilt", figures.corruptions[1:]),
        ]
    )


def _outcomes(name: str, outcomes: Iterable[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        total = outcome.score
        rows.append(
            (
                outcome.name,
                f"{total.n:,}",
                percent(total.accuracy),
                interval(outcome.interval),
                percent(total.digit_error_rate, 2),
            )
        )
    return table([name, "n", "right %", "95 % interval", "digit errors %"], rows)


def _single(singles: Outcome) -> Iterator[str]:
    counts = confusion(singles)
    total = singles.score
    yield paragraph(
        f"{total.n:,} digits, each a picture of its own: {percent(total.accuracy, 2)} % right (95 % interval "
        f"{interval(singles.interval, 2)}). Rows are what they are, columns what they were read as."
    )
    header = ["", *map(str, range(10)), "none", "several"]
    rows = [
        [f"**{digit}**", *(f"{count:,}" if count else "·" for count in row)]
        for digit, row in enumerate(counts.tolist())
    ]
    yield table(header, rows)
    if pairs := list(_confused(counts)):
        yield f"Most often: {', '.join(pairs)}."


def _confused(counts: IntArray) -> Iterator[str]:
    """The digits that were most often taken for another, in words."""
    wrong = counts[:, :10] * ~np.eye(10, dtype=bool)
    for place in np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS].tolist():
        truth, text = divmod(place, 10)
        if wrong[truth, text]:
            yield f"{truth} read as {text} ({wrong[truth, text]})"


def _pooled(name: str, outcomes: Sequence[Outcome]) -> Trust:
    return (
        name,
        np.concatenate([outcome.confidences for outcome in outcomes]),
        np.concatenate([outcome.right for outcome in outcomes]),
    )


def _trust(sets: Sequence[Trust]) -> Iterator[str]:
    """What is accepted within an error, then confidence beside accuracy."""
    header = [
        "strips",
        "n",
        "right %",
        "calibration error",
        *(f"% accepted at {100 * e:g} % error" for e in ERRORS),
    ]
    yield table(
        header,
        [
            (
                name,
                f"{len(right):,}",
                percent(float(np.mean(right))),
                f"{expected_calibration_error(confidences, right):.3f}",
                *(_share(coverage_at(confidences, right, error)) for error in ERRORS),
            )
            for name, confidences, right in sets
        ],
    )
    columns = ["n", "mean %", "right %"]
    found = [{each.low: each for each in reliability(confidences, right)} for _, confidences, right in sets]
    rows = []
    for low in sorted({low for bins in found for low in bins}):
        cells = [f"{low:.1f}–{low + 0.1:.1f}"]
        for bins in found:
            each = bins.get(low)
            cells += [f"{each.n:,}", percent(each.confidence), percent(each.accuracy)] if each else ["–"] * 3
        rows.append(cells)
    names = [f"{name}: {column}" if len(sets) > 1 else column for name, _, _ in sets for column in columns]
    yield table(["confidence", *names], rows)


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share)


def _real(folders: Sequence[FolderReport]) -> Iterator[str]:
    if not folders:
        yield "Not measured: no folder of real strips was given."
        return
    yield paragraph(
        "Pictures of real paper as they are. Intervals are Wilson's, 95 %. A dash stands where there are too "
        "few strips to tell."
    )
    for report in folders:
        developed = report.name in DEVELOPMENT_SETS
        yield f"### {report.name}{' (development set)' if developed else ''}"
        if developed:
            yield paragraph(
                "Preprocessing and views were chosen by their score on these strips, so the figures flatter. "
                "No weight, checkpoint or temperature was."
            )
        yield folder_table([report]).rstrip("\n")
        yield from _trust([(report.name, report.confidences, report.right)])


def _shown(drawn: Drawn) -> list[SheetEntry]:
    """The failures on the picture; where no ink was found there is nothing to see."""
    return [entry for entry in drawn.failures if entry.reading.evidence][:SHOWN]


def _failures(drawn: Drawn) -> Iterator[str]:
    shown = len(_shown(drawn))
    blank = sum(entry.reading.evidence is None for entry in drawn.failures)
    yield paragraph(
        f"Of {drawn.n:,} drawn numbers of five digits on drawn paper (of the kind that `sdnn synth --paper "
        f"--source pen` makes), {len(drawn.failures):,} were misread, {blank:,} of them as blank paper. The "
        f"picture shows the {shown} others with the highest confidence, as the net saw them: those that a "
        "threshold lets through first. All digits on it are drawn."
    )
    yield f"![{shown} strips of drawn digits, with what they are and what was read]({PICTURE.as_posix()})"

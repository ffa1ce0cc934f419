"""Text of the model card: architecture, provenance, accuracy, known failures.

Synthetic and real strips have sections of their own, and no table holds both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from card.findings import Findings
from card.prose import bullets, interval, paragraph, percent
from card.provenance import how_it_was_made, record_beside, what_it_is
from card.robustness import Figures, Outcome, SyntheticResult, confusion
from sdnn.evaluation.markdown import table
from sdnn.evaluation.metrics import BoolArray
from sdnn.evaluation.reliability import expected_calibration_error, reliability
from sdnn.evaluation.report import COLUMNS, FolderReport, accuracy_rows, unreadable_note
from sdnn.evaluation.risk_coverage import coverage_at
from sdnn.files import atomic_write, save_picture
from sdnn.models.engine import BUNDLED
from sdnn.reading.reader import Reader
from sdnn.rendering.contact_sheet import SheetEntry, contact_sheet
from sdnn.results import FloatArray, IntArray

PICTURE: Final = Path("data") / "failures.png"
"""Picture of failures, relative to the folder of the card."""
SHOWN: Final = 20
"""Failures on the picture."""
ERRORS: Final = (0.01, 0.005)
"""Target errors: shares of wrong texts among the accepted ones."""
CONFUSIONS: Final = 6
"""Most frequent confusions, named below the matrix."""
DEVELOPMENT_SETS: Final = frozenset({"cheque-amounts", "register-numbers"})
"""Folders of real strips on which preprocessing and views were chosen."""
BY_HAND: Final = BUNDLED.with_name("card.md")
"""Text about the bundled model that is in none of its files, by the headings of the card."""

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


def write_card(out: Path, model: Mapping[str, Any], reader: Reader, found: Findings, made: str) -> None:
    """Writes the card, and beside it the picture of failures.

    Args:
        out: File of the card.
        model: Record of the model, as `sdnn model show --json` prints it.
        reader: Reader with the model.
        found: Measurements.
        made: Last line of the card: command, date, time taken, hardware.

    Raises:
        OutputError: When one of the two cannot be written.
    """
    picture = out.parent / PICTURE
    text = card(model, reader, found, made)
    with atomic_write(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
        picture.parent.mkdir(exist_ok=True)
        save_picture(contact_sheet(_shown(found.synthetic)), picture)


def card(model: Mapping[str, Any], reader: Reader, found: Findings, made: str) -> str:
    """The text of the card; arguments as for `write_card`."""
    path = Path(model["file"])
    run = record_beside(path, reader.engine.metadata)
    by_hand = _by_hand() if path.resolve() == BUNDLED.resolve() else {}
    sections: dict[str, Iterable[str]] = {
        "What it is": what_it_is(model),
        "How it was made": how_it_was_made(model, run),
        "How well it reads synthetic strips": _synthetic(found.figures),
        "How well it reads real strips": _real(found.folders),
        "Known failures": _failures(found.synthetic),
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
        "The same strips of five digits in every row, with paper round them, corrupted in one way each: two "
        "rows differ by the corruption alone. Brightness goes from 0 black to 1 white."
    )
    yield _outcomes("corruption", figures.corruptions)
    yield "### Single digits"
    yield from _single(figures.singles)
    yield "### How far confidence can be trusted"
    yield paragraph(
        "Confidence is the exact probability of the text, or its mean over the views that were taken. Clean: "
        "all strips by length and by gap. Corrupted: all strips by corruption. Calibration error is how far "
        "apart mean confidence and share of right texts lie in the rows of the second table, on average. A "
        "dash stands where there are too few strips to tell."
    )
    yield from _trust(
        [
            _pooled("clean", [*figures.lengths, *figures.gaps]),
            _pooled("corrupted", figures.corruptions[1:]),
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
        yield from _folder_table(report)
        yield from _trust([(report.name, report.confidences, report.right)])


def _folder_table(report: FolderReport) -> Iterator[str]:
    rows = [
        ("&nbsp;&nbsp;" + name if indented else name, *cells)
        for name, indented, cells in accuracy_rows([report])
    ]
    yield table(["folder", *COLUMNS], rows)
    if note := unreadable_note([report]):
        yield note


def _shown(synthetic: SyntheticResult) -> list[SheetEntry]:
    """The failures on the picture; where no ink was found there is nothing to see."""
    return [entry for entry in synthetic.failures if entry.reading.evidence][:SHOWN]


def _failures(synthetic: SyntheticResult) -> Iterator[str]:
    shown = len(_shown(synthetic))
    blank = sum(entry.reading.evidence is None for entry in synthetic.failures)
    yield paragraph(
        f"Of {synthetic.n:,} drawn numbers of five digits on drawn paper (of the kind that "
        f"`sdnn synth --paper --source pen` makes), {len(synthetic.failures):,} were misread, {blank:,} of "
        f"them as blank paper. The picture shows the {shown} others with the highest confidence, as the net "
        "saw them: those that a threshold lets through first. All digits on it are drawn."
    )
    yield f"![{shown} strips of drawn digits, with what they are and what was read]({PICTURE.as_posix()})"

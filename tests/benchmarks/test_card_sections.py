import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from card.findings import Findings, collect_findings
from card.robustness import Figures, Outcome, SyntheticResult
from card.sections import BY_HAND, PICTURE, card, write_card
from helpers.drawn_digits import drawn_digits
from PIL import Image

from sdnn.enums import Status
from sdnn.errors import OutputError
from sdnn.evaluation.metrics import Score
from sdnn.evaluation.report import FolderReport
from sdnn.models.engine import BUNDLED, Engine
from sdnn.models.inspection import record_of
from sdnn.reading.reader import Reader
from sdnn.rendering.contact_sheet import SheetEntry
from sdnn.results import Reading

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
READER = Reader()
MODEL = record_of(READER.engine, BUNDLED)
HEADINGS = [
    "What it is",
    "How it was made",
    "How well it reads synthetic strips",
    "How well it reads real strips",
    "Known failures",
    "What it must not be used for",
]


def outcome(name: str, right: int, wrong: int, confidence: float = 0.95) -> Outcome:
    pairs = (*[("12", "12")] * right, *[("12", "13")] * wrong)
    return Outcome(name, pairs, np.full(len(pairs), confidence), (0.5, 0.75))


def report(name: str, n: int = 4) -> FolderReport:
    total = Score(n, n - 1, 3 * n, 1)
    return FolderReport(name, total, {3: total}, 0, 1.0, np.full(n, 0.55), np.arange(n) > 0)


BLANK = SheetEntry("number 7", "12", Reading("", 1.0, Status.EMPTY))
FIGURES = Figures(
    lengths=(outcome("2 digits", 300, 0), outcome("3 digits", 99, 1, confidence=0.65)),
    gaps=(outcome("0 px", 100, 0),),
    corruptions=(outcome("nothing", 9, 1), outcome("rain", 1, 2, confidence=0.35)),
    singles=Outcome(
        "single digits", (("3", "3"), ("3", "5"), ("8", "8"), ("8", "")), np.full(4, 0.9), (0.2, 0.8)
    ),
)
FOUND = Findings(FIGURES, (), SyntheticResult(40, (BLANK,)))


def text_of(
    found: Findings = FOUND, model: dict[str, Any] = MODEL, reader: Reader = READER, made: str = "Made."
) -> str:
    return card(model, reader, found, made)


def with_folders(*reports: FolderReport) -> Findings:
    return Findings(FIGURES, reports, FOUND.synthetic)


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its kind."""
    level = "###" if f"\n### {heading}\n" in text else "##"
    (found,) = re.findall(
        rf"^{level} {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, flags=re.DOTALL | re.MULTILINE
    )
    return str(found)


def part(text: str, heading: str) -> str:
    """What stands under a main heading, with all that is under it."""
    (found,) = re.findall(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE
    )
    return str(found)


def tables(text: str) -> Iterator[list[str]]:
    """The tables of a text, each as its lines."""
    for block in text.split("\n\n"):
        if block.startswith("|"):
            yield block.splitlines()


@pytest.fixture
def copied(tmp_path: Path) -> tuple[dict[str, Any], Reader]:
    """The bundled model at another place, with nothing beside it."""
    path = tmp_path / "mine.onnx"
    shutil.copyfile(BUNDLED, path)
    reader = Reader(path)
    return record_of(reader.engine, path), reader


def test_the_sections_come_in_their_order() -> None:
    assert re.findall(r"^## (.*)$", text_of(), flags=re.MULTILINE) == HEADINGS


def test_every_table_has_rows_as_wide_as_its_head() -> None:
    found = [*tables(text_of(with_folders(report("a|b"))))]
    assert len(found) > 5
    for lines in found:
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1, lines


def test_lines_that_are_no_table_are_not_too_long() -> None:
    lines = [line for line in text_of().splitlines() if not line.startswith("|")]
    assert max(map(len, lines)) <= 120


def test_a_row_has_counts_accuracy_and_interval() -> None:
    row = "| 3 digits | 100 | 99.0 | 50.0–75.0 | 0.50 |"
    assert row in section(text_of(), "By length").splitlines()


def test_clean_and_corrupted_strips_are_pooled_apart_and_the_row_nothing_is_left_out() -> None:
    trust, bins = tables(section(text_of(), "How far confidence can be trusted"))
    # 400 at .95, all right, and 100 at .65, 99 of them right: (400 x .05 + 100 x .34) / 500.
    assert trust[2] == "| clean | 500 | 99.8 | 0.108 | 100.0 | 100.0 |"
    assert trust[3].startswith("| corrupted | 3 | 33.3 | 0.017 | – |")
    assert bins[2:] == [
        "| 0.3–0.4 | – | – | – | 3 | 35.0 | 33.3 |",
        "| 0.6–0.7 | 100 | 65.0 | 99.0 | – | – | – |",
        "| 0.9–1.0 | 400 | 95.0 | 100.0 | – | – | – |",
    ]


def test_the_confusion_matrix_has_truths_as_rows() -> None:
    text = section(text_of(), "Single digits")
    (matrix,) = tables(text)
    assert [cell.strip() for cell in matrix[5].split("|")[1:-1]] == ["**3**", *"···1·1······"]
    assert [cell.strip() for cell in matrix[10].split("|")[1:-1]] == ["**8**", *"········1·1·"]
    assert "3 read as 5 (1)." in text


def test_no_table_holds_synthetic_and_real_strips() -> None:
    text = text_of(with_folders(report("cheque-amounts")))
    assert "cheque-amounts" not in part(text, HEADINGS[2])
    real = [line for lines in tables(part(text, HEADINGS[3])) for line in lines]
    assert not [line for line in real if "clean" in line or "corrupted" in line or "digits |" in line]


def test_what_was_chosen_on_a_folder_is_said_beside_its_figures() -> None:
    text = text_of(with_folders(report("cheque-amounts"), report("mine")))
    assert "chosen by their score" in section(text, "cheque-amounts (development set)")
    assert "chosen" not in section(text, "mine")
    assert "| mine | 4 | 3 | 75.00 |" in section(text, "mine")


def test_a_folder_of_real_strips_has_a_row_for_each_length() -> None:
    three = Score(n=80, right=72, digits=240, substitutions=6, insertions=1, deletions=2)
    four = Score(n=20, right=18, digits=80, substitutions=3)
    mixed = FolderReport(
        "a|b", three + four, {4: four, 3: three}, 0, 1.5, np.full(100, 0.5), np.arange(100) < 90
    )
    scores, *_ = tables(section(text_of(with_folders(mixed)), "a|b").strip())
    assert scores == [
        "| folder | strips | right | % | 95 % interval | digit errors % | subst. | ins. | del. |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        "| a\\|b | 100 | 90 | 90.00 | 82.56–94.48 | 3.75 | 9 | 1 | 2 |",
        "| &nbsp;&nbsp;3 digits | 80 | 72 | 90.00 | 81.49–94.85 | 3.75 | 6 | 1 | 2 |",
        "| &nbsp;&nbsp;4 digits | 20 | 18 | 90.00 | 69.90–97.21 | 3.75 | 3 | 0 | 0 |",
    ]


def test_unreadable_files_are_noted_below_the_row_of_their_folder() -> None:
    damaged = replace(report("damaged"), unreadable=2)
    note = "2 file(s) could not be read and count as wrong."
    assert f"|\n\n{note}\n\n" in section(text_of(with_folders(damaged)), "damaged")
    assert "count as wrong" not in text_of(with_folders(report("mine")))


def test_without_real_strips_nothing_is_said_of_them() -> None:
    assert "Not measured" in section(text_of(), HEADINGS[3])


def test_failures_are_counted_and_shown() -> None:
    text = section(text_of(), "Known failures")
    assert "Of 40 drawn numbers" in text
    assert "1 were misread, 1 of them as blank paper" in " ".join(text.split())
    assert f"({PICTURE.as_posix()})" in text


def test_what_no_file_tells_stands_in_the_bundled_models_card_alone(
    copied: tuple[dict[str, Any], Reader],
) -> None:
    told = re.findall(r"^[^#\n].+$", BY_HAND.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert told
    assert [line for line in told if line not in text_of()] == []
    model, reader = copied
    assert [line for line in told if line in text_of(model=model, reader=reader)] == []


def test_every_part_by_hand_has_a_heading_of_the_card() -> None:
    headings = re.findall(r"^## (.*)$", BY_HAND.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(headings) <= set(HEADINGS)


def test_the_record_beside_a_model_says_how_it_was_made(copied: tuple[dict[str, Any], Reader]) -> None:
    model, reader = copied
    assert "| hardware |" in section(text_of(), HEADINGS[1])
    assert "| record | none beside the model" in text_of(model=model, reader=reader)
    folder = Path(model["file"]).parent
    for name in ("run.json", "metrics.jsonl"):
        shutil.copyfile(BUNDLED.with_name(name), folder / name)
    assert section(text_of(model=model, reader=reader), HEADINGS[1]).count("| hardware |") == 1
    (folder / "run.json").write_text('{"recipe": {"seed": 7}}')
    assert "| record | none beside the model" in text_of(model=model, reader=reader)


def test_seed_data_and_recipe_are_there() -> None:
    text = section(text_of(), HEADINGS[1])
    recipe = Engine().metadata.recipe
    assert f"| seed | {recipe['seed']} |" in text
    assert len(re.findall(r"-ubyte +[0-9a-f]{64}$", text, flags=re.MULTILINE)) == 4
    assert f"learning_rate {recipe['strings']['learning_rate']:g}" in text


def test_a_model_that_tells_nothing_of_itself_has_a_card() -> None:
    text = text_of(model={**MODEL, "recipe": {}, "data": {}, "card": {}})
    assert "| seed | not known |" in text


def test_no_place_on_this_machine_is_named() -> None:
    text = text_of(with_folders(report("mine")))
    assert str(ROOT) not in text
    assert "/home/" not in text


def measured(seed: int, folders: Sequence[Path] = ()) -> Findings:
    return collect_findings(READER, drawn_digits(20), folders, count=1, seed=seed)


def test_the_seed_decides_all_but_the_last_line() -> None:
    first, second = (text_of(measured(0), made=made) for made in ("one", "two"))
    assert first.splitlines()[:-1] == second.splitlines()[:-1]
    assert first != second


def test_real_strips_are_read(tmp_path: Path) -> None:
    found = measured(0, [SAMPLES])
    assert [(each.name, each.total.n) for each in found.folders] == [("samples", 12)]
    assert "### samples" in text_of(found)


def test_the_picture_lies_beside_the_card(tmp_path: Path) -> None:
    out = tmp_path / "card.md"
    write_card(out, MODEL, READER, FOUND, "Made.")
    assert out.read_text(encoding="utf-8") == text_of()
    with Image.open(tmp_path / PICTURE) as picture:
        picture.verify()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.md", "data"]


def test_without_its_picture_there_is_no_card(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(OutputError):
        write_card(tmp_path / "card.md", MODEL, READER, FOUND, "Made.")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_card_of_this_project_is_that_of_the_bundled_model() -> None:
    text = (ROOT / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert READER.engine.sha256 in text
    for heading in HEADINGS[:2]:
        assert part(text, heading) == part(text_of(), heading)
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert str(PICTURE) in links

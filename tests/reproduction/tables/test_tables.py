import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from helpers.experiment_records import records

from reproduction.tables import write_tables
from reproduction.tables.accuracy import Accuracy, Table, known, pooled
from reproduction.tables.experiment_tables import EXPERIMENTS, tables_of
from reproduction.tables.records import Records
from reproduction.tables.write_tables import BOOK, DOCUMENT, STUDY, publish, set_between_marks, write

RESULTS = DOCUMENT.with_name("results.json")


@cache
def tables(seeds: int) -> dict[str, Table]:
    return tables_of(Records.of(records(seeds)))


def test_an_accuracy_says_mean_interval_and_the_nets_apart() -> None:
    assert str(Accuracy(1_000, (0.6, 0.7, 0.8), (0.65, 0.75))) == "70.0 ± 5.0 [60.0–80.0]"
    assert str(Accuracy(1_000, (0.6,), (0.55, 0.65))) == "60.0 ± 5.0"
    assert str(Accuracy(1_000, (0.6, 0.8))) == "70.0 [60.0–80.0]"


def test_nets_that_read_the_same_strips_are_averaged_strip_by_strip() -> None:
    truths, sources = ["12", "34"], [[1, 2], [3, 4]]
    nets = [
        {"truths": truths, "texts": ["12", "34"], "sources": sources},
        {"truths": truths, "texts": ["12", "35"], "sources": sources},
    ]
    share = known(nets)
    assert share.n == 2
    assert share.seeds == (1.0, 0.5)
    assert share.mean == 0.75
    assert share.interval is not None
    assert share.interval[0] < 0.75 < share.interval[1]


def test_strips_of_their_own_are_put_together() -> None:
    nets = [
        {"new": {"truths": ["1", "2"], "texts": ["1", "3"], "sources": [[0], [1]]}},
        {"new": {"truths": ["3", "4"], "texts": ["3", "4"], "sources": [[2], [3]]}},
    ]
    share = pooled(nets, "new")
    assert (share.n, share.seeds) == (2, (0.5, 1.0))


@pytest.mark.parametrize("seeds", [1, 3])
def test_every_experiment_has_a_full_table(seeds: int) -> None:
    of_all = tables(seeds)
    assert len(of_all) == len(EXPERIMENTS) + 1
    for table in of_all.values():
        assert len(table.rows) > 1
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_the_summary_says_how_long_all_of_it_took() -> None:
    assert f"took {len(records(1)) / 2:.0f} minutes of one core" in str(tables(1)["summary"])


def test_the_paper_stands_beside_what_was_read() -> None:
    assert tables(1)["experiment 1"].rows[0][1:3] == ["*70*", "*66.3*"]
    places = tables(1)["experiment 7"].rows[0]
    assert places[1:6] == ["*92*", "*87*", "*87*", "*86*", "*90*"]
    assert sum(float(str(count).strip("*")) for count in places[6:]) == pytest.approx(100)


def test_the_number_of_digits_right_adds_up() -> None:
    table = tables(3)["experiment 7"]
    for row in table.rows[1:]:
        of_count = [float(str(cell)) for cell in row[6:]]
        assert sum(of_count) == pytest.approx(100, abs=0.3)
        # The small readings are wrong in the last digit only.
        assert row[1:5] == ["100.0"] * 4
        assert row[5] == str(row[6])


def test_a_quick_run_leaves_tables_figures_and_plots(tmp_path: Path) -> None:
    write(records(1), tmp_path)
    figures = json.loads((tmp_path / "results.json").read_text())
    text = (tmp_path / "tables.md").read_text()
    for number in range(1, 11):
        assert figures["tables"][f"experiment {number}"]["markdown"] in text
    assert (tmp_path / "plots.png").stat().st_size > 10_000


def test_a_full_run_renews_the_tables_of_both_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = tmp_path / "reproduction"
    study.mkdir()
    renewed = {"STUDY": study, "SUMMARY": study / "summary.md"}
    for name, path in (("DOCUMENT", DOCUMENT), ("BOOK", BOOK)):
        renewed[name] = tmp_path / path.relative_to(STUDY.parent)
        renewed[name].parent.mkdir(exist_ok=True)
        renewed[name].write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for name, path in renewed.items():
        monkeypatch.setattr(write_tables, name, path)
    publish(records(1))
    summary = renewed["SUMMARY"].read_text(encoding="utf-8")
    assert summary == str(tables(1)["summary"])
    assert summary in renewed["BOOK"].read_text(encoding="utf-8")
    text = renewed["DOCUMENT"].read_text(encoding="utf-8")
    assert [name for name, table in tables(1).items() if str(table) not in text] == []
    assert {path.name for path in study.iterdir()} == {"README.md", "summary.md", "results.json", "plots.png"}


def test_only_what_stands_between_marks_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "text.md"
    document.write_text("before\n<!-- one -->\nold\n<!-- end -->\nafter <!-- end -->\n")
    set_between_marks(document, "one", "new\n")
    set_between_marks(document, "two", "nothing\n")
    assert document.read_text() == "before\n<!-- one -->\nnew\n<!-- end -->\nafter <!-- end -->\n"


def test_the_document_says_what_the_command_wrote() -> None:
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))["tables"]
    marks = re.findall(
        r"<!-- (\S[^>]*?) -->\n(.*?)<!-- end -->", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert dict(marks) == {name: table["markdown"] for name, table in figures.items()}


def test_pictures_and_files_that_the_document_points_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", DOCUMENT.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (DOCUMENT.parent / link).exists()] == []


def test_the_figures_are_of_three_nets_each() -> None:
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))
    strings = figures["tables"]["experiment 1"]["rows"]
    assert [len(row[2]["seeds"]) for row in strings[1:]] == [3] * (len(strings) - 1)
    assert np.isfinite([share for row in strings[1:] for share in row[2]["seeds"]]).all()

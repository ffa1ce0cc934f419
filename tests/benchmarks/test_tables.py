import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from report import set_between_marks
from reproduced.publication import DOCUMENT, write
from reproduced.records import Records
from reproduced.shares import Share, Table, known, pooled
from reproduced.tables import EXPERIMENTS, tables_of

from .records import records

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "benchmarks" / "reproduction.json"


@cache
def tables(seeds: int) -> dict[str, Table]:
    return tables_of(Records.of(records(seeds)))


def test_a_share_says_mean_interval_and_the_nets_apart() -> None:
    assert str(Share(1_000, (0.6, 0.7, 0.8), (0.65, 0.75))) == "70.0 ± 5.0 [60.0–80.0]"
    assert str(Share(1_000, (0.6,), (0.55, 0.65))) == "60.0 ± 5.0"
    assert str(Share(1_000, (0.6, 0.8))) == "70.0 [60.0–80.0]"


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
    figures = json.loads((tmp_path / "reproduction.json").read_text())
    text = (tmp_path / "tables.md").read_text()
    for number in range(1, 11):
        assert figures["tables"][f"experiment {number}"]["markdown"] in text
    assert (tmp_path / "reproduction.png").stat().st_size > 10_000


def test_only_what_stands_between_marks_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "text.md"
    document.write_text("before\n<!-- one -->\nold\n<!-- end -->\nafter <!-- end -->\n")
    set_between_marks(document, "one", "new\n")
    set_between_marks(document, "two", "nothing\n")
    assert document.read_text() == "before\n<!-- one -->\nnew\n<!-- end -->\nafter <!-- end -->\n"


def test_the_document_says_what_the_command_wrote() -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))["tables"]
    marks = re.findall(
        r"<!-- (\S[^>]*?) -->\n(.*?)<!-- end -->", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert dict(marks) == {name: table["markdown"] for name, table in figures.items()}


def test_pictures_and_files_that_the_document_points_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", DOCUMENT.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_figures_are_of_three_nets_each() -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    strings = figures["tables"]["experiment 1"]["rows"]
    assert [len(row[2]["seeds"]) for row in strings[1:]] == [3] * (len(strings) - 1)
    assert np.isfinite([share for row in strings[1:] for share in row[2]["seeds"]]).all()

"""README and book show what the commands wrote, and nothing else."""

import re

import pytest
from helpers.documentation import CHAPTERS, README, ROOT, text_of

MARKS = [
    pytest.param(name, table, id=f"{path.name}-{name}")
    for path in (README, *CHAPTERS)
    for name, table in re.findall(r"<!-- (\S+\.md) -->\n(.*?)<!-- end -->", text_of(path), flags=re.DOTALL)
]


def test_the_book_has_every_table_once() -> None:
    shown = re.findall(r"<!-- (\S+\.md) -->", "".join(map(text_of, CHAPTERS)))
    written = {path.name for path in (ROOT / "benchmarks").glob("*.md")} - {"README.md"}
    assert sorted(shown) == sorted(written | {"reproduction/summary.md"})


@pytest.mark.parametrize(("name", "table"), MARKS)
def test_a_table_is_the_one_a_command_wrote(name: str, table: str) -> None:
    assert table == text_of(ROOT / name if "/" in name else ROOT / "benchmarks" / name)


def test_the_readme_has_one_table_of_accuracy_and_one_of_speed() -> None:
    assert re.findall(r"<!-- (\S+\.md) -->", text_of(README)) == ["development.md", "speed.md"]


def test_the_readme_is_a_door_and_no_book() -> None:
    assert len(text_of(README).splitlines()) <= 150

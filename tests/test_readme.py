"""The README says what the commands wrote, and nothing else."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MARKS = re.findall(r"<!-- (\S+\.md) -->\n(.*?)<!-- end -->", README, flags=re.DOTALL)


def test_the_readme_has_tables() -> None:
    assert {name for name, _ in MARKS} == {path.name for path in (ROOT / "benchmarks").glob("*.md")} - {
        "README.md"
    }


@pytest.mark.parametrize(("name", "table"), MARKS, ids=[name for name, _ in MARKS])
def test_a_table_in_the_readme_is_the_one_a_command_wrote(name: str, table: str) -> None:
    assert table == (ROOT / "benchmarks" / name).read_text(encoding="utf-8")


def test_files_that_the_readme_points_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_make_targets_that_the_readme_names_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_nobody_is_sent_to_another_projects_package_of_the_same_name() -> None:
    texts = [*ROOT.glob("*.md"), *(ROOT / "data").glob("*.md"), *(ROOT / "sdnn").rglob("*.py")]
    for path in texts:
        assert not re.search(r"pip install ['\"]?sdnn\b", path.read_text(encoding="utf-8")), path

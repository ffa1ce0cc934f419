"""README and book show what the commands wrote, and nothing else."""

import hashlib
import json
import re

import pytest
from helpers.documentation import CHAPTERS, README, ROOT, text_of

from sdnn.models.engine import BUNDLED

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


def sections(text: str) -> dict[str, str]:
    """Anchors of the sections that the tables of a chapter stand in."""
    return {
        table: re.sub(r"[^\w -]", "", section.split("\n")[0].lower()).replace(" ", "-")
        for section in text.split("\n## ")[1:]
        for table in re.findall(r"<!-- (\S+)\.md -->", section)
    }


def test_the_book_names_the_tables_that_are_older_than_the_bundled_weights() -> None:
    text = text_of(ROOT / "docs/benchmarks.md")
    newer, older = (
        set(re.findall(r"\(#([\w-]+)\)", part)) for part in text.split("\n## ")[0].split("Older than these")
    )
    anchor_of = sections(text)
    assert newer | older - {"thresholds"} >= set(anchor_of.values())
    assert not newer & older
    for table in ("batches", "constraints", "sweep", "training"):
        assert anchor_of[table] in older
    models = {
        path.stem: json.loads(text_of(path)).get("model") for path in (ROOT / "benchmarks").glob("*.json")
    }
    bundled = {models["development"], hashlib.sha256(BUNDLED.read_bytes()).hexdigest()}
    for table, model in models.items():
        if model and table in anchor_of:
            assert (anchor_of[table] in newer) == (model in bundled), table


def test_the_accuracies_of_five_mnist_digits_are_told_apart() -> None:
    text = text_of(ROOT / "docs/benchmarks.md")
    (explained,) = re.findall(r"^Strings of five MNIST digits .*?\n\n", text, flags=re.DOTALL | re.MULTILINE)
    anchor_of = sections(text)
    for table in ("constraints", "speed", "ablation", "reproduction/summary"):
        assert f"(#{anchor_of[table]})" in explained

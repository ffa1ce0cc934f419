"""Every link, path, target, command and option that a document names is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from helpers.documentation import CHAPTERS, DOCUMENTS, README, ROOT, text_of

from sdnn.cli import app

FILES = [
    *ROOT.glob("*.md"),
    *CHAPTERS,
    *(path for folder in ("data", "benchmarks", "reproduction") for path in (ROOT / folder).glob("*.md")),
]
FENCED = re.compile(r"^```.*?^```$", flags=re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """Target and anchor of each relative link."""
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", FENCED.sub("", text_of(path))):
        target, _, anchor = link.partition("#")
        yield (path.parent / target if target else path), anchor


def anchors(path: Path) -> set[str]:
    """Anchors of the headings, as code hosts and MkDocs make them."""
    headings = HEADING.findall(FENCED.sub("", text_of(path)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(command: Any, with_hidden: bool = False) -> Iterator[tuple[str, set[str]]]:
    """Name and options of a command and of those below it; hidden ones are older spellings."""
    shown = [each for each in command.params if with_hidden or not getattr(each, "hidden", False)]
    yield (
        command.name or "",
        {option for parameter in shown for option in (*parameter.opts, *parameter.secondary_opts)},
    )
    for below in getattr(command, "commands", {}).values():
        yield from commands(below, with_hidden)


COMMAND_LINE = typer.main.get_command(app)
COMMANDS = dict(commands(COMMAND_LINE))
OPTIONS = {
    option
    for options in dict(commands(COMMAND_LINE, with_hidden=True)).values()
    for option in options
    if option.startswith("--")
}


def test_there_are_links_and_options_to_look_at() -> None:
    assert len([link for path in FILES for link in links(path)]) > 50
    assert len(OPTIONS) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_heading_that_exist(path: Path) -> None:
    for target, anchor in links(path):
        assert target.is_file(), target
        assert target.resolve().is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


def test_readme_and_navigation_lead_to_every_chapter() -> None:
    chapters = set(CHAPTERS)
    assert chapters - {target for target, _ in links(README)} == {ROOT / "docs/index.md"}
    navigation = re.findall(r"^  - .+: (\S+\.md)$", text_of(ROOT / "mkdocs.yml"), flags=re.MULTILINE)
    assert {path.name for path in chapters} <= set(navigation)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_in_backquotes_exist(path: Path) -> None:
    named = set(re.findall(r"`((?:sdnn|tests|docs|data|\.ci)/[\w./-]*)`", text_of(path)))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_make_targets_that_are_named_exist() -> None:
    makefile = text_of(ROOT / "Makefile")
    named = {
        target
        for path in DOCUMENTS
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", text_of(path), flags=re.MULTILINE)
    }
    assert {"demo", "test", "docs"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_options_that_are_named_exist() -> None:
    own = (re.sub(r"\b(docker|sbatch|torchrun) .*|--build-arg", "", text_of(path)) for path in DOCUMENTS)
    named = {option for text in own for option in re.findall(r"(?<!\S)`?(--[a-z-]+)", text)}
    assert named - OPTIONS <= {"--help"}


def test_commands_that_are_named_exist() -> None:
    fenced = "".join(block for path in DOCUMENTS for block in FENCED.findall(text_of(path)))
    named = set(re.findall(r"^sdnn ([a-z]+)", fenced, flags=re.MULTILINE))
    assert {"read", "train"} <= named
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("command", ["read", "eval", "calibrate", "synth", "train", "tune", "average"])
def test_the_book_names_every_option(command: str) -> None:
    book = "".join(map(text_of, CHAPTERS))
    options = {option for option in COMMANDS[command] if option.startswith("--")}
    assert {option for option in options if not re.search(rf"{option}(?![a-z-])", book)} == set()


def test_nobody_is_sent_to_another_projects_package_of_the_same_name() -> None:
    for path in [*FILES, *(ROOT / "sdnn").rglob("*.py")]:
        assert not re.search(r"pip install ['\"]?sdnn\b", text_of(path)), path

"""Progress bars and help on a terminal of 80 columns."""

import contextlib
import io
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from helpers.documentation import ROOT
from typer.testing import CliRunner

from sdnn.cli import app
from sdnn.cli.model import _blocks
from sdnn.cli.terminal import progress, track
from sdnn.enums import Stage, Status
from sdnn.models.engine import BUNDLED, Engine
from sdnn.models.inspection import record_of
from sdnn.results import Reading
from sdnn.training.loop import Progress


class Terminal(io.StringIO):
    """Stands for a terminal."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())
        return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return stderr


@pytest.mark.parametrize("stage", [Stage.DIGITS, Stage.STRINGS, "documents"])
def test_the_bar_of_a_training_names_its_numbers_and_has_the_share_of_the_whole_run(
    monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    terminal = terminal_of(monkeypatch)
    now = Progress(stage, 1234, 7600, 6142, 8192, 0.12345, 0.97654, 1234.5)
    with progress("training") as update:
        update(now.run_step, now.run_steps, now.summary(), now.stage)
    last = terminal.lines()[-1]
    assert re.fullmatch(
        rf"{stage} +━+[^%]* 75 % loss 0\.123, accuracy 97\.65 %, 1,234 examples/s +\S+ left", last
    )
    assert len(last) <= 80


def test_the_bar_of_reading_counts_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    pages = [[Reading("1", 1.0, Status.ACCEPTED, page=page)] for page in (1, 1, 2)]
    assert list(track(pages, lambda: ["a.png", "b.tif"])) == pages
    assert re.search(r"2/2 pictures [\d,]+ a second .* left", terminal.lines()[-1])


def test_without_a_terminal_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    with progress("reading", "pictures") as update:
        update(1, 2, "half")
    assert stderr.getvalue() == ""


def test_synth_has_a_bar_of_its_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[object, ...]] = []

    @contextlib.contextmanager
    def noted(*bar: str) -> Iterator[Callable[..., None]]:
        shown.append(bar)
        yield lambda *update: shown.append(update)

    monkeypatch.setattr(import_module("sdnn.cli.synth"), "progress", noted)
    options = ["--source", "pen", "--count", "3", "--out", str(tmp_path / "strips")]
    assert CliRunner().invoke(app, ["synth", *options]).exit_code == 0
    assert shown == [("drawing", "strips"), (1, 3), (2, 3), (3, 3)]


def test_a_shown_model_fits_80_columns() -> None:
    lines = [line for block in _blocks(record_of(Engine(), BUNDLED)) for line in block]
    assert max(len(line.replace(str(ROOT), "")) for line in lines) <= 80


@pytest.mark.parametrize(
    ("command", "default"),
    [("read", "(stdout)"), ("train", "(reader)"), ("synth", "(random)"), ("model show", "(the bundled one)")],
)
def test_help_shows_the_default_of_an_option(
    command: str, default: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = CliRunner().invoke(app, [*command.split(), "--help"]).output
    assert f"[default: {default}]" in text
    assert "else:" not in text

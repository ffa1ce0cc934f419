"""Options that several commands share, and the profile that comes of them."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from sdnn.cli.options import with_profile
from sdnn.enums import DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_CONSTRAINT_PROBABILITY
from sdnn.errors import ExitCode
from sdnn.parameters import CONSTRAINTS, MIN_CONSTRAINT_PROBABILITY
from sdnn.profiles import BUILT_IN, Profile

CHAPTER = (Path(__file__).parents[2] / "docs/constraints.md").read_text(encoding="utf-8")


app = typer.Typer()
handed: list[tuple[Profile, str]] = []


@app.command()
@with_profile(*CONSTRAINTS.values(), MIN_CONSTRAINT_PROBABILITY)
def command(own: str = "usual", *, profile: Profile) -> None:
    handed.append((profile, own))


@pytest.mark.parametrize(
    ("arguments", "values", "own"),
    [
        ([], {}, "usual"),
        (["--own", "x"], {}, "x"),
        (["--min-constraint-probability", "0"], {"min_constraint_probability": 0.0}, "usual"),
        (["--min-fit", "0.2"], {"min_constraint_probability": 0.2}, "usual"),
        (["--profile", "us-zip"], BUILT_IN["us-zip"], "usual"),
        (["--profile", "meter", "--length", "3"], {"length": "3"}, "usual"),
        (["--lexicon", "a.txt", "--max-value", "7"], {"lexicon": Path("a.txt"), "max_value": 7}, "usual"),
    ],
    ids=str,
)
def test_a_command_is_handed_one_profile_of_its_options(
    arguments: list[str],
    values: dict[str, Any],
    own: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert handed.pop() == (Profile(values), own)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--min-constraint-probability", "1.5"], "0<=x<=1"),
        (["--min-value", "-1"], "x>=0"),
        (["--min-confidence", "0.5"], "No such option"),
    ],
    ids=str,
)
def test_an_option_that_a_command_lacks_or_a_value_beyond_its_range_is_refused(
    arguments: list[str], complaint: str
) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == ExitCode.USAGE
    assert complaint in result.output


@pytest.mark.parametrize(
    ("option", "default"),
    [
        ("min-confidence", DEFAULT_MIN_CONFIDENCE),
        ("min-constraint-probability", DEFAULT_MIN_CONSTRAINT_PROBABILITY),
    ],
)
def test_the_book_names_the_default_thresholds(option: str, default: float) -> None:
    (named,) = re.findall(rf"`--{option} P` \| .* \(default ([0-9.e-]+)\)", CHAPTER)
    assert float(named) == default

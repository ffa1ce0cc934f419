from pathlib import Path

import pytest
from helpers.cli_runner import assert_one_line, sdnn

import sdnn as package
from sdnn import __version__
from sdnn.errors import ExitCode


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed(option: str) -> None:
    assert sdnn(option).stdout.decode() == f"{__version__}\n"


def test_what_there_is_in_the_package_can_be_listed() -> None:
    assert {*dir(package)} == {*package.__all__, "__version__"}
    assert all(hasattr(package, name) for name in dir(package))


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_the_commands(option: str) -> None:
    result = sdnn(option)
    assert result.returncode == ExitCode.OK
    assert all(command in result.stdout.decode() for command in ("read", "train", "synth", "eval"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("synth", "--digits", "x"),
        ("synth", "--digits", "8-3"),
        ("synth", "--digits", "0"),
        ("synth", "--gap", "3"),
        ("synth", "--gap", "6:0"),
        ("synth", "--count", "3"),
        ("read", "a.png", "b.png", "--explain", "out.png"),
        ("train", "--resume", "nowhere"),
    ],
)
def test_a_command_that_makes_no_sense_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    result = sdnn(*arguments, cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr)
    assert list(tmp_path.iterdir()) == []

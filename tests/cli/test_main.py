from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, assert_one_line, sdnn

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


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("read",), ("Missing argument 'IMAGE...'", "Try 'sdnn read --help'")),
        (("foo",), ("No such command 'foo'", "Try 'sdnn --help'")),
        (("read", "--nope", "a.png"), ("No such option: --nope", "Try 'sdnn read --help'")),
        (("read", "a.png", "--jobs", "0"), ("--jobs", "x>=1", "Try 'sdnn read --help'")),
        (("model", "show", "--nope"), ("--nope", "Try 'sdnn model show --help'")),
        (("read", "a.png", "-o", ""), ("--output", "is a folder")),
        (("read", "a.png", "-o", "."), ("--output", "is a folder")),
        (("read", "a.png", "--explain", ""), ("--explain",)),
        (("synth", "--out", ""), ("not an empty folder",)),
        (("read", "a.png", "-o", "x.csv", "--format", "json"), ("--output x.csv", "--format json")),
        (("read", "a.png", "-o", "x.csv", "--json"), ("--output x.csv", "--json")),
        (("read", "a.png", "--page", "--line"), ("--page", "--line")),
        (("read", "a.png", "--retry-errors"), ("--retry-errors", "--resume")),
        (("read", "a.png", "--resume", "--retry-errors", "-o", "x"), ("--retry-errors", "csv")),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_one_line_that_says_what_to_do(
    arguments: tuple[str, ...], parts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").touch()  # the current folder is not empty
    result = sdnn(*arguments, cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert result.stdout == b""
    assert_one_line(result.stderr, *parts)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_without_a_command_there_is_the_help_and_exit_code_2() -> None:
    result = sdnn()
    assert result.returncode == ExitCode.USAGE
    assert b"Commands" in result.stdout
    assert result.stderr == b""


@pytest.mark.parametrize("option", ["-o", "--explain"])
@pytest.mark.parametrize("length", [251, 300])
def test_a_name_that_is_too_long_is_one_line_before_anything_is_read(
    option: str, length: int, tmp_path: Path
) -> None:
    name = "x" * length + ".png"
    result = sdnn("read", SAMPLE, option, name, "--format", "text", cwd=tmp_path)
    is_possible = option == "--explain" and len(name) <= 255
    assert result.returncode == (ExitCode.OK if is_possible else ExitCode.OUTPUT)
    if not is_possible:
        assert result.stdout == b""
        assert_one_line(result.stderr, "give a shorter name")
        assert list(tmp_path.iterdir()) == []

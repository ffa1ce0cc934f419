"""Options of `sdnn serve` and `sdnn review` that are refused before anything starts."""

import sys
from pathlib import Path

import pytest
from helpers.cli_runner import assert_one_line, sdnn
from helpers.review_files import five_strings


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "prometheus_client", "python_multipart"])
@pytest.mark.parametrize("command", [("serve",), ("review", "results.jsonl")])
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, package: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = sdnn(*command)
    assert result.returncode == 2
    assert_one_line(result.stderr, package, "[serve]")


def test_an_address_of_no_machine_here_is_one_line() -> None:
    result = sdnn("serve", "--host", "203.0.113.7")
    assert result.returncode == 2
    assert_one_line(result.stderr, "--host 203.0.113.7", "cannot be used")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--reader", "a/b"], ["reader 'a/b'", "1 to 40 letters"]),
        (["--images", "nowhere"], ["--images nowhere", "no folder"]),
        (["--disagreements"], ["no review", "--labels"]),
    ],
)
def test_options_of_a_review_that_cannot_be_meant_are_one_line(
    tmp_path: Path, options: list[str], parts: list[str]
) -> None:
    result = sdnn("review", five_strings(tmp_path), *options)
    assert result.returncode == 2
    assert_one_line(result.stderr, *parts)
    assert [path.name for path in tmp_path.iterdir()] == ["results.jsonl"]

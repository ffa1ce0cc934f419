from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLES, assert_one_line, sdnn, sdnn_process

from sdnn.errors import ExitCode


def test_synth_writes_one_strip_here_and_prints_its_digits(tmp_path: Path) -> None:
    result = sdnn_process("synth", "--digits", "4", "--source", "pen", "--seed", "3", cwd=tmp_path)
    text = result.stdout.decode().strip()
    assert len(text) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["strip-3.png"]
    assert sdnn("read", tmp_path / "strip-3.png").stdout.decode().strip() == text


def test_synth_without_mnist_says_so_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder that is named but holds no MNIST stands for a machine without data and network.
    monkeypatch.setenv("SDNN_DATA", str(tmp_path / "nothing"))
    result = sdnn("synth", "--out", tmp_path / "strips", "--count", "2", "--digits", "3")
    assert result.returncode == ExitCode.OK
    assert_one_line(result.stderr, "drawn digits")
    assert sorted(path.name for path in (tmp_path / "strips").iterdir()) == [
        "00000.png",
        "00001.png",
        "labels.csv",
        "truth.jsonl",
    ]


def test_synth_fails_where_mnist_is_asked_for_and_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDNN_DATA", str(tmp_path / "nothing"))
    result = sdnn("synth", "--source", "mnist", cwd=tmp_path)
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "--source pen", "MNIST")


def test_the_samples_are_what_synth_draws(tmp_path: Path) -> None:
    options = ["--source", "pen", "--digits", "3-8", "--gap=-1:8", "--count", "12", "--seed", "1992"]
    sdnn("synth", *options, "--out", tmp_path / "strips")
    for name in ("labels.csv", "truth.jsonl"):
        assert (tmp_path / "strips" / name).read_text() == (SAMPLES / name).read_text()


def test_the_pages_are_what_synth_draws_on_paper(tmp_path: Path) -> None:
    options = ["--source", "pen", "--paper", "--digits", "3-8", "--count", "12", "--seed", "1992"]
    sdnn("synth", *options, "--out", tmp_path / "pages")
    for name in ("labels.csv", "truth.jsonl"):
        assert (tmp_path / "pages" / name).read_text() == (SAMPLES.parent / "pages" / name).read_text()


def test_paper_and_gap_do_not_go_together(tmp_path: Path) -> None:
    result = sdnn("synth", "--source", "pen", "--paper", "--gap", "1:2", cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--gap")
    assert not list(tmp_path.iterdir())

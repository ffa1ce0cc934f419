from pathlib import Path

import pytest
from helpers.cli_runner import assert_one_line, sdnn

from sdnn.errors import ExitCode
from sdnn.models.engine import BUNDLED

pytestmark = pytest.mark.slow


def test_training_the_detector_without_unipen_says_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDNN_DATA", str(tmp_path / "nothing"))
    result = sdnn("train", "--net", "detector", "--run", tmp_path / "run")
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "no UNIPEN there", "--data DIR")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--net", "detector", "--strips", "5"),
        ("--net", "detector", "--stage", "digits"),
        ("--net", "detector", "--source", "pen"),
        ("--net", "detector", "--isolated"),
        ("--net", "reader", "--steps", "5"),
        ("--steps", "5"),
    ],
)
def test_an_option_of_the_other_net_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = sdnn("train", "--run", tmp_path / "run", *options)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "no effect", "--net")
    assert not (tmp_path / "run").exists()


def test_a_reader_is_nothing_to_train_a_detector_from(tmp_path: Path) -> None:
    start = BUNDLED.with_suffix(".safetensors")
    result = sdnn("train", "--net", "detector", "--start", start, "--run", tmp_path / "run")
    assert result.returncode == ExitCode.MODEL
    assert_one_line(result.stderr, "no detector", "sdnn train --net detector")
    assert not (tmp_path / "run").exists()


def test_which_net_a_run_trains_need_not_be_said_again(tmp_path: Path) -> None:
    result = sdnn("train", "--resume", tmp_path, "--net", "detector")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--resume")

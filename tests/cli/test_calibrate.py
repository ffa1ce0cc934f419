import json
from pathlib import Path

from helpers.cli_runner import SAMPLE, SAMPLES, assert_one_line, sdnn, sdnn_process

from sdnn.errors import ExitCode


def test_calibrating_writes_a_profile_that_reading_takes(tmp_path: Path) -> None:
    result = sdnn_process(
        "calibrate", SAMPLES, "--target-error", "0.3", "--save", "mine", "--length", "3-8", cwd=tmp_path
    )
    assert result.returncode == ExitCode.OK, result.stderr
    assert "temperature" in result.stdout.decode()
    assert "[profile.mine]" in (tmp_path / "sdnn.toml").read_text()
    again = sdnn("read", SAMPLE, "--profile", "mine", cwd=tmp_path)
    assert again.stdout.decode() == "14662\n"


def test_calibrating_on_too_few_strips_says_how_many_it_takes(tmp_path: Path) -> None:
    result = sdnn("calibrate", SAMPLES, "--target-error", "0.001", "--json", cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert json.loads(result.stdout)["threshold"] is None
    assert_one_line(result.stderr, "too few", "no profile was written")
    assert not (tmp_path / "sdnn.toml").exists()


def test_calibrating_takes_no_other_profiles_place(tmp_path: Path) -> None:
    (tmp_path / "sdnn.toml").write_text('[profile.mine]\nlength = "4"\n')
    for name in ("mine", "us-zip", " "):
        result = sdnn("calibrate", SAMPLES, "--save", name, cwd=tmp_path)
        assert result.returncode == ExitCode.USAGE
        assert_one_line(result.stderr, "--save")

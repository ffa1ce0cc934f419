from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.cli_runner import SAMPLES

from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strip_folder import write_folder
from sdnn.datasets.strips import Layout
from sdnn.errors import UnreadableInput
from sdnn.evaluation.calibration import Calibration, calibrate
from sdnn.reading.settings import ReadingSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("strips") / "drawn"
    write_folder(out, SyntheticDigits(), Layout(digits=(3, 4)), 7, 40, {"source": "pen"})
    return out


@pytest.fixture(scope="module")
def found(folder: Path) -> Calibration:
    return calibrate(ReadingSettings(), [folder], target_error=0.2)


def test_every_strip_is_read_and_counted(found: Calibration) -> None:
    assert found.n == 40
    assert 30 <= found.right <= 40


def test_the_threshold_keeps_the_target_on_the_strips_that_it_was_found_on(
    found: Calibration, folder: Path
) -> None:
    assert found.threshold
    assert found.threshold.upper <= 0.2
    assert 0 < found.threshold.coverage <= 1


def test_too_few_strips_for_a_target_give_the_reason() -> None:
    strict = calibrate(ReadingSettings(), [SAMPLES], target_error=0.01)
    assert strict.threshold is None
    assert "too few" in strict.shortage
    assert "threshold" not in strict.summary()


def test_a_fit_that_made_calibration_worse_has_a_comment(found: Calibration) -> None:
    worse = replace(found, error_before=0.05, error_after=0.06)
    better = replace(found, error_before=0.06, error_after=0.05)
    assert "no better" in worse.summary()
    assert "no better" not in better.summary()


@pytest.mark.slow
def test_labels_that_contradict_the_net_make_it_less_sure(folder: Path, tmp_path: Path) -> None:
    head, *rows = (folder / "labels.csv").read_text().splitlines()[:21]
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    for row in rows:
        name = row.split(",")[0]
        (wrong / name).write_bytes((folder / name).read_bytes())
    rng = np.random.default_rng(0)
    labels = [row.split(",") for row in rows]
    for pair in labels[::2]:
        pair[1] = "".join(str((int(digit) + int(rng.integers(1, 10))) % 10) for digit in pair[1])
    (wrong / "labels.csv").write_text("\n".join([head, *(",".join(pair) for pair in labels)]) + "\n")
    mistrusting = calibrate(ReadingSettings(), [wrong], 0.2)
    assert mistrusting.temperature > 2
    assert mistrusting.error_after < mistrusting.error_before
    assert mistrusting.threshold is None


def test_strips_without_digits_cannot_be_calibrated_on(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (60, 30), 255).save(tmp_path / "blank.png")
    (tmp_path / "labels.csv").write_text("file,label\nblank.png,\n")
    with pytest.raises(UnreadableInput, match="no strip with digits"):
        calibrate(ReadingSettings(), [tmp_path], 0.1)

from pathlib import Path

import pytest
from helpers.run_folders import run_folder

from sdnn.tracking.own_folders import labels_checksum, own_folders


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labelled folder that a run here was trained on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    folder = tmp_path / "strips"
    folder.mkdir()
    (folder / "labels.csv").write_text("file,label\na.png,12\nb.png,3\n")
    run_folder(tmp_path / "runs" / "one", folders={str(folder): labels_checksum(folder)})
    return folder


def test_a_folder_of_a_run_is_listed_with_what_became_of_its_labels(labelled: Path) -> None:
    (found,) = own_folders()
    assert (found.name, found.path) == ("strips", labelled)
    assert found.state == "2 labels, as they were in the last run"
    (labelled / "labels.csv").write_text("file,label\na.png,12\n")
    assert own_folders()[0].state == "1 labels, changed since the last run"


def test_a_folder_that_is_gone_is_listed_as_missing(labelled: Path) -> None:
    (labelled / "labels.csv").unlink()
    assert own_folders()[0].state.startswith("missing")


@pytest.mark.usefixtures("labelled")
def test_a_damaged_run_hides_no_other(tmp_path: Path) -> None:
    broken = tmp_path / "runs" / "broken"
    broken.mkdir()
    (broken / "run.json").write_text("{")
    assert len(own_folders()) == 1

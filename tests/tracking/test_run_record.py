import json
from pathlib import Path

import pytest
from helpers.run_folders import run_folder

from sdnn.errors import UsageError
from sdnn.tracking.run_record import RunRecord, default_places, differences, find_run, run_folders


def test_a_run_tells_its_state_accuracy_and_time(tmp_path: Path) -> None:
    run = RunRecord.of_folder(run_folder(tmp_path / "first"))
    assert (run.name, run.state, run.accuracy, run.seconds) == ("first", "interrupted", 0.75, 60.0)
    assert run.summary == "pen, 32 windows, 16 strips, seed 3"
    (tmp_path / "first" / "model.onnx").touch()
    assert RunRecord.of_folder(tmp_path / "first").state == "finished"


def test_the_net_decides_which_file_a_finished_run_has(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "first", net="detector")
    (folder / "model.onnx").touch()
    assert RunRecord.of_folder(folder).state == "interrupted"
    (folder / "detector.onnx").touch()
    assert RunRecord.of_folder(folder).state == "finished"


@pytest.mark.parametrize(("saved", "state"), [(True, "finished"), (False, "refused")])
def test_a_fine_tuning_is_finished_if_its_model_was_saved(tmp_path: Path, saved: bool, state: str) -> None:
    folder = run_folder(tmp_path / "first", folders={"/strips": "ab"})
    outcome = {"saved": saved, "held_out": {"after": {"accuracy": 0.9}}}
    (folder / "outcome.json").write_text(json.dumps(outcome))
    run = RunRecord.of_folder(folder)
    assert (run.state, run.accuracy) == (state, 0.9)


def test_a_line_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "first")
    with open(folder / "metrics.jsonl", "a") as file:
        file.write('{"stage": "strings", "accuracy": 0.9')
    assert RunRecord.of_folder(folder).accuracy == 0.75


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"recipe": 3}', '{"data": []}', '{"versions": "none"}', "\xff"]
)
def test_a_damaged_record_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match="damaged record") as error:
        RunRecord.of_folder(tmp_path)
    assert "\n" not in str(error.value)


def test_metrics_that_are_no_objects_are_damage(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "first")
    (folder / "metrics.jsonl").write_text("3\n")
    with pytest.raises(UsageError, match="damaged record"):
        RunRecord.of_folder(folder)


def test_a_folder_without_a_run_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        RunRecord.of_folder(tmp_path)


def test_runs_are_found_in_a_folder_of_runs_and_where_one_is_named(tmp_path: Path) -> None:
    first, second = run_folder(tmp_path / "a"), run_folder(tmp_path / "b")
    (tmp_path / "no-run").mkdir()
    assert [*run_folders([tmp_path])] == [first, second]
    assert [*run_folders([second, tmp_path / "missing"])] == [second]


def test_a_run_is_found_by_its_name_here_and_among_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    run_folder(tmp_path / "runs" / "here")
    run_folder(default_places()[1] / "mine")
    assert find_run("here").name == "here"
    assert find_run("mine").name == "mine"
    with pytest.raises(UsageError, match="there are: here, mine"):
        find_run("other")


def test_only_what_differs_is_compared_and_all_figures(tmp_path: Path) -> None:
    first = RunRecord.of_folder(run_folder(tmp_path / "a"))
    second = RunRecord.of_folder(run_folder(tmp_path / "b", (0.8,), {"seed": 4, "digits": None}))
    rows = {name: (one, other) for name, one, other in differences(first, second)}
    assert rows["recipe.seed"] == ("3", "4")
    assert rows["recipe.digits.examples"] == ("32", "–")
    assert rows["metrics.accuracy"] == ("0.75", "0.8")
    assert rows["state"] == ("interrupted", "interrupted")
    assert not any(name.startswith(("recipe.strings", "data", "code")) for name in rows)


def test_checksums_are_cut_short(tmp_path: Path) -> None:
    first = RunRecord.of_folder(run_folder(tmp_path / "a"))
    second = RunRecord.of_folder(run_folder(tmp_path / "b", code="beef" * 16))
    assert ("code", "c0dec0dec0dec0de…", "beefbeefbeefbeef…") in differences(first, second)


def test_the_checksum_of_the_data_changes_with_them(tmp_path: Path) -> None:
    first = RunRecord.of_folder(run_folder(tmp_path / "a"))
    second = RunRecord.of_folder(run_folder(tmp_path / "b"))
    third = RunRecord.of_folder(run_folder(tmp_path / "c", data={}))
    assert first.checksum == second.checksum != third.checksum

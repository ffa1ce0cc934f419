import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reproduction import runner
from reproduction.runner import Step, make, make_all, steps


def counted(folder: Path, name: str) -> dict[str, Any]:
    """A record; leaves a mark each time that it is made."""
    with (folder / f"{name}.made").open("a") as file:
        file.write("x")
    return {"name": name}


def of(folder: Path, names: list[str]) -> Iterator[Step]:
    return (Step(name, partial(counted, folder, name), "0" * 64) for name in names)


def test_every_step_leaves_a_record_of_its_own(tmp_path: Path) -> None:
    full = [step.name for step in steps(False, tmp_path)]
    quick = [step.name for step in steps(True, tmp_path)]
    assert len(set(full)) == len(full)
    assert set(quick) < set(full)
    assert len(full) - 2 == 3 * (len(quick) - 2)  # the machine and the bundled model have no seeds


def test_a_record_is_whole_when_it_is_there(tmp_path: Path) -> None:
    one, two = Step("one", lambda: {"text": "0123"}, "abc"), Step("two", lambda: {"text": 1 / 0}, "abc")
    seconds = make(one, tmp_path)
    record = json.loads(one.path(tmp_path).read_text())
    assert record == {"text": "0123", "made_in_s": pytest.approx(seconds, abs=0.051)}
    with pytest.raises(ZeroDivisionError):
        make(two, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["one-abc.json"]


def test_a_record_that_other_code_made_is_another(tmp_path: Path) -> None:
    make(Step("one", lambda: {}, "abc"), tmp_path)
    assert not Step("one", lambda: {}, "abd").path(tmp_path).exists()


def test_what_one_process_fails_at_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "WORKERS", 1)
    steps_to_do = [Step("broken", partial(json.loads, "five"), "0"), *of(tmp_path, ["never"])]
    with pytest.raises(ValueError, match="Expecting value"):
        make_all(steps_to_do, tmp_path)


def test_what_is_there_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[dict[str, Any]] = []
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "BUILD", tmp_path)
    # In this process: each of its own would load all of torch to write one line.
    monkeypatch.setattr(runner, "make_all", lambda missing, folder: [make(step, folder) for step in missing])
    monkeypatch.setattr("sys.argv", ["reproduction"])
    monkeypatch.setattr("reproduction.tables.write_tables.publish", published.append)
    for names in (["one", "two"], ["one", "two", "three"]):
        monkeypatch.setattr(runner, "steps", lambda quick, folder, names=names: of(tmp_path, names))
        runner.main()
    assert {path.name: path.read_text() for path in tmp_path.glob("*.made")} == {
        "one.made": "x",
        "two.made": "x",
        "three.made": "x",
    }
    assert [[*records] for records in published] == [["one", "two"], ["one", "two", "three"]]

import shutil
from pathlib import Path

import pytest

from sdnn.errors import ModelError
from sdnn.models.engine import BUNDLED
from sdnn.models.library import find_model, model_names, models_folder


@pytest.fixture(autouse=True)
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder()
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("model", [None, ""])
def test_without_a_name_the_bundled_model_is_meant(model: str | None) -> None:
    assert find_model(model) == BUNDLED


def test_a_file_comes_before_a_name(user_folder: Path, tmp_path: Path) -> None:
    (user_folder / "mine.onnx").touch()
    assert find_model("mine") == find_model("mine.onnx") == user_folder / "mine.onnx"
    (tmp_path / "mine.onnx").touch()
    assert find_model("mine.onnx") == Path("mine.onnx")
    assert find_model(tmp_path / "mine.onnx") == tmp_path / "mine.onnx"


def test_an_unknown_name_lists_those_that_exist(user_folder: Path) -> None:
    with pytest.raises(ModelError, match="make one with: sdnn finetune DIR"):
        find_model("mine")
    for name in ("b.onnx", "a.onnx", "a.safetensors", ".7-c.onnx"):
        (user_folder / name).touch()
    assert model_names() == ["a", "b"]
    with pytest.raises(ModelError, match="there are: a, b"):
        find_model("mine")


@pytest.mark.parametrize("path", ["folder/mine", "missing.onnx", "mine.safetensors", "./mine"])
def test_a_path_is_returned_as_it_is(path: str) -> None:
    assert find_model(path) == Path(path)


def test_reader_and_command_take_a_name(user_folder: Path) -> None:
    from helpers.cli_runner import SAMPLE, sdnn

    shutil.copy(BUNDLED, user_folder / "mine.onnx")
    by_name, bundled = sdnn("read", SAMPLE, "--model", "mine"), sdnn("read", SAMPLE)
    assert by_name.stdout == bundled.stdout != b""
    assert str(user_folder / "mine.onnx") in sdnn("model", "show", "mine").stdout.decode()
    result = sdnn("read", SAMPLE, "--model", "yours")
    assert (result.returncode, result.stdout) == (6, b"")
    assert b"there are: mine" in result.stderr

from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch
from helpers.brute_force import net_in_use
from torch import Tensor

from sdnn.errors import ModelError, OutputError
from sdnn.models.checkpoint import load_net, load_tensors, save_net, save_tensors, write_onnx_metadata
from sdnn.models.digit_net import DigitNet
from sdnn.models.lenet import LENET
from sdnn.models.metadata import METADATA_KEY, ReaderMetadata

TINY = (3, 5, 4, 6, 8, 7)
METADATA = ReaderMetadata("sdnn-test", LENET.geometry, temperature=1.5, recipe={"epochs": 3})


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_net(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def tiny_onnx(path: Path) -> Path:
    """A model that does nothing and says nothing about itself."""
    shape = onnx.TensorProto.FLOAT, ["N"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["x"], ["y"])],
        "tiny",
        [onnx.helper.make_tensor_value_info("x", *shape)],
        [onnx.helper.make_tensor_value_info("y", *shape)],
    )
    onnx.save_model(onnx.helper.make_model(graph), path)
    return path


def test_a_net_survives_the_file_with_its_description(tmp_path: Path) -> None:
    net = net_in_use(seed=0)
    save_net(tmp_path / "net.safetensors", net, METADATA)
    loaded, metadata = load_net(tmp_path / "net.safetensors")
    assert metadata == METADATA
    assert not loaded.training
    windows = torch.rand(3, 1, LENET.geometry.height_px, LENET.geometry.window_px)
    with torch.no_grad():
        torch.testing.assert_close(loaded(windows), net(windows), atol=0, rtol=0)


def test_a_net_of_other_channels_survives_the_file_that_names_them(tmp_path: Path) -> None:
    net = net_in_use(seed=0, channels=TINY)
    save_net(tmp_path / "net.safetensors", net, replace(METADATA, recipe={"channels": [*TINY]}))
    loaded, _ = load_net(tmp_path / "net.safetensors")
    windows = torch.rand(3, 1, LENET.geometry.height_px, LENET.geometry.window_px)
    with torch.no_grad():
        torch.testing.assert_close(loaded(windows), net(windows), atol=0, rtol=0)


def test_a_net_of_other_channels_than_its_file_names_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_net(path, net_in_use(seed=0, channels=TINY), METADATA)
    assert "another architecture" in refusal(path)


def test_tensors_survive_the_file_with_their_metadata(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    tensors: dict[str, Tensor] = {
        "whole": whole,
        "transposed": whole.T,
        "shared": whole[1:],
        "steps": torch.tensor(7),
        "halves": torch.ones(2, dtype=torch.float16),
    }
    save_tensors(tmp_path / "state.safetensors", tensors, {"epoch": "3"})
    loaded, entries = load_tensors(tmp_path / "state.safetensors")
    assert entries == {"epoch": "3"}
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(loaded[name], tensor, atol=0, rtol=0)


def test_saving_leaves_only_the_file(tmp_path: Path) -> None:
    save_net(tmp_path / "net.safetensors", DigitNet(), METADATA)
    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


def test_a_missing_file_is_a_model_error(tmp_path: Path) -> None:
    refusal(tmp_path / "none.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.5, 0.999])
def test_a_truncated_file_is_a_model_error(tmp_path: Path, share: float) -> None:
    path = tmp_path / "net.safetensors"
    save_net(path, DigitNet(), METADATA)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refusal(path)


def test_a_foreign_file_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_text("no tensors here\n")
    refusal(path)
    refusal(tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        b"{}",
        b"\xff",
        b"null",
        100_000 * b"[",
        b'{"a": {"dtype": "F32", "shape": [1099511627776], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
        b'{"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}',
        b'{"__metadata__": {"sdnn": {}}}',
    ],
)
@pytest.mark.parametrize("length", [None, 2**63, 2**40])
def test_a_header_that_cannot_be_is_a_model_error(tmp_path: Path, header: bytes, length: int | None) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes((length or len(header)).to_bytes(8, "little") + header + bytes(4))
    assert refusal(path).isprintable()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_a_model_error(tmp_path: Path, value: float) -> None:
    path = tmp_path / "net.safetensors"
    net = net_in_use(seed=0, channels=TINY)
    with torch.no_grad():
        next(net.parameters()).view(-1)[0] = value
    save_net(path, net, replace(METADATA, recipe={"channels": [*TINY]}))
    assert "'features.0.weight' is not finite" in refusal(path)


def test_weights_of_another_type_are_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_net(path, DigitNet().double(), METADATA)
    assert "another architecture" in refusal(path)


@pytest.mark.parametrize("channels", [[10**9] * 6, [True] * 6, [3], "356687", None, {"a": 1}])
def test_channels_that_no_net_has_are_a_model_error(tmp_path: Path, channels: object) -> None:
    path = tmp_path / "net.safetensors"
    save_net(path, net_in_use(seed=0, channels=TINY), replace(METADATA, recipe={"channels": channels}))
    assert "another architecture" in refusal(path)


def test_a_file_that_is_too_long_or_no_file_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    with open(path, "wb") as file:
        file.truncate(2**40)  # sparse
    assert "longer than" in refusal(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    refusal(path)


def test_a_safetensors_file_of_others_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_tensors(path, DigitNet().state_dict(), {"format": "pt"})
    assert "sdnn train" in refusal(path)


def test_a_net_of_another_architecture_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    tensors = DigitNet().state_dict()
    tensors["classifier.4.bias"] = torch.zeros(10)
    save_tensors(path, tensors, METADATA.to_entries())
    assert "another architecture" in refusal(path)
    del tensors["classifier.4.bias"]
    save_tensors(path, tensors, METADATA.to_entries())
    assert "another architecture" in refusal(path)


def test_describing_an_onnx_file_again_replaces_the_description_and_keeps_the_graph(tmp_path: Path) -> None:
    path = tiny_onnx(tmp_path / "tiny.onnx")
    graph = onnx.load_model(path).graph
    write_onnx_metadata(path, METADATA)
    other = ReaderMetadata("other", LENET.geometry)
    write_onnx_metadata(path, other)
    model = onnx.load_model(path)
    assert model.graph.node == graph.node
    assert model.graph.initializer == graph.initializer
    assert [prop.key for prop in model.metadata_props] == [METADATA_KEY]
    assert ReaderMetadata.from_entries({p.key: p.value for p in model.metadata_props}, "tiny") == other


@pytest.mark.parametrize("target", ["folder", "file/net.safetensors"])
def test_an_unwritable_target_is_an_output_error_and_leaves_nothing(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written|is a folder"):
        save_net(tmp_path / target, DigitNet(), METADATA)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_write_that_safetensors_gives_up_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save_net(tmp_path / ("n" * 300), DigitNet(), METADATA)


def test_a_write_that_breaks_off_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.safetensors"
    save_net(path, DigitNet(), METADATA)
    former = path.read_bytes()

    def break_off(file: Path, _content: bytes) -> None:
        with open(file, "wb") as half:
            half.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", break_off)
    with pytest.raises(OutputError, match="No space left"):
        save_net(path, DigitNet(), METADATA)
    assert path.read_bytes() == former
    assert [*tmp_path.iterdir()] == [path]

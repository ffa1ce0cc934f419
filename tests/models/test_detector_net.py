from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from torch import Tensor, nn

from sdnn.datasets.documents import DocumentRecipe, ScriptFonts, random_document
from sdnn.datasets.pen import SyntheticDigits
from sdnn.detection.detector import CONTRAST_PX, OVERLAP_PX
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX
from sdnn.errors import ModelError
from sdnn.models.checkpoint import export_detector, load_detector, load_net, save_net, save_tensors
from sdnn.models.detector_net import FIELDS, MASKS, DetectorNet, folded
from sdnn.models.metadata import DETECTOR_MAPS, METADATA_KEY, DetectorMetadata
from sdnn.preprocessing.contrast import local_contrast
from sdnn.results import FloatArray

METADATA = DetectorMetadata("test", STRIDE_PX, HEIGHTS_PX, CONTRAST_PX, recipe={"seed": 3})
LEAST_DIFFERENCE = 1e-4
"""Of a logit; less is rounding."""


def net_in_use() -> DetectorNet:
    """A net with random weights whose normalisation has seen documents."""
    torch.manual_seed(1)
    net = DetectorNet()
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.5, 0.5)
    net.train()
    with torch.no_grad():
        for seed in range(8):
            net(torch.from_numpy(seen(seed))[None, None])
    return net.eval()


def seen(seed: int) -> FloatArray:
    """(128, 192) local contrast of a random document."""
    recipe = DocumentRecipe(size_px=(128, 192), crop_share=0)
    document = random_document(SyntheticDigits(), ScriptFonts(), recipe, np.random.default_rng(seed))
    return local_contrast(document.picture, CONTRAST_PX)


@pytest.fixture(scope="module")
def net() -> DetectorNet:
    return net_in_use()


def answers(net: DetectorNet, contrast: FloatArray) -> tuple[FloatArray, FloatArray]:
    with torch.inference_mode():
        maps, ink = net(torch.from_numpy(np.ascontiguousarray(contrast))[None, None])
    return maps[0].numpy(), ink[0].numpy()


def test_the_net_has_as_many_parameters_as_it_had() -> None:
    assert sum(parameter.numel() for parameter in DetectorNet().parameters()) == 203_503


def test_the_sizes_of_the_net_are_those_that_detecting_counts_on() -> None:
    assert MASKS + FIELDS == DETECTOR_MAPS


@pytest.mark.parametrize("shape", [(1, 16, 16), (2, 48, 160), (1, 256, 32)])
def test_maps_have_a_quarter_of_the_resolution_and_ink_has_all(
    net: DetectorNet, shape: tuple[int, int, int]
) -> None:
    batch, rows, columns = shape
    with torch.inference_mode():
        maps, ink = net(torch.zeros(batch, 1, rows, columns))
    assert maps.shape == (batch, DETECTOR_MAPS, rows // STRIDE_PX, columns // STRIDE_PX)
    assert ink.shape == shape


@pytest.mark.parametrize("shift", [(16, 0), (0, 16), (32, 48)])
def test_a_picture_moved_has_its_maps_moved_away_from_the_borders(
    net: DetectorNet, shift: tuple[int, int]
) -> None:
    down, right = shift
    picture = np.random.default_rng(0).normal(0, 1, (352, 352)).astype(np.float32)
    size = 352 - 48
    (maps, ink), (moved_maps, moved_ink) = (
        answers(net, picture[top : top + size, left : left + size]) for top, left in ((0, 0), (down, right))
    )
    inner = slice(OVERLAP_PX, size - OVERLAP_PX)
    rows, columns = (slice(inner.start + offset, inner.stop) for offset in shift)
    np.testing.assert_allclose(
        moved_ink[inner.start : inner.stop - down, inner.start : inner.stop - right],
        ink[rows, columns],
        atol=LEAST_DIFFERENCE,
    )
    np.testing.assert_allclose(
        moved_maps[:, _cells(inner.start, inner.stop - down), _cells(inner.start, inner.stop - right)],
        maps[:, _cells(rows.start, rows.stop), _cells(columns.start, columns.stop)],
        atol=LEAST_DIFFERENCE,
    )


def _cells(first: int, last: int) -> slice:
    return slice(first // STRIDE_PX, last // STRIDE_PX)


def test_the_net_sees_no_farther_than_bands_overlap(net: DetectorNet) -> None:
    middle = 192
    for place in (middle, middle + 8, middle + 15):
        picture = torch.zeros(1, 1, 2 * middle, 2 * middle, requires_grad=True)
        maps, ink = net(picture)
        cell = place // STRIDE_PX
        (gradient,) = torch.autograd.grad(maps[0, :, cell, cell].sum() + ink[0, place, place], picture)
        rows, columns = torch.nonzero(gradient[0, 0], as_tuple=True)
        for reached in (rows, columns):
            assert 0 < int(reached.max()) - place <= OVERLAP_PX
            assert 0 < place - int(reached.min()) <= OVERLAP_PX


def test_a_picture_has_the_same_maps_alone_and_in_a_batch(net: DetectorNet) -> None:
    pictures = np.stack([seen(seed) for seed in (20, 21, 22)])[:, None]
    with torch.inference_mode():
        maps, ink = net(torch.from_numpy(pictures))
    for number, picture in enumerate(pictures):
        alone_maps, alone_ink = answers(net, picture[0])
        np.testing.assert_allclose(maps[number], alone_maps, atol=LEAST_DIFFERENCE)
        np.testing.assert_allclose(ink[number], alone_ink, atol=LEAST_DIFFERENCE)


def test_folding_leaves_no_normalisation_and_the_answers_as_they_are(net: DetectorNet) -> None:
    before = {name: value.clone() for name, value in net.state_dict().items()}
    plain = folded(net)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in plain.modules())
    for of_net, of_plain in zip(answers(net, seen(30)), answers(plain, seen(30)), strict=True):
        np.testing.assert_allclose(of_plain, of_net, atol=1e-3)
    torch.testing.assert_close(net.state_dict(), before, atol=0, rtol=0)


# Files.


@pytest.fixture(scope="module")
def model(net: DetectorNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "detector.onnx"
    export_detector(path, net, METADATA)
    return path


@pytest.mark.slow
def test_the_exported_net_answers_as_torch_does_though_it_is_stored_in_16_bits(
    net: DetectorNet, model: Path
) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for seed, (rows, columns) in enumerate([(128, 192), (16, 16), (96, 48)]):
        contrast = seen(40 + seed)[:rows, :columns]
        maps, ink = answers(net, contrast)
        found_maps, found_ink = session.run(None, {"contrast": contrast[None, None]})
        for found, expected in (
            (logistic(found_ink[0]), logistic(ink)),
            (logistic(found_maps[0, :MASKS]), logistic(maps[:MASKS])),
            (found_maps[0, MASKS:], maps[MASKS:]),
        ):
            assert float(np.abs(found - expected).max()) < 0.02
    assert float(np.ptp(logistic(ink))) > 0.1  # answers differ, or the comparison would say little


@pytest.mark.slow
def test_the_exported_net_sweeps_several_pictures_of_any_size_at_once(net: DetectorNet, model: Path) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for shape in ((1, 1, 16, 16), (3, 1, 32, 208)):
        maps, ink = session.run(None, {"contrast": np.zeros(shape, np.float32)})
        batch, _, rows, columns = shape
        assert maps.shape == (batch, DETECTOR_MAPS, rows // STRIDE_PX, columns // STRIDE_PX)
        assert ink.shape == (batch, rows, columns)


@pytest.mark.slow
def test_kernels_are_stored_in_16_bits_and_nothing_of_the_machine_is(model: Path) -> None:
    loaded = onnx.load_model(model)
    kinds = {tensor.data_type for tensor in loaded.graph.initializer if len(tensor.dims) > 1}
    assert kinds == {TensorProto.FLOAT16}
    parameters = sum(parameter.numel() for parameter in DetectorNet().parameters())
    assert model.stat().st_size < 2.2 * parameters
    assert [entry.key for entry in loaded.metadata_props] == [METADATA_KEY]
    assert not any(node.metadata_props for node in loaded.graph.node)
    assert str(Path(__file__).parents[2]).encode() not in model.read_bytes()


def test_a_net_survives_the_file_with_its_description(net: DetectorNet, tmp_path: Path) -> None:
    path = tmp_path / "detector.safetensors"
    save_net(path, net, METADATA)
    loaded, metadata = load_detector(path)
    assert metadata == METADATA
    assert not loaded.training
    torch.testing.assert_close(loaded.state_dict(), net.state_dict(), atol=0, rtol=0)


def test_a_file_of_another_net_is_a_model_error(net: DetectorNet, tmp_path: Path) -> None:
    path = tmp_path / "detector.safetensors"
    save_net(path, net, METADATA)
    with pytest.raises(ModelError, match="is a detector"):
        load_net(path)
    tensors: dict[str, Tensor] = dict(net.state_dict())
    del tensors["ink.bias"]
    save_tensors(path, tensors, METADATA.to_entries())
    with pytest.raises(ModelError, match="another architecture"):
        load_detector(path)
    save_tensors(path, tensors, {})
    with pytest.raises(ModelError, match="--net detector"):
        load_detector(path)


def logistic(logits: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))

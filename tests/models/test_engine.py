import hashlib
import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.brute_force import net_in_use, normalized, swept
from helpers.deadlines import run_python

from sdnn.errors import ModelError
from sdnn.models.checkpoint import export_onnx, write_onnx_metadata
from sdnn.models.digit_net import DigitNet
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.lenet import LENET
from sdnn.models.metadata import ReaderMetadata
from sdnn.results import MIN_LOG_PROB, Strip, log_softmax

pytestmark = pytest.mark.slow

METADATA = ReaderMetadata("sdnn-test", LENET.geometry, card={"note": "weights drawn at random"})
HEIGHT = LENET.geometry.height_px
WIDTHS = [68, 69, 71, 72, 73, 107, *np.random.default_rng(1).integers(68, 721, 4).tolist()]


@pytest.fixture(scope="module")
def net() -> DigitNet:
    return net_in_use(seed=1)


@pytest.fixture(scope="module")
def model(net: DigitNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "sdnn.onnx"
    export_onnx(path, fully_convolutional(net), METADATA)
    return path


@pytest.fixture(scope="module")
def engine(model: Path) -> Engine:
    return Engine(model)


def strip(width: int, seed: int = 0) -> Strip:
    return Strip(np.random.default_rng([seed, width]).random((HEIGHT, width), dtype=np.float32))


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        Engine(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("width", WIDTHS)
def test_every_column_of_the_exported_sweep_is_the_single_digit_net_on_its_window(
    net: DigitNet, engine: Engine, width: int
) -> None:
    expected = normalized(swept(net, strip(width).ink))
    np.testing.assert_allclose(engine.class_map(strip(width)).log_probs, expected, atol=1e-4, rtol=0)


def test_strips_of_different_widths_are_swept_together_as_alone(engine: Engine) -> None:
    strips = [strip(width, seed) for seed, width in enumerate([68, 301, 9, 96, 97, 120, 98])]
    for order in (strips, strips[::-1]):
        for one, together in zip(order, engine.class_maps(order), strict=True):
            alone = engine.class_map(one)
            assert len(together) == len(alone) == max(1, LENET.geometry.columns(one.ink.shape[1]))
            np.testing.assert_allclose(together.log_probs, alone.log_probs, atol=1e-5, rtol=0)


def test_a_strip_narrower_than_the_window_has_one_column_with_paper_on_its_right(engine: Engine) -> None:
    narrow = strip(11)
    filled = Strip(np.pad(narrow.ink, ((0, 0), (0, LENET.geometry.window_px - 11))))
    class_map = engine.class_map(narrow)
    assert len(class_map) == 1
    np.testing.assert_allclose(class_map.log_probs, engine.class_map(filled).log_probs, atol=1e-6)


def test_a_class_map_holds_probabilities_and_where_its_columns_lie(engine: Engine) -> None:
    class_map = engine.class_map(strip(100))
    assert class_map.log_probs.shape == (LENET.geometry.columns(100), 11)
    np.testing.assert_allclose(np.exp(class_map.log_probs).sum(axis=1), 1.0)
    assert (class_map.window_px, class_map.stride_px, class_map.offset_px) == (68, 4, 0)


def test_no_strips_have_no_maps(engine: Engine) -> None:
    assert engine.class_maps([]) == []


def test_the_temperature_of_the_description_divides_the_logits(
    model: Path, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "warm.onnx"
    path.write_bytes(model.read_bytes())
    write_onnx_metadata(path, ReaderMetadata("warm", LENET.geometry, temperature=2.5))
    warm = Engine(path).class_map(strip(80)).log_probs
    np.testing.assert_allclose(warm, log_softmax(engine.class_map(strip(80)).log_probs, 2.5), atol=1e-6)


def test_a_class_map_has_a_floor_even_at_the_lowest_temperature(model: Path) -> None:
    height = Engine(model).metadata.geometry.height_px
    strip = Strip(np.random.default_rng(1).random((height, 80), np.float32))
    log_probs = Engine(model, temperature=1e-7).class_map(strip).log_probs
    assert log_probs.min() == MIN_LOG_PROB
    assert np.exp(log_probs).sum(axis=1) == pytest.approx(1)


def test_the_engine_knows_the_description_and_checksum_of_its_file(model: Path, engine: Engine) -> None:
    assert engine.metadata == METADATA
    assert engine.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()


def test_sweeping_does_not_import_torch(model: Path) -> None:
    script = (
        "import sys; import numpy as np; from pathlib import Path\n"
        "from sdnn.models.engine import Engine; from sdnn.results import log_softmax, Strip\n"
        "Engine(Path(sys.argv[1])).class_map(Strip(np.zeros((48, 90), np.float32)))\n"
        "assert 'torch' not in sys.modules and 'onnx' not in sys.modules"
    )
    result = run_python("-c", script, model)
    assert result.returncode == 0, result.stderr


def test_in_another_process_it_is_the_same_and_has_one_thread(model: Path) -> None:
    there = pickle.loads(pickle.dumps(Engine(model, temperature=2.5)))
    assert isinstance(there, Engine)
    assert there.metadata.temperature == 2.5
    assert there._session.get_session_options().intra_op_num_threads == 1
    here = Engine(model, temperature=2.5).class_map(strip(90))
    np.testing.assert_allclose(there.class_map(strip(90)).log_probs, here.log_probs, atol=1e-5, rtol=0)


def test_a_strip_of_another_height_is_a_value_error(engine: Engine) -> None:
    for height in (1, 24, HEIGHT - 1, HEIGHT + 1):
        with pytest.raises(ValueError, match="rows"):
            engine.class_map(Strip(np.zeros((height, 90), np.float32)))


def test_a_missing_model_is_a_model_error(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.onnx")
    refusal(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.9999])
def test_a_truncated_model_is_a_model_error(model: Path, tmp_path: Path, share: float) -> None:
    content = model.read_bytes()
    path = tmp_path / "half.onnx"
    path.write_bytes(content[: int(share * len(content))])
    refusal(path)


def test_a_file_that_is_no_onnx_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.onnx"
    path.write_text("no model here\n")
    assert "not an ONNX model" in refusal(path)


def test_an_onnx_model_without_our_description_is_a_model_error(model: Path, tmp_path: Path) -> None:
    foreign = onnx.load_model(model)
    del foreign.metadata_props[:]
    path = tmp_path / "foreign.onnx"
    onnx.save_model(foreign, path)
    assert "no description" in refusal(path)

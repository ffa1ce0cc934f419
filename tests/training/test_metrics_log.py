from pathlib import Path

import pytest

from sdnn.errors import ModelError
from sdnn.training.metrics_log import MetricsLog

GOOD = b'{"stage": "digits", "step": 2, "loss": 0.5, "accuracy": 0.75, "seconds": 3.1}\n'


def test_a_line_cut_off_at_the_end_does_not_count(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path)
    assert log.metrics() == []
    for rest in (b"", b"{", b'{"stage": "di', b"\xff", b"\0"):
        (tmp_path / "metrics.jsonl").write_bytes(GOOD + rest)
        assert [line["step"] for line in log.metrics()] == [2]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"", "not JSON"),
        (b'{"stage": "di', "not JSON"),
        (b"\0", "not JSON"),
        (b'{"stage": "\xff", "step": 2}', "not JSON"),
        (100_000 * b"[", "not JSON"),
        (b"[]", "expected object"),
        (b"{}", "missing"),
        (b'{"stage": "digits"}', "step"),
        (b'{"step": 2}', "stage"),
        (b'{"stage": ["digits"], "step": 2}', "expected"),
        (b'{"stage": 5, "step": 2}', "stage: expected str"),
        (b'{"stage": "", "step": 2}', "stage: expected str"),
        (b'{"stage": "digits", "step": -2}', "step: expected int >= 1"),
        (b'{"stage": "digits", "step": 2.5}', "step: expected int"),
        (b'{"stage": "digits", "step": true}', "expected"),
        (b'{"stage": "digits", "step": 99999999999999999999999}', "step"),
        (b'{"stage": "digits", "step": 2, "loss": NaN}', "not JSON"),
        (b'{"stage": "digits", "step": 2, "loss": "low"}', "loss: expected float"),
        (b'{"stage": "digits", "step": 2, "accuracy": "high"}', "expected numbers"),
        (b'{"stage": "digits", "step": 2, "accuracy": {"of": 1}}', "expected"),
        (b'{"stage": "digits", "step": 2, "seconds": -1}', "seconds: expected float"),
    ],
)
def test_a_damaged_line_is_refused_with_its_number(tmp_path: Path, line: bytes, complaint: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(GOOD + line + b"\n" + GOOD)
    with pytest.raises(ModelError, match="line 2") as refusal:
        MetricsLog(tmp_path).metrics()
    message = str(refusal.value)
    assert message.startswith(f"{path}: ")
    assert complaint in message
    assert message.isprintable()


def test_what_is_no_file_of_metrics_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.mkdir()
    with pytest.raises(ModelError, match="a folder"):
        MetricsLog(tmp_path).metrics()
    path.rmdir()
    path.symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="device"):
        MetricsLog(tmp_path).metrics()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_figure_that_is_not_finite_ends_the_training(tmp_path: Path, value: float) -> None:
    with pytest.raises(ModelError, match="diverged"):
        MetricsLog(tmp_path).record({"stage": "digits", "step": 2, "loss": value})
    assert [*tmp_path.iterdir()] == []

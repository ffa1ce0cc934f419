import time

import bench_stages as stages
import pytest
from bench_stages import DETECTOR, NETWORK, PREPARATION, STAGES, Clock
from helpers.cli_runner import SAMPLES

NAMES = [str(path) for path in sorted(SAMPLES.glob("*.png"))[:3]]


def test_the_time_of_a_block_is_not_counted_in_the_block_around_it() -> None:
    clock = Clock()
    with clock(PREPARATION):
        time.sleep(0.02)
        for _ in range(2):
            with clock(DETECTOR):
                time.sleep(0.05)
    with clock(NETWORK):
        pass
    assert clock.seconds[DETECTOR] >= 0.1
    assert 0.02 <= clock.seconds[PREPARATION] < 0.1
    assert 0 <= clock.seconds[NETWORK] < 0.02


def test_every_stage_takes_time_and_the_texts_are_the_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "ROUNDS", 1)
    found = stages.stages(NAMES)
    assert list(found.ms) == list(STAGES)
    assert min(found.ms.values()) > 0
    assert 0 <= found.doubtful <= 1
    assert found.network_alone > 0


def test_texts_that_are_not_the_readers_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "read_batch", lambda *_: ["1"])
    with pytest.raises(RuntimeError, match="bring them up to date"):
        stages.stages(NAMES)

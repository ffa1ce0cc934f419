from pathlib import Path

import pytest
import torch
from helpers.brute_force import net_in_use

from sdnn.enums import Source
from sdnn.errors import UsageError
from sdnn.training.averaging import average_with_start, interpolate
from sdnn.training.reader_recipe import Recipe
from sdnn.training.reader_run import ReaderRun

TINY = (3, 5, 4, 6, 8, 7)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_mean_lies_on_the_line_between_the_two(share: float) -> None:
    first, second = (net_in_use(seed, TINY) for seed in (1, 2))
    mean = interpolate(first, second, share).state_dict()
    for name, value in first.state_dict().items():
        if value.is_floating_point():
            expected = (1 - share) * value + share * second.state_dict()[name]
            torch.testing.assert_close(mean[name], expected, atol=1e-6, rtol=1e-6)


def test_the_nets_themselves_stay_as_they_are() -> None:
    first, second = (net_in_use(seed, TINY) for seed in (1, 2))
    before = {name: value.clone() for name, value in first.state_dict().items()}
    interpolate(first, second, 0.5)
    assert all(torch.equal(value, before[name]) for name, value in first.state_dict().items())


def test_only_a_finished_run_from_another_net_has_a_mean(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        average_with_start(tmp_path, 0.5, None)
    run = ReaderRun.begin(tmp_path / "run", Recipe(Source.PEN), {})
    with pytest.raises(UsageError, match="--resume"):
        average_with_start(run.folder, 0.5, None)
    run.model.write_bytes(b"")
    with pytest.raises(UsageError, match="--init-from"):
        average_with_start(run.folder, 0.5, None)

"""Makers are tables here: what a list holds at a place is what is made for that number."""

import multiprocessing
import os
import signal
from itertools import islice
from pathlib import Path

import pytest
from helpers.deadlines import run_python, wait_until

from sdnn.training.prefetch import AHEAD, Prefetcher

pytestmark = pytest.mark.slow

TABLE = [[f"{number}{letter}" for letter in "abc"] for number in range(12)]
IN_ORDER = [batch for call in TABLE for batch in call]


@pytest.mark.parametrize("processes", [1, 3])
def test_batches_come_in_order_from_any_number_on(processes: int) -> None:
    with Prefetcher(TABLE.__getitem__, processes) as prefetcher:
        for first in (0, 1, 2, 3, 10):
            assert [*islice(prefetcher.batches(first, per_call=3), 14)] == IN_ORDER[first : first + 14]


def test_an_error_of_the_maker_is_raised_where_its_call_is_due() -> None:
    before = multiprocessing.active_children()
    with Prefetcher(TABLE[: AHEAD + 2].__getitem__) as prefetcher:
        batches = prefetcher.batches(0, per_call=3)
        # What is missing is asked for before it is due.
        assert [*islice(batches, 3 * (AHEAD + 2))] == IN_ORDER[: 3 * (AHEAD + 2)]
        with pytest.raises(IndexError):
            next(batches)
    assert multiprocessing.active_children() == before


def broken_off(prefetcher: Prefetcher[str]) -> None:
    """Takes one batch and stops as a person would."""
    others = len(multiprocessing.active_children())
    with prefetcher:
        assert next(prefetcher.batches(4, per_call=3)) == IN_ORDER[4]
        assert len(multiprocessing.active_children()) == others + 1
        raise KeyboardInterrupt


def test_the_process_ends_with_the_work_even_where_that_is_broken_off() -> None:
    before = multiprocessing.active_children()
    with pytest.raises(KeyboardInterrupt):
        broken_off(Prefetcher(TABLE.__getitem__))
    assert multiprocessing.active_children() == before


def test_no_process_is_started_for_nothing() -> None:
    before = multiprocessing.active_children()
    with Prefetcher(TABLE.__getitem__) as prefetcher:
        prefetcher.batches(0, per_call=3)
        assert multiprocessing.active_children() == before


def test_the_process_ends_with_a_training_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "training.py"
    script.write_text(
        "import os, signal, sys\n"
        "from sdnn.training.prefetch import Prefetcher\n"
        "def pid(number): return [os.getpid()]\n"
        "if __name__ == '__main__':\n"
        "    with Prefetcher(pid) as prefetcher:\n"
        "        print(next(prefetcher.batches(0, 1)), flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    result = run_python(script)
    assert result.returncode == -signal.SIGKILL
    wait_until(lambda: is_gone(int(result.stdout)))


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False

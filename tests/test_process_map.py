"""Processes that double numbers, and say which of them did it."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import pytest

from sdnn import process_map
from sdnn.errors import WorkerError
from sdnn.process_map import ProcessMap, ordered_map
from sdnn.worker_process import Failure

pytestmark = pytest.mark.slow

Doubled = tuple[int, int]
"""Twice the number, and the process that says so."""


def double(numbers: Sequence[int]) -> Iterator[Doubled]:
    for number in numbers:
        if number == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 17:
            os._exit(1)
        if number == 99:
            raise KeyError(number)
        time.sleep(0.001)
        yield 2 * number, os.getpid()


def deaf(numbers: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """Which process it is, and whether it was started so that no interruption reaches it."""
    for _ in numbers:
        yield os.getpid(), signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def mixed(numbers: Sequence[int]) -> Iterator[int]:
    """Twice each number, but for those that end the process, take long or are too wide for a pipe."""
    for number in numbers:
        if number == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 14:
            time.sleep(1000)
        if number == 15:
            raise OddError("odd", number)
        yield 2 * number


class OddError(Exception):
    """An error that can be sent, but not received."""

    def __init__(self, word: str, number: int) -> None:
        super().__init__(f"{word} {number}")


def told(failure: Failure[int]) -> list[str]:
    return [f"{failure.item} {failure.reason}"]


def unpicklable(numbers: Sequence[int]) -> Iterator[object]:
    for _ in numbers:
        yield lambda: 0


def of_each(numbers: Sequence[int]) -> Iterator[str]:
    """As many results as the number says."""
    for number in numbers:
        yield from str(number) * number


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started as soon as there is a second chunk."""
    monkeypatch.setattr(process_map, "WORTH_STARTING_S", 0.0)


def even(number: int) -> bool:
    return number % 2 == 0


def always(number: int) -> bool:
    return True


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("processes", [0, 1, 2])
@pytest.mark.parametrize("most", [1, 5])
def test_results_come_in_the_order_of_the_items(processes: int, most: int) -> None:
    found = list(ordered_map(double, iter(range(0, 40, 2)), processes, most, always))
    assert [doubled for doubled, _ in found] == list(range(0, 80, 4))
    elsewhere = {pid for _, pid in found} - {os.getpid()}
    assert bool(elsewhere) == (processes > 1)


@pytest.mark.usefixtures("at_once")
def test_an_item_may_have_any_number_of_results() -> None:
    numbers = [3, 0, 1, 0, 0, 4, 2]
    expected = [str(number) for number in numbers for _ in range(number)]
    assert list(ordered_map(of_each, numbers, 2, 2, always)) == expected


def test_without_items_there_are_no_results() -> None:
    assert list(ordered_map(double, [], 2, 5, always)) == []


def test_for_little_work_no_process_is_started() -> None:
    before = multiprocessing.active_children()
    results = ordered_map(double, range(5), 4, 5, always)
    assert {next(results)[1] for _ in range(5)} == {os.getpid()}
    assert multiprocessing.active_children() == before


@pytest.mark.usefixtures("at_once")
def test_what_does_not_travel_is_done_here_at_its_turn() -> None:
    found = list(ordered_map(double, [0, 2, 1, 4, 6, 3, 5, 8], 2, 5, even))
    assert [doubled for doubled, _ in found] == [0, 4, 2, 8, 12, 6, 10, 16]
    here = [doubled for doubled, pid in found if pid == os.getpid()]
    assert {2, 6, 10} <= set(here)  # the odd ones
    assert 16 not in here


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("processes", [1, 2])
def test_items_are_asked_for_only_a_few_ahead(processes: int) -> None:
    asked = 0

    def items() -> Iterator[int]:
        nonlocal asked
        for number in range(1000):
            asked += 1
            yield 2 * number

    before = multiprocessing.active_children()
    results = ordered_map(double, items(), processes, 4, always)
    for number in range(20):
        assert next(results)[0] == 4 * number
        assert asked <= number + 4 * (processes + 2)
    results.close()
    assert multiprocessing.active_children() == before


def test_more_and_more_is_given_at_a_time_but_not_more_than_allowed() -> None:
    sizes = []

    def task(chunk: Sequence[int]) -> Sequence[int]:
        sizes.append(len(chunk))
        return chunk

    assert list(ordered_map(task, range(40), 1, 8, always)) == list(range(40))
    assert sizes == [1, 2, 4, 8, 8, 8, 8, 1]


def test_what_takes_long_is_given_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_map, "CHUNK_S", 0.0)
    sizes = []

    def task(chunk: Sequence[int]) -> Sequence[int]:
        sizes.append(len(chunk))
        return chunk

    assert list(ordered_map(task, range(5), 1, 8, always)) == list(range(5))
    assert sizes == [1] * 5


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("processes", [1, 2])
def test_where_the_items_end_with_an_error_the_results_before_it_come_first(processes: int) -> None:
    def items() -> Iterator[int]:
        yield from range(7)
        raise OSError("no more")

    results = ordered_map(double, items(), processes, 3, always)
    assert [next(results)[0] for _ in range(7)] == list(range(0, 14, 2))
    with pytest.raises(OSError, match="no more"):
        next(results)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_the_task_comes_out_and_no_process_is_left(processes: int) -> None:
    before = multiprocessing.active_children()
    results = ordered_map(double, [0, 2, 4, 99, 6], processes, 1, always)
    assert [next(results)[0] for _ in range(3)] == [0, 4, 8]
    with pytest.raises(KeyError, match="99") as raised:
        next(results)
    where = str(raised.value.__cause__)
    assert ("in double" in where) == (processes == 2)  # of this process the traceback is there anyway
    assert multiprocessing.active_children() == before


@pytest.mark.usefixtures("at_once")
def test_a_process_that_is_killed_is_spoken_of() -> None:
    with pytest.raises(WorkerError, match="--jobs"):
        list(ordered_map(double, [0, 2, 13, 4, 6, 8], 2, 1, always))


@pytest.mark.usefixtures("at_once")
def test_a_process_that_ends_by_itself_was_not_killed() -> None:
    with pytest.raises(WorkerError, match="__main__"):
        list(ordered_map(double, [0, 2, 17, 4, 6, 8], 2, 1, always))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal masks")
@pytest.mark.usefixtures("at_once")
def test_an_interruption_reaches_this_process_alone_from_the_start() -> None:
    found = set(ordered_map(deaf, range(8), 2, 1, always))
    assert {is_deaf for pid, is_deaf in found if pid != os.getpid()} == {True}
    assert {is_deaf for pid, is_deaf in found if pid == os.getpid()} == {False}


@pytest.mark.parametrize("processes", [1, 3])
def test_an_item_that_kills_its_worker_costs_the_others_of_its_chunk_nothing(processes: int) -> None:
    numbers = [*range(10, 14), *range(16, 30), 13, 30]
    found = ordered_map(
        mixed, numbers, processes, 100, always, begins_here=False, on_failure=told, timeout_s=100.0
    )
    lost = "13 ended its worker process, by SIGKILL (too little memory?)"
    assert list(found) == [lost if number == 13 else 2 * number for number in numbers]


def test_an_item_that_takes_too_long_costs_the_others_of_its_chunk_nothing() -> None:
    numbers = [1, 2, 3, 4, 14, 5, 6]
    found = list(
        ordered_map(mixed, numbers, 1, 100, always, begins_here=False, on_failure=told, timeout_s=2.0)
    )
    assert found == [2, 4, 6, 8, "14 took more than 2 s", 10, 12]


def test_without_a_beginning_here_no_item_is_handled_here() -> None:
    found = ordered_map(double, [0, 2, 4], 1, 5, always, begins_here=False)
    assert os.getpid() not in {pid for _, pid in found}


def test_an_error_that_cannot_be_received_comes_out_by_its_name() -> None:
    with pytest.raises(WorkerError, match="OddError: odd 15"):
        list(ordered_map(mixed, [15], 1, 1, always, begins_here=False))


def test_a_result_that_cannot_be_sent_is_an_error() -> None:
    with pytest.raises(Exception, match="lambda"):
        list(ordered_map(unpicklable, [1], 1, 1, always, begins_here=False))


def not_startable() -> None:
    raise SystemExit(1)


def test_a_worker_that_does_not_start_is_no_fault_of_the_item() -> None:
    with pytest.raises(WorkerError, match="__main__"):
        list(
            ordered_map(
                mixed, [1], 1, 1, always, begins_here=False, on_failure=told, initializer=not_startable
            )
        )


def test_a_worker_ends_in_the_middle_of_an_item() -> None:
    before = multiprocessing.active_children()
    with ProcessMap(time.sleep, 1) as workers:
        assert next(workers.map([0.0, 100.0], ahead=2)) is None
        assert len(multiprocessing.active_children()) == len(before) + 1
        began = time.perf_counter()
    assert time.perf_counter() - began < 90
    assert multiprocessing.active_children() == before


def test_a_killed_process_leaves_no_warning_of_its_semaphores() -> None:
    code = (
        "import os, signal, time\n"
        "from sdnn.process_map import ProcessMap\n"
        "next(ProcessMap(time.sleep, 1).map([0, 0], ahead=2))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, b"")

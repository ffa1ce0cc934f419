import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from helpers.fake_service import FakeService, NeverStarts

from sdnn.errors import WorkerError
from sdnn.serving.failures import RequestRefused
from sdnn.serving.pool import ReadingPool

pytestmark = pytest.mark.slow


def with_pool(
    steps: Callable[[ReadingPool], Awaitable[Any]], workers: int = 1, timeout_s: float = 60.0
) -> Any:
    async def run() -> Any:
        pool = ReadingPool(FakeService, workers, timeout_s)
        try:
            await pool.start()
            return await steps(pool)
        finally:
            pool.stop()

    return asyncio.run(run())


async def refusal_of(pool: ReadingPool, method: str, *arguments: Any) -> RequestRefused:
    with pytest.raises(RequestRefused) as refused:
        await pool.call(method, *arguments)
    return refused.value


def test_calls_run_in_other_processes_that_stay_warm() -> None:
    async def steps(pool: ReadingPool) -> tuple[int, int]:
        return await pool.call("process"), await pool.call("process")

    first, second = with_pool(steps)
    assert first == second


def test_workers_work_at_the_same_time() -> None:
    async def steps(pool: ReadingPool) -> set[int]:
        return set(await asyncio.gather(pool.call("sleep", 0.3), pool.call("sleep", 0.3)))

    assert len(with_pool(steps, workers=2)) == 2


@pytest.mark.parametrize(
    ("method", "status", "message"),
    [
        ("unreadable", 422, "a.png: empty; give a picture"),
        ("contradict", 400, "length 5: give another"),
        ("exhaust", 422, "more memory"),
        ("crash", 500, "ZeroDivisionError: by zero"),
    ],
)
def test_errors_keep_their_kind_and_the_worker_goes_on(method: str, status: int, message: str) -> None:
    async def steps(pool: ReadingPool) -> tuple[RequestRefused, str, int]:
        refused = await refusal_of(pool, method)
        return refused, await pool.call("echo", "next"), pool.losses.total()

    refused, after, lost = with_pool(steps)
    assert refused.status == status
    assert message in refused.message
    assert (after, lost) == ("next", 0)


def test_a_picture_that_ends_its_worker_is_its_own_failure_only() -> None:
    async def steps(pool: ReadingPool) -> tuple[list[Any], dict[str, int]]:
        calls = [pool.call("die"), *(pool.call("echo", str(number)) for number in range(5))]
        return await asyncio.gather(*calls, return_exceptions=True), dict(pool.losses)

    (died, *others), losses = with_pool(steps)
    assert isinstance(died, RequestRefused)
    assert died.status == 422
    assert "ended its worker process" in died.message
    assert others == ["0", "1", "2", "3", "4"]
    assert losses == {"death": 1}


def test_a_picture_that_takes_too_long_is_given_up() -> None:
    async def steps(pool: ReadingPool) -> tuple[RequestRefused, str, dict[str, int]]:
        return await refusal_of(pool, "sleep", 60), await pool.call("echo", "next"), dict(pool.losses)

    refused, after, losses = with_pool(steps, timeout_s=0.3)
    assert refused.status == 422
    assert "longer than 0.3 s" in refused.message
    assert (after, losses) == ("next", {"timeout": 1})


def test_a_cancelled_call_leaves_its_worker_to_the_next_when_it_is_done() -> None:
    async def steps(pool: ReadingPool) -> str:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.call("sleep", 0.5), 0.1)
        return str(await pool.call("echo", "mine"))

    assert with_pool(steps) == "mine"


def test_a_service_that_cannot_start_is_one_error() -> None:
    async def start() -> None:
        pool = ReadingPool(NeverStarts, 1, 1.0)
        try:
            await pool.start()
        finally:
            pool.stop()

    with pytest.raises(WorkerError, match="could not start: nothing to start with"):
        asyncio.run(start())

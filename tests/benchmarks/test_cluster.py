"""The simulated cluster, where the answer can be worked out by hand."""

from dataclasses import replace

import pytest

pytest.importorskip("pyarrow", reason="needs the extra ray")

from scale.cluster import Job, Storage, limit, of_files, simulate

ENDLESS = Storage(1e12, 1e15, 0.0)
JOB = Job(strips=10_000, unit=100, requests_per_unit=2, bytes_per_strip=1000, read_s=0.01, start_s=5.0)


@pytest.mark.parametrize(("workers", "seconds"), [(1, 105.0), (10, 15.0), (100, 6.0), (1000, 6.0), (3, 39.0)])
def test_with_endless_storage_the_workers_share_the_units(workers: int, seconds: float) -> None:
    assert simulate(JOB, ENDLESS, workers) == pytest.approx(seconds, rel=1e-6)
    assert limit(JOB, ENDLESS, workers) == "reading"


def test_requests_bytes_and_latency_bound_the_throughput() -> None:
    few = Storage(requests_per_s=10, bytes_per_s=1e15, latency_s=0.0)
    assert simulate(of_files(JOB), few, 100) == pytest.approx(5 + 10_200 / 10, rel=0.02)
    assert limit(of_files(JOB), few, 100) == "requests"
    narrow = Storage(requests_per_s=1e12, bytes_per_s=1e5, latency_s=0.0)
    assert simulate(JOB, narrow, 100) == pytest.approx(5 + 1e7 / 1e5, rel=0.02)
    assert limit(JOB, narrow, 100) == "network"
    assert of_files(JOB).requests_at_once == 16
    far = Storage(requests_per_s=1e12, bytes_per_s=1e15, latency_s=0.1)
    assert simulate(of_files(JOB), far, 10) == pytest.approx(5 + 10 * (102 / 16 * 0.1 + 1), rel=1e-6)
    assert limit(of_files(JOB), far, 10) == "reading"
    farther = replace(far, latency_s=1.0)
    assert limit(of_files(JOB), farther, 10) == "latency"


def test_lost_workers_cost_time_and_no_unit() -> None:
    lossy = replace(JOB, lost_per_hour=600.0)
    times = [simulate(lossy, ENDLESS, 10, seed) for seed in range(20)]
    assert min(times) >= 15.0
    assert 16.0 < sum(times) / len(times) < 60.0


def test_a_short_last_unit_takes_less() -> None:
    assert simulate(replace(JOB, strips=150), ENDLESS, 1) == pytest.approx(5 + 1.5)

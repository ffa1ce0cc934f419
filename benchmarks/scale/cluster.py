"""A simulated cluster: workers that fetch pictures from one storage, read them, and write rows.

A discrete simulation, an event for each unit of work of each worker. The storage is a queue: it serves so
many requests and bytes a second, whoever asks. A worker makes some requests at a time, as `sdnn.scale` does.
"""

import heapq
from dataclasses import dataclass, replace

import numpy as np

from sdnn.scale.sources import REQUESTS_AT_ONCE


@dataclass(frozen=True)
class Storage:
    """Storage that all workers share.

    Attributes:
        requests_per_s: Requests that it serves a second, altogether.
        bytes_per_s: Bytes that it serves a second, altogether.
        latency_s: Seconds until a request is answered.
    """

    requests_per_s: float
    bytes_per_s: float
    latency_s: float


@dataclass(frozen=True)
class Job:
    """A reading.

    Attributes:
        strips: Number of strips.
        unit: Strips of a unit, which a worker reads at a time.
        requests_per_unit: Requests for the pictures of a unit, and for its rows.
        bytes_per_strip: Bytes of a picture and its rows.
        read_s: Seconds of one core for a strip.
        start_s: Seconds until a worker begins.
        unit_s: Seconds of overhead for each unit.
        requests_at_once: Requests that a worker makes at a time.
        lost_per_hour: Share of the workers lost in an hour; each is replaced, and its unit read again.
    """

    strips: int
    unit: int
    requests_per_unit: float
    bytes_per_strip: float
    read_s: float
    start_s: float
    unit_s: float = 0.0
    requests_at_once: int = 1
    lost_per_hour: float = 0.0

    @property
    def latencies(self) -> float:
        """Times that a worker waits for an answer, for a unit."""
        return self.requests_per_unit / self.requests_at_once


def simulate(job: Job, storage: Storage, workers: int, seed: int = 0) -> float:
    """Seconds of a job from its start to its last row."""
    rng = np.random.default_rng(seed)
    units = -(-job.strips // job.unit)
    free = [(job.start_s, worker) for worker in range(min(workers, units))]
    heapq.heapify(free)
    asked = served = end = 0.0
    left = units
    while left:
        now, worker = heapq.heappop(free)
        size = min(job.unit, job.strips - (units - left) * job.unit)
        asked = max(asked, now) + job.requests_per_unit / storage.requests_per_s
        served = max(served, now) + size * job.bytes_per_strip / storage.bytes_per_s
        fetched = max(asked, served, now + job.latencies * storage.latency_s)
        done = fetched + size * job.read_s + job.unit_s
        if job.lost_per_hour and (lost := rng.exponential(3600 / job.lost_per_hour)) < done - now:
            heapq.heappush(free, (now + lost + job.start_s, worker))
            continue
        heapq.heappush(free, (done, worker))
        end = max(end, done)
        left -= 1
    return end


def limit(job: Job, storage: Storage, workers: int) -> str:
    """What the throughput is bound by: the resource that is busy for longest."""
    units = job.strips / job.unit
    busy = {
        "requests": units * job.requests_per_unit / storage.requests_per_s,
        "network": job.strips * job.bytes_per_strip / storage.bytes_per_s,
        "latency": units * job.latencies * storage.latency_s / workers,
        "reading": job.strips * job.read_s / workers,
    }
    return max(busy, key=busy.__getitem__)


def of_files(job: Job) -> Job:
    """The job with a request for each picture, and two for the rows of a unit."""
    return replace(job, requests_per_unit=job.unit + 2, requests_at_once=REQUESTS_AT_ONCE)

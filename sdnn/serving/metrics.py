"""Metrics of the server, in the text format of Prometheus."""

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
"""Bounds of the histogram of times."""


class Metrics(Collector):
    """Counts of requests and readings, times, and the state of the queue."""

    def __init__(self, pending: Callable[[], int], losses: Callable[[], dict[str, int]]) -> None:
        """Takes functions of the number of admitted requests, and of lost workers by cause."""
        self._pending, self._losses = pending, losses
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a time beside each count tells nothing here
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "sdnn_requests", "Requests answered.", ("path", "status"), registry=self.registry
        )
        self.readings = Counter(
            "sdnn_readings", "Strings read, by status.", ("status",), registry=self.registry
        )
        self.seconds = Histogram(
            "sdnn_request_seconds",
            "Time from request to answer.",
            ("path",),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Values that are kept elsewhere."""
        yield GaugeMetricFamily("sdnn_pending", "Pictures being read or waiting.", value=self._pending())
        lost = CounterMetricFamily("sdnn_workers_lost", "Worker processes replaced.", labels=("cause",))
        for cause, count in {"timeout": 0, "death": 0, **self._losses()}.items():
            lost.add_metric((cause,), count)
        yield lost

    def text(self) -> bytes:
        """All metrics."""
        return generate_latest(self.registry)

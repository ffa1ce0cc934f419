"""`sdnn serve` on loopback: latency, throughput, memory over many requests, and the end by SIGTERM.

    python benchmarks/bench_serve.py [--requests 20000] [--out FOLDER]

Writes serve.json and serve.md. The pictures are those of data/samples. The clients run beside the server
and take a part of its processors.
"""

import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np
from bench_report import write_markdown

from sdnn.hardware import hardware

HERE: Final = Path(__file__).parent
PICTURES: Final = [path.read_bytes() for path in sorted((HERE.parent / "data" / "samples").glob("*.png"))]
CLIENTS: Final = (1, 8, 32)
MEMORY_CLIENTS: Final = 8
MEMORY_SAMPLES: Final = 20
ENDINGS: Final = 5
"""Times that a server is ended while requests are under way."""
END_AFTER_S: Final = 1.0
TIMEOUT_S: Final = 120.0


@dataclass(frozen=True)
class Load:
    """Requests of a number of clients, each of which sends the next when it has its answer.

    Attributes:
        clients: Number of clients.
        requests: Number of requests.
        failed: Requests without the answer 200.
        median_ms: Median of the time from request to answer.
        p99_ms: 99th percentile of it.
        per_second: Requests answered a second.
    """

    clients: int
    requests: int
    failed: int
    median_ms: float
    p99_ms: float
    per_second: float


@dataclass
class Ending:
    """One SIGTERM while requests are under way.

    Attributes:
        answered: Requests answered in all.
        under_way: Requests that were sent before the signal, and not answered by then.
        lost: Those of them that got no answer.
        refused: Requests begun after the signal that were refused or got no answer.
        exit_code: Exit code of the server.
        seconds: Time from the signal to the end of the server.
    """

    answered: int = 0
    under_way: int = 0
    lost: int = 0
    refused: int = 0
    exit_code: int = 0
    seconds: float = 0.0


@dataclass
class Exchange:
    """One request: when it was sent, and when it was answered, if it was."""

    sent: float
    answered: float | None = None
    status: int = 0


@dataclass
class Client:
    """Sends pictures to a server, over a connection that it keeps as long as the server does."""

    address: tuple[str, int]
    exchanges: list[Exchange] = field(default_factory=list)

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Sends one picture after the other while it should, and the server answers."""
        connection = http.client.HTTPConnection(*self.address, timeout=TIMEOUT_S)
        for number in count():
            if not goes_on():
                break
            body = PICTURES[number % len(PICTURES)]
            exchange: Exchange | None = None
            try:
                if connection.sock is None:
                    connection.connect()
                started = time.perf_counter()
                connection.request("POST", "/read", body)
                exchange = Exchange(started)
                self.exchanges.append(exchange)
                answer = connection.getresponse()
                answer.read()
                exchange.answered, exchange.status = time.perf_counter(), answer.status
            except (OSError, http.client.HTTPException):
                if exchange is None:  # nothing was sent
                    self.exchanges.append(Exchange(time.perf_counter()))
                break
        connection.close()


@contextmanager
def server() -> Iterator[tuple["subprocess.Popen[bytes]", tuple[str, int]]]:
    """A server with its defaults on a free port."""
    command = [sys.executable, "-m", "sdnn", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        found = re.search(r"http://([0-9.]+):([0-9]+)/", process.stderr.readline().decode())
        assert found, "the server does not start"
        try:
            yield process, (found[1], int(found[2]))
        finally:
            process.terminate()


def run_clients(address: tuple[str, int], clients: int, goes_on: Callable[[], bool]) -> list[Exchange]:
    """The exchanges of clients that run side by side."""
    each = [Client(address) for _ in range(clients)]
    threads = [threading.Thread(target=client.run, args=(goes_on,)) for client in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [exchange for client in each for exchange in client.exchanges]


def tickets(number: int) -> Callable[[], bool]:
    """A function that is true as often as the number says."""
    lock, left = threading.Lock(), [number]

    def goes_on() -> bool:
        with lock:
            left[0] -= 1
            return left[0] >= 0

    return goes_on


def measure(address: tuple[str, int], clients: int, requests: int) -> Load:
    """Latency and throughput of a number of clients."""
    started = time.perf_counter()
    exchanges = run_clients(address, clients, tickets(requests))
    seconds = time.perf_counter() - started
    times_ms = [1000 * (each.answered - each.sent) for each in exchanges if each.answered is not None]
    median, p99 = np.percentile(times_ms, [50, 99]).tolist()
    failed = requests - sum(each.status == 200 for each in exchanges)
    return Load(clients, requests, failed, median, p99, len(times_ms) / seconds)


def memory_mb(process: int) -> float:
    """Memory of a process and all its children, in megabytes; pages that they share count once."""
    threads = Path(f"/proc/{process}/task").iterdir()  # a child belongs to the thread that started it
    children = [child for thread in threads for child in (thread / "children").read_text().split()]
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    own = int(re.findall(r"^Pss: +(\d+) kB", text, flags=re.MULTILINE)[0]) / 1024
    return own + sum(memory_mb(int(child)) for child in children)


def measure_memory(requests: int) -> list[float]:
    """Memory of a server and its workers, before and after each part of the requests."""
    with server() as (process, address):
        run_clients(address, MEMORY_CLIENTS, tickets(10 * len(PICTURES)))  # all is loaded by then
        samples = [memory_mb(process.pid)]
        for _ in range(MEMORY_SAMPLES):
            run_clients(address, MEMORY_CLIENTS, tickets(max(1, requests // MEMORY_SAMPLES)))
            samples.append(memory_mb(process.pid))
    return samples


def end_under_load() -> Ending:
    """Ends a server while the most clients send."""
    with server() as (process, address):
        ended = [0.0]

        def end() -> None:
            time.sleep(END_AFTER_S)
            ended[0] = time.perf_counter()
            process.send_signal(signal.SIGTERM)

        thread = threading.Thread(target=end)
        thread.start()
        exchanges = run_clients(address, CLIENTS[-1], lambda: True)
        thread.join()
        code = process.wait(TIMEOUT_S)
        seconds = time.perf_counter() - ended[0]
    before = [each for each in exchanges if each.sent <= ended[0]]
    open_then = [each for each in before if each.answered is None or each.answered > ended[0]]
    return Ending(
        answered=sum(each.status == 200 for each in exchanges),
        under_way=len(open_then),
        lost=sum(each.status != 200 for each in before),
        refused=sum(each.status != 200 for each in exchanges) - sum(each.status != 200 for each in before),
        exit_code=code,
        seconds=seconds,
    )


def table(loads: Sequence[Load]) -> list[list[str]]:
    """Rows of the table."""
    return [
        [
            f"{load.clients}",
            f"{load.requests:,}",
            f"{load.failed}",
            f"{load.median_ms:.0f}",
            f"{load.p99_ms:.0f}",
            f"{load.per_second:.0f}",
        ]
        for load in loads
    ]


def main() -> None:
    """Measures all, and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="requests of the measurement of memory")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    with server() as (_, address):
        measure(address, CLIENTS[-1], 10 * len(PICTURES))  # warms up
        loads = [measure(address, clients, max(100, given.requests // 10)) for clients in CLIENTS]
    memory = measure_memory(given.requests)
    endings = [end_under_load() for _ in range(ENDINGS)]
    record = {
        "hardware": hardware(),
        "loads": [asdict(load) for load in loads],
        "memory": {"requests": given.requests, "mb": memory},
        "endings": [asdict(ending) for ending in endings],
    }
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "serve.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    under_way, lost = sum(each.under_way for each in endings), sum(each.lost for each in endings)
    codes = sorted({each.exit_code for each in endings})
    note = (
        f"`POST /read` on loopback, strips of data/samples, {os.cpu_count()} workers, clients on the same "
        f"processors. Memory of server and workers over {given.requests:,} requests: {memory[0]:.0f} MB "
        f"before, {memory[-1]:.0f} MB after, {max(memory):.0f} MB at most. SIGTERM {ENDINGS} times under "
        f"{CLIENTS[-1]} clients: of {under_way} requests under way {lost} lost, exit code "
        f"{', '.join(map(str, codes))}. {hardware()}."
    )
    header = ["clients", "requests", "failed", "median ms", "99 % ms", "a second"]
    write_markdown(given.out / "serve.md", header, table(loads), note)


if __name__ == "__main__":
    main()

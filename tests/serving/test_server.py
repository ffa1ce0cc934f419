"""The server in a process of its own: sockets, signals, the end."""

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
from helpers.cli_runner import SAMPLE, assert_one_line, sdnn
from helpers.deadlines import DEADLINE_S
from helpers.fake_service import NeverStarts
from helpers.live_server import LiveServer, live_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]
PICTURE = SAMPLE.read_bytes()


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with live_server("serve", "--jobs", "1", "--max-bytes", "100000") as running:
        yield running


def connected(server: LiveServer) -> socket.socket:
    return socket.create_connection(server.address, timeout=DEADLINE_S)


def head(server: LiveServer, length: int, extra: str = "") -> bytes:
    host = "{}:{}".format(*server.address)
    return f"POST /read HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{extra}\r\n".encode()


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of an answer, after which the server closes."""
    parts = b""
    while part := connection.recv(65536):
        parts += part
    first, _, body = parts.partition(b"\r\n\r\n")
    return int(first.split()[1]), body


def still_reads(server: LiveServer) -> bool:
    answer = httpx2.post(f"{server.origin}/read", content=PICTURE, timeout=DEADLINE_S)
    return bool(answer.json()["records"][0]["status"] == "accepted")


def test_an_oversized_body_is_refused_while_it_is_sent(server: LiveServer) -> None:
    answer = httpx2.post(f"{server.origin}/read", content=bytes(3_000_000), timeout=DEADLINE_S)
    assert answer.status_code == 413
    chunks = (bytes(50_000) for _ in range(40))
    assert httpx2.post(f"{server.origin}/read", content=chunks, timeout=DEADLINE_S).status_code == 413
    assert still_reads(server)


def test_a_client_that_asks_first_sends_no_oversized_body(server: LiveServer) -> None:
    with connected(server) as connection:
        connection.sendall(head(server, 3_000_000, "Expect: 100-continue\r\n"))
        assert answer_of(connection)[0] == 413


def test_truncated_and_broken_requests_harm_nobody(server: LiveServer) -> None:
    requests = [head(server, 1000) + b"x" * 10, b"nonsense\r\n\r\n", b"\0" * 5000, b"GET / HTTP/1.1\r\n", b""]
    for request in requests:
        with connected(server) as connection:
            connection.sendall(request)
    with connected(server) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert answer_of(connection)[0] == 400
    assert still_reads(server)


def test_others_are_answered_while_a_body_is_slow(server: LiveServer) -> None:
    with connected(server) as connection:
        connection.sendall(head(server, len(PICTURE), "Connection: close\r\n") + PICTURE[:100])
        assert still_reads(server)
        connection.sendall(PICTURE[100:])
        status, body = answer_of(connection)
    assert status == 200
    assert json.loads(body)["records"][0]["status"] == "accepted"


def test_requests_under_way_are_answered_before_the_end() -> None:
    answers: list[int] = []
    with live_server("serve", "--jobs", "1") as server:

        def post() -> None:
            with connected(server) as connection:
                connection.sendall(head(server, len(PICTURE)) + PICTURE)
                sent.release()
                answers.append(answer_of(connection)[0])

        sent = threading.Semaphore(0)
        threads = [threading.Thread(target=post) for _ in range(12)]
        for thread in threads:
            thread.start()
        for _ in threads:
            sent.acquire(timeout=DEADLINE_S)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(DEADLINE_S)
        assert server.process.wait(DEADLINE_S) == 0
        with pytest.raises(ConnectionRefusedError):
            connected(server)
        assert server.process.stderr is not None
        assert server.process.stderr.read() == b""
    assert answers == [200] * 12


def test_a_body_on_its_way_is_waited_for() -> None:
    with live_server("serve", "--jobs", "1") as server, connected(server) as connection:
        connection.sendall(head(server, len(PICTURE)) + PICTURE[:100])
        assert still_reads(server)  # the server has the first part by now
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(PICTURE[100:])
        assert answer_of(connection)[0] == 200
        assert server.process.wait(DEADLINE_S) == 0


def test_an_interruption_ends_it_with_its_own_code() -> None:
    with live_server("serve", "--jobs", "1") as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(DEADLINE_S) == 130
        assert server.process.stderr is not None
        assert server.process.stderr.read() == b""


def test_a_taken_port_is_one_line(server: LiveServer) -> None:
    host, port = server.address
    result = sdnn("serve", "--host", host, "--port", port)
    assert result.returncode == 2
    assert_one_line(result.stderr, f"--port {port}", "cannot be used")


def test_a_missing_model_is_one_line() -> None:
    result = sdnn("serve", "--model", "nowhere.onnx")
    assert result.returncode == 6
    assert_one_line(result.stderr, "nowhere.onnx")


def test_workers_that_cannot_start_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdnn.serving.app.Service", NeverStarts)
    result = sdnn("serve", "--port", "0", "--jobs", "1")
    assert result.returncode == 1
    assert_one_line(result.stderr, "worker process could not start", "--jobs")

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sdnn.serving.failures import RequestRefused
from sdnn.serving.guard import SECURITY_HEADERS, Guard, Hosts, Limits, Message, Receive, Scope, Send

LOCAL = {"host": "127.0.0.1:8000"}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of the body."""
    message = await receive()
    body = str(len(message.get("body", b""))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("two\nlines")


class Call:
    """One request to a guard, and its answer."""

    def __init__(
        self,
        guard: Guard,
        headers: Mapping[str, str] = LOCAL,
        method: str = "POST",
        parts: Sequence[bytes] = (b"picture",),
        ends: str = "",
    ) -> None:
        self.sent: list[Message] = []
        self._parts = list(parts)
        self._ends = ends
        scope = {
            "type": "http",
            "method": method,
            "path": "/read",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        self.run = guard(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        await asyncio.sleep(0)
        if self._parts:
            body = self._parts.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(self._parts or self._ends)}
        if self._ends == "never":
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def error(self) -> str:
        record: dict[str, str] = json.loads(self.body)
        assert [*record] == ["error"]
        assert "\n" not in record["error"]
        return record["error"]


def guard_of(application: Any = app, hosts: Hosts | None = None, **limits: Any) -> Guard:
    return Guard(application, hosts or Hosts(), Limits(**limits), lambda *_: None)


def answered(guard: Guard, **request: Any) -> Call:
    call = Call(guard, **request)
    asyncio.run(call.run)
    return call


def test_a_request_passes_with_its_body_and_gets_the_security_headers() -> None:
    call = answered(guard_of(), parts=[b"pic", b"ture"])
    assert (call.status, call.body) == (200, b"7")
    assert SECURITY_HEADERS.items() <= call.headers.items()
    assert call.headers["cache-control"] == "no-store"
    assert not any(name.startswith("access-control") for name in call.headers)


def test_the_policy_allows_no_inline_script() -> None:
    policy = SECURITY_HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "127.0.0.1", "127.1.2.3:80", "[::1]:8000"])
def test_this_machine_is_called_by_its_own_names(host: str) -> None:
    assert answered(guard_of(), headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.com", "evil.com:8000", "localhost.evil.com", "127.0.0.1.evil.com", "10.0.0.1", "127.0.0.1:x"],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    call = answered(guard_of(), headers={"host": host})
    assert call.status == 421
    assert "is not this server" in call.error


def test_a_request_without_a_host_is_refused() -> None:
    assert answered(guard_of(), headers={}).status == 421


def test_a_server_for_others_is_called_by_numbers_and_listed_names() -> None:
    hosts = Hosts("0.0.0.0", frozenset({"reader.example"}))
    statuses = [
        answered(guard_of(hosts=hosts), headers={"host": host}).status
        for host in ("192.168.1.5:8000", "reader.example", "evil.com")
    ]
    assert statuses == [200, 200, 421]


@pytest.mark.parametrize(
    "origin", ["http://evil.com", "null", "http://127.0.0.1:9999", "http://localhost:8000"]
)
def test_a_foreign_origin_is_refused(origin: str) -> None:
    call = answered(guard_of(), headers={**LOCAL, "origin": origin})
    assert call.status == 403
    assert "other sites" in call.error


def test_the_own_origin_passes() -> None:
    assert answered(guard_of(), headers={**LOCAL, "origin": "http://127.0.0.1:8000"}).status == 200


@pytest.mark.parametrize(("mode", "status"), [("no-cors", 403), ("navigate", 200)])
def test_other_sites_can_link_here_and_embed_nothing(mode: str, status: int) -> None:
    headers = {**LOCAL, "sec-fetch-site": "cross-site", "sec-fetch-mode": mode}
    assert answered(guard_of(), headers=headers, method="GET").status == status


def test_other_sites_cannot_post_by_a_form() -> None:
    headers = {**LOCAL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert answered(guard_of(), headers=headers).status == 403


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ({"content-length": "11"}, [b"x" * 11]),
        ({}, [b"x" * 6, b"x" * 5]),
        ({"content-length": "9" * 5000}, [b""]),
    ],
    ids=["announced", "streamed", "absurd"],
)
def test_a_body_that_is_too_large_is_refused(headers: dict[str, str], parts: list[bytes]) -> None:
    call = answered(guard_of(max_bytes=10), headers={**LOCAL, **headers}, parts=parts)
    assert call.status == 413
    assert "more than 10 bytes" in call.error
    assert call.headers["connection"] == "close"


def test_a_body_at_the_limit_passes() -> None:
    assert answered(guard_of(max_bytes=10), parts=[b"x" * 10]).body == b"10"


def test_a_slow_body_is_refused() -> None:
    call = answered(guard_of(body_s=0.05), parts=[b"x"], ends="never")
    assert call.status == 408
    assert "0.05 s" in call.error


def test_a_body_that_ends_too_early_is_refused() -> None:
    assert answered(guard_of(), parts=[b"x"], ends="early").status == 400


def test_requests_beyond_the_queue_are_told_to_wait_before_their_body_is_read() -> None:
    guard = guard_of(max_pending=1, body_s=0.2)

    async def two() -> tuple[Call, Call, int]:
        first = Call(guard, parts=[b"x"], ends="never")
        second = Call(guard)
        task = asyncio.ensure_future(first.run)
        await asyncio.sleep(0.05)
        pending = guard.pending
        await second.run
        await task
        return first, second, pending

    first, second, pending = asyncio.run(two())
    assert (first.status, second.status, pending) == (408, 503, 1)
    assert second.headers["retry-after"] == "1"
    assert "later" in second.error
    assert answered(guard).status == 200


def test_an_internal_error_is_one_line_for_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    call = answered(guard_of(broken))
    assert call.status == 500
    assert "RuntimeError" in call.error
    line = capsys.readouterr().err
    assert line.startswith("sdnn: internal error: RuntimeError: two lines; ")
    assert line.count("\n") == 1


def test_messages_are_one_line() -> None:
    assert RequestRefused(422, "a\n  b").message == "a b"

"""The guard in front of the server: Host, Origin, size and time of the body, headers of the answer.

A page of another site must not be able to use the server of somebody who visits it: a foreign Host (DNS
rebinding) and a foreign Origin (cross-site request) are refused, and no answer carries a CORS header.
"""

import asyncio
import contextlib
import ipaddress
import json
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from sdnn.errors import SdnnError
from sdnn.serving.failures import RequestRefused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAIN_S: Final = 2.0
"""Time to take in the rest of a body that is refused: a client that still sends would miss the answer."""
MAX_LENGTH_DIGITS: Final = 18
"""Digits of a Content-Length; the server has checked that they are digits."""
SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
UNKNOWN_PATH: Final = "other"
"""Path of requests that reach no route."""
_BODILESS: Final = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Limits:
    """Limits of requests.

    Attributes:
        max_bytes: Bytes of a body.
        max_pending: Requests with a body that are sent, wait or are read at the same time.
        body_s: Time for a body to arrive.
    """

    max_bytes: int = 20_000_000
    max_pending: int = 64
    body_s: float = 20.0


@dataclass(frozen=True)
class Hosts:
    """Names under which the server may be called.

    Attributes:
        address: Address that the server listens on.
        names: More names, such as that of a reverse proxy.
    """

    address: str = "127.0.0.1"
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        address = _ip(self.address)
        return self.address == "localhost" or (address is not None and address.is_loopback)

    def allows(self, host: str) -> bool:
        """Whether a Host header names this server.

        Rebinding needs a name that its owner can point elsewhere: names have to be listed, while a number is
        what it is. On this machine only its own numbers count.
        """
        name = _host_name(host)
        if name is None:
            return False
        if name == "localhost" or name == self.address.lower() or name in self.names:
            return True
        address = _ip(name)
        return address is not None and (address.is_loopback or not self.is_local)


class Guard:
    """ASGI application that lets only requests through that the server wants.

    Attributes:
        pending: Requests with a body that are sent, wait or are read now.
        arrived: Number of requests so far.
        failure: Error that kept the application from starting, or None.
        is_ending: Whether each answer closes its connection, because the server ends.
    """

    def __init__(
        self, app: App, hosts: Hosts, limits: Limits, on_answer: Callable[[str, int, float], None]
    ) -> None:
        """Takes the application behind it, and a function of route, status and seconds of each answer."""
        self._app, self._hosts, self._limits, self._on_answer = app, hosts, limits, on_answer
        self.pending = 0
        self.arrived = 0
        self.is_ending = False
        self.failure: SdnnError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.arrived += 1
        answer = _Answer(send, lambda: self.is_ending)
        started = time.perf_counter()
        try:
            self._check_sender(scope)
            if scope["method"] in _BODILESS:
                await self._app(scope, receive, answer.send)
            else:
                with self._admission():
                    await self._app(scope, await self._whole_body(scope, receive), answer.send)
        except RequestRefused as refusal:
            await answer.refuse(refusal)
        except Exception as error:
            # The application has answered; the line is for the one who runs the server.
            _report(error)
            await answer.refuse(
                RequestRefused(500, f"internal error: {type(error).__name__}; see the server")
            )
        finally:
            path = getattr(scope.get("route"), "path", UNKNOWN_PATH)  # few, however many are asked for
            self._on_answer(path, answer.status, time.perf_counter() - started)

    def _check_sender(self, scope: Scope) -> None:
        """Refuses requests that name another server, or come from another site."""
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or not self._hosts.allows(hosts[0]):
            name = hosts[0][:80] if hosts else ""
            raise RequestRefused(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"Host {name!r}: is not this server; call it by its address, or start it with --allow-host",
            )
        origins = _values(scope, b"origin")
        if any(origin.partition("://")[2].lower() != hosts[0].lower() for origin in origins):
            raise RequestRefused(
                HTTPStatus.FORBIDDEN, f"Origin {origins[0][:80]!r}: pages of other sites are refused"
            )
        is_link = scope["method"] == "GET" and _values(scope, b"sec-fetch-mode") == ["navigate"]
        sites = _values(scope, b"sec-fetch-site")
        if not is_link and any(site not in {"same-origin", "none"} for site in sites):
            raise RequestRefused(HTTPStatus.FORBIDDEN, "pages of other sites are refused")

    @contextlib.contextmanager
    def _admission(self) -> Iterator[None]:
        """Counts a request that has a body; refuses it before the body where there are enough."""
        if self.pending >= self._limits.max_pending:
            raise RequestRefused.busy(self._limits.max_pending)
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1

    async def _whole_body(self, scope: Scope, receive: Receive) -> Receive:
        """Takes in the body, within its limits; what is returned gives it to the application."""
        limit = self._limits.max_bytes
        too_large = RequestRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"body: more than {limit:,} bytes; send a smaller picture"
        )
        lengths = _values(scope, b"content-length")
        if lengths and (len(lengths[0]) > MAX_LENGTH_DIGITS or int(lengths[0]) > limit):
            if not _values(scope, b"expect"):  # a client that asks first sends nothing more
                await _drain(receive)
            raise too_large
        parts: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(self._limits.body_s):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise RequestRefused(HTTPStatus.BAD_REQUEST, "body: ends too early; send it again")
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
                    if size > limit:
                        parts.clear()
                        await _drain(receive)
                        raise too_large
        except TimeoutError:
            raise RequestRefused(
                HTTPStatus.REQUEST_TIMEOUT,
                f"body: not here after {self._limits.body_s:g} s; send it faster, or a smaller picture",
            ) from None
        whole: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        return replay


class _Answer:
    """An answer with the headers that all have."""

    def __init__(self, send: Send, is_last: Callable[[], bool]) -> None:
        self._send = send
        self._is_last = is_last
        self.status = 0

    async def send(self, message: Message) -> None:
        """Sends a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            known = {name.lower() for name, _ in headers}
            added = {**SECURITY_HEADERS, "cache-control": "no-store"}
            if self._is_last():
                added["connection"] = "close"
            headers += [(k.encode(), v.encode()) for k, v in added.items() if k.encode() not in known]
            message = {**message, "headers": headers}
        await self._send(message)

    async def refuse(self, refusal: RequestRefused) -> None:
        """Sends an error, unless an answer has begun."""
        if self.status:
            return
        body = error_body(refusal.message)
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",  # the rest of a body may still be on its way
            **refusal.headers,
        }
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": int(refusal.status), "headers": encoded})
        await self.send({"type": "http.response.body", "body": body})


def error_body(message: str) -> bytes:
    """The body of an error."""
    return json.dumps({"error": message}).encode()


async def _drain(receive: Receive) -> None:
    """Takes in what is left of a body, for a while."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while (message := await receive())["type"] == "http.request" and message.get("more_body"):
                pass


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is none."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host.lower(), ""
    if port and not port.isdecimal():
        return None
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _report(error: Exception) -> None:
    if os.environ.get("SDNN_TRACEBACK"):
        traceback.print_exception(error)
    else:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"sdnn: internal error: {line}; run again with SDNN_TRACEBACK=1 and report it", file=sys.stderr)

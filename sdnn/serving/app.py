"""The server's routes: pictures in, records out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from sdnn import __version__
from sdnn.errors import SdnnError, UsageError
from sdnn.formats.json_lines import schema
from sdnn.profiles import Profile
from sdnn.reading.reader import Reader
from sdnn.serving.failures import RequestRefused
from sdnn.serving.guard import Guard, Hosts, Limits, error_body
from sdnn.serving.metrics import CONTENT_TYPE, Metrics
from sdnn.serving.pool import ReadingPool
from sdnn.serving.query import openapi_parameters, parse_query
from sdnn.serving.service import Answer, Service
from sdnn.serving.strokes import written_strokes

PAGE: Final = Path(__file__).with_name("page")
"""Folder of the page's files."""
DEFAULT_NAME: Final = "picture"
"""Name of a picture that has none."""
MAX_SEED_DIGITS: Final = 9
MAX_NAME: Final = 200
"""Letters of a picture's name in records."""

_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image"],
                "properties": {"image": {"type": "string", "format": "binary"}},
            }
        },
    },
}
_ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "The error in one line."}},
}
_ERRORS: Final = {
    400: "An option is wrong.",
    403: "The request comes from a page of another site.",
    408: "The body arrives too slowly.",
    413: "The body is too large.",
    421: "The Host header names another server.",
    422: "The picture cannot be read.",
    503: "Enough pictures wait; see Retry-After.",
}


@dataclass(frozen=True)
class ServerSettings:
    """Settings of the server.

    Attributes:
        reader: Reader with the settings that requests start from.
        profile: Profile that its constraint was made of.
        jobs: Worker processes.
        timeout_s: Limit of one picture.
        hosts: Names under which the server may be called.
        limits: Limits of requests.
    """

    reader: Reader
    profile: Profile = field(default_factory=Profile)
    jobs: int = 1
    timeout_s: float = 30.0
    hosts: Hosts = field(default_factory=Hosts)
    limits: Limits = field(default_factory=Limits)


def make_app(settings: ServerSettings, *routers: APIRouter) -> Guard:
    """The server as an ASGI application; its workers start and stop with its lifespan.

    Args:
        settings: Settings of the server.
        *routers: More routes, such as those of a review.
    """
    pool = ReadingPool(partial(Service, settings.reader, settings.profile), settings.jobs, settings.timeout_s)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await pool.start()
            yield
        except SdnnError as error:
            guard.failure = error
            raise
        finally:
            pool.stop()

    app = FastAPI(title="sdnn", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.pool = pool
    metrics = Metrics(lambda: guard.pending, lambda: dict(pool.losses))
    app.state.metrics = metrics
    for router in (_readings(pool, metrics), _state(settings, pool, metrics), *routers):
        app.include_router(router)
    app.include_router(_page())
    _answer_errors(app)

    def on_answer(path: str, status: int, seconds: float) -> None:
        metrics.requests.labels(path, str(status)).inc()
        metrics.seconds.labels(path).observe(seconds)

    guard = Guard(app, settings.hosts, settings.limits, on_answer)
    return guard


def _readings(pool: ReadingPool, metrics: Metrics) -> APIRouter:
    """Routes that read a picture."""
    router = APIRouter()

    def answered(answer: Answer) -> Response:
        for status in answer.statuses:
            metrics.readings.labels(status).inc()
        return Response(answer.payload, media_type="application/json")

    @router.post("/read", summary="Read a picture", openapi_extra=_described("records", _records_schema()))
    async def read(request: Request) -> Response:
        """Reads the digit strings on a picture: the records of `sdnn read --format json`.

        The body is the encoded picture, or a form with it as its field `image`.
        """
        options = parse_query(request.query_params.multi_items())
        content, name = await _picture(request)
        return answered(await pool.call("read", content, name, options))

    @router.post("/explain", summary="Explain a reading", openapi_extra=_described("explanations", {}))
    async def explain(request: Request) -> Response:
        """Reads the first page of a picture, with strip, class map and path of each string.

        `picture=true` asks for the page itself, too, upright and grey.
        """
        pairs = request.query_params.multi_items()
        wanted = {value for name, value in pairs if name == "picture"}
        if not wanted <= {"true", "false"}:
            raise UsageError("picture: give true or false")
        options = parse_query(pair for pair in pairs if pair[0] != "picture")
        content, name = await _picture(request)
        return answered(await pool.call("explain", content, name, options, "true" in wanted))

    return router


def _state(settings: ServerSettings, pool: ReadingPool, metrics: Metrics) -> APIRouter:
    """Routes that tell the state of the server."""
    router = APIRouter()
    metadata, sha256 = settings.reader.engine.metadata, settings.reader.engine.sha256

    @router.get("/health", summary="State of the server")
    async def health() -> dict[str, Any]:
        """Answers as soon as the workers are warm."""
        return {
            "status": "ok",
            "version": __version__,
            "model": {"name": metadata.name, "sha256": sha256},
            "workers": pool.size,
        }

    @router.get("/metrics", summary="Metrics in the text format of Prometheus")
    async def metrics_text() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


def _page() -> APIRouter:
    """Routes of the page and its files; last, because they match any path of one part."""
    router = APIRouter(include_in_schema=False)
    files = {path.name: path for path in PAGE.iterdir() if path.suffix in _MEDIA_TYPES}

    @router.get("/")
    async def index() -> Response:
        return page_file("index.html")

    @router.get("/strokes")
    async def strokes(number: str = "", seed: str = "0") -> dict[str, Any]:
        """A number that a synthetic writer writes, stroke by stroke."""
        if not (seed.isascii() and seed.isdecimal() and len(seed) <= MAX_SEED_DIGITS):
            raise UsageError(f"seed {seed[:60]!r}: give a number of up to {MAX_SEED_DIGITS} digits")
        return {"strokes": written_strokes(number, int(seed))}

    @router.get("/page/{name}")
    async def static(name: str) -> Response:
        return page_file(name)

    def page_file(name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        path = files[name]
        headers = {"cache-control": "no-cache"}
        return FileResponse(path, headers=headers, media_type=_MEDIA_TYPES[path.suffix])

    return router


async def _picture(request: Request) -> tuple[bytes, str]:
    """The bytes of the picture in a request, and its name."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body(), DEFAULT_NAME
    try:
        async with request.form(max_files=1, max_fields=0) as form:
            image = form.get("image")
            if not isinstance(image, UploadFile):
                raise UsageError(
                    "form: has no file in its field image; send the picture there, or as the body"
                )
            name = " ".join((image.filename or "").split())[:MAX_NAME]
            return await image.read(), name or DEFAULT_NAME
    except (HTTPException, MultiPartException) as error:
        reason = getattr(error, "detail", error)
        raise UsageError(f"form: cannot be read ({reason}); send one file in its field image") from error


def _answer_errors(app: FastAPI) -> None:
    """Errors are one line of JSON."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestRefused)
        return _error(error)

    async def failed(_: Request, error: Exception) -> Response:
        assert isinstance(error, SdnnError)
        return _error(RequestRefused.of(error.exit_code, str(error)))

    async def routed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        what = {404: "there is no such page", 405: f"{request.method} is not possible here"}
        message = what.get(error.status_code, str(error.detail))
        return _error(RequestRefused(error.status_code, message, dict(error.headers or {})))

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "body"
        return _error(RequestRefused(400, f"{where}: {first['msg']}"))

    app.add_exception_handler(RequestRefused, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(SdnnError, failed)
    app.add_exception_handler(HTTPException, routed)


def _error(refusal: RequestRefused) -> Response:
    body = error_body(refusal.message)
    return Response(body, refusal.status, dict(refusal.headers), media_type="application/json")


def _records_schema() -> dict[str, Any]:
    record = {key: value for key, value in schema().items() if key != "$schema"}
    return {"type": "array", "items": record}


def _described(field_name: str, field_schema: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI description of a route that takes a picture."""
    answer = {"type": "object", "required": [field_name], "properties": {field_name: field_schema}}
    errors = {
        str(status): {"description": text, "content": {"application/json": {"schema": _ERROR}}}
        for status, text in _ERRORS.items()
    }
    ok = {"description": "Readings of the picture.", "content": {"application/json": {"schema": answer}}}
    return {
        "requestBody": dict(_BODY),
        "parameters": openapi_parameters(),
        "responses": {"200": ok, **errors},
    }

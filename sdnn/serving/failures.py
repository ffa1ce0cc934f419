"""Failures of a request, and their status codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from sdnn.errors import ExitCode, SdnnError

RETRY_AFTER_S: Final = "1"

_STATUSES: Final[Mapping[ExitCode, HTTPStatus]] = {
    ExitCode.USAGE: HTTPStatus.BAD_REQUEST,
    ExitCode.UNREADABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExitCode.OUTPUT: HTTPStatus.INSUFFICIENT_STORAGE,
}


@dataclass
class RequestRefused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: Status code of the answer.
        message: The error in one line: what, where, and the remedy.
        headers: More headers of the answer.
    """

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.message = " ".join(self.message.split())

    @classmethod
    def of(cls, code: ExitCode, message: str) -> "RequestRefused":
        """The refusal for an error with an exit code: 400, 422, 507, or 500 for one of the server's own."""
        return cls(_STATUSES.get(code, HTTPStatus.INTERNAL_SERVER_ERROR), message)

    @classmethod
    def busy(cls, limit: int) -> "RequestRefused":
        """The refusal of a server that has enough to do."""
        message = f"{limit} pictures are being read or wait for it; send this one again later"
        return cls(HTTPStatus.SERVICE_UNAVAILABLE, message, {"Retry-After": RETRY_AFTER_S})


@dataclass(frozen=True)
class Failure:
    """An error on its way from a worker process.

    Attributes:
        code: Exit code of the error's type.
        message: The error in one line.
    """

    code: ExitCode
    message: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """The failure that an exception stands for."""
        if isinstance(error, SdnnError):
            return cls(error.exit_code, str(error))
        if isinstance(error, MemoryError):
            return cls(ExitCode.UNREADABLE, "the picture needs more memory than there is; scale it down")
        return cls(ExitCode.INTERNAL, f"internal error: {type(error).__name__}: {error}; please report it")

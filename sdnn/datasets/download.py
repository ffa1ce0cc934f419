"""Downloads that resume, are checked, and appear whole."""

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final

from sdnn.errors import OutputError, UnreadableInput
from sdnn.files import output_errors, rename

TIMEOUT_S: Final = 20.0
"""Longest wait for the network."""
CHUNK_BYTES: Final = 1 << 16
PARTIAL_SUFFIX: Final = ".part"
"""Suffix of a file that is not complete yet; the next call goes on with it."""


@dataclass(frozen=True)
class RemoteFile:
    """A file to download.

    Attributes:
        name: Name of the file.
        urls: Addresses, tried in order.
        md5: Published checksum, in hexadecimal.
        max_bytes: Size above which a download is given up.
    """

    name: str
    urls: Sequence[str]
    md5: str
    max_bytes: int = 1 << 30


def is_intact(path: Path, md5: str) -> bool:
    """Whether a file exists and has the checksum."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, _md5).hexdigest() == md5


def download(
    file: RemoteFile, folder: Path, advance: Callable[[int, int], None] = lambda done, total: None
) -> Path:
    """Downloads a file into a folder; what an interrupted call has got is kept, and not asked for again.

    Args:
        file: File to download; one that is there and intact is not downloaded.
        folder: Folder, made if it does not exist.
        advance: Called with the bytes so far, and in all (0 where the server does not tell).

    Returns:
        Path of the file. It appears only when its checksum is right.

    Raises:
        UnreadableInput: When no address has the file, or what came has another checksum.
        OutputError: When the folder cannot be written.
    """
    target = folder / file.name
    if is_intact(target, file.md5):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); set XDG_CACHE_HOME") from error
    partial = target.with_name(target.name + PARTIAL_SUFFIX)
    reasons = []
    for url in file.urls:
        try:
            _fetch(url, partial, file.max_bytes, advance)
        except (urllib.error.URLError, TimeoutError, ConnectionError, HTTPException, ValueError) as error:
            reasons.append(f"{url}: {_reason(error)}")
            continue
        if is_intact(partial, file.md5):
            with output_errors(target):
                rename(partial, target)
            return target
        partial.unlink()
        reasons.append(f"{url}: the checksum is not the published one")
    kept = f"; {partial.stat().st_size:,} bytes are kept, run it again to go on" if partial.exists() else ""
    raise UnreadableInput(f"{file.name} cannot be downloaded ({'; '.join(reasons)}){kept}")


def _fetch(url: str, partial: Path, max_bytes: int, advance: Callable[[int, int], None]) -> None:
    """Appends what is missing to the partial file; from the start where the server knows no ranges.

    Raises:
        OSError: When the network fails; ValueError when more comes than the file may have.
        OutputError: When the file cannot be written.
    """
    start = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        response: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:  # nothing is missing: the checksum tells whether it is the file
            return
        raise
    with response:
        if response.status != 206 or not response.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        ):
            start = 0
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else 0
        with output_errors(partial):
            out = open(partial, "ab" if start else "wb")  # noqa: SIM115
        with out:
            done = start
            while chunk := response.read(CHUNK_BYTES):
                done += len(chunk)
                if done > max_bytes:
                    raise ValueError(f"has more than the {max_bytes:,} bytes that were expected")
                with output_errors(partial):
                    out.write(chunk)
                advance(done, total)
            with output_errors(partial):
                out.flush()
                os.fsync(out.fileno())
    if total and done < total:
        raise ConnectionError(f"ended after {done:,} of {total:,} bytes")


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return (str(reason).splitlines() or [type(error).__name__])[0]


def _md5() -> "hashlib._Hash":
    return hashlib.md5(usedforsecurity=False)  # the checksum that is published

"""A disk with little room: every file can have so many bytes, and what is more fails as on a full disk."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def full_disk(room_bytes: int) -> Iterator[None]:
    """Limits the size of the files that this process writes, also in libraries that are not Python.

    Writes are cut short at the limit; then they fail with "File too large", an OSError like any other.
    """
    if sys.platform == "win32":
        pytest.skip("no limit of file sizes here")
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from sdnn.reading.reader import Reader
from sdnn.reading.settings import ReadingSettings
from sdnn.serving.app import ServerSettings, make_app
from sdnn.serving.guard import Limits


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """A server in this process, with one worker process."""
    reader = Reader(settings=ReadingSettings(max_pixels=1_000_000))
    app = make_app(ServerSettings(reader, limits=Limits(max_bytes=100_000)))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client

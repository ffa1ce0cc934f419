import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from helpers.cli_runner import SAMPLE, sdnn
from PIL import Image

from sdnn.serving.app import PAGE

pytestmark = pytest.mark.slow
PICTURE = SAMPLE.read_bytes()


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in {"source", "elapsed_ms"}}


def error_of(response: Any) -> str:
    record = response.json()
    assert [*record] == ["error"]
    assert "\n" not in record["error"]
    assert "Traceback" not in record["error"]
    return str(record["error"])


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that announces a size, and has next to no data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", []),
        ("?length=4&nbest=3", ["--length", "4", "--nbest", "3"]),
        (
            "?page=false&decoder=posterior&topology=strict",
            ["--line", "--decoder", "posterior", "--topology", "strict"],
        ),
        ("?min_confidence=1&polarity=dark", ["--min-confidence", "1", "--polarity", "dark"]),
    ],
)
def test_records_are_those_of_the_command(client: TestClient, query: str, options: list[str]) -> None:
    command = sdnn("read", "--json", SAMPLE, *options, "--exit-zero")
    expected = [comparable(json.loads(line)) for line in command.stdout.splitlines()]
    response = client.post(f"/read{query}", content=PICTURE)
    assert response.status_code == 200
    assert [comparable(record) for record in response.json()["records"]] == expected


def test_a_form_names_the_picture(client: TestClient) -> None:
    response = client.post("/read", files={"image": ("a  b.png", PICTURE)})
    assert response.status_code == 200
    assert response.json()["records"][0]["source"] == "a b.png"


def test_a_picture_without_digits_is_an_empty_record(client: TestClient) -> None:
    response = client.post("/read", content=encoded(Image.new("L", (90, 30), 255)))
    assert response.json()["records"][0]["status"] == "empty"


def test_pages_before_a_damaged_one_are_read(client: TestClient) -> None:
    with Image.open(SAMPLE) as image:
        whole = encoded(
            image.convert("L"),
            "TIFF",
            compression="tiff_deflate",
            save_all=True,
            append_images=[Image.new("L", (1001, 1000))],
        )
    records = client.post("/read", content=whole).json()["records"]
    assert [record["status"] for record in records] == ["accepted", "error"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 422, "empty"),
        (b"hello", 422, "not a picture"),
        (bytes(range(256)) * 100, 422, "not a picture"),
        (PICTURE[:-200], 422, "damaged"),
        (PICTURE[:60], 422, ""),
        (b"%PDF-1.7 nothing else", 422, ""),
        (png_of_size(60000, 60000), 422, "pixels"),
        (png_of_size(2000, 500), 422, "damaged"),
        (bytes(100_001), 413, "more than 100,000 bytes"),
    ],
    ids=["empty", "text", "noise", "cut", "headless", "pdf", "bomb", "hollow", "oversized"],
)
def test_bad_bodies_are_refused_and_the_next_picture_is_read(
    client: TestClient, body: bytes, status: int, message: str
) -> None:
    for path in ("/read", "/explain"):
        response = client.post(path, content=body)
        assert response.status_code == status
        assert message in error_of(response)
    assert client.post("/read", content=PICTURE).json()["records"][0]["status"] == "accepted"


def test_noise_of_many_kinds_breaks_nothing(client: TestClient) -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        damaged = bytearray(PICTURE)
        for place in rng.integers(0, len(damaged), size=rng.integers(1, 12)):
            damaged[place] = rng.integers(0, 256)
        response = client.post("/read", content=bytes(damaged))
        assert response.status_code in {200, 422}
    assert client.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize(
    "request_",
    [
        {"files": {"picture": ("a.png", PICTURE)}},
        {"files": [("image", ("a.png", PICTURE)), ("image", ("b.png", PICTURE))]},
        {"data": {"image": "text"}, "files": {"other": b""}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=y"}},
        {"content": PICTURE, "headers": {"content-type": "multipart/form-data"}},
    ],
    ids=["other-field", "two", "text", "broken", "no-boundary"],
)
def test_forms_without_one_picture_are_refused(client: TestClient, request_: dict[str, Any]) -> None:
    response = client.post("/read", **request_)
    assert response.status_code == 400
    assert error_of(response).startswith("form: ")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("length=9-2", "length 9-2: give the smaller number first"),
        ("pattern=[", "pattern"),
        ("check=none", "check"),
        ("length=3&pattern=[0-9]{5}", "no string satisfies"),
        ("decoder=nms&length=3", "nms"),
        ("decoder=nms&nbest=3", "nbest"),
        ("lexicon=a.txt", "lexicon"),
    ],
)
def test_wrong_options_are_refused(client: TestClient, query: str, message: str) -> None:
    response = client.post(f"/read?{query}", content=PICTURE)
    assert response.status_code == 400
    assert message in error_of(response)


def test_explanations_are_as_long_as_their_maps(client: TestClient) -> None:
    answer = client.post("/explain?picture=true&nbest=4", content=PICTURE).json()
    (record,), (explained,) = answer["records"], answer["explanations"]
    assert 1 <= len(record["nbest"]) <= 4
    columns = len(explained["probs"])
    assert len(explained["path"]) == columns
    assert {len(column) for column in explained["probs"]} == {11}
    assert all(abs(sum(column) - 1) < 0.01 for column in explained["probs"])
    assert "".join(str(label) for label, _, _ in explained["spans"]) == record["text"]
    assert len(explained["boxes"]) == len(record["digits"])
    assert explained["strip"].startswith("data:image/png;base64,")
    assert answer["picture"].startswith("data:image/jpeg;base64,")
    with Image.open(SAMPLE) as image:
        assert answer["size"] == list(image.size)


@pytest.mark.parametrize(
    ("path", "message"),
    [("/explain?picture=1", "picture"), ("/strokes?number=1&seed=x", "seed"), ("/strokes", "number")],
)
def test_wrong_options_of_the_page_are_refused(client: TestClient, path: str, message: str) -> None:
    method = "POST" if path.startswith("/explain") else "GET"
    response = client.request(method, path, content=PICTURE)
    assert response.status_code == 400
    assert error_of(response).startswith(message)


def test_an_empty_page_is_explained_by_its_picture_alone(client: TestClient) -> None:
    answer = client.post("/explain", content=encoded(Image.new("L", (90, 30), 255))).json()
    assert answer["explanations"] == [None]
    assert answer["picture"] is None


def test_the_same_picture_is_read_the_same_after_other_options(client: TestClient) -> None:
    first = client.post("/read", content=PICTURE).json()["records"][0]
    client.post("/read?length=2&polarity=light&min_confidence=1", content=PICTURE)
    assert comparable(client.post("/read", content=PICTURE).json()["records"][0]) == comparable(first)


def test_metrics_count_requests_and_readings(client: TestClient) -> None:
    client.post("/read", content=PICTURE)
    client.get("/nowhere")
    text = client.get("/metrics").text
    assert 'sdnn_requests_total{path="/read",status="200"}' in text
    assert 'sdnn_requests_total{path="other",status="404"}' in text
    assert 'sdnn_readings_total{status="accepted"}' in text
    assert 'sdnn_workers_lost_total{cause="death"} 0.0' in text
    assert "/nowhere" not in text


def test_health_names_the_model(client: TestClient) -> None:
    health = client.get("/health").json()
    assert health["model"] == client.post("/read", content=PICTURE).json()["records"][0]["model"]


def test_openapi_describes_the_routes_and_nothing_is_loaded_from_elsewhere(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {"/read", "/explain", "/health", "/metrics"} <= set(document["paths"])
    read = document["paths"]["/read"]["post"]
    assert "multipart/form-data" in read["requestBody"]["content"]
    assert {"400", "413", "422", "503"} <= set(read["responses"])
    assert client.get("/docs").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/read", 405),
        ("GET", "/page/..%2fapp.py", 404),
        ("GET", "/page/app.py", 404),
    ],
)
def test_what_is_not_there_is_an_error_in_json(
    client: TestClient, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    error_of(response)


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_script(client: TestClient) -> None:
    html = client.get("/").text
    assert "<script>" not in html
    assert " style=" not in html
    for file in PAGE.iterdir():
        if file.suffix in {".html", ".css", ".js", ".svg"}:
            text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
            assert "http://" not in text, file
            assert "https://" not in text, file


def test_foreign_sites_are_refused(client: TestClient) -> None:
    assert client.post("/read", content=PICTURE, headers={"host": "evil.com"}).status_code == 421
    assert client.post("/read", content=PICTURE, headers={"origin": "http://evil.com"}).status_code == 403

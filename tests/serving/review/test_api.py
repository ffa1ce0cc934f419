import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from helpers.cli_runner import SAMPLES, assert_one_line, sdnn
from helpers.review_files import GUESSES, five_strings
from PIL import Image

from sdnn.evaluation.labels import read_labels
from sdnn.reading.reader import Reader
from sdnn.serving.app import PAGE, ServerSettings, make_app
from sdnn.serving.review.api import review_router
from sdnn.serving.review.cases import read_cases
from sdnn.serving.review.store import ReviewStore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("review")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    store = ReviewStore(read_cases(five_strings(folder), SAMPLES, 0.9), folder / "labels")
    router = review_router(store, "anna", str(PAGE / "review.html"))
    app = make_app(ServerSettings(Reader()), router)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def keys(client: TestClient) -> list[str]:
    return [case["case"] for case in client.get("/review/cases").json()["cases"]]


def test_a_review_by_the_api_ends_in_the_labels_that_were_given(client: TestClient, folder: Path) -> None:
    listed = client.get("/review/cases").json()
    assert [case["guess"] for case in listed["cases"]] == [*GUESSES]
    for number, key in enumerate(keys(client)):
        answer = {"kind": "digits", "label": str(number) * 3}
        state = client.post(f"/review/answers/{key}", json=answer).json()
        assert state["answered"] == number + 1
    assert [each.label for each in read_labels(folder / "labels")] == ["000", "111", "222", "333", "444"]
    state = client.delete(f"/review/answers/{key}").json()
    assert state["answered"] == 4
    assert client.get("/review/cases").json()["cases"][4]["answer"] is None


def test_nobody_sees_the_answers_of_others_before_the_end(client: TestClient) -> None:
    listed = client.get("/review/cases?reader=ben").json()["cases"]
    assert [case["answer"] for case in listed] == [None] * 5
    refused = client.get("/review/disagreements?reader=ben")
    assert refused.status_code == 409
    assert "5 strings left" in refused.json()["error"]


def test_cut_outs_are_pictures_with_a_margin(client: TestClient) -> None:
    response = client.get(f"/review/cutouts/{keys(client)[0]}")
    assert response.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(response.content)) as cut, Image.open(SAMPLES / "00000.png") as whole:
        assert cut.size == whole.size


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/review/answers/{}", {"kind": "digits", "label": "12a"}, 400),
        ("/review/answers/{}", {"kind": "digits"}, 400),
        ("/review/answers/{}", {"kind": "undone"}, 400),
        ("/review/answers/{}", {"kind": "digits", "label": "1", "reader": "x"}, 400),
        ("/review/answers/{}", [], 400),
        ("/review/answers/{}?reader=../x", {"kind": "digits", "label": "1"}, 400),
        ("/review/answers/000000000000", {"kind": "digits", "label": "1"}, 404),
    ],
)
def test_wrong_answers_are_refused_in_one_line(client: TestClient, path: str, body: Any, status: int) -> None:
    response = client.post(path.format(keys(client)[0]), json=body)
    assert response.status_code == status
    assert [*response.json()] == ["error"]
    assert "\n" not in response.json()["error"]


def test_a_foreign_site_can_answer_nothing(client: TestClient) -> None:
    answer = {"kind": "digits", "label": "1"}
    path = f"/review/answers/{keys(client)[0]}"
    assert client.post(path, json=answer, headers={"origin": "http://evil.com"}).status_code == 403
    assert client.delete(path, headers={"host": "evil.com"}).status_code == 421


def test_disagreements_are_printed(client: TestClient, folder: Path) -> None:
    key = keys(client)[0]
    client.post(f"/review/answers/{key}", json={"kind": "digits", "label": "14662"})
    client.post(f"/review/answers/{key}?reader=ben", json={"kind": "unreadable"})
    command = ["review", folder / "results.jsonl", "--images", SAMPLES, "--labels", folder / "labels"]
    result = sdnn(*command, "--disagreements")
    assert result.returncode == 0
    assert result.stdout.decode() == "00000.png\t1\t14662\tanna=14662\tben=unreadable\n"


def test_a_review_of_nothing_ends_at_once(tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    results.write_bytes(b"")
    result = sdnn("review", results)
    assert result.returncode == 0
    assert_one_line(result.stderr, "nothing to review")
    assert [path.name for path in tmp_path.iterdir()] == ["r.jsonl"]


def test_missing_results_are_one_line(tmp_path: Path) -> None:
    result = sdnn("review", tmp_path / "none.jsonl")
    assert result.returncode == 5
    assert_one_line(result.stderr, "none.jsonl", "cannot be read")

from pathlib import Path
from typing import Any

import pytest
from helpers.cli_runner import SAMPLES
from helpers.review_files import GUESSES, five_strings, record, write_records

from sdnn.errors import UnreadableInput
from sdnn.serving.review.cases import read_cases


def test_the_worst_string_comes_first(tmp_path: Path) -> None:
    cases = read_cases(five_strings(tmp_path), SAMPLES, 0.9).cases
    assert [case.guess for case in cases] == [*GUESSES]
    assert cases[0].path == SAMPLES / "00000.png"


def test_sure_empty_and_unreadable_pictures_are_left_out_and_counted(tmp_path: Path) -> None:
    records = [
        record("00000.png", status="accepted", confidence=0.95),
        record("00001.png", status="accepted", confidence=0.6),
        record("00002.png", status="empty", text="", box=None),
        record("00003.png", status="error", text="", box=None, confidence=0.0),
        record("00004.png") | {"source": "gone.png"},
    ]
    found = read_cases(write_records(tmp_path / "r.jsonl", records), SAMPLES, 0.9)
    assert [case.source for case in found.cases] == ["00001.png"]
    assert found.left_out == {
        "sure strings": 1,
        "pictures without digits": 1,
        "unreadable pictures": 1,
        "strings whose picture is missing": 1,
    }


def test_the_guess_has_no_literals_of_a_pattern(tmp_path: Path) -> None:
    dated = record("00000.png", text="1203") | {"text": "12/03"}
    (case,) = read_cases(write_records(tmp_path / "r.jsonl", [dated]), SAMPLES, 0.9).cases
    assert case.guess == "1203"


def test_a_string_that_no_constraint_fits_is_guessed_without_it(tmp_path: Path) -> None:
    short = record("00000.png", text="") | {"unconstrained": "77", "box": None}
    (case,) = read_cases(write_records(tmp_path / "r.jsonl", [short]), SAMPLES, 0.9).cases
    assert (case.guess, case.box) == ("77", None)


def test_the_same_string_has_the_same_key_and_another_place_another(tmp_path: Path) -> None:
    records = [record("00000.png"), record("00000.png", text="9"), record("00000.png", box=[0, 0, 9, 9])]
    found = read_cases(write_records(tmp_path / "r.jsonl", records), SAMPLES, 0.9).cases
    assert len({case.key for case in found}) == len(found) == 2


def test_file_names_are_plain_whatever_the_picture_is_called(tmp_path: Path) -> None:
    odd = "a,b\n=(1) é.png"
    (tmp_path / odd).write_bytes((SAMPLES / "00000.png").read_bytes())
    named = record("00000.png") | {"source": odd}
    (case,) = read_cases(write_records(tmp_path / "r.jsonl", [named]), tmp_path, 0.9).cases
    assert case.file_name == f"a-b-1-{case.key}.png"


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": 1},
        {"schema": "2"},
        {"page": 0},
        {"box": [1, 2, 3]},
        {"box": [1, 2, 3, 1e400]},
        {"confidence": 1.5},
        {"status": "unsure"},
        {"digits": [{"digit": "a"}]},
        {"source": ""},
        {"source": None},
    ],
    ids=str,
)
def test_a_field_of_another_kind_is_named_with_its_line(tmp_path: Path, changed: dict[str, Any]) -> None:
    results = write_records(tmp_path / "r.jsonl", [record("00000.png"), record("00001.png") | changed])
    with pytest.raises(UnreadableInput, match=rf"r\.jsonl:2: is no record \({next(iter(changed))}") as error:
        read_cases(results, SAMPLES, 0.9)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"a.png\t0123\n", b"[" * 100_000, b"\xff\xfe\n", b'{"schema": 2}\n', b"null\n"]
)
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    results = tmp_path / "r.jsonl"
    results.write_bytes(content)
    with pytest.raises(UnreadableInput, match=r"r\.jsonl"):
        read_cases(results, SAMPLES, 0.9)


def test_without_any_picture_their_folder_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="--images"):
        read_cases(five_strings(tmp_path), None, 0.9)

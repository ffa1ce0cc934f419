import json
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, assert_one_line, labels, picture, sdnn, sdnn_process
from PIL import Image

import sdnn as sdnn_api
from sdnn.errors import ExitCode


def test_the_bundled_model_reads_every_sample() -> None:
    result = sdnn("read", *sorted(SAMPLES.glob("*.png")))
    read = dict(line.split("\t") for line in result.stdout.decode().splitlines())
    assert {Path(name).name: text for name, text in read.items()} == labels()
    assert result.returncode == ExitCode.OK
    assert result.stderr == b""


def test_reading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(place, str(tmp_path))
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    assert sdnn_process("read", SAMPLE, cwd=tmp_path).returncode == ExitCode.OK
    assert list(tmp_path.iterdir()) == []


def test_one_picture_prints_the_digits_alone() -> None:
    assert sdnn("read", SAMPLE).stdout.decode() == labels()["00000.png"] + "\n"


def test_a_json_record_holds_text_digits_and_boxes_in_the_picture() -> None:
    (line,) = sdnn("read", "--json", SAMPLE).stdout.decode().splitlines()
    record = json.loads(line)
    truth = json.loads((SAMPLES / "truth.jsonl").read_text().splitlines()[0])
    assert record["schema"] == 2
    assert record["status"] == "accepted"
    assert record["text"] == truth["text"] == "".join(digit["digit"] for digit in record["digits"])
    assert 0 < record["confidence"] <= 1
    for digit, box in zip(record["digits"], truth["boxes"], strict=True):
        assert digit["box"] == pytest.approx(box, abs=3)


@pytest.mark.parametrize("option", [("--decoder", "nms"), ("--topology", "strict")])
def test_other_decoders_read_the_sample_too(option: tuple[str, str]) -> None:
    clear = SAMPLE.with_name("00009.png")  # peaks miss the thin 1 of the first
    assert sdnn("read", clear, *option).stdout.decode() == labels()["00009.png"] + "\n"


def test_explain_draws_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "explain.png"
    assert sdnn("read", SAMPLE, "--explain", out).returncode == ExitCode.OK
    with Image.open(out) as image:
        assert image.width > 400
    assert [path.name for path in tmp_path.iterdir()] == ["explain.png"]


def test_a_blank_page_can_be_explained(tmp_path: Path) -> None:
    blank = picture(tmp_path, "blank.png", (300, 80))
    assert sdnn("read", blank, "--explain", tmp_path / "explain.png").returncode == ExitCode.EMPTY
    assert (tmp_path / "explain.png").exists()


@pytest.mark.parametrize(("size", "grey"), [((300, 80), 255), ((1, 1), 0), ((5000, 1), 255), ((1, 5000), 0)])
def test_a_picture_without_digits_is_empty(tmp_path: Path, size: tuple[int, int], grey: int) -> None:
    path = picture(tmp_path, "blank.png", size, grey)
    result = sdnn("read", path)
    assert result.returncode == ExitCode.EMPTY
    assert result.stdout == b"\n"
    assert_one_line(result.stderr, str(path))


def test_a_file_name_that_is_not_text_does_not_stop_the_batch(tmp_path: Path) -> None:
    odd = tmp_path / "\udcff.png"
    odd.write_bytes(SAMPLE.read_bytes())
    result = sdnn("read", odd, SAMPLE)
    assert result.returncode == ExitCode.OK
    assert result.stdout.count(b"\n") == 2


def test_a_drawing_does_not_take_the_place_of_what_is_read(tmp_path: Path) -> None:
    scan = tmp_path / "scan.png"
    scan.write_bytes(SAMPLE.read_bytes())
    (tmp_path / "labels.csv").write_text("file,label\nscan.png,1\n")
    for arguments in (("read", scan, "--explain", scan), ("eval", tmp_path, "--failures", scan)):
        result = sdnn(*arguments)
        assert result.returncode == ExitCode.USAGE
        assert_one_line(result.stderr, "scan.png")
        assert scan.read_bytes() == SAMPLE.read_bytes()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--length", "5"), "14662"),
        (("--pattern", r"\d{3}-\d{2}"), "146-62"),
        (("--min-value", "14000", "--max-value", "14662"), "14662"),
        (("--profile", "us-zip"), "14662"),
        (("--length", "4", "--min-constraint-probability", "0"), "4662"),
    ],
)
def test_constraints_are_obeyed(options: tuple[str, ...], text: str) -> None:
    assert sdnn("read", SAMPLE, *options).stdout.decode() == f"{text}\n"


def test_a_lexicon_names_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "codes.txt").write_text("14661\n14668\n")
    result = sdnn("read", SAMPLE, "--lexicon", tmp_path / "codes.txt", "--json")
    record = json.loads(result.stdout)
    assert record["text"] in {"14661", "14668"}
    assert record["unconstrained"] == "14662"
    assert record["constraint_probability"] < 0.1
    assert record["confidence"] > 0.1


def test_a_check_digit_is_part_of_the_constraint() -> None:
    record = json.loads(sdnn("read", SAMPLE, "--length", "5", "--check", "luhn", "--json").stdout)
    digits = [int(digit) for digit in record["text"]]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    assert (sum(doubled) + sum(digits[::2])) % 10 == 0


def test_what_is_rejected_prints_no_text_and_ends_with_3(tmp_path: Path) -> None:
    result = sdnn("read", SAMPLE, SAMPLES / "00001.png", "--length", "300")
    assert result.returncode == ExitCode.REJECTED
    assert result.stdout.decode() == f"{SAMPLE}\t\n{SAMPLES / '00001.png'}\t\n"
    assert result.stderr.decode().count("too short") == 2
    record = json.loads(sdnn("read", SAMPLE, "--min-confidence", "1", "--json").stdout)
    assert (record["status"], record["text"]) == ("rejected", "14662")


def test_a_text_that_a_constraint_forces_on_a_strip_is_rejected_by_default() -> None:
    options = SAMPLES.parent / "pages" / "00005.png", "--profile", "student-id", "--json"
    result = sdnn("read", *options)
    record = json.loads(result.stdout)
    assert result.returncode == ExitCode.REJECTED
    assert (record["status"], record["unconstrained"]) == ("rejected", "43942")
    assert record["reason"]
    assert_one_line(result.stderr, record["reason"])
    accepting = sdnn("read", *options, "--min-confidence", "0", "--min-constraint-probability", "0")
    assert accepting.returncode == ExitCode.OK
    assert json.loads(accepting.stdout)["text"] == record["text"]


def test_options_go_before_the_thresholds_of_a_profile(tmp_path: Path) -> None:
    (tmp_path / "sdnn.toml").write_text("[profile.strict]\nmin_confidence = 1\n")
    options = SAMPLE, "--profile", "strict"
    assert sdnn("read", *options, cwd=tmp_path).returncode == ExitCode.REJECTED
    assert sdnn("read", *options, "--min-confidence", "0", cwd=tmp_path).returncode == ExitCode.OK


def test_the_confidence_is_printed_behind_the_text() -> None:
    text, confidence = sdnn("read", SAMPLE, "--confidence").stdout.decode().removesuffix("\n").split("\t")
    assert (text, confidence) == ("14662", f"{sdnn_api.read_line(SAMPLE).confidence:.3f}")


def test_printed_strings_can_be_left_out() -> None:
    assert sdnn("read", SAMPLE, "--handwritten").stdout.decode() == "14662\n"
    assert "--handwritten" in sdnn("read", "--help").stdout.decode()


def test_the_likeliest_texts_are_listed_one_a_line() -> None:
    lines = sdnn("read", SAMPLE, "--nbest", "3", "--decoder", "posterior").stdout.decode().splitlines()
    assert lines[0].split("\t")[0] == "14662"
    probs = [float(line.split("\t")[1]) for line in lines]
    assert probs == sorted(probs, reverse=True)


def test_weak_digits_are_masked() -> None:
    assert sdnn("read", SAMPLE, "--mask-below", "1").stdout.decode() == "?????\n"
    assert sdnn("read", SAMPLE, "--mask-below", "0.2").stdout.decode() == "14662\n"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--length", "five"), "length"),
        (("--pattern", "(["), "pattern"),
        (("--pattern", r"\d{3}-?\d{2}"), "could be printed as"),
        (("--check", "crc32"), "luhn"),
        (("--length", "4", "--min-value", "10000"), "no"),
        (("--profile", "nobody"), "us-zip"),
        (("--decoder", "nms", "--length", "5"), "nms"),
        (("--nbest", "3", "--mask-below", "0.5"), "--mask-below"),
        (("--nbest", "3", "--confidence"), "--confidence"),
        (("--profile", ""), "us-zip"),
    ],
)
def test_a_constraint_that_cannot_be_meant_is_one_line_and_exit_code_2(
    tmp_path: Path, options: tuple[str, ...], complaint: str
) -> None:
    result = sdnn("read", SAMPLE, *options, cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert result.stdout == b""
    assert_one_line(result.stderr, complaint)


def test_a_strip_that_disagrees_with_the_constraint_can_be_rejected(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("99999\n")
    options = "--lexicon", tmp_path / "one.txt", "--min-confidence", "0.99"
    sure = sdnn("read", SAMPLE, *options, "--min-constraint-probability", "0")
    assert sure.stdout.decode() == "99999\n"  # of one text any strip is sure
    for least in ((), ("--min-constraint-probability", "0.01")):  # by default, too
        result = sdnn("read", SAMPLE, *options, *least)
        assert (result.returncode, result.stdout.decode()) == (ExitCode.REJECTED, "\n")
        assert_one_line(result.stderr, "constraint probability", "disagree")

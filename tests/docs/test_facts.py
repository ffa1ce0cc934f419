"""The book says what the code does."""

import doctest
import json
import math
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from helpers.documentation import DOCUMENTS, README, ROOT, rows_below, text_of

import sdnn
from sdnn.cli.read_checks import SUFFIX_FORMATS
from sdnn.decoding import automaton, consensus, nbest, trellis
from sdnn.decoding.constraints import expression, glushkov, length, lexicon
from sdnn.decoding.constraints.check_digits import check_digits
from sdnn.detection import detector, line_selection
from sdnn.enums import Format
from sdnn.errors import ExitCode, UsageError
from sdnn.evaluation import labels
from sdnn.evaluation.threshold import min_sample_size
from sdnn.models.registry import DEFAULT
from sdnn.preprocessing import decoding_work, loading, pdf
from sdnn.profiles import BUILT_IN
from sdnn.reading import preprocessor
from sdnn.reading.views import VIEWS
from sdnn.rendering import explanation_layout

HOW = text_of(ROOT / "docs/how-it-works.md")
READING = text_of(ROOT / "docs/reading.md")
CONSTRAINTS = text_of(ROOT / "docs/constraints.md")
EXAMPLES = [
    pytest.param("\n".join(blocks), id=path.name)
    for path in DOCUMENTS
    if (blocks := re.findall(r"^```python\n(.*?)^```$", text_of(path), flags=re.DOTALL | re.MULTILINE))
]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_give_what_they_show(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = doctest.DocTestParser().get_doctest(example, {}, "example", None, None)
    assert made.examples
    results = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF).run(made)
    assert results.failed == 0


def test_the_window_the_strip_and_the_stride_are_those_of_the_net() -> None:
    geometry = DEFAULT.geometry
    least, most = (math.ceil(geometry.text_height_px * scale) for scale in _scales())
    words = " ".join(HOW.split())
    assert f"windows of {geometry.height_px}×{geometry.window_px} pixels" in words
    assert f"Every {geometry.stride_px} pixels" in words
    assert f"pixel {geometry.stride_px}*k*" in words
    assert f"a strip of {geometry.height_px} pixels, of which it takes {least} to {most}," in words


def _scales() -> tuple[float, float]:
    scales = [view.scale for view in VIEWS]
    return min(scales), max(scales)


@pytest.mark.parametrize("text", [text_of(README), HOW], ids=["README", "how"])
def test_as_many_augmented_views_are_named_as_there_are(text: str) -> None:
    number = ["no", "one", "two", "three", "four", "five"][len(VIEWS) - 1]
    assert f"{number} augmented views" in " ".join(text.split())


def test_the_profiles_and_checks_are_those_that_come_with_the_package() -> None:
    profiles = rows_below(("built-in profile", "allows"), CONSTRAINTS)
    assert {name for row in profiles for name in quoted(row[0])} == set(BUILT_IN)
    checks = rows_below(("`--check`", "strings"), CONSTRAINTS)
    with pytest.raises(UsageError, match="choose from") as refused:
        check_digits("")
    known = str(refused.value).split("choose from ")[1].split(", ")
    assert {name for row in checks for name in quoted(row[0])} == set(known)


def test_as_many_strips_without_a_mistake_are_named_as_calibration_takes() -> None:
    (named,) = re.findall(r"takes ([0-9,]+) strips without a mistake for 1 %", " ".join(CONSTRAINTS.split()))
    assert int(named) == min_sample_size(0.01)


def test_the_formats_and_their_suffixes_are_those_of_the_command() -> None:
    table = rows_below(("`--format`", "suffix of `-o`", "content"), READING)
    shown = {quoted(form)[0]: set(quoted(suffixes)) for form, suffixes, _ in table}
    taken = {
        form.value: {suffix for suffix, of in SUFFIX_FORMATS.items() if of is form and suffix}
        for form in Format
    }
    assert shown == taken


def test_the_record_has_the_fields_of_the_schema() -> None:
    properties = json.loads(text_of(Path(sdnn.__file__).parent / "formats/record.schema.json"))["properties"]
    # An escaped bar in a cell would end it.
    table = rows_below(("field", "content"), READING.replace(r"\|", "/"))
    assert [name for row in table for name in quoted(row[0])] != []
    assert {name for row in table for name in quoted(row[0])} == set(properties)
    assert table[0] == ["`schema`", f"version of the record: {properties['schema']['const']}"]


def test_the_exit_codes_are_those_of_the_command() -> None:
    assert [int(code) for code, _ in rows_below(("code", "meaning"), READING)] == list(ExitCode)


def test_the_sample_form_holds_the_numbers_that_its_description_names() -> None:
    described = text_of(ROOT / "data/README.md").split("in reading order")[1].split(".")[0]
    read = [reading.text for reading in sdnn.read(ROOT / "data/form.jpg")]
    assert re.findall(r"\d+", described) == read


def test_git_ignores_what_the_examples_write() -> None:
    option = r"(?:-o|--out|--explain|--failures|--rejection) ([a-z]+(?:\.[a-z]+)?)(?![\w./])"
    written = {name for path in DOCUMENTS for name in re.findall(option, text_of(path))}
    assert {"pages", "pages.csv", "wrong.png", "curve.png"} <= written
    ignored = [line.strip("/") for line in text_of(ROOT / ".gitignore").splitlines()]
    for name in (*written, "pages.csv.part", "sdnn.toml", "strip-7.png", "runs"):
        assert any(fnmatch(name, pattern) for pattern in ignored), name


@pytest.mark.parametrize("word", ["page", "line", "strip", "string", "view"])
def test_the_words_of_the_pipeline_are_defined_once(word: str) -> None:
    defined = [path for path in DOCUMENTS for _ in re.findall(rf"\bA\s\*\*{word}\*\* is", text_of(path))]
    assert defined == [README]


def test_an_amount_with_a_point_is_explained() -> None:
    for text in (text_of(README), READING):
        assert re.search(r"12\.50 (becomes|is read as)\s1250", text)


def test_the_budgets_are_those_of_the_code() -> None:
    limits = {
        "bytes of a picture": loading.MAX_BYTES,
        "pixels of a page; `--max-pixels`": loading.MAX_PIXELS,
        "pixels of a page of WebP, AVIF, HEIC": loading.MAX_COPIED_PIXELS,
        "pixels of a side": loading.MAX_SIDE_PX,
        "scans times pixels of a JPEG of more than 20 scans": decoding_work.MAX_SCANNED_PIXELS,
        "pages of a file": loading.MAX_PAGES,
        "seconds of a processor for a page of a small PDF": pdf.PAGE_CPU_S,
        "bytes of memory for it, beside its pixels": pdf.PAGE_BYTES,
        "pixels of a page at one scale of the detector": detector.MAX_LEVEL_PIXELS,
        "lines of a page": line_selection.MAX_LINES,
        "columns of the lines of a page": preprocessor.MAX_PAGE_COLUMNS,
        "columns of a line": preprocessor.MAX_COLUMNS,
        "digits of a line": consensus.MAX_DIGITS,
        "states of a constraint": automaton.MAX_STATES,
        "arcs of a constraint": automaton.MAX_ARCS,
        "transitions of a constraint between digits": trellis.MAX_TRANSITIONS,
        "transitions times columns of a line": trellis.MAX_WORK,
        "digits of `--length`, `--min-value`, `--max-value`": length.MAX_DIGITS,
        "characters of a pattern": expression.MAX_CHARACTERS,
        "characters of a pattern, its repetitions written out": glushkov.MAX_POSITIONS,
        "entries of a lexicon": lexicon.MAX_ENTRIES,
        "entries with weights or comments": lexicon.MAX_WEIGHTED,
        "digits of an entry": length.MAX_DIGITS,
        "digits of all entries beside shared beginnings": lexicon.MAX_TRIE,
        "bytes of a lexicon": lexicon.MAX_BYTES,
        "rows of `labels.csv`": labels.MAX_ROWS,
        "bytes of `labels.csv`": labels.MAX_BYTES,
        "digits of a label": labels.MAX_DIGITS,
        "columns times expansions of `--nbest` and `posterior`": nbest.MAX_EXPANDED_COLUMNS,
        "parts of the strip that `--explain` draws": explanation_layout.MAX_BANDS,
    }
    table = rows_below(("limit", "value", "beyond it"), text_of(ROOT / "docs/limits.md"))
    assert {name: int(value.replace(",", "")) for name, value, _ in table} == limits


def test_the_limits_name_the_meters_that_are_not_read() -> None:
    assert "displays of meters" in text_of(ROOT / "docs/limits.md")


@pytest.mark.parametrize("path", [ROOT / "CITATION.cff"], ids=["citation"])
def test_the_version_is_that_of_the_package(path: Path) -> None:
    assert f"\nversion: {sdnn.__version__}\n" in text_of(path)

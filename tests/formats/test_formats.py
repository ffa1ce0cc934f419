import pytest
from helpers.deadlines import run_python
from helpers.sample_readings import MODEL, READING, of

from sdnn.enums import Format
from sdnn.formats import formatter


@pytest.mark.parametrize("form", list(Format))
def test_there_is_a_formatter_for_every_format(form: Format) -> None:
    made = formatter(form, model=MODEL, source="a.png", named=True)
    text = made.start() + made.rows([READING]) + made.end()
    assert "07" in text
    assert text.endswith("\n")


@pytest.mark.parametrize("form", Format)
def test_every_line_of_a_resumable_format_names_its_source(form: Format) -> None:
    made = formatter(form, model=MODEL, source="a.png", named=True)
    rows = [
        line for page in (1, 2) for line in made.rows([of("a.png", page), of("a.png", page)]).splitlines()
    ]
    sources = {made.source_of(line) for line in rows} if made.resumable else {None}
    assert sources == ({"a.png"} if made.resumable else {None})
    assert made.resumable == (form is not Format.ALTO)


def test_the_formats_differ() -> None:
    made = [formatter(form, model=MODEL) for form in Format]
    assert len({each.rows([READING]) + each.end() for each in made}) == len(Format)


def test_text_takes_what_was_asked_for() -> None:
    several = formatter(Format.TEXT, model=MODEL, nbest=2)
    assert (several.rows([READING]) + several.end()).count("\n") == 2
    masked = formatter(Format.TEXT, model=MODEL, mask_below=0.85, confidence=True)
    assert masked.rows([READING]) + masked.end() == "0?\t0.750\n"


@pytest.mark.parametrize(
    ("form", "needs"),
    [
        (Format.TEXT, set()),
        (Format.TSV, {"csv"}),
        (Format.JSON, {"json"}),
        (Format.ALTO, {"xml"}),
    ],
)
def test_a_format_loads_what_it_needs_and_nothing_else(form: Format, needs: set[str]) -> None:
    code = f"""
import sys, numpy
from sdnn.formats import formatter
for name in ("csv", "json", "xml"):
    sys.modules.pop(name, None)
formatter(formatter.__globals__["Format"]("{form.value}"), model={{}})
print(*sorted({{"csv", "json", "xml"}} & set(sys.modules)))
"""
    result = run_python("-c", code)
    assert result.returncode == 0, result.stderr
    assert set(result.stdout.decode().split()) == needs

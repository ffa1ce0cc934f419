from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from helpers.sample_readings import EMPTY, ERROR, MODEL, PRINTED, READING, REJECTED, SIGNED, names, of
from hypothesis import given

from sdnn import __version__
from sdnn.formats.alto import NAMESPACE, Alto
from sdnn.results import Reading

ORDER = {
    "alto": ["Description", "Tags", "Layout"],
    "Description": ["MeasurementUnit", "sourceImageInformation", "Processing"],
    "Processing": [
        "processingCategory",
        "processingStepDescription",
        "processingStepSettings",
        "processingSoftware",
    ],
    "processingSoftware": ["softwareName", "softwareVersion"],
}
"""Children in the order that the schema of ALTO 4.4 gives them."""


def document(*pages: list[Reading], source: str = "a.png") -> Element:
    formatter = Alto(source, MODEL)
    text = formatter.start() + "".join(map(formatter.rows, pages)) + formatter.end()
    return ElementTree.fromstring(text.encode("utf-8"))


def tag(element: Element) -> str:
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")


def named(root: Element, name: str) -> list[Element]:
    return list(root.iter(f"{{{NAMESPACE}}}{name}"))


def only(root: Element, name: str) -> Element:
    (found,) = named(root, name)
    return found


def place(element: Element) -> list[str]:
    return [element.attrib[name] for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]


def test_the_head_names_picture_unit_and_program() -> None:
    root = document([READING])
    assert only(root, "MeasurementUnit").text == "pixel"
    assert only(root, "fileName").text == "a.png"
    assert only(root, "softwareName").text == "sdnn"
    assert only(root, "softwareVersion").text == __version__
    settings = only(root, "processingStepSettings").text or ""
    assert MODEL["name"] in settings
    assert MODEL["sha256"] in settings


def test_all_elements_are_in_the_namespace_and_in_the_order_of_the_schema() -> None:
    root = document([READING], [EMPTY])
    assert all(element.tag.startswith(f"{{{NAMESPACE}}}") for element in root.iter())
    for name, children in ORDER.items():
        assert [tag(child) for child in only(root, name)] == children


def test_every_page_of_the_file_is_a_page_of_the_document() -> None:
    root = document([replace(READING, page=5)], [replace(EMPTY, page=6)], [])
    pages = named(root, "Page")
    assert [page.attrib["PHYSICAL_IMG_NR"] for page in pages] == ["5", "6", "3"]
    assert [page.get("WIDTH") for page in pages] == ["120", "120", None]
    assert place(named(root, "PrintSpace")[0]) == ["0", "0", "120", "40"]


def test_a_reading_is_a_string_with_place_and_confidence() -> None:
    root = document([READING])
    for name in ("TextBlock", "TextLine", "String"):
        assert place(only(root, name)) == ["10", "4", "31", "20"]
    string = only(root, "String")
    assert (string.attrib["CONTENT"], string.attrib["WC"]) == ("07", "0.75")
    assert "TAGREFS" not in string.attrib


def test_every_digit_is_a_glyph_with_its_alternatives() -> None:
    first, second = named(document([READING]), "Glyph")
    assert (first.attrib["CONTENT"], first.attrib["GC"]) == ("0", "0.9")
    assert place(first) == ["10", "4", "12", "20"]
    assert [(each.attrib["CONTENT"], each.attrib["VC"]) for each in first] == [("6", "0.08"), ("8", "0.01")]
    assert (second.attrib["CONTENT"], len(second)) == ("7", 0)


def test_a_literal_of_a_pattern_is_a_glyph_without_a_place() -> None:
    glyphs = named(document([replace(READING, text="0-7")]), "Glyph")
    assert [glyph.attrib["CONTENT"] for glyph in glyphs] == ["0", "-", "7"]
    assert glyphs[1].attrib == {"CONTENT": "-"}


def test_the_first_page_of_a_file_has_the_number_1() -> None:
    assert only(document([READING]), "Page").attrib["PHYSICAL_IMG_NR"] == "1"


@pytest.mark.parametrize(
    ("reading", "tags"),
    [
        (REJECTED, "rejected"),
        (PRINTED, "printed"),
        (SIGNED, "signs"),
        (replace(REJECTED, printed=True, signs=SIGNED.signs), "rejected printed signs"),
    ],
    ids=["rejected", "printed", "signs", "all"],
)
def test_a_string_that_is_more_than_digits_by_hand_is_tagged_so(reading: Reading, tags: str) -> None:
    root = document([reading])
    assert only(root, "String").attrib["TAGREFS"] == tags
    assert set(tags.split()) <= {tag.attrib["ID"] for tag in named(root, "OtherTag")}


@pytest.mark.parametrize("readings", [[], [EMPTY], [ERROR]], ids=["none", "empty", "error"])
def test_a_page_on_which_nothing_was_read_has_no_string(readings: list[Reading]) -> None:
    root = document(readings)
    assert only(root, "Page").attrib["PHYSICAL_IMG_NR"] == "1"
    assert len(only(root, "PrintSpace")) == 0


def test_no_identity_is_given_twice() -> None:
    root = document([READING, REJECTED], [READING])
    found = [element.attrib["ID"] for element in root.iter() if "ID" in element.attrib]
    assert len(found) == len(set(found)) == 1 + 3 + 2 + 3 * 3


@given(name=names)
def test_the_document_is_well_formed_whatever_the_picture_is_called(name: str) -> None:
    root = document([of(name)], source=name)
    possible = "".join(
        each
        if each in "\t\n\r" or " " <= each <= "\ud7ff" or "\ue000" <= each <= "\ufffd" or each > "\uffff"
        else "\ufffd"
        for each in name
    )
    assert only(root, "fileName").text == possible


def test_a_document_is_ascii_whatever_the_terminal_makes_of_it() -> None:
    assert Alto("é.png", {"name": "ü"}).start().isascii()


def test_a_document_cannot_be_gone_on_with() -> None:
    assert not Alto("a.png", MODEL).resumable
    assert Alto("a.png", MODEL).source_of("<Page/>\n") is None

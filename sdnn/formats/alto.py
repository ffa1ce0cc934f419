"""ALTO 4, the XML that libraries and archives keep beside their scans.

Reference: https://www.loc.gov/standards/alto/, version 4.4. Measures are pixels of the page.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from xml.sax.saxutils import escape

from sdnn import __version__
from sdnn.enums import Status
from sdnn.formats import Formatter
from sdnn.results import DIGITS, Box, Digit, Reading

NAMESPACE: Final = "http://www.loc.gov/standards/alto/ns-v4#"

_HEAD: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" SCHEMAVERSION="4.4"
  xsi:schemaLocation="{namespace} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd">
  <Description>
    <MeasurementUnit>pixel</MeasurementUnit>
    <sourceImageInformation>
      <fileName>{source}</fileName>
    </sourceImageInformation>
    <Processing ID="sdnn">
      <processingCategory>contentGeneration</processingCategory>
      <processingStepDescription>reading of handwritten digit strings</processingStepDescription>
      <processingStepSettings>{settings}</processingStepSettings>
      <processingSoftware>
        <softwareName>sdnn</softwareName>
        <softwareVersion>{version}</softwareVersion>
      </processingSoftware>
    </Processing>
  </Description>
  <Tags>
    <OtherTag ID="rejected" LABEL="rejected" DESCRIPTION="Too doubtful to be used unchecked."/>
    <OtherTag ID="printed" LABEL="printed" DESCRIPTION="Printed, not handwritten."/>
    <OtherTag ID="signs" LABEL="signs" DESCRIPTION="With signs between or beside the digits."/>
  </Tags>
  <Layout>
"""


class Alto(Formatter):
    """One document for one picture, with a page for each call of `rows`; written whole or not at all."""

    def __init__(self, source: str, model: dict[str, str]) -> None:
        """Arguments as for `formats.formatter`."""
        self._source = source
        self._model = model
        self._pages = 0

    def start(self) -> str:
        """The head of the document, down to its layout."""
        settings = ", ".join(f"{name} {value}" for name, value in self._model.items())
        return _HEAD.format(
            namespace=NAMESPACE,
            source=_character_data(self._source),
            settings=_character_data(f"model {settings}"),
            version=__version__,
        )

    def rows(self, readings: Sequence[Reading]) -> str:
        """A page with a block for each reading that has a box."""
        self._pages += 1
        number = readings[0].page if readings else self._pages
        page = Element("Page", ID=f"page_{self._pages}", PHYSICAL_IMG_NR=str(number))
        width, height = readings[0].page_size_px if readings else (0, 0)
        if width and height:
            page.attrib |= {"WIDTH": str(width), "HEIGHT": str(height)}
            space = SubElement(page, "PrintSpace", _measures(Box(0, 0, width, height)))
        else:
            space = SubElement(page, "PrintSpace")
        placed = [(reading, reading.box) for reading in readings if reading.box]
        for count, (reading, box) in enumerate(placed, start=1):
            _add_string(space, reading, box, f"{self._pages}_{count}")
        indent(page, level=2)
        return f"    {tostring(page).decode('ascii')}\n"

    def end(self) -> str:
        """The end of the document."""
        return "  </Layout>\n</alto>\n"


def _add_string(space: Element, reading: Reading, box: Box, number: str) -> None:
    measures = _measures(box)
    block = SubElement(space, "TextBlock", {"ID": f"block_{number}", **measures})
    line = SubElement(block, "TextLine", {"ID": f"line_{number}", **measures})
    string = SubElement(line, "String", {"ID": f"string_{number}", **measures})
    tags = {
        "rejected": reading.status is Status.REJECTED,
        "printed": reading.printed,
        "signs": bool(reading.signs),
    }
    if any(tags.values()):
        string.set("TAGREFS", " ".join(tag for tag, applies in tags.items() if applies))
    string.set("CONTENT", reading.text)
    string.set("WC", _probability(reading.confidence))
    for letter, digit in _letters(reading):
        glyph = SubElement(string, "Glyph", CONTENT=letter)
        if digit:
            glyph.attrib |= {**_measures(digit.box), "GC": _probability(digit.confidence)}
            for other, probability in digit.alternatives:
                SubElement(glyph, "Variant", CONTENT=other, VC=_probability(probability))


def _letters(reading: Reading) -> Iterator[tuple[str, Digit | None]]:
    """Characters of the text with their digits; a literal of a pattern has none.

    ALTO wants a glyph for every character, so that positions in glyphs and string are the same.
    """
    digits = iter(reading.digits)
    for letter in reading.text:
        yield letter, next(digits) if letter in DIGITS else None


def _measures(box: Box) -> dict[str, str]:
    left, top, right, bottom = box.rounded()
    return {"HPOS": str(left), "VPOS": str(top), "WIDTH": str(right - left), "HEIGHT": str(bottom - top)}


def _probability(value: float) -> str:
    return f"{value:.6g}"


def _character_data(text: str) -> str:
    """The text for an XML document, with a replacement character for each that XML cannot hold."""
    possible = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    return escape(possible, {"\r": "&#13;"}).encode("ascii", "xmlcharrefreplace").decode("ascii")

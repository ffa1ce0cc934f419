"""Readings of every kind, and names as odd as a file system allows, for the tests of what is written out."""

import os
from dataclasses import replace

from hypothesis import strategies as st

from sdnn.enums import Status
from sdnn.results import Box, Digit, Reading, Sign

MODEL = {"name": "sdnn-test", "sha256": "00ff" * 16}
READING = Reading(
    text="07",
    confidence=0.75,
    status=Status.ACCEPTED,
    box=Box(9.6, 4.0, 41.2, 24.4),
    digits=(
        Digit("0", 0.9, Box(9.6, 4.0, 22.0, 24.4), (3, 5), (("6", 0.08), ("8", 0.01))),
        Digit("7", 0.8, Box(25.0, 4.0, 41.2, 24.0), (9, 12)),
    ),
    constraint_probability=0.875,
    unconstrained="01",
    nbest=(("07", 0.75), ("67", 0.125)),
    residual_probability=0.125,
    source="a.png",
    page_size_px=(120, 40),
    elapsed_ms=3.14159,
)
REJECTED = replace(READING, status=Status.REJECTED, reason="confidence 0.750 is below 0.9")
SIGNED = replace(READING, signs=(Sign(0, Box(2.0, 4.4, 7.6, 24.0)), Sign(1, Box(22.4, 20.0, 24.6, 24.4))))
PRINTED = replace(READING, printed=True)
EMPTY = Reading("", 1.0, Status.EMPTY, "no digits found", source="a.png", page_size_px=(120, 40))
ERROR = Reading("", 0.0, Status.ERROR, "a.png: empty; give a picture", source="a.png")

names = st.one_of(
    st.text(min_size=1),
    st.text("\t\n\r\\'\"=+-@,;nt \u2028é\udcff", min_size=1),
    st.binary(min_size=1).map(os.fsdecode),
)


def of(source: str, page: int = 1, text: str = "07") -> Reading:
    """An accepted reading of a picture of that name."""
    box = Box(0, 0, 10, 20)
    digits = tuple(Digit(letter, 0.9, box, (0, 1)) for letter in text)
    return Reading(text, 0.5, Status.ACCEPTED, box=box, digits=digits, source=source, page=page)

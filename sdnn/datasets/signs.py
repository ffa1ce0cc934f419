"""Signs before, between and after the digits of a string."""

from typing import Final

import numpy as np

from sdnn.results import FloatArray

SEPARATORS: Final = (".", ",", "-", "=", ":", '"')
"""Signs between groups of digits or after an amount; no slash, which looks like a one."""
PREFIXES: Final = ("$", "#")
"""Signs before an amount or a number."""
DOCUMENT_PREFIXES: Final = ("$", "#", "€", "(", "-", "=", "*", "+", "$")
"""Further signs before a string of a document."""
DOCUMENT_SEPARATORS: Final = ("-", "/", ".", "-", ",", ":")
"""Further signs between two of its digits."""
# fmt: off
DOCUMENT_SUFFIXES: Final = (
    "/-", "/-", "/-", "/-", "/", "/-", ",-", ".-", "=", "-",
    "--", "€", "%", ".", "*", "/", "|-", ")", ":-", "+",
)
# fmt: on
"""Further signs after its digits; the most frequent ones several times."""


def _parse(strokes: str) -> list[FloatArray]:
    points = [[point.split(",") for point in stroke.split()] for stroke in strokes.split("/")]
    return [np.array(stroke, np.float64) / 100 for stroke in points]


SIGN_STROKES: Final = {
    sign: _parse(strokes)
    for sign, strokes in {
        ".": "0,0 3,0",
        ",": "4,-4 5,5 -4,18",
        ":": "0,-10 3,-10 / 2,-50 5,-50",
        '"': "5,-22 0,5 / 22,-24 17,3",
        "-": "0,-42 38,-44",
        "=": "0,-52 34,-54 / 0,-34 34,-36",
        "$": "50,-85 28,-95 8,-78 28,-50 48,-25 26,-2 0,-14 / 30,-115 26,18",
        "#": "22,-100 10,0 / 45,-100 33,0 / 0,-65 58,-68 / 0,-34 56,-36",
        "/": "42,-112 0,12",
        "\\": "0,-110 40,10",
        "|": "0,-120 0,25",
        "+": "0,-45 40,-46 / 20,-66 20,-24",
        "*": "0,-75 30,-45 / 0,-45 30,-75 / 15,-82 15,-40",
        "(": "20,-110 2,-70 0,-30 20,12",
        ")": "0,-110 18,-70 20,-30 0,12",
        "€": "55,-90 35,-98 15,-75 10,-45 20,-10 40,0 58,-10 / 0,-60 40,-62 / 0,-40 38,-42",
        "%": "50,-100 8,0 / 10,-95 0,-80 12,-68 20,-82 10,-95 / 48,-30 38,-15 50,0 58,-14 48,-30",
    }.items()
}
"""(N, 2) x and y of each stroke of a sign, in text heights: x to the right, y down from the baseline."""


def random_signs(count: int, rng: np.random.Generator) -> dict[int, str]:
    """Random signs by the place of the digit after them; `count` stands for the end of the string."""
    signs: dict[int, str] = {}
    if count > 3 and rng.random() < 0.5:
        signs |= dict.fromkeys(range(count - 3, 0, -3), str(rng.choice([".", ",", "-"], p=[0.7, 0.2, 0.1])))
    if rng.random() < 0.15:
        signs[int(rng.integers(1, count + 1))] = str(rng.choice(SEPARATORS))
    if rng.random() < 0.4:
        signs[count] = str(rng.choice([".", ".-", "-", "=", ",-", "-.", "--", ":", '"', ":-"]))
    if rng.random() < 0.12:
        signs[0] = str(rng.choice(PREFIXES))
    return signs


def random_document_signs(count: int, rng: np.random.Generator) -> dict[int, str]:
    """Random signs of a string of a document, with those of `random_signs`."""
    signs = random_signs(count, rng)
    if rng.random() < 0.4:
        signs[count] = str(rng.choice(DOCUMENT_SUFFIXES))
    if rng.random() < 0.1:
        signs[0] = str(rng.choice(DOCUMENT_PREFIXES))
    if count > 3 and rng.random() < 0.12:
        signs[int(rng.integers(1, count))] = str(rng.choice(DOCUMENT_SEPARATORS))
    return signs


def random_stretch(sign: str, rng: np.random.Generator) -> float:
    """Random width of a sign over its usual one; dashes differ most."""
    dash = sign == "-"
    return float(np.exp(rng.normal(0.3 if dash else 0, 0.35 if dash else 0.15)))

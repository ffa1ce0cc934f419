"""The shapes of the digits: how people write each of them, as strokes through a few points.

Set down by hand from how digits are taught and written in Europe and the Americas, in ledgers of the 19th
century and on cheques of today; no picture was traced.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Allograph:
    """One way of shaping a digit.

    Attributes:
        name: How it is asked for; unique within its digit.
        strokes: Points `x y` with commas between them, in the order of writing, in hundredths of the usual
            height of a digit, x to the right, y down; a tail may make it higher than 100, an old-style digit
            may be lower. The pen runs smoothly through them; at a point marked `!` it turns a sharp corner,
            at a slash it is lifted. Points with equal coordinates are one point and move together, so strokes
            that meet go on meeting.
        weight: How often writers have it as their habit, beside the digit's other allographs.
        least_aspect: Width over the width given here below which a ballpoint's digit could be taken for
            another: a narrow seven for a one.
    """

    name: str
    strokes: str
    weight: float = 1.0
    least_aspect: float = 0.5


ALLOGRAPHS: Final[dict[int, tuple[Allograph, ...]]] = {
    0: (
        Allograph("closed", "45 2, 28 2, 12 14, 2 48, 12 86, 35 100, 60 86, 70 50, 62 16, 45 2", 4),
        Allograph(
            "narrow",
            "34 4, 24 0, 8 16, 0 52, 8 88, 22 100, 38 86, 44 50, 40 16, 34 4, 24 0",
            1.5,
            least_aspect=0.7,
        ),
        Allograph("egg", "58 2, 36 6, 12 36, 0 72, 10 97, 32 98, 56 70, 70 32, 68 8, 58 2", 1.5),
        Allograph(
            "overlap",
            "62 2, 46 8, 26 5, 8 26, 2 58, 14 90, 36 100, 60 84, 69 48, 58 16, 40 2, 26 5, 24 18",
            2,
        ),
        Allograph("open", "30 2, 12 16, 2 46, 10 86, 34 100, 60 84, 68 48, 60 14, 46 4", 1.5),
        Allograph("right", "66 12, 50 1, 28 4, 8 26, 2 60, 14 92, 36 100, 58 84, 68 50, 68 22, 62 2", 1.5),
        Allograph("hooked", "26 22, 36 4, 24 4, 6 24, 0 58, 12 92, 34 100, 58 84, 68 48, 58 14, 36 4"),
        Allograph("small", "40 30, 28 25, 8 36, 0 62, 8 92, 28 100, 50 90, 58 62, 50 34, 40 30, 28 25", 0.8),
        Allograph(
            "flat", "46 44, 26 42, 4 56, 0 78, 18 98, 44 100, 70 84, 72 60, 46 44, 54 56, 74 54, 100 46", 0.8
        ),
        Allograph(
            "exit",
            "44 4, 26 2, 8 20, 2 54, 14 90, 36 100, 58 84, 64 48, 56 16, 44 4, 48 16, 62 18, 86 8",
            1.5,
        ),
        Allograph("entry", "0 14, 22 9, 44 3, 28 6, 16 26, 14 60, 28 94, 46 100, 68 84, 74 48, 64 16, 44 3"),
        Allograph(
            "linked",
            "0 12, 22 10, 44 3, 28 6, 16 26, 12 60, 26 94, 46 100, 68 84, 74 48, 64 16, 50 5, 58 18, 94 8",
        ),
    ),
    1: (
        Allograph("plain", "10 0, 10 50, 10 100", 4),
        Allograph("upstroke", "3 30, 21 0!, 21 50, 21 100", 3, least_aspect=0.8),
        Allograph("tick", "11 13, 21 0!, 20 50, 19 100", 1.5),
        Allograph("long upstroke", "0 54, 14 30, 31 0!, 30 50, 29 100", 2.5, least_aspect=0.8),
        Allograph("full upstroke", "0 94, 20 50, 40 0!, 40 50, 39 100", 1.2, least_aspect=0.75),
        Allograph("foot", "8 26, 25 0!, 25 50, 25 100 / 4 100, 25 100, 47 99"),
        Allograph("stand", "22 0, 22 50, 22 100 / 0 100, 22 100, 44 99", 0.5),
        Allograph("slash", "38 0, 20 52, 0 104", 1.5),
        Allograph("concave", "0 44, 14 35, 26 18, 33 0!, 30 46, 24 100", least_aspect=0.8),
        Allograph("swing", "0 70, 8 78, 30 46, 54 0!, 50 50, 44 100", least_aspect=0.7),
    ),
    2: (
        Allograph("straight", "3 22, 13 5, 33 0, 55 10, 56 32, 38 62, 2 98!, 36 97, 68 96", 3),
        Allograph(
            "looped",
            "6 20, 18 4, 37 0, 55 13, 53 36, 38 64, 18 93, 4 98, 0 86, 12 77, 30 84, 50 98, 74 90",
            2.5,
        ),
        Allograph("angular", "2 5, 30 3, 58 0!, 32 48, 0 98!, 34 98, 66 97", 1.2),
        Allograph("swan", "4 26, 10 8, 32 0, 52 12, 50 40, 30 74, 4 96, 20 89, 38 92, 54 100, 76 90", 2),
        Allograph("long foot", "0 20, 12 4, 30 0, 48 12, 46 36, 24 70, 0 98!, 40 95, 94 98", 0.8),
        Allograph("hooked", "16 30, 4 26, 6 8, 30 0, 54 12, 54 38, 36 66, 2 98!, 34 95, 70 97", 1.2),
        Allograph(
            "ringed",
            "20 15, 12 25, 3 16, 14 2, 36 0, 54 16, 50 42, 30 74, 10 96, 0 88, 12 80, 34 92, 56 97, 74 86",
        ),
        Allograph(
            "curled",
            "24 34, 12 38, 3 26, 10 8, 30 0, 48 12, 48 36, 30 68, 8 94, 22 87, 38 94, 54 100, 72 88",
            2,
        ),
        Allograph("slim", "20 30, 10 33, 3 20, 12 4, 26 0, 38 11, 36 38, 22 70, 2 98!, 22 95, 44 98", 1.2),
        Allograph(
            "closed", "46 28, 28 40, 9 35, 2 19, 14 3, 34 0, 50 14, 46 40, 26 74, 6 98!, 30 93, 62 97", 1.2
        ),
        Allograph(
            "heel",
            "20 31, 8 31, 2 17, 14 2, 32 0, 46 14, 42 42, 24 76, 8 97, 2 88, 14 81, 34 93, 62 95",
            1.2,
        ),
        Allograph("short foot", "14 34, 4 24, 12 5, 32 0, 50 14, 46 42, 24 78, 4 100!, 20 94, 40 100", 1.2),
        Allograph("small", "0 46, 8 28, 24 20, 37 32, 33 60, 16 94, 30 78, 46 78, 60 92, 86 82", 1.2),
        Allograph("wave", "0 42, 8 26, 24 20, 36 34, 30 62, 14 94!, 32 84, 54 92, 84 84", 0.7),
    ),
    3: (
        Allograph("round", "4 12, 22 1, 44 3, 54 20, 43 38, 22 46!, 46 50, 60 70, 50 92, 26 100, 0 89", 3),
        Allograph("flat", "4 2, 30 3, 56 1!, 40 20, 25 38!, 48 44, 60 66, 50 91, 26 100, 0 90", 1.8),
        Allograph("smooth", "3 10, 26 0, 48 8, 50 30, 34 45, 26 48, 38 51, 56 64, 58 86, 34 100, 0 92", 1.5),
        Allograph(
            "looped", "4 14, 22 0, 46 4, 54 22, 44 38, 28 50, 16 43, 28 35, 48 50, 60 72, 48 94, 24 100, 0 88"
        ),
        Allograph(
            "tailed",
            "16 12, 34 0, 56 8, 58 26, 44 40, 26 46!, 54 54, 62 78, 48 104, 22 110, 0 98, 6 86, 17 90",
            1,
        ),
        Allograph("ezh", "4 5, 30 3, 60 0!, 42 22, 24 42!, 50 48, 60 74, 44 104, 16 112, 0 102"),
        Allograph(
            "hooked",
            "15 24, 3 20, 8 4, 30 0, 52 12, 48 34, 24 46!, 52 52, 62 74, 50 94, 26 100, 3 94, 1 82, 11 78",
        ),
        Allograph("bellied", "10 14, 26 1, 44 8, 42 28, 20 40!, 52 44, 68 70, 52 96, 22 100, 0 88"),
        Allograph("bar", "6 6, 18 1, 32 5, 56 0!, 40 22, 26 40!, 50 46, 60 68, 48 92, 22 100, 0 90", 0.8),
    ),
    4: (
        Allograph("open", "12 0, 7 30, 2 58!, 34 58, 68 55 / 54 14, 51 54, 47 100", 3),
        Allograph("closed", "46 0!, 24 34, 0 66!, 32 66, 66 64 / 46 0, 46 50, 45 100", 2, least_aspect=0.65),
        Allograph(
            "uprights", "10 4, 7 36, 1 72 / 4 55, 28 53, 66 49 / 58 0, 53 50, 47 100", 1.5, least_aspect=0.65
        ),
        Allograph(
            "ladder", "14 4, 9 40, 2 84 / 6 55, 30 53, 68 48 / 60 0, 55 50, 48 100", 0.7, least_aspect=0.7
        ),
        Allograph("lifted", "12 2, 6 36, 1 70!, 14 58, 34 53, 68 48 / 60 4, 55 50, 47 100", 1.2),
        Allograph(
            "cup", "14 2, 5 26, 1 46, 8 60, 32 59, 64 52 / 58 10, 53 54, 46 100", 1.5, least_aspect=0.65
        ),
        Allograph(
            "looped",
            "28 0, 15 30, 9 56, 2 70, -7 61, 4 51, 42 56, 78 52 / 64 12, 58 58, 50 100",
            least_aspect=0.75,
        ),
        Allograph("one stroke", "22 2, 10 32, 2 60!, 34 58, 58 44, 66 10!, 57 60, 48 100"),
        Allograph("long stem", "12 14, 6 36, 0 58!, 32 57, 66 52 / 56 8, 49 60, 38 124", 1.2),
        Allograph(
            "H", "12 0, 10 50, 8 92 / 8 54, 34 51, 58 48 / 56 0, 54 50, 52 100", 0.8, least_aspect=0.75
        ),
        Allograph(
            "low bar", "10 8, 5 40, 1 74 / 2 66, 30 62, 64 57 / 54 2, 51 50, 45 100", 0.8, least_aspect=0.75
        ),
        Allograph(
            "h", "18 0, 11 44, 4 76!, 22 58, 44 52, 60 54 / 50 34, 47 68, 42 106", 0.8, least_aspect=0.75
        ),
        Allograph("y", "6 24, 2 46, 12 60, 32 56, 50 28!, 46 66, 36 112", 0.6, least_aspect=0.75),
    ),
    5: (
        Allograph("detached", "14 8, 11 26, 8 47!, 30 38, 54 47, 60 69, 47 92, 22 100, 0 91 / 26 3, 72 0", 3),
        Allograph("joined", "66 0, 38 1, 14 2!, 11 22, 8 44!, 30 37, 53 46, 60 68, 48 91, 24 100, 0 92", 3),
        Allograph("snake", "62 0, 40 1, 20 6, 11 24, 22 40, 44 51, 56 68, 48 90, 26 100, 0 94", 1.5),
        Allograph("rounded", "64 1, 38 0, 15 3!, 13 22, 10 40, 36 40, 60 56, 58 84, 34 100, 4 94", 1.2),
        Allograph("short bar", "36 0, 17 1!, 13 22, 9 44!, 32 38, 54 50, 58 72, 46 94, 22 100, 0 90"),
        Allograph(
            "flying bar",
            "16 12, 12 30, 8 48!, 30 40, 52 48, 58 70, 46 92, 20 100, 0 92 / 24 4, 58 -4, 100 -12",
        ),
        Allograph(
            "long neck", "20 4, 14 32, 9 60!, 28 50, 48 58, 52 80, 36 100, 10 98, 0 88 / 20 4, 42 8, 68 0"
        ),
        Allograph("flag", "98 2, 66 1, 36 4!, 30 26, 26 44, 42 58, 44 82, 28 100, 8 96, 0 84", 1.2),
        Allograph("root", "0 56, 11 48, 24 96!, 32 60, 42 8!, 68 4, 104 0", 0.4),
        Allograph("long s", "72 14, 58 0, 38 8, 29 34, 36 64, 29 100, 8 118, -8 104", 0.6),
        Allograph("integral", "76 10, 62 0, 46 8, 36 40, 31 80, 22 114, 6 128, -10 116", 0.6),
        Allograph("f", "78 6, 58 0, 40 12, 36 36, 44 58, 38 92, 22 122, -4 126", 0.6),
    ),
    6: (
        Allograph("curved", "48 0, 24 14, 8 42, 2 72, 14 95, 34 100, 54 88, 56 66, 38 52, 18 58, 4 72", 3),
        Allograph("straight", "38 0, 20 32, 5 64, 6 88, 24 100, 46 94, 55 74, 42 58, 22 60, 6 76", 2.5),
        Allograph("big loop", "32 0, 14 32, 2 66, 10 94, 34 100, 60 88, 66 64, 46 48, 18 56, 4 76", 1.2),
        Allograph("small loop", "50 0, 24 24, 6 58, 4 84, 20 100, 40 96, 48 80, 36 68, 17 73, 5 88", 1.2),
        Allograph("open", "46 0, 22 20, 6 52, 4 82, 20 100, 42 94, 52 76, 40 62, 25 67"),
        Allograph(
            "hooked", "57 12, 49 0, 30 6, 10 36, 2 70, 14 96, 36 100, 54 86, 54 64, 36 54, 14 64, 4 80", 1.5
        ),
        Allograph("curled", "46 0, 20 22, 4 58, 10 92, 34 100, 56 84, 52 62, 32 54, 17 66, 26 80", 0.8),
        Allograph("upright", "9 0, 4 40, 2 76, 12 98, 34 100, 52 84, 48 62, 27 54, 5 70", 0.8),
    ),
    7: (
        Allograph("plain", "0 1, 33 2, 70 4!, 43 46, 20 100", 3, least_aspect=0.75),
        Allograph("crossed", "0 4, 32 3, 67 2!, 42 46, 21 100 / 12 52, 34 50, 58 49", 2.5),
        Allograph("serif", "0 19, 3 2!, 36 4, 70 2!, 46 44, 26 100", 1.5, least_aspect=0.8),
        Allograph(
            "crossed serif",
            "0 20, 3 2!, 34 3, 66 1!, 44 44, 26 100 / 14 54, 36 51, 60 48",
            1.5,
            least_aspect=0.65,
        ),
        Allograph("wavy", "0 13, 10 2, 30 5, 52 7, 74 1!, 50 46, 26 100", 1.5, least_aspect=0.85),
        Allograph(
            "crossed wavy",
            "0 18, 8 2, 26 8, 44 8, 62 0!, 46 40, 30 100 / 14 52, 36 48, 62 46",
            1.5,
            least_aspect=0.65,
        ),
        Allograph("curved", "0 5, 30 3, 62 0, 62 14, 40 44, 28 74, 26 100", 1.2, least_aspect=0.85),
        Allograph("long stem", "0 15, 9 4, 27 5, 49 6, 71 1!, 52 50, 28 124", least_aspect=0.8),
        Allograph("right dash", "0 15, 5 3, 18 9, 40 7, 60 0!, 38 50, 18 104 / 30 57, 50 55, 74 51", 1.2),
        Allograph("hanging tick", "2 23, 4 4, 24 10, 58 0!, 36 56, 12 124", 1, least_aspect=0.85),
        Allograph("y", "0 24, 8 7, 18 6, 26 18, 44 16, 62 0!, 40 54, 18 112", 0.8, least_aspect=0.85),
        Allograph("dash", "0 -6, 3 14 / 3 5, 34 4, 66 2!, 44 46, 26 100 / 14 54, 38 50, 62 48", 0.7),
        Allograph(
            "small bar", "0 9, 18 5, 40 0!, 33 46, 20 100 / 8 52, 28 49, 50 46", 0.8, least_aspect=0.85
        ),
    ),
    8: (
        Allograph(
            "one stroke",
            "54 10, 34 0, 12 8, 10 28, 32 47, 57 68, 55 90, 30 100, 5 90, 5 68, 30 47, 53 26, 54 10",
            3,
        ),
        Allograph(
            "two rings",
            "44 4, 30 0, 12 10, 12 34, 30 46, 50 34, 52 14, 44 4, 30 0"
            "/ 46 52, 30 46, 8 58, 4 82, 28 100, 54 86, 58 66, 46 52, 30 46",
            1.5,
        ),
        Allograph(
            "closing line",
            "60 7, 38 0, 15 6, 10 26, 32 46, 56 66, 54 90, 30 100, 6 92, 5 72, 30 46, 60 7",
            1.5,
        ),
        Allograph(
            "gap", "28 0, 9 8, 10 28, 32 48, 54 70, 50 92, 28 100, 6 90, 8 68, 32 48, 54 24, 53 6, 42 1", 1.2
        ),
        Allograph(
            "ribbon", "16 0, 4 9, 10 25, 32 50, 52 74, 48 94, 28 100, 8 92, 8 74, 32 50, 54 24, 64 2", 0.7
        ),
        Allograph(
            "tail",
            "52 10, 32 0, 11 8, 10 28, 32 48, 54 70, 50 92, 28 100, 5 90, 6 68, 32 48, 56 22, 86 2",
            1.2,
        ),
        Allograph(
            "slim",
            "50 6, 40 0, 26 8, 22 26, 30 48, 32 74, 20 97, 6 97, 0 78, 12 60, 30 48, 46 28, 50 6, 40 0",
            1.2,
            least_aspect=0.8,
        ),
        Allograph(
            "pear",
            "42 3, 26 4, 18 20, 32 38, 56 60, 58 86, 32 100, 4 90, 2 66, 24 46, 46 26, 42 3, 26 4",
            1.2,
        ),
        Allograph(
            "top-heavy",
            "52 7, 30 0, 6 9, 7 36, 30 54, 46 72, 42 94, 26 100, 11 92, 11 72, 30 54, 56 32, 52 7, 30 0",
            0.8,
        ),
    ),
    9: (
        Allograph("straight", "52 14, 34 0, 10 8, 2 30, 16 48, 38 42, 52 14!, 52 50, 48 100", 3),
        Allograph("curled", "52 14, 34 0, 10 8, 2 30, 16 47, 38 42, 52 14!, 55 46, 50 80, 30 99, 4 92", 2),
        Allograph(
            "descending", "50 12, 32 0, 10 7, 2 28, 16 46, 38 40, 50 12!, 54 60, 46 102, 24 118, 0 108", 1.2
        ),
        Allograph("smooth", "54 10, 36 0, 11 8, 2 30, 18 46, 42 36, 54 10, 46 46, 28 100", 1.2),
        Allograph("open", "42 4, 20 3, 3 20, 8 42, 28 46, 46 32, 54 4!, 53 50, 48 100", least_aspect=0.65),
        Allograph("flick", "48 12, 28 1, 7 11, 2 32, 18 47, 38 40, 48 12!, 49 56, 48 93, 54 99, 63 91", 0.7),
        Allograph(
            "long stem", "46 10, 26 0, 5 10, 5 34, 24 44, 42 30, 46 10!, 46 48, 34 114", least_aspect=0.65
        ),
        Allograph(
            "ringed",
            "30 40, 10 40, 2 20, 16 2, 38 2, 48 20, 38 38, 22 44 / 48 20, 46 58, 38 100",
            0.6,
            least_aspect=0.65,
        ),
        Allograph("P", "22 46, 6 36, 4 14, 24 0, 48 6, 50 26, 36 42, 22 46, 20 70, 16 100", 1),
        Allograph("flag", "22 42, 4 32, 6 9, 32 0, 55 8, 54 28, 38 43, 20 46, 15 78, 8 116", 0.6),
        Allograph("ear", "76 4, 52 0, 22 3, 5 18, 8 38, 28 46, 48 34, 60 10!, 55 50, 48 100", 1.2),
        Allograph("on stem", "42 44, 14 39, 4 18, 22 2, 46 2, 58 15, 50 33, 35 46, 40 72, 38 100", 1),
        Allograph(
            "eared ring",
            "86 0, 60 4, 30 0, 6 12, 8 34, 30 44, 52 34, 62 14, 66 0 / 34 44, 39 72, 37 100",
            0.8,
        ),
        Allograph("Q", "40 46, 12 40, 2 20, 22 2, 56 0, 80 14, 68 36, 44 47, 58 72, 72 98", 0.5),
        Allograph(
            "deep", "58 14, 38 0, 12 14, 2 44, 12 74, 32 80, 54 54, 60 12!, 57 66, 46 104, 20 124, -6 120", 2
        ),
        Allograph(
            "g",
            "56 12, 36 0, 12 10, 2 38, 14 64, 36 64, 54 40, 58 10!, 56 62, 50 102, 32 124, 6 118, 2 104",
            1.2,
        ),
    ),
}
"""Every digit's allographs; the first of a digit is the one that nobody would call unusual."""

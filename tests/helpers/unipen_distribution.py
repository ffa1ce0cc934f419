"""Small UNIPEN distributions, written for a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sdnn.datasets.unipen import CATEGORIES

Points = Sequence[tuple[float, float]]

BAR: Final = ((0.0, 0.0), (2.0, 50.0), (0.0, 100.0))
"""A stroke straight down, on a tablet where y goes down."""
RING: Final = ((30.0, 0.0), (60.0, 50.0), (30.0, 100.0), (0.0, 50.0), (30.0, 0.0))
ANGLE: Final = ((0.0, 0.0), (60.0, 0.0), (20.0, 100.0))


def stroke(points: Points) -> str:
    """A pen-down stroke, y turned up as on most tablets."""
    rows = "".join(f"{x:g} {1000 - y:g}\n" for x, y in points)
    return f".PEN_DOWN\n{rows}.PEN_UP\n"


def write(path: Path, text: str) -> Path:
    """A text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="latin-1")
    return path


def add_writer(root: Path, category: str, name: str, written: Sequence[tuple[str, Sequence[Points]]]) -> None:
    """One writer's file in `root/unipen`.

    Args:
        root: The data folder.
        category: Folder below `data`.
        name: `CONTRIBUTOR/WRITER`.
        written: Labels, and the strokes of each.
    """
    contributor, writer = name.split("/")
    strokes, segments, count = "", "", 0
    for label, lines in written:
        strokes += "".join(stroke(line) for line in lines)
        segments += f'.SEGMENT CHARACTER {count}-{count + len(lines) - 1} ? "{label}"\n'
        count += len(lines)
    included = f"{contributor}/data/{category}-{writer}.dat"
    write(root / "unipen" / "include" / included, f".WRITER_ID {writer}\n{strokes}")
    write(
        root / "unipen" / "data" / category / contributor / f"{writer}.dat",
        f".VERSION 1.0\n.INCLUDE {included}\n{segments}",
    )


def small_unipen(root: Path) -> Path:
    """A distribution of a few digits and letters in `root/unipen`; the folder it lies in."""
    for category in CATEGORIES:
        (root / "unipen" / "data" / category).mkdir(parents=True)
    add_writer(root, "1a", "aga/ann", [("0", [RING]), ("1", [BAR])])
    add_writer(root, "1a", "art/bob", [("7", [ANGLE]), ("0", [[(0, 1000)]])])
    add_writer(root, "1b", "aga/ann", [("L", [BAR, [(0, 100), (50, 100)]])])
    return root
